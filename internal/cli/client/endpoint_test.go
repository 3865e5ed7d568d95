package client

import (
	"testing"

	"daypass/api"
)

func TestAWSEndpointsOfServicesAndRegions(t *testing.T) {
	t.Parallel()
	models := map[string]*api.Service{"codeartifact": api.CodeArtifact(), "sts": api.STS(), "iam": api.IAM()}
	for _, c := range []struct {
		service, region string
		fips, dual      bool
		url, scope      string
	}{
		{"codeartifact", "us-east-1", false, false, "https://codeartifact.us-east-1.amazonaws.com", "us-east-1"},
		{"codeartifact", "eu-west-1", false, true, "https://codeartifact.eu-west-1.api.aws", "eu-west-1"},
		{"codeartifact", "us-west-2", true, false, "https://codeartifact-fips.us-west-2.amazonaws.com", "us-west-2"},
		{"codeartifact", "us-west-2", true, true, "https://codeartifact-fips.us-west-2.api.aws", "us-west-2"},
		{"codeartifact", "cn-north-1", false, false, "https://codeartifact.cn-north-1.amazonaws.com.cn", "cn-north-1"},
		{"codeartifact", "us-iso-east-1", false, false, "https://codeartifact.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"},
		{"codeartifact", "us-isob-east-1", false, false, "https://codeartifact.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"},
		{"codeartifact", "us-gov-west-1", false, false, "https://codeartifact.us-gov-west-1.amazonaws.com", "us-gov-west-1"},
		{"sts", "us-east-1", false, false, "https://sts.us-east-1.amazonaws.com", "us-east-1"},
		{"sts", "us-east-1", true, false, "https://sts-fips.us-east-1.amazonaws.com", "us-east-1"},
		{"sts", "us-gov-west-1", true, false, "https://sts.us-gov-west-1.amazonaws.com", "us-gov-west-1"},
		{"sts", "", false, false, "https://sts.amazonaws.com", "us-east-1"},
		{"iam", "eu-west-1", false, false, "https://iam.amazonaws.com", "us-east-1"},
		{"iam", "", false, false, "https://iam.amazonaws.com", "us-east-1"},
		{"iam", "cn-northwest-1", false, false, "https://iam.cn-north-1.amazonaws.com.cn", "cn-north-1"},
		{"iam", "us-gov-east-1", false, false, "https://iam.us-gov.amazonaws.com", "us-gov-west-1"},
	} {
		url, scope, err := awsEndpoint(models[c.service], c.region, variants{fips: c.fips, dualStack: c.dual})
		if err != nil || url != c.url || scope != c.scope {
			t.Errorf("%+v: %s, %s, %v", c, url, scope, err)
		}
	}
}

func TestEndpointsOfAWSAreRecognized(t *testing.T) {
	t.Parallel()
	for endpoint, want := range map[string]bool{
		"https://codeartifact.us-east-1.amazonaws.com": true, "https://codeartifact.cn-north-1.amazonaws.com.cn": true, "https://sts.us-east-1.api.aws/": true,
		"https://vpce-1.codeartifact.eu-west-1.vpce.amazonaws.com": true, "https://amazonaws.com.example": false, "http://127.0.0.1:8787": false, "": false, "https://evilamazonaws.com": false,
	} {
		if isAWSEndpoint(endpoint) != want {
			t.Errorf("%s: %v, want %v", endpoint, !want, want)
		}
	}
}
