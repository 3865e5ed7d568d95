package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/smithy-go"

	"daypass/api"
	"daypass/internal/cli/credential"
	"daypass/internal/cli/document"
	"daypass/internal/cli/exit"
	"daypass/internal/wire"
)

// metadataTimeout bounds a question to the metadata service of a machine that
// may not be in a cloud at all; the AWS CLI waits as long, once.
const metadataTimeout = time.Second

// credentials find the caller's key pair when the first signature needs it, and
// forget one that the service does not know any more.
type credentials struct {
	find   credential.Source
	forget func()
}

// A search is the search for the credentials of one call.
type search struct {
	session  *Session
	settings *settings
	region   string // "": none is known
	main     string // URL of the service that the credentials are for; "" is AWS's own
}

// credentials decides where the credentials come from, and refuses configuration
// that leads nowhere.
func (s *search) credentials() (*credentials, error) {
	if web := s.session.web; web != nil {
		exchange := func(ctx context.Context) (aws.Credentials, error) { return s.exchange(ctx, web) }
		return &credentials{s.session.remembered(exchange), func() {}}, nil
	}
	source, err := s.chain().Find()
	if err != nil {
		return nil, credentialsError(err)
	}
	find := s.session.remembered(func(ctx context.Context) (aws.Credentials, error) {
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
	return &credentials{s.session.remembered(func(ctx context.Context) (aws.Credentials, error) {
		return s.session.keeping(ctx, file, func() (aws.Credentials, error) { return find(ctx) })
	}), file.forget}, nil
}

// remembered finds credentials once, and again when they have ended: another try or
// another page must not run a program or ask for a code again. What has ended
// already when it is found, by a clock that may be wrong, is used for the whole run.
func (s *Session) remembered(find credential.Source) credential.Source {
	var found aws.Credentials
	ends := false
	return func(ctx context.Context) (aws.Credentials, error) {
		if found.HasKeys() && (!ends || s.Now().Before(found.Expires)) {
			return found, nil
		}
		var err error
		found, err = find(ctx)
		ends = found.CanExpire && s.Now().Before(found.Expires)
		return found, err
	}
}

func (c *settings) hasKeysInEnvironment() bool {
	return os.Getenv("AWS_ACCESS_KEY_ID") != "" && !c.explicit
}

// chain is where the credentials are looked for.
func (s *search) chain() *credential.Chain {
	attempts, err := s.settings.attempts()
	if err != nil {
		attempts = 0 // every call tells of it
	}
	return &credential.Chain{
		Attempts: attempts,
		Files:    s.settings.files, Profile: cmp.Or(s.settings.name, "default"), Explicit: s.settings.explicit, Now: s.session.Now,
		Endpoint: func(service string) string {
			url, err := s.settings.endpointOf(service)
			if err != nil {
				s.session.Debug("%s", err)
			}
			return url
		},
		AssumeRole: s.assumeRole,
		WebIdentity: func(ctx context.Context, web credential.WebIdentity) (aws.Credentials, error) {
			return s.exchange(ctx, &WebIdentity{file: web.File, role: web.Role, name: web.SessionName, option: web.Setting})
		},
	}
}

// sts finds out about a call to STS with given credentials, or with none.
func (s *search) sts(op *api.Operation, with *credentials) (*target, error) {
	url, err := s.endpoint()
	if err != nil {
		return nil, err
	}
	region := s.region
	if url != "" {
		region = cmp.Or(region, "us-east-1")
	}
	return s.session.place(op, s.settings, region, url, with)
}

// assumeRole asks STS for a session of a role.
func (s *search) assumeRole(ctx context.Context, role credential.Role, source aws.Credentials) (aws.Credentials, error) {
	op := api.STS().Operations["AssumeRole"]
	t, err := s.sts(op, &credentials{func(context.Context) (aws.Credentials, error) { return source, nil }, func() {}})
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
	return s.session.issued(ctx, op, t, input)
}

func (s *Session) sessionName() string { return fmt.Sprintf("daypass-%d", s.Now().Unix()) }

// issued sends a call that is answered with credentials, and returns them.
func (s *Session) issued(ctx context.Context, op *api.Operation, t *target, input *document.Object) (aws.Credentials, error) {
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

// credentialsError gives an error of the chain its exit code.
func credentialsError(err error) error {
	var operation *smithy.OperationError
	var api smithy.APIError
	var role *credential.NoRoleError
	switch {
	case errors.Is(err, credential.ErrNone):
		return exit.Errorf(exit.Config, "%s", err)
	case errors.As(err, &role) && role.Setting == fileVariable:
		return needsRole(fileVariable)
	case errors.As(err, &operation) && errors.As(err, &api):
		return exit.Errorf(exit.Service, "An error occurred (%s) when calling the %s operation: %s", api.ErrorCode(), operation.OperationName, api.ErrorMessage())
	}
	return err
}

// region finds the region: option, environment, profile, and the machine the
// command runs on, when it runs in EC2.
func (s *Session) region(ctx context.Context, c *settings) (string, error) {
	if region := cmp.Or(s.Options.Region, getenv("AWS_REGION", "AWS_DEFAULT_REGION"), c.profile.Value("region")); region != "" {
		return region, nil
	}
	if truth(os.Getenv("AWS_EC2_METADATA_DISABLED")) {
		return "", nil
	}
	ctx, cancel := context.WithTimeout(ctx, metadataTimeout)
	defer cancel()
	chain := &credential.Chain{Files: c.files, Profile: cmp.Or(c.name, "default")}
	reply, err := chain.Metadata().GetRegion(ctx, &imds.GetRegionInput{})
	if err != nil {
		return "", nil // not in EC2: the region is missing, and that is told
	}
	return reply.Region, nil
}
