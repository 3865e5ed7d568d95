package cli

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/smithy-go"
)

// metadataTimeout bounds a question to the metadata service of a machine that
// may not be in a cloud at all; the AWS CLI waits as long, once.
const metadataTimeout = time.Second

// credentials find the caller's key pair when the first signature needs it.
type credentials struct {
	find func(ctx context.Context) (aws.Credentials, error)
}

var errNoCredentials = fail(exitConfig, "Unable to locate credentials. You can configure credentials by running \"aws configure\".")

// credentials sets up the chain of the AWS SDK: environment, profile (keys,
// assumed roles, SSO, web identity, a process), container, instance. Keys in the
// environment need no chain, and lose to a profile named on the command line.
//
// main is where the call goes: STS is asked there too, where it has no endpoint
// of its own.
func (s *session) credentials(c *settings, region, main string) (*credentials, error) {
	if s.web != nil {
		return s.vouched(s.web, c, main), nil
	}
	if id := os.Getenv("AWS_ACCESS_KEY_ID"); id != "" && !c.explicit {
		secret := os.Getenv("AWS_SECRET_ACCESS_KEY")
		if secret == "" {
			return nil, partial("env", "AWS_SECRET_ACCESS_KEY")
		}
		found := aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: getenv("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"), Source: "the environment"}
		return &credentials{func(context.Context) (aws.Credentials, error) { return found, nil }}, nil
	}
	if os.Getenv(fileVariable) != "" && !c.explicit {
		web, err := newWebIdentity("", "", "")
		if err != nil {
			return nil, err
		}
		return s.vouched(web, c, main), nil
	}
	if file := c.files.Partial(either(c.name, "default")); file != "" {
		return nil, partial(file, "aws_secret_access_key")
	}
	return &credentials{func(ctx context.Context) (aws.Credentials, error) {
		found, err := chain(ctx, c, region, main)
		if err != nil {
			return found, credentialsError(err)
		}
		return found, nil
	}}, nil
}

func (s *session) vouched(web *webIdentity, c *settings, main string) *credentials {
	return &credentials{func(ctx context.Context) (aws.Credentials, error) { return s.exchange(ctx, web, c, main) }}
}

func partial(provider, missing string) error {
	return fail(exitGeneral, "Partial credentials found in %s, missing: %s", provider, missing)
}

func chain(ctx context.Context, c *settings, region, main string) (aws.Credentials, error) {
	options := []func(*awsconfig.LoadOptions) error{
		awsconfig.WithRegion(either(region, "us-east-1")),
	}
	if c.explicit {
		options = append(options, awsconfig.WithSharedConfigProfile(c.name))
	}
	if main != "" && !isAWS(main) {
		options = append(options, awsconfig.WithBaseEndpoint(main)) // settings for STS alone win
	}
	config, err := awsconfig.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return aws.Credentials{}, err
	}
	if config.Credentials == nil {
		return aws.Credentials{}, errNoCredentials
	}
	return config.Credentials.Retrieve(ctx)
}

// credentialsError words an error of the chain as the AWS CLI does where it has
// words for it.
func credentialsError(err error) error {
	var operation *smithy.OperationError
	isOperation := errors.As(err, &operation)
	var api smithy.APIError
	var process *processcreds.ProviderError
	var sso *ssocreds.InvalidTokenError
	switch {
	case errors.As(err, &sso):
		return fail(exitGeneral, "The SSO session associated with this profile has expired or is otherwise invalid. To refresh this SSO session run aws sso login with the corresponding profile.")
	case errors.As(err, &process):
		return fail(exitGeneral, "Error when retrieving credentials from custom-process: %s", process.Err)
	case isOperation && operation.ServiceID == "ec2imds":
		return errNoCredentials
	case isOperation && errors.As(err, &api):
		return fail(exitService, "An error occurred (%s) when calling the %s operation: %s", api.ErrorCode(), operation.OperationName, api.ErrorMessage())
	}
	return err
}

// region finds the region: option, environment, profile, and the machine the
// command runs on, when it runs in EC2.
func (s *session) region(ctx context.Context, c *settings) (string, error) {
	if region := either(s.text("region"), getenv("AWS_REGION", "AWS_DEFAULT_REGION"), c.profile.Value("region")); region != "" {
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
