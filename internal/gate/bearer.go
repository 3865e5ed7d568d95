package gate

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"

	"daypass/internal/fault"
	"daypass/internal/token"
)

// Bearer authenticates the caller of a package request by its authorization token,
// for a domain of an owner. Every refusal is a fault that says which check failed
// and what to do.
func (g *Gate) Bearer(ctx context.Context, c *Call, r *http.Request, domain, owner string) error {
	c.Region = g.Region
	return withAdvice(g.bearer(ctx, c, r, domain, owner), domain, owner)
}

// withAdvice adds to the refusal of a token how to get a new one.
func withAdvice(err error, domain, owner string) error {
	if err == nil {
		return nil
	}
	var refused *fault.Error
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Kind {
	case fault.MissingAuthentication, fault.UnknownKey, fault.ExpiredSession:
		return fault.New(refused.Kind, "%s Get a new one with: daypass get-authorization-token --domain %s --domain-owner %s", refused.Message, domain, owner)
	}
	return err
}

func (g *Gate) bearer(ctx context.Context, c *Call, r *http.Request, domain, owner string) error {
	sent, err := tokenFromRequest(r)
	if err != nil {
		return err
	}
	if sent == "" {
		return fault.New(fault.MissingAuthentication, "No authorization token was sent: use Basic authentication with user aws and the token as password, or Authorization: Bearer.")
	}
	claims, err := g.Keyring.Open(ctx, sent)
	switch {
	case errors.Is(err, token.ErrMalformed):
		return fault.New(fault.UnknownKey, "The authorization token is malformed: %s.", malformed(sent))
	case errors.Is(err, token.ErrUnknownKey):
		return fault.New(fault.UnknownKey, "The authorization token was not issued by this server, or was sealed with a key that it no longer has.")
	case err != nil:
		return err
	}
	return g.checkToken(ctx, c, claims, domain, owner)
}

// checkToken checks the claims of a token: it must be for this domain, not expired,
// not revoked, and its principal must still exist.
func (g *Gate) checkToken(ctx context.Context, c *Call, claims *token.Claims, domain, owner string) error {
	c.Token = claims
	c.AccessKeyID = claims.ID
	if claims.Domain != domain || claims.Owner != owner {
		return fault.New(fault.UnknownKey, "The authorization token is for domain %s of account %s, not for domain %s of account %s.", claims.Domain, claims.Owner, domain, owner)
	}
	if !c.now().Before(claims.ExpiresAt) {
		return fault.New(fault.ExpiredSession, "The authorization token expired at %s.", claims.ExpiresAt.UTC().Format(time.RFC3339))
	}
	revoked, err := g.Directory.Revoked(ctx, claims.ID, claims.Principal, claims.Owner, claims.IssuedAt)
	if err != nil {
		return err
	}
	if revoked {
		return fault.New(fault.UnknownKey, "The authorization token %s was revoked.", claims.ID)
	}
	err = g.resolve(ctx, c, claims.Principal)
	if fault.Is(err, fault.UnknownKey) {
		return fault.New(fault.UnknownKey, "The principal that the authorization token %s was issued to no longer exists.", claims.ID)
	}
	return err
}

// CheckDomain refuses a token that was issued for an earlier domain of the same name.
// id and created are those of the present domain. A token without a mark is compared
// by its time of issue.
func (c *Call) CheckDomain(id string, created time.Time) error {
	t := c.Token
	same := t.Mark == token.MarkDomain(id)
	if t.Mark == (token.DomainMark{}) {
		same = !t.IssuedAt.Before(created)
	}
	if same {
		return nil
	}
	return fault.New(fault.UnknownKey, "The authorization token is for a domain %s that was deleted; another one was made since. Get a new one with: daypass get-authorization-token --domain %[1]s --domain-owner %s", t.Domain, t.Owner)
}

// malformed describes a string that is no token, without quoting it.
func malformed(sent string) string {
	switch {
	case strings.HasPrefix(strings.TrimSpace(sent), "{"):
		return "it is a JSON document; send only the value of authorizationToken"
	case strings.HasPrefix(sent, token.Prefix):
		return "it is damaged or cut short"
	}
	return "it does not begin with " + token.Prefix
}

// maxAuthorization is the maximum length of the Authorization header, in bytes. A
// token with the largest session policy and tags is much shorter.
const maxAuthorization = 24 << 10

// tokenFromRequest returns the token in an Authorization header, or "". Package
// managers send it as the password of Basic with any user name, as Bearer, or alone
// as cargo does.
//
// Source: CodeArtifact User Guide, the pages on each package manager.
func tokenFromRequest(r *http.Request) (string, error) {
	values := r.Header.Values("Authorization")
	if len(values) == 0 {
		return "", nil
	}
	if len(values) > 1 || len(values[0]) > maxAuthorization {
		return "", fault.New(fault.MalformedRequest, "Authorization: expected one header of at most %d bytes", maxAuthorization)
	}
	value := strings.TrimSpace(values[0])
	scheme, rest, found := strings.Cut(value, " ")
	switch {
	case !found:
		return value, nil
	case strings.EqualFold(scheme, "Bearer"):
		return strings.TrimSpace(rest), nil
	case !strings.EqualFold(scheme, "Basic"):
		return "", fault.New(fault.MissingAuthentication, "Authorization: unsupported scheme, expected Basic or Bearer.")
	}
	var buffer [1 << 10]byte // saves an allocation for all but the largest tokens
	decoded, err := base64.StdEncoding.AppendDecode(buffer[:0], []byte(strings.TrimSpace(rest)))
	if err != nil {
		return "", fault.New(fault.UnknownKey, "Authorization: the Basic credentials are not valid base64.")
	}
	user, password, _ := strings.Cut(string(decoded), ":")
	if password == "" && strings.HasPrefix(user, token.Prefix) {
		return user, nil // as in https://TOKEN@host/
	}
	return strings.TrimSpace(password), nil
}
