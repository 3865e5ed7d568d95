// Package credential owns the search for a caller's credentials: in the environment,
// in a profile (an assumed role, a web identity, SSO, keys, a process), from the agent
// of a container, and from a machine in EC2. The order and the messages are the AWS
// CLI's. It never calls STS itself: its user says how that is done. It never shows
// what a credential_process prints.
package credential

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"daypass/internal/cli/document"
	"daypass/internal/cli/profile"
)

// A Chain is the places where credentials may be, in the order of the search.
type Chain struct {
	Files    *profile.Files
	Profile  string // its name
	Explicit bool   // the profile was chosen on the command line, so it comes before the environment
	Now      func() time.Time
	Attempts int // how often SSO is called at most; 0 means the SDK's default

	// Endpoint returns the URL that is configured for a service, by its id in
	// configuration files; "" if there is none.
	Endpoint func(service string) string

	// AssumeRole calls AssumeRole of STS with the credentials of source.
	AssumeRole func(ctx context.Context, role Role, source aws.Credentials) (aws.Credentials, error)
	// WebIdentity calls AssumeRoleWithWebIdentity of STS.
	WebIdentity func(ctx context.Context, web WebIdentity) (aws.Credentials, error)

	visited []string // profiles on the way to the credentials of a role
}

// A Role is a role that a profile assumes.
type Role struct {
	ARN         string
	SessionName string // "" leaves it to AssumeRole of [Chain]
	ExternalID  string
	Serial      string // of an MFA device; "" for none
	Duration    int64  // of the session in seconds; 0 leaves it to STS
}

// A WebIdentity is a token of an identity provider, which STS exchanges for the
// credentials of a role.
type WebIdentity struct {
	File        string // path of the file with the token
	Role        string // ARN; "" if none is configured
	SessionName string // "" leaves it to WebIdentity of [Chain]
	Setting     string // the option, variable or setting that gave File, for messages
}

// A Source finds credentials when they are needed. It may run a program or call a
// server.
type Source func(ctx context.Context) (aws.Credentials, error)

// ErrNone means that there are no credentials anywhere.
const ErrNone = document.Message("Unable to locate credentials. You can configure credentials by running \"aws configure\".")

// errExpired means that new credentials have expired already, in the AWS CLI's
// words.
const errExpired = document.Message("Credentials were refreshed, but the refreshed credentials are still expired.")

// Find decides where the credentials come from. Its error says what is wrong with
// the configuration. If nothing is configured, the source that it returns may fail
// with [ErrNone].
func (c *Chain) Find() (Source, error) {
	var steps []func() (Source, error)
	if !c.Explicit {
		steps = append(steps, c.environment)
	}
	c.visited = []string{c.Profile}
	steps = append(steps, func() (Source, error) { return c.role(c.Profile) })
	steps = append(steps, c.profileSteps(c.Profile, !c.Explicit)...)
	steps = append(steps, container)
	source, err := firstSource(steps)
	if source == nil && err == nil {
		source = c.instance
	}
	return source, err
}

func firstSource(steps []func() (Source, error)) (Source, error) {
	for _, step := range steps {
		source, err := step()
		if source != nil || err != nil {
			return source, err
		}
	}
	return nil, nil
}

// profileSteps returns the steps that look for credentials in a profile, besides an
// assumed role. With environment, variables come before the profile's settings of a
// web identity.
func (c *Chain) profileSteps(name string, environment bool) []func() (Source, error) {
	return []func() (Source, error){
		func() (Source, error) { return c.webIdentity(name, environment) },
		func() (Source, error) { return c.sso(name) },
		func() (Source, error) { return keys(c.Files.Credentials[name], "shared-credentials-file") },
		func() (Source, error) { return c.process(name) },
		func() (Source, error) { return keys(c.Files.Config[name], "config-file") },
	}
}

func fixedSource(found aws.Credentials) Source {
	return func(context.Context) (aws.Credentials, error) { return found, nil }
}

func partialError(provider, missing string) error {
	return document.Messagef("Partial credentials found in %s, missing: %s", provider, missing)
}

func retrievalError(provider, format string, args ...any) error {
	return document.Message("Error when retrieving credentials from " + provider + ": " + fmt.Sprintf(format, args...))
}

// environment looks for keys in the environment.
func (c *Chain) environment() (Source, error) {
	found := aws.Credentials{AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"), Source: "the environment"}
	if found.AccessKeyID == "" {
		return nil, nil
	}
	if found.SecretAccessKey == "" {
		return nil, partialError("env", "AWS_SECRET_ACCESS_KEY")
	}
	for _, name := range []string{"AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN"} {
		if found.SessionToken == "" {
			found.SessionToken = os.Getenv(name)
		}
	}
	const variable = "AWS_CREDENTIAL_EXPIRATION"
	if text := os.Getenv(variable); text != "" {
		end, problem := expiration(text)
		if problem != "" {
			return nil, document.Messagef("%s %s", variable, problem)
		}
		found.CanExpire, found.Expires = true, end
		if !c.Now().Before(end) {
			return func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, errExpired }, nil
		}
	}
	return fixedSource(found), nil
}

// expiration reads the time when credentials expire. problem says what is wrong with
// the text, without showing it.
func expiration(text string) (end time.Time, problem string) {
	const want = "expected a date with a time and a zone, for example 2026-09-21T14:13:20Z"
	d, ok := document.ParseDate(text)
	switch {
	case !ok:
		return time.Time{}, "is no date: " + want
	case !d.Zoned:
		return time.Time{}, "names no time zone: " + want
	}
	return d.Time, ""
}

// keys looks for a key pair in a section.
func keys(s *profile.Settings, provider string) (Source, error) {
	if !s.Has("aws_access_key_id") {
		return nil, nil
	}
	if !s.Has("aws_secret_access_key") {
		return nil, partialError(provider, "aws_secret_access_key")
	}
	found := aws.Credentials{AccessKeyID: s.Value("aws_access_key_id"), SecretAccessKey: s.Value("aws_secret_access_key"), Source: provider}
	if found.AccessKeyID == "" || found.SecretAccessKey == "" { // they count as missing; the AWS CLI signs with empty keys
		return func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, ErrNone }, nil
	}
	for _, name := range []string{"aws_security_token", "aws_session_token"} {
		if s.Has(name) {
			found.SessionToken = s.Value(name)
			break
		}
	}
	return fixedSource(found), nil
}

const roleSetting = "role_arn"

// isRole reports whether a profile assumes a role.
func isRole(p *profile.Settings) bool { return p.Has(roleSetting) && !p.Has(tokenFileSetting) }

func hasKeys(p *profile.Settings) bool {
	return p.Has("aws_access_key_id") || p.Has("aws_secret_access_key")
}

// role looks for a role that a profile assumes, and for the credentials to assume it
// with.
func (c *Chain) role(name string) (Source, error) {
	p := c.Files.Profiles[name]
	if !isRole(p) {
		return nil, nil
	}
	source, err := c.sourceOf(name, p)
	if err != nil {
		return nil, err
	}
	role := Role{ARN: p.Value(roleSetting), SessionName: p.Value("role_session_name"), ExternalID: p.Value("external_id"), Serial: p.Value("mfa_serial")}
	if seconds, ok := document.ParseInt(p.Value("duration_seconds")); ok {
		role.Duration, _ = seconds.(int64)
	}
	return func(ctx context.Context) (aws.Credentials, error) {
		sourceKeys, err := source(ctx)
		if err != nil {
			return aws.Credentials{}, err
		}
		return c.AssumeRole(ctx, role, sourceKeys)
	}, nil
}

// sourceOf finds the credentials with which a profile assumes its role.
func (c *Chain) sourceOf(name string, p *profile.Settings) (Source, error) {
	sourceProfile, kind := p.Value("source_profile"), p.Value("credential_source")
	switch {
	case p.Has("source_profile") && p.Has("credential_source"):
		return nil, document.Messagef("The profile \"%s\" contains both source_profile and credential_source.", name)
	case p.Has("credential_source"):
		return c.credentialSource(name, kind)
	case !p.Has("source_profile"):
		return nil, partialError("assume-role", "source_profile or credential_source")
	}
	source := c.Files.Profiles[sourceProfile]
	if source == nil {
		return nil, document.Messagef("The source_profile \"%s\" referenced in the profile \"%s\" does not exist.", sourceProfile, name)
	}
	// A profile may have the keys with which it assumes its own role.
	if slices.Contains(c.visited, sourceProfile) && (sourceProfile != name || !hasKeys(source)) {
		return nil, document.Messagef("Infinite loop in credential configuration detected. Attempting to load from profile %s which has already been visited. Visited profiles: %s", sourceProfile, profileNames(c.visited))
	}
	c.visited = append(c.visited, sourceProfile)
	if isRole(source) && !hasKeys(source) {
		return c.role(sourceProfile)
	}
	found, err := firstSource(c.profileSteps(sourceProfile, false))
	if found == nil && err == nil {
		err = document.Messagef("The source profile \"%s\" must have credentials.", sourceProfile)
	}
	return found, err
}

func profileNames(names []string) string {
	list := make([]any, len(names))
	for i := range names {
		list[i] = names[i]
	}
	return document.Repr(list)
}

// credentialSource finds the credentials of a credential_source.
func (c *Chain) credentialSource(name, kind string) (Source, error) {
	var found Source
	var err error
	switch kind {
	case "Environment":
		found, err = c.environment()
	case "EcsContainer":
		found, err = container()
	case "Ec2InstanceMetadata":
		found = c.instance
	default:
		return nil, document.Messagef("The credential source \"%s\" referenced in profile \"%s\" is not valid.", kind, name)
	}
	none := retrievalError(kind, "No credentials found in credential_source referenced in profile %s", name)
	if err != nil || found == nil {
		if err == nil {
			err = none
		}
		return nil, err
	}
	return func(ctx context.Context) (aws.Credentials, error) {
		c, err := found(ctx)
		if errors.Is(err, ErrNone) {
			err = none
		}
		return c, err
	}, nil
}

// Settings of a web identity in a profile and the variables that come before them.
const (
	tokenFileSetting  = "web_identity_token_file"
	TokenFileVariable = "AWS_WEB_IDENTITY_TOKEN_FILE"
)

// webIdentity looks for a token of an identity provider.
func (c *Chain) webIdentity(name string, environment bool) (Source, error) {
	setting := func(variable, setting string) (value, from string) {
		if v, ok := os.LookupEnv(variable); ok && environment {
			return v, variable
		}
		return c.Files.Profiles[name].Value(setting), setting
	}
	var web WebIdentity
	web.File, web.Setting = setting(TokenFileVariable, tokenFileSetting)
	if web.File == "" {
		return nil, nil
	}
	web.Role, _ = setting("AWS_ROLE_ARN", roleSetting)
	web.SessionName, _ = setting("AWS_ROLE_SESSION_NAME", "role_session_name")
	if web.Role == "" {
		return nil, &NoRoleError{Setting: web.Setting}
	}
	return func(ctx context.Context) (aws.Credentials, error) { return c.WebIdentity(ctx, web) }, nil
}

// A NoRoleError is a web identity for which no role is configured.
type NoRoleError struct{ Setting string }

func (e *NoRoleError) Error() string {
	if strings.HasPrefix(e.Setting, "AWS_") {
		return e.Setting + " needs a role: set AWS_ROLE_ARN in the environment"
	}
	return e.Setting + " needs a role: set role_arn in the profile"
}
