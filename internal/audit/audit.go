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
	"time"

	"daypass/internal/principal"
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

// An Event is a call as the server saw it, from which its record is made.
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
	Parameters []byte // what the call took, as JSON; nil: Package, if it says anything
	Response   []byte // what it gave, as JSON; nil: null
	Package    Package
	Additional Additional
}

// Bounds of texts that a client chooses, in bytes.
const (
	maxURI   = 2 << 10 // also of names in it
	maxText  = 1 << 10
	maxBytes = 256 << 10 // of a whole record; CloudTrail's bound
)

// A Caller is who made a call, as far as it became known.
type Caller struct {
	Principal   *principal.Principal // nil: not established
	ARN         string               // of Principal
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
