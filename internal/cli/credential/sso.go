package credential

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
	"github.com/aws/smithy-go"

	"daypass/internal/cli/document"
	"daypass/internal/cli/profile"
)

const (
	errSSOExpired   = document.Message("The SSO session associated with this profile has expired or is otherwise invalid. To refresh this SSO session run aws sso login with the corresponding profile.")
	errTokenRefresh = document.Message("Error when retrieving token from sso: Token has expired and refresh failed")
)

// sso looks for a login at IAM Identity Center in a profile. "aws sso login" keeps
// the token of the login in a file.
func (c *Chain) sso(name string) (Source, error) {
	p := c.Files.Profiles[name]
	if !p.Has("sso_account_id") && !p.Has("sso_role_name") {
		return nil, nil
	}
	required := []string{"sso_role_name", "sso_account_id", "sso_start_url", "sso_region"}
	key, isSession := p.Value("sso_start_url"), p.Has("sso_session")
	if isSession {
		key = p.Value("sso_session")
		session := c.Files.SSOSessions[key]
		if session == nil {
			return nil, document.Messagef("The specified sso-session does not exist: \"%s\"", key)
		}
		for setting, v := range session.Values {
			if p.Has(setting) && p.Value(setting) != v {
				return nil, document.Messagef("The value for %s is inconsistent between profile (%s) and sso-session (%s).", setting, p.Value(setting), v)
			}
		}
		p = withSession(p, session)
	}
	var missing []string
	for _, setting := range required {
		if !p.Has(setting) {
			missing = append(missing, setting)
		}
	}
	if missing != nil {
		return nil, document.Messagef("The profile \"%s\" is configured to use SSO but is missing required configuration: %s", name, strings.Join(missing, ", "))
	}
	return func(ctx context.Context) (aws.Credentials, error) { return c.login(ctx, p, key, isSession) }, nil
}

// withSession returns the settings of an sso-session, with those of a profile over
// them.
func withSession(p, session *profile.Settings) *profile.Settings {
	sum := &profile.Settings{Values: map[string]string{}}
	for _, from := range []*profile.Settings{session, p} {
		for k, v := range from.Values {
			sum.Values[k] = v
		}
	}
	return sum
}

// login gets the credentials of a role from IAM Identity Center with a token. The key
// names the token's file.
func (c *Chain) login(ctx context.Context, p *profile.Settings, key string, isSession bool) (aws.Credentials, error) {
	path, err := ssocreds.StandardCachedTokenFilepath(key)
	if err != nil {
		return aws.Credentials{}, err
	}
	_, err = os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return aws.Credentials{}, document.Messagef("Error loading SSO Token: Token for %s does not exist", key)
	}
	endpoint := func(service string) *string {
		if url := c.Endpoint(service); url != "" {
			return &url
		}
		return nil
	}
	region := p.Value("sso_region")
	oidc := ssooidc.New(ssooidc.Options{Region: region, BaseEndpoint: endpoint("SSO OIDC"), RetryMaxAttempts: c.Attempts})
	token, err := ssocreds.NewSSOTokenProvider(oidc, path).RetrieveBearerToken(ctx)
	if err != nil && isSession {
		return aws.Credentials{}, errTokenRefresh
	}
	if err != nil {
		return aws.Credentials{}, errSSOExpired
	}
	client := sso.New(sso.Options{Region: region, BaseEndpoint: endpoint("SSO"), RetryMaxAttempts: c.Attempts})
	reply, err := client.GetRoleCredentials(ctx, &sso.GetRoleCredentialsInput{
		AccessToken: &token.Value, AccountId: aws.String(p.Value("sso_account_id")), RoleName: aws.String(p.Value("sso_role_name")),
	})
	if err != nil {
		return aws.Credentials{}, loginError(err)
	}
	return roleCredentials(reply)
}

// loginError returns the message for an error of GetRoleCredentials.
func loginError(err error) error {
	var refused smithy.APIError
	var unreachable *url.Error
	switch {
	case errors.As(err, &refused) && refused.ErrorCode() == "UnauthorizedException":
		return errSSOExpired
	case errors.As(err, &refused):
		return err
	case errors.As(err, &unreachable):
		return document.Messagef("Could not connect to the endpoint URL: \"%s\"", unreachable.URL)
	}
	return retrievalError("sso", "the answer to GetRoleCredentials cannot be read")
}

// roleCredentials returns the credentials in a response. The SDK's own provider
// panics if there are none.
func roleCredentials(reply *sso.GetRoleCredentialsOutput) (aws.Credentials, error) {
	found := aws.Credentials{Source: "SSO"}
	if keys := reply.RoleCredentials; keys != nil {
		found.AccessKeyID, found.SecretAccessKey, found.SessionToken = aws.ToString(keys.AccessKeyId), aws.ToString(keys.SecretAccessKey), aws.ToString(keys.SessionToken)
		found.CanExpire, found.Expires = true, time.UnixMilli(keys.Expiration)
	}
	if !found.HasKeys() {
		return aws.Credentials{}, retrievalError("sso", "the answer to GetRoleCredentials has no credentials")
	}
	return found, nil
}
