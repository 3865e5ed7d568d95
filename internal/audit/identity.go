package audit

import (
	"strconv"
	"strings"
	"time"

	"daypass/internal/arn"
	"daypass/internal/principal"
	"daypass/internal/printable"
)

// An Identity is the member userIdentity.
//
// Source: CloudTrail User Guide, "CloudTrail userIdentity element".
type Identity struct {
	Type             string          `json:"type"`
	PrincipalID      string          `json:"principalId,omitempty"`
	ARN              string          `json:"arn,omitempty"`
	AccountID        string          `json:"accountId,omitempty"`
	AccessKeyID      string          `json:"accessKeyId,omitempty"`
	UserName         string          `json:"userName,omitempty"`
	IdentityProvider string          `json:"identityProvider,omitempty"`
	SessionContext   *SessionContext `json:"sessionContext,omitempty"`
}

// A SessionContext is what temporary credentials add.
type SessionContext struct {
	SessionIssuer       *Issuer        `json:"sessionIssuer,omitempty"`
	WebIDFederationData *WebFederation `json:"webIdFederationData,omitempty"`
	Attributes          Attributes     `json:"attributes"`
	SourceIdentity      string         `json:"sourceIdentity,omitempty"`
}

// An Issuer is who a session was made from.
type Issuer struct {
	Type        string `json:"type"`
	PrincipalID string `json:"principalId,omitempty"`
	ARN         string `json:"arn,omitempty"`
	AccountID   string `json:"accountId,omitempty"`
	UserName    string `json:"userName,omitempty"`
}

// WebFederation names the identity provider of a session.
type WebFederation struct {
	FederatedProvider string            `json:"federatedProvider"`
	Attributes        map[string]string `json:"attributes"`
}

// Attributes are of the session; both are texts, as in CloudTrail.
type Attributes struct {
	CreationDate     string `json:"creationDate"`
	MFAAuthenticated string `json:"mfaAuthenticated"`
}

// kinds are the values of type. "Unknown" is for callers that were not
// established; CloudTrail has the word for identities that it cannot tell.
var kinds = map[principal.Kind]string{
	principal.Root: "Root", principal.User: "IAMUser", principal.Role: "AssumedRole", principal.Federated: "FederatedUser",
}

func (c *Caller) identity() Identity {
	switch {
	case c.Principal != nil:
		id := named(c.Principal)
		id.AccessKeyID = c.AccessKeyID
		return id
	case c.Ref != nil:
		// Who the credential was made for is sure; what that is called today is not.
		p := &principal.Principal{Ref: *c.Ref}
		return Identity{Type: kinds[p.Kind], PrincipalID: p.UserID(), AccountID: p.Account, AccessKeyID: c.AccessKeyID, SessionContext: session(p)}
	case c.Web != nil:
		return c.Web.identity()
	}
	return Identity{Type: "Unknown", AccessKeyID: c.AccessKeyID}
}

func named(p *principal.Principal) Identity {
	id := Identity{Type: kinds[p.Kind], PrincipalID: p.UserID(), ARN: p.ARN(), AccountID: p.Account, SessionContext: session(p)}
	if p.Kind == principal.User {
		id.UserName = p.Name
	}
	return id
}

// identity puts the parts of principalId together as AWS does.
func (w *Web) identity() Identity {
	id := Identity{Type: w.Type, UserName: w.Subject, IdentityProvider: w.Provider}
	if w.Subject != "" {
		id.PrincipalID = strings.Trim(w.Provider+":"+w.Audience+":"+w.Subject, ":")
	}
	return id
}

func session(p *principal.Principal) *SessionContext {
	s := p.Session
	if s == nil {
		return nil
	}
	c := &SessionContext{
		SessionIssuer: issuer(p),
		Attributes: Attributes{
			CreationDate:     s.IssuedAt.UTC().Format(time.RFC3339),
			MFAAuthenticated: strconv.FormatBool(!s.MFAAt.IsZero()),
		},
		SourceIdentity: s.SourceIdentity,
	}
	if s.Provider != "" {
		c.WebIDFederationData = &WebFederation{FederatedProvider: s.Provider, Attributes: claims(s)}
	}
	return c
}

// claims are the two that say which workload it was. CloudTrail leaves them
// out; without them a session of a shared role names no one.
func claims(s *principal.Session) map[string]string {
	out := map[string]string{}
	for key, values := range s.Context {
		name := key[strings.LastIndexByte(key, ':')+1:]
		if (name == "aud" || name == "sub") && len(values) > 0 {
			out[name] = printable.Short(values[0], maxText)
		}
	}
	return out
}

// issuer names the role of a role's session and the user of a federated one,
// whose name the session does not have.
func issuer(p *principal.Principal) *Issuer {
	switch {
	case p.Kind == principal.Role:
		i := &Issuer{Type: "Role", PrincipalID: p.ID, AccountID: p.Account}
		if p.Name != "" {
			i.ARN, i.UserName = arn.Role(p.Account, p.Path, p.Name), p.Name
		}
		return i
	case p.Kind == principal.Federated && p.ID == p.Account:
		return &Issuer{Type: "Root", PrincipalID: p.ID, ARN: arn.Root(p.Account), AccountID: p.Account}
	case p.Kind == principal.Federated:
		return &Issuer{Type: "IAMUser", PrincipalID: p.ID, AccountID: p.Account}
	}
	return nil
}
