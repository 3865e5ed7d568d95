package client

import (
	"cmp"
	"context"
	"errors"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"daypass/internal/cli/exit"
)

// metadataTimeout bounds a question to the metadata service of a machine that
// may not be in a cloud at all; the AWS CLI waits as long, once.
const metadataTimeout = time.Second

// credentials find the caller's key pair when the first signature needs it, and
// forget one that the service does not know any more.
type credentials struct {
	find   func(ctx context.Context) (aws.Credentials, error)
	forget func()
}

var errNoCredentials = exit.Errorf(exit.Config, "Unable to locate credentials. You can configure credentials by running \"aws configure\".")

// credentials sets up the chain of the AWS SDK: environment, profile (keys,
// assumed roles, SSO, web identity, a process), container, instance. Keys in the
// environment need no chain, and lose to a profile named on the command line.
//
// stsURL is what [session.stsEndpoint] says of the call that they are for.
func (s *Session) credentials(c *settings, region, stsURL string) (*credentials, error) {
	if s.web != nil {
		return s.vouched(s.web, c, stsURL), nil
	}
	if id := os.Getenv("AWS_ACCESS_KEY_ID"); id != "" && !c.explicit {
		secret := os.Getenv("AWS_SECRET_ACCESS_KEY")
		if secret == "" {
			return nil, partial("env", "AWS_SECRET_ACCESS_KEY")
		}
		found := aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: getenv("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"), Source: "the environment"}
		return &credentials{func(context.Context) (aws.Credentials, error) { return found, nil }, func() {}}, nil
	}
	if os.Getenv(fileVariable) != "" && !c.explicit {
		web, err := NewWebIdentity("", "", "")
		if err != nil {
			return nil, err
		}
		return s.vouched(web, c, stsURL), nil
	}
	if file := c.files.Partial(cmp.Or(c.name, "default")); file != "" {
		return nil, partial(file, "aws_secret_access_key")
	}
	find := func(ctx context.Context) (aws.Credentials, error) { return s.chain(ctx, c, region, stsURL) }
	if !c.asksForCode() {
		return &credentials{find, func() {}}, nil
	}
	var found aws.Credentials
	return &credentials{func(ctx context.Context) (aws.Credentials, error) {
		var err error
		if found.AccessKeyID == "" { // another try must not ask for another code
			found, err = s.keeping(c, "AssumeRole", stsURL, func() (aws.Credentials, error) { return find(ctx) })
		}
		return found, err
	}, s.kept(c, "AssumeRole", stsURL).forget}, nil
}

// keeping returns the session that is kept, or opens one and keeps it.
func (s *Session) keeping(c *settings, operation, stsURL string, open func() (aws.Credentials, error)) (aws.Credentials, error) {
	place := s.kept(c, operation, stsURL)
	if !s.refresh {
		if found, ok := place.load(); ok {
			return found, nil
		}
	}
	found, err := open()
	if err != nil {
		return found, credentialsError(err)
	}
	if err := place.save(found); err != nil {
		s.Debug("the session is not kept: %s", err)
	}
	return found, nil
}

func (s *Session) vouched(web *WebIdentity, c *settings, stsURL string) *credentials {
	return &credentials{func(ctx context.Context) (aws.Credentials, error) { return s.exchange(ctx, web, c, stsURL) }, func() {}}
}

func partial(provider, missing string) error {
	return exit.Errorf(exit.General, "Partial credentials found in %s, missing: %s", provider, missing)
}

// chain asks the AWS SDK's chain.
func (s *Session) chain(ctx context.Context, c *settings, region, stsURL string) (aws.Credentials, error) {
	config, err := s.load(ctx, c, region, stsURL)
	if err != nil {
		return aws.Credentials{}, credentialsError(err)
	}
	if config.Credentials == nil {
		return aws.Credentials{}, errNoCredentials
	}
	found, err := config.Credentials.Retrieve(ctx)
	if err != nil {
		return aws.Credentials{}, credentialsError(err)
	}
	return found, nil
}

// roleSession is what the service gives, and with it the AWS CLI, where a profile
// asks for no duration; the SDK asks for a quarter of it.
const roleSession = time.Hour

// moved returns a client like the given one for another endpoint. The SDK makes the
// clients of its chain before it has read AWS_ENDPOINT_URL, and they would ask AWS.
func moved[Client any](client Client, endpoint string) Client {
	known, ok := any(client).(*sts.Client)
	if !ok || endpoint == "" {
		return client
	}
	there, _ := any(sts.New(known.Options(), func(o *sts.Options) { o.BaseEndpoint = &endpoint })).(Client)
	return there
}

// load makes the AWS SDK's configuration.
func (s *Session) load(ctx context.Context, c *settings, region, stsURL string) (aws.Config, error) {
	options := []func(*awsconfig.LoadOptions) error{
		awsconfig.WithRegion(cmp.Or(region, "us-east-1")),
		awsconfig.WithAssumeRoleCredentialOptions(func(o *stscreds.AssumeRoleOptions) {
			o.Client = moved(o.Client, stsURL)
			if o.Duration == 0 && !c.hasDuration(o.RoleARN) {
				o.Duration = roleSession
			}
			serial := aws.ToString(o.SerialNumber)
			o.TokenProvider = func() (string, error) { return s.code(ctx, serial) }
		}),
		awsconfig.WithWebIdentityRoleCredentialOptions(func(o *stscreds.WebIdentityRoleOptions) { o.Client = moved(o.Client, stsURL) }),
	}
	if c.explicit {
		options = append(options, awsconfig.WithSharedConfigProfile(c.name))
	}
	return awsconfig.LoadDefaultConfig(ctx, options...)
}

// credentialsError words an error of the chain as the AWS CLI does where it has
// words for it.
func credentialsError(err error) error {
	var operation *smithy.OperationError
	isOperation := errors.As(err, &operation)
	var api smithy.APIError
	var process *processcreds.ProviderError
	var sso *ssocreds.InvalidTokenError
	var ours *exit.Error
	switch {
	case errors.As(err, &ours):
		return ours
	case errors.As(err, &sso):
		return exit.Errorf(exit.General, "The SSO session associated with this profile has expired or is otherwise invalid. To refresh this SSO session run aws sso login with the corresponding profile.")
	case errors.As(err, &process):
		return exit.Errorf(exit.General, "Error when retrieving credentials from custom-process: %s", process.Err)
	case isOperation && operation.ServiceID == "ec2imds":
		return errNoCredentials
	case isOperation && errors.As(err, &api):
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
	reply, err := imds.New(imds.Options{}).GetRegion(ctx, &imds.GetRegionInput{})
	if err != nil {
		return "", nil // not in EC2: the region is missing, and that is told
	}
	return reply.Region, nil
}
