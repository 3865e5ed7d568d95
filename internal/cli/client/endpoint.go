package client

import (
	"cmp"
	"context"
	"net/url"
	"strings"

	"daypass/api"
	"daypass/internal/cli/document"
	"daypass/internal/cli/exit"
	"daypass/internal/cli/profile"
)

// A target is where a call goes and how it is signed.
type target struct {
	url         string
	region      string       // of the signature's scope
	credentials *credentials // nil: requests carry no signature

	bundle string // file of trusted certificates; "" means the system's
	verify bool   // certificates are verified
}

// target finds out everything about a call that does not depend on its
// parameters. The checks are in the order of the AWS CLI, because the order decides
// which of several errors is reported.
func (s *Session) target(ctx context.Context, op *api.Operation) (*target, error) {
	c, err := s.config()
	if err != nil {
		return nil, err
	}
	endpointURL := s.Options.EndpointURL
	if endpointURL == "" {
		endpointURL, err = c.configuredEndpoint(op.Service)
		if err != nil {
			return nil, err
		}
	}
	region := s.region(ctx, c)
	var found *credentials
	if !s.Options.NoSign && !op.Unsigned {
		err := checkRegion(region)
		if err != nil {
			return nil, err
		}
		search := credentialSearch{session: s, settings: c, region: region, serviceURL: endpointURL}
		found, err = search.credentials()
		if err != nil {
			return nil, err
		}
	}
	return s.complete(op, c, target{url: endpointURL, region: region, credentials: found})
}

// CheckCall checks everything about a call without sending it.
func (s *Session) CheckCall(ctx context.Context, op *api.Operation, input *document.Object) error {
	_, err := s.target(ctx, op)
	if err != nil {
		return err
	}
	return validate(op.Input, input)
}

func checkRegion(region string) error {
	if region != "" && !isRegion(region) {
		return exit.Errorf(exit.General, "Provided region_name '%s' doesn't match a supported format.", region)
	}
	return nil
}

// complete adds the certificates to a target with a URL, a region and credentials,
// and checks it. Without a URL the target is AWS's own endpoint.
func (s *Session) complete(op *api.Operation, c *settings, t target) (*target, error) {
	err := checkRegion(t.region)
	if err != nil {
		return nil, err
	}
	t.verify = !s.Options.NoVerify
	t.bundle = profile.Expand(cmp.Or(s.Options.CABundle, getenv("AWS_CA_BUNDLE"), c.profile.Value("ca_bundle")))
	if t.region == "" && needsRegion(op.Service, t.url) {
		return nil, exit.Errorf(exit.Config, "You must specify a region. You can also configure your region by running \"aws configure\".")
	}
	if t.url == "" {
		t.url, t.region, err = awsEndpoint(op.Service, t.region, variants{fips: c.variant("FIPS"), dualStack: c.variant("DUALSTACK")})
		if err != nil {
			return nil, err
		}
	}
	t.region = cmp.Or(t.region, "us-east-1")
	if !isValidEndpoint(t.url) {
		return nil, exit.Errorf(exit.General, "Invalid endpoint: %s", withoutPassword(t.url))
	}
	return &t, nil
}

// stsEndpoint returns the URL of the STS that gives the credentials; "" means AWS's
// own. A URL that is configured for STS comes first, then the URL of the service
// that is called, unless that is AWS's: a Daypass server is an STS too. On the
// command line of "daypass credentials" an endpoint can only be meant for STS.
func (s *credentialSearch) stsEndpoint() (string, error) {
	option := s.session.Options.EndpointURL
	if option != "" && s.session.Options.EndpointIsSTS {
		return option, nil
	}
	configured, err := s.settings.configuredEndpointByID("STS")
	switch {
	case err != nil && s.serviceURL == "":
		return "", err
	case configured != "":
		return configured, nil
	case isAWSEndpoint(s.serviceURL):
		return "", nil
	}
	return s.serviceURL, nil
}

// isAWSEndpoint reports whether an endpoint is one of AWS's.
func isAWSEndpoint(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	for _, p := range partitions {
		if strings.HasSuffix(u.Hostname(), "."+p.suffix) || p.dualStackSuffix != "" && strings.HasSuffix(u.Hostname(), "."+p.dualStackSuffix) {
			return true
		}
	}
	return false
}

// variants are the kinds of AWS's endpoints that can be chosen.
type variants struct{ fips, dualStack bool }

// variant reports whether FIPS or DUALSTACK endpoints are configured.
func (c *settings) variant(name string) bool {
	return isTrue(cmp.Or(getenv("AWS_USE_"+name+"_ENDPOINT"), c.profile.Value("use_"+strings.ToLower(name)+"_endpoint")))
}

// needsRegion reports whether a call needs a region. AWS's IAM and STS have an
// endpoint for all regions, which defines the region of the signature. Daypass's own
// service has a default.
func needsRegion(model *api.Service, url string) bool {
	switch model.Name {
	case "iam", "sts":
		return url != ""
	case "daypass":
		return false
	}
	return true
}

func isRegion(s string) bool {
	hasLetter := false
	for i := range len(s) {
		c := s[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '-'
		hasLetter = hasLetter || letter
		if !letter && (c < '0' || c > '9') {
			return false
		}
	}
	return hasLetter && len(s) <= 63 && s[0] != '-' && s[len(s)-1] != '-'
}

// A partition is a part of AWS with regions, host names and an IAM of its own.
type partition struct {
	prefix          string // of its regions
	suffix          string // of host names
	dualStackSuffix string // of dual-stack host names; "" if there are none
	iam             string // IAM's host name in front of the suffix
	iamRegion       string // in the scope of IAM's signatures
}

// partitions are listed with the longest prefix first. The last one has all other
// regions.
//
// Source: the endpoint rule sets of the AWS SDKs.
var partitions = [...]partition{
	{"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "iam.cn-north-1", "cn-north-1"},
	{"us-gov-", "amazonaws.com", "api.aws", "iam.us-gov", "us-gov-west-1"},
	{"us-isob-", "sc2s.sgov.gov", "", "iam.us-isob-east-1", "us-isob-east-1"},
	{"us-isof-", "csp.hci.ic.gov", "", "iam.us-isof-south-1", "us-isof-south-1"},
	{"us-iso-", "c2s.ic.gov", "", "iam.us-iso-east-1", "us-iso-east-1"},
	{"eu-isoe-", "cloud.adc-e.uk", "", "iam.eu-isoe-west-1", "eu-isoe-west-1"},
	{"eusc-", "amazonaws.eu", "api.amazonwebservices.eu", "iam.eusc-de-east-1", "eusc-de-east-1"},
	{"", "amazonaws.com", "api.aws", "iam", "us-east-1"},
}

// awsEndpoint returns AWS's endpoint of a service in a region, and the region in the
// scope of signatures.
func awsEndpoint(model *api.Service, region string, v variants) (url, scope string, err error) {
	if model.Name == "daypass" {
		return "", "", exit.Errorf(exit.Config, "You must say where Daypass is: set AWS_ENDPOINT_URL or use --endpoint-url, for example http://127.0.0.1:8787.")
	}
	var p partition
	for _, p = range partitions {
		if strings.HasPrefix(region, p.prefix) {
			break
		}
	}
	if v.dualStack && p.dualStackSuffix == "" {
		return "", "", exit.Errorf(exit.General, "Unable to construct a modeled endpoint with the following variant(s) ['dualstack']: ")
	}
	suffix, fipsMark := p.suffix, ""
	if v.dualStack {
		suffix = p.dualStackSuffix
	}
	if v.fips {
		fipsMark = "-fips"
	}
	switch {
	case model.Name == "iam" && v.dualStack && p.prefix == "":
		return "https://iam" + fipsMark + ".global." + suffix, p.iamRegion, nil
	case model.Name == "iam":
		host := strings.Replace(p.iam, "iam", "iam"+fipsMark, 1)
		if p.prefix == "us-gov-" { // its only endpoint is a FIPS endpoint
			host = p.iam
		}
		return "https://" + host + "." + suffix, p.iamRegion, nil
	case model.Name == "sts" && region == "":
		return "https://sts." + suffix, "us-east-1", nil
	case model.Name == "sts" && p.prefix == "us-gov-" && !v.dualStack:
		fipsMark = ""
	}
	return "https://" + model.Name + fipsMark + "." + region + "." + suffix, region, nil
}

// isValidEndpoint reports whether an endpoint is an HTTP URL whose host is an
// address, or a name of letters, digits, hyphens and underscores.
func isValidEndpoint(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	host := u.Hostname()
	if host == "" || len(host) > 255 {
		return false
	}
	if strings.Contains(host, ":") {
		return true
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.ContainsFunc(label, func(r rune) bool {
			return !(r|0x20 >= 'a' && r|0x20 <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_')
		}) {
			return false
		}
	}
	return true
}

// withoutPassword returns an endpoint as a message may show it. If it is not a URL,
// only what follows the last @ is shown.
func withoutPassword(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err == nil && u.Host != "" {
		return u.Redacted()
	}
	if i := strings.LastIndexByte(endpoint, '@'); i >= 0 {
		return "…" + endpoint[i:]
	}
	return endpoint
}
