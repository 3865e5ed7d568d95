package credential

import (
	"context"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
)

// metadataTimeout bounds a request to the metadata service, since the machine may be
// in no cloud. The AWS CLI waits as long for one request.
const metadataTimeout = time.Second

const (
	relativeVariable = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
	fullVariable     = "AWS_CONTAINER_CREDENTIALS_FULL_URI"

	containerProvider = "container-role"
	containerHost     = "http://169.254.170.2"
)

// container looks for the agent of a container in ECS or EKS.
func container() (Source, error) {
	address := os.Getenv(fullVariable)
	if path := os.Getenv(relativeVariable); path != "" {
		address = containerHost + path
	}
	if address == "" {
		return nil, nil
	}
	return func(ctx context.Context) (aws.Credentials, error) {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "https" && !(u.Scheme == "http" && isContainerHost(u.Hostname())) {
			return aws.Credentials{}, retrievalError(containerProvider, "%s: expected https, or http at a loopback address or at that of a container's agent", fullVariable)
		}
		found, err := endpointcreds.New(address, func(o *endpointcreds.Options) {
			o.AuthorizationToken = os.Getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN")
			if path := os.Getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); path != "" {
				o.AuthorizationTokenProvider = endpointcreds.TokenProviderFunc(func() (string, error) {
					token, err := os.ReadFile(path)
					return strings.TrimSpace(string(token)), err
				})
			}
		}).Retrieve(ctx)
		if err != nil {
			return aws.Credentials{}, retrievalError(containerProvider, "%s does not answer with credentials", u.Redacted())
		}
		return found, nil
	}, nil
}

// isContainerHost reports whether a token may be sent to a host without encryption:
// to a loopback address, or to a container's agent.
func isContainerHost(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	if ip == nil {
		return false
	}
	for _, agent := range []string{"169.254.170.2", "169.254.170.23", "fd00:ec2::23"} {
		if ip.Equal(net.ParseIP(agent)) {
			return true
		}
	}
	return ip.IsLoopback()
}

// metadata returns a client of EC2's metadata service. The environment and the
// profile may set its endpoint.
func (c *Chain) metadata() *imds.Client {
	setting := func(variable, setting string) string {
		if v := os.Getenv(variable); v != "" {
			return v
		}
		return c.Files.Profiles[c.Profile].Value(setting)
	}
	o := imds.Options{Endpoint: setting("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint"), Retryer: aws.NopRetryer{}}
	if strings.EqualFold(setting("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode"), "ipv6") {
		o.EndpointMode = imds.EndpointModeStateIPv6
	}
	return imds.New(o)
}

func isMetadataDisabled() bool {
	return strings.EqualFold(os.Getenv("AWS_EC2_METADATA_DISABLED"), "true")
}

// Region returns the region of a machine in EC2; "" on any other machine.
func (c *Chain) Region(ctx context.Context) string {
	if isMetadataDisabled() {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, metadataTimeout)
	defer cancel()
	reply, err := c.metadata().GetRegion(ctx, &imds.GetRegionInput{})
	if err != nil {
		return ""
	}
	return reply.Region
}

// instance is the [Source] of a machine in EC2: its metadata service.
func (c *Chain) instance(ctx context.Context) (aws.Credentials, error) {
	if isMetadataDisabled() {
		return aws.Credentials{}, ErrNone
	}
	ctx, cancel := context.WithTimeout(ctx, 3*metadataTimeout) // token, name of the role, credentials
	defer cancel()
	found, err := ec2rolecreds.New(func(o *ec2rolecreds.Options) { o.Client = c.metadata() }).Retrieve(ctx)
	if err != nil {
		return aws.Credentials{}, ErrNone
	}
	return found, nil
}
