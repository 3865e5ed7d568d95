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

// A target is where a call goes and what its signature is for.
type target struct {
	url    string
	region string // of the signature's scope
	bundle string // file of trusted certificates; "" trusts the system's
	verify bool   // certificates are checked

	credentials *credentials
}

// target finds out everything about a call that does not depend on its
// parameters. The order of the checks is the AWS CLI's: it decides which of
// several faults is told.
func (s *Session) target(ctx context.Context, op *api.Operation) (*target, error) {
	c, err := s.config()
	if err != nil {
		return nil, err
	}
	to := s.Options.EndpointURL
	if to == "" {
		to, err = c.endpoint(op.Service)
		if err != nil {
			return nil, err
		}
	}
	region, err := s.region(ctx, c)
	if err != nil {
		return nil, err
	}
	var found *credentials
	if !s.Options.NoSign && !op.Unsigned {
		err := checkRegion(region)
		if err != nil {
			return nil, err
		}
		search := search{session: s, settings: c, region: region, main: to}
		found, err = search.credentials()
		if err != nil {
			return nil, err
		}
	}
	return s.place(op, c, region, to, found)
}

// CheckCall does everything about a call but to send it.
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

// place is target for a call to a URL with given credentials, or none; "" means
// AWS's own URL.
func (s *Session) place(op *api.Operation, c *settings, region, to string, found *credentials) (*target, error) {
	err := checkRegion(region)
	if err != nil {
		return nil, err
	}
	t := &target{
		url: to, region: region, verify: !s.Options.NoVerify, credentials: found,
		bundle: profile.Expand(cmp.Or(s.Options.CABundle, getenv("AWS_CA_BUNDLE"), c.profile.Value("ca_bundle"))),
	}
	if region == "" && needsRegion(op.Service, t.url) {
		return nil, exit.Errorf(exit.Config, "You must specify a region. You can also configure your region by running \"aws configure\".")
	}
	if t.url == "" {
		var err error
		t.url, t.region, err = endpoint(op.Service, region, c.variant("FIPS"), c.variant("DUALSTACK"))
		if err != nil {
			return nil, err
		}
	}
	t.region = cmp.Or(t.region, "us-east-1")
	if !isEndpoint(t.url) {
		return nil, exit.Errorf(exit.General, "Invalid endpoint: %s", withoutPassword(t.url))
	}
	return t, nil
}

// endpoint is where the credentials come from; "" means AWS's own STS. What is set
// for STS comes before the main service, which AWS's own endpoints are no STS to
// stand in for. On the command line of "daypass credentials" there is no other
// service that an endpoint could be meant for.
func (s *search) endpoint() (string, error) {
	given := s.session.Options.EndpointURL
	if given != "" && s.session.Options.EndpointIsSTS {
		return given, nil
	}
	own, err := s.settings.endpointOf("STS")
	switch {
	case err != nil && s.main == "":
		return "", err
	case own != "":
		return own, nil
	case isAWS(s.main):
		return "", nil
	}
	return s.main, nil
}

// isAWS reports whether an endpoint is one of AWS's.
func isAWS(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	for _, p := range partitions {
		if strings.HasSuffix(u.Hostname(), "."+p.suffix) || p.dual != "" && strings.HasSuffix(u.Hostname(), "."+p.dual) {
			return true
		}
	}
	return false
}

// variant reports whether FIPS or DUALSTACK endpoints are asked for.
func (c *settings) variant(name string) bool {
	return truth(cmp.Or(getenv("AWS_USE_"+name+"_ENDPOINT"), c.profile.Value("use_"+strings.ToLower(name)+"_endpoint")))
}

// needsRegion reports whether a call cannot do without a region: IAM and STS
// have an endpoint for all regions, which says what to sign for, and Daypass's
// own service takes a default.
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

// A partition is a part of AWS with regions, names and one IAM of its own.
type partition struct {
	prefix    string // of its regions
	suffix    string // of host names
	dual      string // of dual-stack host names; "" has none
	iam       string // host label in front of the suffix
	iamRegion string // of the scope of IAM's signatures
}

// partitions are listed with the longest prefix first; the last one takes the
// rest. Source: the endpoint rule sets of the AWS SDKs.
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

// endpoint returns AWS's own endpoint of a service in a region and the region
// of the signature.
func endpoint(model *api.Service, region string, fips, dual bool) (url, scope string, err error) {
	if model.Name == "daypass" {
		return "", "", exit.Errorf(exit.Config, "You must say where Daypass is: set AWS_ENDPOINT_URL or use --endpoint-url, for example http://127.0.0.1:8787.")
	}
	var p partition
	for _, p = range partitions {
		if strings.HasPrefix(region, p.prefix) {
			break
		}
	}
	if dual && p.dual == "" {
		return "", "", exit.Errorf(exit.General, "Unable to construct a modeled endpoint with the following variant(s) ['dualstack']: ")
	}
	suffix, mark := p.suffix, ""
	if dual {
		suffix = p.dual
	}
	if fips {
		mark = "-fips"
	}
	switch {
	case model.Name == "iam" && dual && p.prefix == "":
		return "https://iam" + mark + ".global." + suffix, p.iamRegion, nil
	case model.Name == "iam":
		host := strings.Replace(p.iam, "iam", "iam"+mark, 1)
		if p.prefix == "us-gov-" { // its only endpoint is a FIPS one
			host = p.iam
		}
		return "https://" + host + "." + suffix, p.iamRegion, nil
	case model.Name == "sts" && region == "":
		return "https://sts." + suffix, "us-east-1", nil
	case model.Name == "sts" && p.prefix == "us-gov-" && !dual:
		mark = ""
	}
	return "https://" + model.Name + mark + "." + region + "." + suffix, region, nil
}

// isEndpoint reports whether a URL can be called: it has a host name of letters,
// digits, hyphens and underscores, or an address.
func isEndpoint(endpoint string) bool {
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

// withoutPassword is an endpoint as a message may show it: of what is no URL only
// what follows the last @.
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
