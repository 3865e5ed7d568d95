package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"daypass/api"
	"daypass/internal/cli/credential"
	"daypass/internal/cli/document"
	"daypass/internal/cli/exit"
	"daypass/internal/wire"
)

// credentials find the caller's keys when the first signature needs them.
type credentials struct {
	find   credential.Source
	forget func() // removes keys that are kept in a file, after a service refused them
}

// A credentialSearch finds the credentials of one call.
type credentialSearch struct {
	session    *Session
	settings   *settings
	region     string // "" if none is known
	serviceURL string // of the service that is called; "" means AWS's own
}

// credentials decides where the credentials come from. It refuses a configuration
// that cannot give any.
func (s *credentialSearch) credentials() (*credentials, error) {
	if web := s.session.web; web != nil {
		exchange := func(ctx context.Context) (aws.Credentials, error) { return s.exchange(ctx, *web) }
		return &credentials{s.session.cached(exchange), func() {}}, nil
	}
	source, err := s.chain().Find()
	if err != nil {
		return nil, credentialsError(err)
	}
	find := s.session.cached(func(ctx context.Context) (aws.Credentials, error) {
		found, err := source(ctx)
		return found, credentialsError(err)
	})
	if s.settings.hasKeysInEnvironment() || !s.settings.asksForCode() {
		return &credentials{find, func() {}}, nil
	}
	file, err := s.sessionFile("AssumeRole")
	if err != nil {
		return nil, err
	}
	return &credentials{s.session.cached(func(ctx context.Context) (aws.Credentials, error) {
		return s.session.keptSession(ctx, file, func() (aws.Credentials, error) { return find(ctx) })
	}), file.forget}, nil
}

// cached returns a source that finds credentials once, and again after they have
// expired: another try or another page must not run a program or ask for a code
// again. Credentials that have expired when they are found are used for the whole
// run, because the clock may be wrong.
func (s *Session) cached(find credential.Source) credential.Source {
	var found aws.Credentials
	expires := false
	return func(ctx context.Context) (aws.Credentials, error) {
		if found.HasKeys() && (!expires || s.Now().Before(found.Expires)) {
			return found, nil
		}
		var err error
		found, err = find(ctx)
		expires = found.CanExpire && s.Now().Before(found.Expires)
		return found, err
	}
}

func (c *settings) hasKeysInEnvironment() bool {
	return os.Getenv("AWS_ACCESS_KEY_ID") != "" && !c.explicit
}

// chain returns the chain of places where credentials may be.
func (s *credentialSearch) chain() *credential.Chain {
	attempts, err := s.settings.attempts()
	if err != nil {
		attempts = 0 // every call returns this error itself
	}
	return &credential.Chain{
		Attempts: attempts,
		Files:    s.settings.files, Profile: cmp.Or(s.settings.name, "default"), Explicit: s.settings.explicit, Now: s.session.Now,
		Endpoint: func(service string) string {
			url, err := s.settings.configuredEndpointByID(service)
			if err != nil {
				s.session.Debug("%s", err)
			}
			return url
		},
		AssumeRole:  s.assumeRole,
		WebIdentity: s.exchange,
	}
}

// stsTarget returns the target of a call to STS with given credentials, or with nil.
func (s *credentialSearch) stsTarget(op *api.Operation, keys *credentials) (*target, error) {
	url, err := s.stsEndpoint()
	if err != nil {
		return nil, err
	}
	region := s.region
	if url != "" {
		region = cmp.Or(region, "us-east-1")
	}
	return s.session.complete(op, s.settings, target{url: url, region: region, credentials: keys})
}

// assumeRole calls AssumeRole.
func (s *credentialSearch) assumeRole(ctx context.Context, role credential.Role, source aws.Credentials) (aws.Credentials, error) {
	op := api.STS().Operations["AssumeRole"]
	t, err := s.stsTarget(op, &credentials{func(context.Context) (aws.Credentials, error) { return source, nil }, func() {}})
	if err != nil {
		return aws.Credentials{}, err
	}
	input := document.New(
		document.Member{Name: "RoleArn", Value: role.ARN},
		document.Member{Name: "RoleSessionName", Value: cmp.Or(role.SessionName, s.session.sessionName())},
	)
	if role.ExternalID != "" {
		input.Set("ExternalId", role.ExternalID)
	}
	if role.Duration != 0 {
		input.Set("DurationSeconds", role.Duration)
	}
	if role.Serial != "" {
		code, err := s.session.code(ctx, role.Serial)
		if err != nil {
			return aws.Credentials{}, err
		}
		input.Set("SerialNumber", role.Serial)
		input.Set("TokenCode", code)
	}
	return s.session.callForCredentials(ctx, op, t, input)
}

func (s *Session) sessionName() string { return fmt.Sprintf("daypass-%d", s.Now().Unix()) }

// callForCredentials calls an operation of STS and returns the credentials in its
// result.
func (s *Session) callForCredentials(ctx context.Context, op *api.Operation, t *target, input *document.Object) (aws.Credentials, error) {
	result, err := s.callAt(ctx, op, t, input)
	if err != nil {
		return aws.Credentials{}, err
	}
	found, _ := result.Get("Credentials")
	object, _ := found.(wire.Object)
	text := func(name string) string { v, _ := object.Get(name); s, _ := v.(string); return s }
	keys := aws.Credentials{AccessKeyID: text("AccessKeyId"), SecretAccessKey: text("SecretAccessKey"), SessionToken: text("SessionToken"), Source: op.Name}
	if !keys.HasKeys() {
		return aws.Credentials{}, exit.Errorf(exit.General, "The answer to %s from %s has no credentials", op.Name, withoutPassword(t.url))
	}
	if end, _ := object.Get("Expiration"); end != nil {
		keys.Expires, keys.CanExpire = end.(time.Time)
	}
	return keys, nil
}

// credentialsError gives an error of the chain the exit code of the AWS CLI.
func credentialsError(err error) error {
	var operation *smithy.OperationError
	var api smithy.APIError
	var role *credential.NoRoleError
	switch {
	case errors.Is(err, credential.ErrNone):
		return exit.Errorf(exit.Config, "%s", err)
	case errors.As(err, &role) && role.Setting == fileVariable:
		return noRoleError(fileVariable)
	case errors.As(err, &operation) && errors.As(err, &api):
		return exit.Errorf(exit.Service, "An error occurred (%s) when calling the %s operation: %s", api.ErrorCode(), operation.OperationName, api.ErrorMessage())
	}
	return err
}

// region returns the region of the option, the environment, the profile, or of the
// machine if it is in EC2; "" if none is known.
func (s *Session) region(ctx context.Context, c *settings) string {
	if region := cmp.Or(s.Options.Region, getenv("AWS_REGION", "AWS_DEFAULT_REGION"), c.profile.Value("region")); region != "" {
		return region
	}
	chain := &credential.Chain{Files: c.files, Profile: cmp.Or(c.name, "default")}
	return chain.Region(ctx)
}
