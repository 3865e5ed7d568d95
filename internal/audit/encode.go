package audit

import (
	"net/netip"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"daypass/internal/arn"
	"daypass/internal/principal"
	"daypass/internal/printable"
)

// A line is a record on its way to be one, a line of JSON. It is appended member
// by member, as package json would: reflection was half of a record's price. Names
// come with the comma before and the colon behind them.
type line struct {
	bytes []byte
	hide  func(text string) string // masks secrets
}

// event appends the record of an event, in the order of [Record].
func (l *line) event(e *Event, id func(b []byte) []byte) {
	l.raw(`{"eventVersion":"1.11","userIdentity":`)
	recipient := l.identity(&e.Caller)
	if recipient == "" {
		recipient = e.Account
	}
	l.time(`,"eventTime":`, e.Time)
	l.text(`,"eventSource":`, e.Source)
	l.text(`,"eventName":`, e.Name)
	l.text(`,"awsRegion":`, e.Region)
	l.address(`,"sourceIPAddress":`, e.Address)
	l.some(`,"userAgent":`, l.short(e.UserAgent, maxText))
	l.some(`,"errorCode":`, e.ErrorCode)
	l.some(`,"errorMessage":`, l.short(e.Error, maxText))
	l.raw(`,"requestParameters":`)
	if e.Parameters == nil && e.Package != (Package{}) {
		l.pkg(&e.Package)
	} else {
		l.elements(e.Parameters)
	}
	l.raw(`,"responseElements":`)
	l.elements(e.Response)
	if a := &e.Additional; *a != (Additional{}) {
		start := l.open(`,"additionalEventData":`)
		l.some(`,"httpMethod":`, a.HTTPMethod)
		l.some(`,"requestUri":`, l.short(a.RequestURI, maxURI))
		l.some(`,"tokenId":`, a.TokenID)
		l.some(`,"unverifiedAccessKeyId":`, a.UnverifiedAccessKeyID)
		l.close(start)
	}
	l.text(`,"requestID":`, e.RequestID)
	l.raw(`,"eventID":"`)
	l.bytes = id(l.bytes)
	l.raw(`"`)
	l.truth(`,"readOnly":`, e.ReadOnly)
	l.resources(l.short(e.Resource, maxURI))
	l.raw(`,"eventType":"AwsApiCall","managementEvent":true`)
	l.text(`,"recipientAccountId":`, recipient)
	l.raw(`,"eventCategory":"Management"}` + "\n")
}

func (l *line) raw(s string) { l.bytes = append(l.bytes, s...) }

func (l *line) text(name, s string) {
	l.raw(name)
	l.bytes = printable.AppendJSON(l.bytes, l.hide(s))
}

// some leaves out what is empty.
func (l *line) some(name, s string) {
	if s != "" {
		l.text(name, s)
	}
}

// short bounds what a client chose. A token is hidden before it can be cut.
func (l *line) short(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return printable.Short(l.hide(s), most)
}

func (l *line) address(name string, a netip.Addr) {
	l.raw(name)
	if a.Zone() != "" { // a name that somebody gave
		l.text("", a.String())
		return
	}
	l.raw(`"`)
	if a.IsValid() {
		l.bytes = a.AppendTo(l.bytes)
	}
	l.raw(`"`)
}

func (l *line) truth(name string, v bool) {
	l.raw(name)
	if v {
		l.raw("true")
		return
	}
	l.raw("false")
}

// time has whole seconds of UTC.
func (l *line) time(name string, t time.Time) {
	l.raw(name)
	l.raw(`"`)
	l.bytes = t.UTC().AppendFormat(l.bytes, time.RFC3339)
	l.raw(`"`)
}

// elements appends what is JSON already.
func (l *line) elements(v []byte) {
	switch {
	case v == nil:
		l.raw("null")
	case len(v) > maxBytes/2: // the rest of the record is kept
		l.raw(`{"omitted":true}`)
	default:
		l.bytes = append(l.bytes, v...)
	}
}

// open begins an object, whose members follow, each with a comma before it.
// close ends it and takes the first comma away.
func (l *line) open(name string) (start int) {
	l.raw(name)
	return len(l.bytes)
}

func (l *line) close(start int) {
	if start == len(l.bytes) {
		l.raw("{}")
		return
	}
	l.bytes[start] = '{'
	l.raw("}")
}

func (l *line) pkg(p *Package) {
	start := l.open("")
	l.some(`,"domainName":`, l.short(p.Domain, maxURI))
	l.some(`,"domainOwner":`, l.short(p.Owner, maxURI))
	l.some(`,"repositoryName":`, l.short(p.Repository, maxURI))
	l.some(`,"packageNamespace":`, l.short(p.Namespace, maxURI))
	l.some(`,"packageName":`, l.short(p.Name, maxURI))
	l.some(`,"packageFormat":`, p.Format)
	l.some(`,"packageVersion":`, l.short(p.Version, maxURI))
	l.close(start)
}

// identity appends who called, and returns whose account that is.
//
// Source: CloudTrail User Guide, "CloudTrail userIdentity element".
func (l *line) identity(c *Caller) (account string) {
	p, name := c.Principal, ""
	switch {
	case p != nil && p.Kind == principal.User:
		name = p.Name
	case p == nil && c.Ref != nil:
		// Who the credential was made for is sure; what that is called today is not.
		p = &principal.Principal{Ref: *c.Ref}
	case p == nil && c.Web != nil:
		l.web(c.Web)
		return ""
	case p == nil:
		l.raw(`{"type":"Unknown"`)
		l.some(`,"accessKeyId":`, c.AccessKeyID)
		l.raw("}")
		return ""
	}
	l.text(`{"type":`, kind(p.Kind))
	l.some(`,"principalId":`, p.UserID())
	l.some(`,"arn":`, c.ARN)
	l.some(`,"accountId":`, p.Account)
	l.some(`,"accessKeyId":`, c.AccessKeyID)
	l.some(`,"userName":`, name)
	l.session(p)
	l.raw("}")
	return p.Account
}

// kind is a value of type. "Unknown" is for callers that were not established;
// CloudTrail has the word for identities that it cannot tell.
func kind(k principal.Kind) string {
	switch k {
	case principal.Root:
		return "Root"
	case principal.User:
		return "IAMUser"
	case principal.Role:
		return "AssumedRole"
	case principal.Federated:
		return "FederatedUser"
	}
	return ""
}

// web puts the parts of principalId together as AWS does.
func (l *line) web(w *Web) {
	l.text(`{"type":`, w.Type)
	if w.Subject != "" {
		l.some(`,"principalId":`, strings.Trim(w.Provider+":"+w.Audience+":"+w.Subject, ":"))
	}
	l.some(`,"userName":`, w.Subject)
	l.some(`,"identityProvider":`, w.Provider)
	l.raw("}")
}

func (l *line) session(p *principal.Principal) {
	s := p.Session
	if s == nil {
		return
	}
	start := l.open(`,"sessionContext":`)
	l.issuer(p)
	if s.Provider != "" {
		l.text(`,"webIdFederationData":{"federatedProvider":`, s.Provider)
		attributes := l.open(`,"attributes":`)
		l.some(`,"aud":`, l.short(claim(s, "aud"), maxText))
		l.some(`,"sub":`, l.short(claim(s, "sub"), maxText))
		l.close(attributes)
		l.raw("}")
	}
	l.time(`,"attributes":{"creationDate":`, s.IssuedAt)
	if s.MFAAt.IsZero() {
		l.raw(`,"mfaAuthenticated":"false"}`)
	} else {
		l.raw(`,"mfaAuthenticated":"true"}`)
	}
	l.some(`,"sourceIdentity":`, s.SourceIdentity)
	l.close(start)
}

// issuer names the role of a role's session and the user of a federated one,
// whose name the session does not have.
func (l *line) issuer(p *principal.Principal) {
	name, called := "", ""
	switch {
	case p.Kind == principal.Role:
		l.raw(`,"sessionIssuer":{"type":"Role"`)
		if p.Name != "" {
			name, called = arn.Role(p.Account, p.Path, p.Name), p.Name
		}
	case p.Kind == principal.Federated && p.ID == p.Account:
		l.raw(`,"sessionIssuer":{"type":"Root"`)
		name = arn.Root(p.Account)
	case p.Kind == principal.Federated:
		l.raw(`,"sessionIssuer":{"type":"IAMUser"`)
	default:
		return
	}
	l.some(`,"principalId":`, p.ID)
	l.some(`,"arn":`, name)
	l.some(`,"accountId":`, p.Account)
	l.some(`,"userName":`, called)
	l.raw("}")
}

// claim is the value of a claim of a session: aud and sub say which workload it was.
// CloudTrail leaves them out; without them a session of a shared role names no one.
// Of claims of several issuers it is that of the first by name, so that a record does
// not depend on the order of a map.
func claim(s *principal.Session, name string) string {
	first := ""
	for key, values := range s.Context {
		if len(values) > 0 && key[strings.LastIndexByte(key, ':')+1:] == name && (first == "" || key < first) {
			first = key
		}
	}
	if first == "" {
		return ""
	}
	return s.Context[first][0]
}

// resources appends what the call was judged on, if it has a name.
func (l *line) resources(name string) {
	if !strings.HasPrefix(name, "arn:") {
		return
	}
	a, err := arn.Parse(name)
	if err != nil {
		return
	}
	l.text(`,"resources":[{"ARN":`, name)
	l.some(`,"accountId":`, a.Account)
	l.some(`,"type":`, resourceType(&a))
	l.raw("}]")
}

// resourceType is CloudTrail's name of a kind of resources: the product's, and
// the type in the ARN with a capital letter, or where that has several words these
// taken together.
func resourceType(a *arn.ARN) string {
	known := struct{ service, kind string }{a.Service, a.Type()}
	if word, ok := resourceTypes[known]; ok {
		return word
	}
	product, ok := products[a.Service]
	if !ok || known.kind == "" {
		return product
	}
	first, size := utf8.DecodeRuneInString(known.kind)
	return product + string(unicode.ToUpper(first)) + known.kind[size:]
}

var products = map[string]string{"codeartifact": "AWS::CodeArtifact::", "iam": "AWS::IAM::", "daypass": "Daypass::"}

// resourceTypes are those that come often, and those of several words.
var resourceTypes = map[struct{ service, kind string }]string{
	{"codeartifact", "domain"}:        "AWS::CodeArtifact::Domain",
	{"codeartifact", "repository"}:    "AWS::CodeArtifact::Repository",
	{"codeartifact", "package"}:       "AWS::CodeArtifact::Package",
	{"codeartifact", "package-group"}: "AWS::CodeArtifact::PackageGroup",
	{"iam", "role"}:                   "AWS::IAM::Role",
	{"iam", "user"}:                   "AWS::IAM::User",
	{"iam", "instance-profile"}:       "AWS::IAM::InstanceProfile",
	{"iam", "mfa"}:                    "AWS::IAM::VirtualMFADevice",
	{"iam", "oidc-provider"}:          "AWS::IAM::OIDCProvider",
	{"iam", "saml-provider"}:          "AWS::IAM::SAMLProvider",
	{"iam", "server-certificate"}:     "AWS::IAM::ServerCertificate",
}
