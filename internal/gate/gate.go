package gate

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"time"

	"daypass/internal/fault"
	"daypass/internal/policy"
	"daypass/internal/principal"
	"daypass/internal/sigv4"
	"daypass/internal/token"
)

// A Directory has the principals of the instance as they are now.
type Directory interface {
	// Key returns the secret of a long-term access key and its principal. An
	// unknown or inactive key is a fault of kind UnknownKey.
	Key(ctx context.Context, accessKeyID string) (secret string, ref principal.Ref, err error)
	// Principal returns the principal that ref names and its policies, as they are
	// now. A deleted principal is a fault of kind NotFound.
	Principal(ctx context.Context, ref principal.Ref) (*principal.Principal, *policy.Grants, error)
	// Revoked reports whether a token that was issued to ref at an instant was
	// revoked. For a session of ref tokenID and domainOwner are empty.
	Revoked(ctx context.Context, tokenID string, ref principal.Ref, domainOwner string, issued time.Time) (bool, error)
}

// A Keyring opens the tokens that the instance issued.
type Keyring interface {
	Open(ctx context.Context, authorizationToken string) (*token.Claims, error)
	OpenSession(ctx context.Context, sessionToken string) (*token.SessionKey, error)
}

// A Gate authenticates callers.
type Gate struct {
	Directory Directory
	Keyring   Keyring
	Verifier  *sigv4.Verifier
	// Region that signatures must be scoped to; "" accepts any.
	Region string
}

// A Signing says how requests to one service are signed.
type Signing struct {
	Name string        // the service in the signature's scope
	Skew time.Duration // how far the clocks of client and server may differ

	// Global says that the service has no Regions: signatures may be scoped to the
	// Region that AWS has for such services, whatever the server's Region is.
	Global bool
}

// The Region that signatures for a service without Regions are scoped to, and the
// name that SDKs have for it.
//
// Source: AWS General Reference, "IAM endpoints and quotas"; the endpoints of
// botocore.
const (
	globalRegion = "us-east-1"
	globalName   = "aws-global"
)

// scopeRegion returns the Region that a signature must be scoped to; "" means any.
func (g *Gate) scopeRegion(claimed string, s Signing) string {
	if s.Global && (claimed == globalRegion || claimed == globalName) {
		return claimed
	}
	return g.Region
}

// requestedRegion returns the value of aws:RequestedRegion. For a service without
// Regions it is the server's Region, so that the caller cannot choose it.
func (g *Gate) requestedRegion(scoped string, s Signing) string {
	switch {
	case s.Global && g.Region != "":
		return g.Region
	case scoped == globalName:
		return globalRegion
	}
	return scoped
}

var errUnknownKey = fault.New(fault.UnknownKey, "The security token included in the request is invalid.")

// A Claim is a well-formed signature by a known key that is not yet verified. It is
// available before the body of a request is read, so that the body of a request with
// an unknown key need not be read.
type Claim struct {
	signature *sigv4.Signature
	signing   Signing
	secret    string
	ref       principal.Ref
}

// PayloadHash returns the hash of the body in x-amz-content-sha256, or "".
func (c *Claim) PayloadHash() string { return c.signature.PayloadHash }

// Claim returns the claim of a request.
func (g *Gate) Claim(ctx context.Context, c *Call, r *http.Request, s Signing) (Claim, error) {
	signature, err := c.Signature(r)
	if err != nil {
		return Claim{}, signatureFault(err)
	}
	err = signature.CheckScope(sigv4.Scope{Region: g.scopeRegion(signature.Region, s), Service: s.Name, Skew: s.Skew}, c.Now)
	if err != nil {
		return Claim{}, signatureFault(err)
	}
	secret, ref, err := g.credentials(ctx, signature)
	if err != nil {
		return Claim{}, err
	}
	return Claim{signature, s, secret, ref}, nil
}

// Prove verifies a claim for a body with a hash, and sets the caller. If the hash is
// the declared one, the body MUST be compared with it while it is read.
func (g *Gate) Prove(ctx context.Context, c *Call, r *http.Request, claim *Claim, payloadHash string) error {
	err := g.Verifier.Verify(claim.signature, r, claim.secret, payloadHash)
	if err != nil {
		return signatureFault(err)
	}
	c.AccessKeyID = claim.signature.AccessKeyID
	c.Region = g.requestedRegion(claim.signature.Region, claim.signing)
	if claim.ref.Session != nil {
		err = g.checkSession(ctx, c, claim.ref)
	} else { // the key may have been deactivated while the body was read
		_, _, err = g.Directory.Key(ctx, c.AccessKeyID)
	}
	if err != nil {
		return err
	}
	return g.resolve(ctx, c, claim.ref)
}

// Signed authenticates the caller of a signed request with the given body.
func (g *Gate) Signed(ctx context.Context, c *Call, r *http.Request, body []byte, s Signing) error {
	claim, err := g.Claim(ctx, c, r, s)
	if err != nil {
		return err
	}
	return g.Prove(ctx, c, r, &claim, sigv4.HashPayload(body))
}

// checkSession refuses a session that has expired or was revoked.
func (g *Gate) checkSession(ctx context.Context, c *Call, ref principal.Ref) error {
	if !c.now().Before(ref.Session.ExpiresAt) {
		return fault.New(fault.ExpiredSession, "The security token included in the request is expired")
	}
	revoked, err := g.Directory.Revoked(ctx, "", ref, "", ref.Session.IssuedAt)
	if err == nil && revoked {
		err = errUnknownKey
	}
	return err
}

// credentials returns the secret of the signature's key. That of a session is in the
// session token; that of a long-term key is in the directory.
func (g *Gate) credentials(ctx context.Context, s *sigv4.Signature) (string, principal.Ref, error) {
	if s.SessionToken == "" {
		return g.Directory.Key(ctx, s.AccessKeyID)
	}
	session, err := g.Keyring.OpenSession(ctx, s.SessionToken)
	if err != nil {
		if errors.Is(err, token.ErrMalformed) || errors.Is(err, token.ErrUnknownKey) {
			return "", principal.Ref{}, errUnknownKey
		}
		return "", principal.Ref{}, err
	}
	if subtle.ConstantTimeCompare([]byte(session.AccessKeyID), []byte(s.AccessKeyID)) != 1 {
		return "", principal.Ref{}, errUnknownKey
	}
	return session.Secret, session.Principal, nil
}

// resolve sets the caller to the principal as it is now. A deleted principal is a
// fault of kind UnknownKey.
func (g *Gate) resolve(ctx context.Context, c *Call, ref principal.Ref) error {
	who, grants, err := g.Directory.Principal(ctx, ref)
	if fault.Is(err, fault.NotFound) {
		return errUnknownKey
	}
	if err != nil {
		return err
	}
	c.Principal, c.Grants = who, grants
	return nil
}

// signatureFault maps an error of package sigv4 to a fault.
func signatureFault(err error) error {
	var bad *sigv4.Error
	if !errors.As(err, &bad) {
		return err
	}
	kind := fault.BadSignature
	switch {
	case bad.Reason == sigv4.Missing:
		kind = fault.MissingAuthentication
	case bad.Reason.Incomplete():
		kind = fault.IncompleteSignature
	}
	return &fault.Error{Kind: kind, Message: bad.Message}
}
