package audit

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
