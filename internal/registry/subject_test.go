package registry_test

import (
	"testing"

	"daypass/internal/arn"
	"daypass/internal/store/storetest"
)

// Which policies an action takes account of: CodeArtifact User Guide, "Domain
// policies" and "Repository policies".
func TestSubjectOfAnARNIsWhatItsOperationsAreJudgedOn(t *testing.T) {
	t.Parallel()
	b := newBench(t, storetest.Memory(t))
	const document = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`
	d, err := b.Domain(t.Context(), "us-east-1", owner, "dom")
	for _, change := range []func() error{
		func() error { return b.TagDomain(t.Context(), d, map[string]string{"team": "core"}, nil) },
		func() error {
			return b.TagRepository(t.Context(), b.repository("repo"), map[string]string{"team": "core"}, nil)
		},
		func() error { _, err := b.SetDomainPolicy(t.Context(), d, "", document, nil); return err },
		func() error {
			_, err := b.SetRepositoryPolicy(t.Context(), b.repository("repo"), "", document, nil)
			return err
		},
	} {
		if err == nil {
			err = change()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, action, resource string
		policies               int
		tagged, ok             bool
	}{
		{"domain", "codeartifact:DescribeDomain", "domain/dom", 1, true, true},
		{"domain's policy", "codeartifact:PutDomainPermissionsPolicy", "domain/dom", 0, true, true},
		{"no domain", "codeartifact:DescribeDomain", "domain/none", 0, false, true},
		{"package group", "codeartifact:DescribePackageGroup", "package-group/dom/npm/*", 1, false, true},
		{"repository", "codeartifact:ReadFromRepository", "repository/dom/repo", 2, true, true},
		{"repository's policy", "codeartifact:PUTREPOSITORYPERMISSIONSPOLICY", "repository/dom/repo", 1, true, true},
		{"new repository", "codeartifact:CreateRepository", "repository/dom/new", 1, false, true},
		{"package", "codeartifact:PublishPackageVersion", "package/dom/repo/pypi//x", 2, false, true},
		{"another kind", "codeartifact:X", "cluster/dom", 0, false, false},
		{"no name", "codeartifact:X", "domain", 0, false, false},
	} {
		a := arn.ARN{Partition: "aws", Service: "codeartifact", Region: "us-east-1", Account: owner, Resource: c.resource}
		s, ok, err := b.SubjectOf(t.Context(), c.action, a)
		if err != nil || ok != c.ok || len(s.Policies) != c.policies || (len(s.Tags) > 0) != c.tagged || ok && (s.ARN != a.String() || s.Account != owner) {
			t.Errorf("%s: %+v, %v, %v", c.name, s, ok, err)
		}
	}
	_, ok, err := b.SubjectOf(t.Context(), "iam:GetUser", arn.ARN{Service: "iam", Account: owner, Resource: "user/dom"})
	if ok || err != nil {
		t.Errorf("another service: %v, %v", ok, err)
	}
}
