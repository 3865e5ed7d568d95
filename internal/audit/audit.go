// Package audit owns the trail: one record for each call of an API and each
// request of a package manager, in the JSON shape of AWS CloudTrail, how records
// come into a file without holding requests up, how the file is rotated, and how
// records are read back. It stands apart from the log, which is for operators
// and may lose lines: the trail answers who did what, and so says when it could
// not. It must never know how a request is served, judged or stored, nor hold a
// secret: whoever hands it an [Event] has masked what a call took and gave.
package audit

import (
	"encoding/json"
	"net/netip"
	"strings"
	"time"

	"daypass/internal/arn"
	"daypass/internal/principal"
	"daypass/internal/printable"
)

// A Record is one line of the trail.
//
// Source: CloudTrail User Guide, "CloudTrail record contents for management,
// data, and network activity events".
type Record struct {
	EventVersion        string          `json:"eventVersion"`
	UserIdentity        Identity        `json:"userIdentity"`
	EventTime           string          `json:"eventTime"` // UTC, whole seconds
	EventSource         string          `json:"eventSource"`
	EventName           string          `json:"eventName"`
	AWSRegion           string          `json:"awsRegion"`
	SourceIPAddress     string          `json:"sourceIPAddress"`
	UserAgent           string          `json:"userAgent,omitempty"`
	ErrorCode           string          `json:"errorCode,omitempty"`
	ErrorMessage        string          `json:"errorMessage,omitempty"`
	RequestParameters   json.RawMessage `json:"requestParameters"` // null: none, or not understood
	ResponseElements    json.RawMessage `json:"responseElements"`  // null for what only reads
	AdditionalEventData *Additional     `json:"additionalEventData,omitempty"`
	RequestID           string          `json:"requestID"`
	EventID             string          `json:"eventID"`
	ReadOnly            bool            `json:"readOnly"`
	Resources           []Resource      `json:"resources,omitempty"`
	EventType           string          `json:"eventType"`
	ManagementEvent     bool            `json:"managementEvent"`
	RecipientAccountID  string          `json:"recipientAccountId"`
	EventCategory       string          `json:"eventCategory"`
}

// Additional is what a record says beyond the common members.
type Additional struct {
	HTTPMethod string `json:"httpMethod,omitempty"`
	RequestURI string `json:"requestUri,omitempty"`
	// TokenID is the id of the authorization token that the call issued. With it
	// a token's uses can be led back to where it came from.
	TokenID string `json:"tokenId,omitempty"`
	// UnverifiedAccessKeyID is what a refused signature claimed to be made with.
	UnverifiedAccessKeyID string `json:"unverifiedAccessKeyId,omitempty"`
}

// A Resource is what the call was judged on.
type Resource struct {
	ARN       string `json:"ARN"`
	AccountID string `json:"accountId,omitempty"`
	Type      string `json:"type,omitempty"`
}

// Package is what a package manager asked for.
type Package struct {
	Domain     string `json:"domainName,omitempty"`
	Owner      string `json:"domainOwner,omitempty"`
	Repository string `json:"repositoryName,omitempty"`
	Namespace  string `json:"packageNamespace,omitempty"`
	Name       string `json:"packageName,omitempty"`
	Format     string `json:"packageFormat,omitempty"`
	Version    string `json:"packageVersion,omitempty"`
}

// Elements appends what a call took or gave as a JSON object, or null. It runs
// after the call, on another goroutine: it MUST NOT read what may still change.
type Elements func(b []byte) []byte

// json makes the elements. One that panics is no JSON, and left out for that: a
// mistake in one record must not end the server.
func (f Elements) json() (b json.RawMessage) {
	defer func() {
		if recover() != nil {
			b = json.RawMessage{}
		}
	}()
	return f(make([]byte, 0, usual))
}

// An Event is a call as the server saw it: a record before it costs anything.
type Event struct {
	Time      time.Time
	RequestID string
	Source    string // host name of the service
	Name      string
	ReadOnly  bool
	Region    string
	Account   string // of the server, for callers that have none
	Address   netip.Addr
	UserAgent string

	Caller     Caller
	Resource   string // ARN, "*" or ""
	ErrorCode  string
	Error      string
	Parameters Elements // nil: Package, if it says anything
	Response   Elements // nil: null
	Package    Package
	Additional Additional
}

// Bounds of texts that a client chooses, in bytes.
const (
	maxURI   = 2 << 10 // also of names in it
	maxText  = 1 << 10
	maxBytes = 256 << 10 // of a whole record; CloudTrail's bound

	usual = 256 // bytes of what a call takes or gives; more is made room for
)

// Trim bounds what a client chose of an event, before the event waits. It
// detaches what would keep a request's long address in memory.
func (e *Event) Trim(detach bool) {
	e.UserAgent = printable.Short(e.UserAgent, maxText)
	e.Error = printable.Short(e.Error, maxText)
	e.Resource = printable.Short(e.Resource, maxURI)
	e.Additional.RequestURI = printable.Short(e.Additional.RequestURI, maxURI)
	p := &e.Package
	for _, s := range [...]*string{&p.Domain, &p.Owner, &p.Repository, &p.Namespace, &p.Name, &p.Version, &e.Additional.RequestURI} {
		*s = printable.Short(*s, maxURI)
		if detach {
			*s = strings.Clone(*s)
		}
	}
}

// record makes the record of an event.
func (e *Event) record(id string) *Record {
	r := &Record{
		EventVersion: "1.11", UserIdentity: e.Caller.identity(),
		EventTime: e.Time.UTC().Format(time.RFC3339), EventSource: e.Source, EventName: e.Name,
		AWSRegion: e.Region, UserAgent: e.UserAgent, ErrorCode: e.ErrorCode, ErrorMessage: e.Error,
		RequestID: e.RequestID, EventID: id, ReadOnly: e.ReadOnly, Resources: resources(e.Resource),
		EventType: "AwsApiCall", ManagementEvent: true, EventCategory: "Management",
	}
	if e.Address.IsValid() {
		r.SourceIPAddress = e.Address.String()
	}
	if r.RecipientAccountID = r.UserIdentity.AccountID; r.RecipientAccountID == "" {
		r.RecipientAccountID = e.Account
	}
	if e.Additional != (Additional{}) {
		r.AdditionalEventData = &e.Additional
	}
	switch {
	case e.Parameters != nil:
		r.RequestParameters = e.Parameters.json()
	case e.Package != (Package{}):
		r.RequestParameters = e.Package.append(make([]byte, 0, usual))
	}
	if e.Response != nil {
		r.ResponseElements = e.Response.json()
	}
	return r
}

// types are the resource types whose name CloudTrail does not make from the
// type in the ARN by taking its words together.
var types = map[string]string{
	"codeartifact:package-group": "PackageGroup",
	"iam:instance-profile":       "InstanceProfile",
	"iam:mfa":                    "VirtualMFADevice",
	"iam:oidc-provider":          "OIDCProvider",
	"iam:saml-provider":          "SAMLProvider",
	"iam:server-certificate":     "ServerCertificate",
}

var products = map[string]string{"codeartifact": "AWS::CodeArtifact::", "iam": "AWS::IAM::", "daypass": "Daypass::"}

func resources(name string) []Resource {
	a, err := arn.Parse(name)
	if err != nil {
		return nil
	}
	r := Resource{ARN: name, AccountID: a.Account}
	if product, ok := products[a.Service]; ok {
		kind := a.Type()
		word, ok := types[a.Service+":"+kind]
		switch {
		case ok:
			r.Type = product + word
		case kind != "":
			r.Type = product + strings.ToUpper(kind[:1]) + kind[1:]
		default:
			r.Type = product
		}
	}
	return []Resource{r}
}

// A Caller is who made a call, as far as it became known.
type Caller struct {
	Principal   *principal.Principal // nil: not established
	Ref         *principal.Ref       // what a genuine credential that was refused says of its maker
	AccessKeyID string               // of the signature, or the token's id
	Web         *Web                 // an unsigned call of STS that showed a token or an assertion
}

// Web is who an identity provider says that somebody is.
type Web struct {
	Type     string // WebIdentityUser or SAMLUser
	Provider string
	Audience string
	Subject  string
}
