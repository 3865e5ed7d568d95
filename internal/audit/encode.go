package audit

import "encoding/json"

// append appends the record as one line of JSON, as package json would: half of
// the price of a record was reflection. A test compares the two.
func (r *Record) append(b []byte) []byte {
	l := line{b}
	l.text(`{"eventVersion":`, r.EventVersion)
	l.raw(`,"userIdentity":`)
	l.identity(&r.UserIdentity)
	l.text(`,"eventTime":`, r.EventTime)
	l.text(`,"eventSource":`, r.EventSource)
	l.text(`,"eventName":`, r.EventName)
	l.text(`,"awsRegion":`, r.AWSRegion)
	l.text(`,"sourceIPAddress":`, r.SourceIPAddress)
	l.some(`,"userAgent":`, r.UserAgent)
	l.some(`,"errorCode":`, r.ErrorCode)
	l.some(`,"errorMessage":`, r.ErrorMessage)
	l.elements(`,"requestParameters":`, r.RequestParameters)
	l.elements(`,"responseElements":`, r.ResponseElements)
	if a := r.AdditionalEventData; a != nil {
		l.object(`,"additionalEventData":`, func() {
			l.some(`,"httpMethod":`, a.HTTPMethod)
			l.some(`,"requestUri":`, a.RequestURI)
			l.some(`,"tokenId":`, a.TokenID)
			l.some(`,"unverifiedAccessKeyId":`, a.UnverifiedAccessKeyID)
		})
	}
	l.text(`,"requestID":`, r.RequestID)
	l.text(`,"eventID":`, r.EventID)
	l.truth(`,"readOnly":`, r.ReadOnly)
	for i := range r.Resources {
		l.resource(i, &r.Resources[i])
	}
	if len(r.Resources) > 0 {
		l.raw("]")
	}
	l.text(`,"eventType":`, r.EventType)
	l.truth(`,"managementEvent":`, r.ManagementEvent)
	l.text(`,"recipientAccountId":`, r.RecipientAccountID)
	l.text(`,"eventCategory":`, r.EventCategory)
	l.raw("}\n")
	return l.bytes
}

// A line is a record on its way to be one. Names come with the comma before and
// the colon behind them.
type line struct{ bytes []byte }

func (l *line) raw(s string) { l.bytes = append(l.bytes, s...) }

// text appends a text. Almost all are plain; package json knows the others.
func (l *line) text(name, s string) {
	l.raw(name)
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(s) // a text: it cannot fail
			l.bytes = append(l.bytes, quoted...)
			return
		}
	}
	l.raw(`"`)
	l.raw(s)
	l.raw(`"`)
}

// some leaves out what is empty.
func (l *line) some(name, s string) {
	if s != "" {
		l.text(name, s)
	}
}

func (l *line) truth(name string, v bool) {
	l.raw(name)
	if v {
		l.raw("true")
		return
	}
	l.raw("false")
}

// elements appends what is JSON already.
func (l *line) elements(name string, v json.RawMessage) {
	l.raw(name)
	if v == nil {
		l.raw("null")
		return
	}
	l.bytes = append(l.bytes, v...)
}

// object appends what members does between braces, without the first comma.
func (l *line) object(name string, members func()) {
	l.raw(name)
	start := len(l.bytes)
	members()
	if start == len(l.bytes) {
		l.raw("{")
	} else {
		l.bytes[start] = '{'
	}
	l.raw("}")
}

func (l *line) identity(id *Identity) {
	l.text(`{"type":`, id.Type)
	l.some(`,"principalId":`, id.PrincipalID)
	l.some(`,"arn":`, id.ARN)
	l.some(`,"accountId":`, id.AccountID)
	l.some(`,"accessKeyId":`, id.AccessKeyID)
	l.some(`,"userName":`, id.UserName)
	l.some(`,"identityProvider":`, id.IdentityProvider)
	if id.SessionContext != nil { // has a map: rare enough
		session, _ := json.Marshal(id.SessionContext) // texts alone: it cannot fail
		l.elements(`,"sessionContext":`, session)
	}
	l.raw("}")
}

func (l *line) resource(i int, r *Resource) {
	before := `,{"ARN":`
	if i == 0 {
		before = `,"resources":[{"ARN":`
	}
	l.text(before, r.ARN)
	l.some(`,"accountId":`, r.AccountID)
	l.some(`,"type":`, r.Type)
	l.raw("}")
}

// append is the same for what a package manager asked for.
func (p *Package) append(b []byte) []byte {
	l := line{b}
	l.object("", func() {
		l.some(`,"domainName":`, p.Domain)
		l.some(`,"domainOwner":`, p.Owner)
		l.some(`,"repositoryName":`, p.Repository)
		l.some(`,"packageNamespace":`, p.Namespace)
		l.some(`,"packageName":`, p.Name)
		l.some(`,"packageFormat":`, p.Format)
		l.some(`,"packageVersion":`, p.Version)
	})
	return l.bytes
}
