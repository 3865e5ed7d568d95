// Package principal owns who makes a request: the kinds of principals, what a
// credential records of one when it is issued, and how a principal is named in
// policies and messages. It knows nothing of credentials, of storage, or of
// what a principal may do.
package principal

import (
	"time"

	"daypass/internal/arn"
)

// A Kind is the kind of identity that a credential belongs to.
type Kind uint8

const (
	Root      Kind = 1 // the account's root user
	User      Kind = 2 // an IAM user, with long-term keys or a GetSessionToken session
	Role      Kind = 3 // a session of a role
	Federated Kind = 4 // a GetFederationToken session
)

// Type returns the value of the condition key aws:PrincipalType.
func (k Kind) Type() string {
	switch k {
	case Root:
		return "Account"
	case User:
		return "User"
	case Role:
		return "AssumedRole"
	case Federated:
		return "FederatedUser"
	}
	return "Anonymous"
}

// A Ref is what a credential records of its principal when it is issued. It names
// users and roles by unique id, so that a new user or role of the same name gets
// no rights from it.
type Ref struct {
	Kind    Kind   `cbor:"1,keyasint"`
	Account string `cbor:"2,keyasint"` // 12 digits
	// ID is AIDA… for a user, AROA… for a role, the account for root. For a
	// federated user it is the id of the user (or account) that made the session.
	ID string `cbor:"3,keyasint"`
	// SessionName is the role session's or federated user's name; else empty.
	SessionName string `cbor:"4,keyasint,omitempty"`
	// Session is nil for long-term credentials.
	Session *Session `cbor:"5,keyasint,omitempty"`
}

// A Session is what temporary credentials add to their principal. It is
// carried on into every authorization token made with them.
type Session struct {
	IssuedAt       time.Time           `cbor:"1,keyasint"`
	ExpiresAt      time.Time           `cbor:"2,keyasint"`
	Policies       []string            `cbor:"3,keyasint,omitempty"` // inline session policies (at most one)
	PolicyARNs     []string            `cbor:"4,keyasint,omitempty"` // managed session policies
	Tags           map[string]string   `cbor:"5,keyasint,omitempty"`
	TransitiveKeys []string            `cbor:"6,keyasint,omitempty"`
	SourceIdentity string              `cbor:"7,keyasint,omitempty"`
	MFAAt          time.Time           `cbor:"8,keyasint,omitzero"`   // zero: no MFA was used
	Provider       string              `cbor:"9,keyasint,omitempty"`  // identity provider of a federated role session
	Context        map[string][]string `cbor:"10,keyasint,omitempty"` // condition keys from the provider's claims
}

// Restricted reports whether session policies narrow the session.
func (s *Session) Restricted() bool {
	return s != nil && (len(s.Policies) > 0 || len(s.PolicyARNs) > 0)
}

// A Principal is a Ref with what is stored of the user or role now.
type Principal struct {
	Ref
	Name string // of the user or role; empty for root and federated users
	Path string // begins and ends with a slash; empty where Name is
	// Tags are the user's or role's own, overlaid with the session's. Keys are
	// matched without regard to case.
	Tags map[string]string
	// Boundary reports whether a permissions boundary is attached.
	Boundary bool
}

// ARN is the principal's name in messages and in GetCallerIdentity: the
// session's ARN for role sessions.
//
// Source: IAM User Guide, "AWS JSON policy elements: Principal".
func (p *Principal) ARN() string {
	switch p.Kind {
	case Root:
		return arn.Root(p.Account)
	case User:
		return arn.User(p.Account, p.Path, p.Name)
	case Role:
		return arn.AssumedRole(p.Account, p.Name, p.SessionName)
	case Federated:
		return arn.FederatedUser(p.Account, p.SessionName)
	}
	return "anonymous"
}

// PolicyARN is the value of aws:PrincipalArn: the role's ARN for role
// sessions, else the same as ARN.
func (p *Principal) PolicyARN() string {
	if p.Kind == Role {
		return arn.Role(p.Account, p.Path, p.Name)
	}
	return p.ARN()
}

// UserID is the value of aws:userid and of GetCallerIdentity's UserId.
func (p *Principal) UserID() string {
	switch p.Kind {
	case Role:
		return p.ID + ":" + p.SessionName
	case Federated:
		return p.Account + ":" + p.SessionName
	}
	return p.ID
}
