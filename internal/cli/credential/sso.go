package credential

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"

	"daypass/internal/cli/document"
	"daypass/internal/cli/profile"
)

const (
	errSSOEnded     = document.Message("The SSO session associated with this profile has expired or is otherwise invalid. To refresh this SSO session run aws sso login with the corresponding profile.")
	errTokenRefresh = document.Message("Error when retrieving token from sso: Token has expired and refresh failed")
)

// sso looks for a login at IAM Identity Center, which the AWS CLI makes and keeps.
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
		p = overlaid(p, session)
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

func overlaid(p, session *profile.Settings) *profile.Settings {
	sum := &profile.Settings{Values: map[string]string{}}
	for _, from := range []*profile.Settings{session, p} {
		for k, v := range from.Values {
			sum.Values[k] = v
		}
	}
	return sum
}

// login asks IAM Identity Center for the credentials of a role with the token that
// is kept under key.
func (c *Chain) login(ctx context.Context, p *profile.Settings, key string, isSession bool) (aws.Credentials, error) {
	path, err := ssocreds.StandardCachedTokenFilepath(key)
	if err != nil {
		return aws.Credentials{}, err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return aws.Credentials{}, document.Messagef("Error loading SSO Token: Token for %s does not exist", key)
	}
	endpoint := func(service string) *string {
		if url := c.Endpoint(service); url != "" {
			return &url
		}
		return nil
	}
	region := p.Value("sso_region")
	client := sso.New(sso.Options{Region: region, BaseEndpoint: endpoint("SSO")})
	provider := ssocreds.New(client, p.Value("sso_account_id"), p.Value("sso_role_name"), p.Value("sso_start_url"), func(o *ssocreds.Options) {
		o.CachedTokenFilepath = path
		if isSession {
			o.SSOTokenProvider = ssocreds.NewSSOTokenProvider(ssooidc.New(ssooidc.Options{Region: region, BaseEndpoint: endpoint("SSO OIDC")}), path)
		}
	})
	found, err := provider.Retrieve(ctx)
	var refused interface{ ErrorCode() string }
	var invalid *ssocreds.InvalidTokenError
	isRefused := errors.As(err, &refused)
	switch {
	case errors.As(err, &invalid), isRefused && refused.ErrorCode() == "UnauthorizedException":
		return aws.Credentials{}, errSSOEnded
	case err != nil && isSession && (!isRefused || strings.Contains(err.Error(), "refresh SSO token")):
		return aws.Credentials{}, errTokenRefresh
	}
	return found, err
}
