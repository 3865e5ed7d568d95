package server

import (
	"errors"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codeartifact"
	artifacttypes "github.com/aws/aws-sdk-go-v2/service/codeartifact/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func TestQuotasAreReadFromAListOrRefusedWithWhatIsExpected(t *testing.T) {
	t.Parallel()
	c, err := ParseConfig([]string{"--dev", "--quotas", "domains=50, users=20000,trust-size=4096"}, environment(nil), io.Discard)
	if err != nil || c.Limits.Registry.Domains != 50 || c.Limits.Identity.Users != 20000 || c.Limits.Identity.TrustSize != 4096 || c.Limits.Registry.Repositories != 0 {
		t.Errorf("%+v, %v", c.Limits, err)
	}
	for text, want := range map[string]string{
		"domains":             `--quotas: "domains": expected a number from 1 to 10000`,
		"domains=0":           `--quotas: "domains=0": expected a number from 1 to 10000`,
		"domains=x":           `--quotas: "domains=x": expected a number from 1 to 10000`,
		"trust-size=8193":     `--quotas: "trust-size=8193": expected a number from 1 to 8192`,
		"domains=1,domains=2": `--quotas: "domains=2": expected each quota once`,
		"tags=1": `--quotas: "tags=1": expected a list of domains, repositories, upstreams, assets, users, groups, roles, policies, mfa-devices, oidc-providers, ` +
			`user-policies, group-policies, role-policies, user-groups, trust-size, each with =NUMBER`,
	} {
		_, err := ParseConfig([]string{"--dev"}, environment(map[string]string{"DAYPASS_QUOTAS": text}), io.Discard)
		if err == nil || err.Error() != want {
			t.Errorf("%s\n got %v\nwant %s", text, err, want)
		}
	}
}

// Two quotas have no name: AWS does not raise the number of tags, and the size of files
// has an option of its own.
func TestEveryQuotaHasAName(t *testing.T) {
	t.Parallel()
	var l Limits
	for i, quota := range settable {
		*quota.value(&l) = i + 1
	}
	l.Registry.Tags, l.Registry.AssetSize = 1, 1
	for _, limits := range []any{l.Registry, l.Identity} {
		v := reflect.ValueOf(limits)
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Errorf("no quota sets %T.%s", limits, v.Type().Field(i).Name)
			}
		}
	}
}

func TestTheDocumentationHasEveryQuota(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/install-and-run.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, quota := range settable {
		if !strings.Contains(string(text), "`"+quota.name+"`") {
			t.Errorf("no row for %s", quota.name)
		}
	}
}

func TestAQuotaThatIsSetHolds(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *Config) {
		c.Limits.Registry.Domains = 11
		c.Limits.Identity.Groups = 1
	})
	for _, name := range []string{"aa", "ab", "ac", "ad", "ae", "af", "ag", "ah", "ai", "aj", "ak"} {
		_, err := b.artifacts().CreateDomain(t.Context(), &codeartifact.CreateDomainInput{Domain: aws.String(name)})
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := b.artifacts().CreateDomain(t.Context(), &codeartifact.CreateDomainInput{Domain: aws.String("al")})
	var over *artifacttypes.ServiceQuotaExceededException
	if !errors.As(err, &over) {
		t.Errorf("the twelfth domain: %v", err)
	}
	_, err = b.iam().CreateGroup(t.Context(), &iam.CreateGroupInput{GroupName: aws.String("one")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.iam().CreateGroup(t.Context(), &iam.CreateGroupInput{GroupName: aws.String("two")})
	var exceeded *iamtypes.LimitExceededException
	if !errors.As(err, &exceeded) || exceeded.ErrorMessage() != "Cannot exceed quota for GroupsPerAccount: 1" {
		t.Errorf("the second group: %v", err)
	}
	summary, err := b.iam().GetAccountSummary(t.Context(), &iam.GetAccountSummaryInput{})
	if err != nil || summary.SummaryMap["GroupsQuota"] != 1 || summary.SummaryMap["UsersQuota"] != 5000 {
		t.Errorf("%v, %v", summary, err)
	}
}
