package codeartifact_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	model "daypass/api"
	api "daypass/api/codeartifact"
	"daypass/internal/blob"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/policy"
	"daypass/internal/principal"
	"daypass/internal/registry"
	"daypass/internal/service/codeartifact"
	"daypass/internal/store/storetest"
	"daypass/internal/token"
)

// The accounts of the specification's tables: the domain's owner, the
// repository's administrator, and a third one.
const (
	O = "111122223333"
	A = "444455556666"
	T = "777788889999"

	region = "us-east-1"
	domARN = "arn:aws:codeartifact:us-east-1:111122223333:domain/dom"
	repARN = "arn:aws:codeartifact:us-east-1:111122223333:repository/dom/rep"
)

var noon = time.Date(2026, 10, 1, 12, 0, 0, 123456789, time.UTC)

// A world is a service over an empty registry.
type world struct {
	*codeartifact.Service
	t          testing.TB
	operations map[string]gate.Operation
	sealed     []*token.Claims
	last       *gate.Call
	beforeRun  func() // called once, before the next operation runs
}

func newWorld(t testing.TB, limits registry.Limits) *world {
	t.Helper()
	w := &world{t: t, operations: map[string]gate.Operation{}}
	w.Service = &codeartifact.Service{
		Registry: registry.New(registry.Config{DB: storetest.Memory(t), Blobs: blob.NewMemory(), Now: func() time.Time { return noon },
			Region: region, Limits: limits}),
		Keyring: w,
		Endpoint: func(_ context.Context, format, domain, owner, repository string) string {
			return "https://host/" + format + "/d/" + domain + "-" + owner + "/" + repository + "/"
		},
	}
	for _, op := range w.Operations() {
		w.operations[op.Name] = op
	}
	return w
}

// Seal implements [codeartifact.Sealer].
func (w *world) Seal(c *token.Claims) (string, error) {
	w.sealed = append(w.sealed, c)
	return "sealed", nil
}

// A caller is a principal with its policies.
type caller struct {
	principal.Principal
	identity []string // policy documents
	session  []string
}

// user is an IAM user with long-term keys.
func user(account string, documents ...string) caller {
	return caller{Principal: principal.Principal{
		Ref: principal.Ref{Kind: principal.User, Account: account, ID: "AIDA" + account}, Name: "alice", Path: "/",
	}, identity: documents}
}

// role is a role's session of 15 minutes.
func role(account string, documents ...string) caller {
	return caller{Principal: principal.Principal{
		Ref: principal.Ref{Kind: principal.Role, Account: account, ID: "AROA" + account, SessionName: "ci",
			Session: &principal.Session{IssuedAt: noon.Add(-5 * time.Minute), ExpiresAt: noon.Truncate(time.Second).Add(10 * time.Minute)}},
		Name: "builder", Path: "/",
	}, identity: documents}
}

// statement returns a policy with one statement.
func statement(effect string, more string, actions ...string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":%q,"Action":["%s"],"Resource":"*"%s}]}`, effect, strings.Join(actions, `","`), more)
}

func allow(actions ...string) string { return statement("Allow", "", actions...) }
func deny(actions ...string) string  { return statement("Deny", "", actions...) }

// to returns a resource policy that allows or denies actions to a principal.
func to(who string, effect string, actions ...string) string {
	return statement(effect, fmt.Sprintf(`,"Principal":{"AWS":%q}`, who), actions...)
}

// admin may do everything in its account.
func admin(account string) caller { return user(account, allow("*")) }

func parse(t testing.TB, documents []string, kind policy.Type) []*policy.Policy {
	t.Helper()
	var parsed []*policy.Policy
	for _, d := range documents {
		p, err := policy.Parse("inline", d, kind)
		if err != nil {
			t.Fatalf("%v in %s", err, d)
		}
		parsed = append(parsed, p)
	}
	return parsed
}

// do runs an operation through the steps of the gate.
func (w *world) do(who caller, name string, in any) (any, error) {
	w.t.Helper()
	w.last = &gate.Call{
		RequestID: "r", Now: noon, Region: region, Principal: &who.Principal,
		Grants: &policy.Grants{Identity: parse(w.t, who.identity, policy.Identity), Session: parse(w.t, who.session, policy.Session), Restricted: who.session != nil},
	}
	w.last.BeforeRun, w.beforeRun = w.beforeRun, nil
	op, ok := w.operations[name]
	if !ok {
		w.t.Fatalf("no operation %s", name)
	}
	return op.Do(w.t.Context(), w.last, "codeartifact:"+name, in)
}

// must is like do, for a call that must succeed.
func must[Out any](w *world, who caller, name string, in any) *Out {
	w.t.Helper()
	out, err := w.do(who, name, in)
	if err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
	return out.(*Out)
}

// seed makes O's domain dom with the repository rep of an administrator.
func (w *world) seed(administrator string) {
	w.t.Helper()
	must[api.CreateDomainOutput](w, admin(O), "CreateDomain", &api.CreateDomainInput{Domain: "dom"})
	if administrator != O {
		w.domainPolicy(to("arn:aws:iam::"+administrator+":root", "Allow", "codeartifact:CreateRepository"))
	}
	must[api.CreateRepositoryOutput](w, admin(administrator), "CreateRepository", &api.CreateRepositoryInput{Domain: "dom", DomainOwner: O, Repository: "rep"})
	if administrator != O {
		must[api.DeleteDomainPermissionsPolicyOutput](w, admin(O), "DeleteDomainPermissionsPolicy", &api.DeleteDomainPermissionsPolicyInput{Domain: "dom"})
	}
}

func (w *world) domainPolicy(document string) {
	w.t.Helper()
	must[api.PutDomainPermissionsPolicyOutput](w, admin(O), "PutDomainPermissionsPolicy", &api.PutDomainPermissionsPolicyInput{Domain: "dom", PolicyDocument: document})
}

func (w *world) repositoryPolicy(document string) {
	w.t.Helper()
	must[api.PutRepositoryPermissionsPolicyOutput](w, admin(O), "PutRepositoryPermissionsPolicy",
		&api.PutRepositoryPermissionsPolicyInput{Domain: "dom", Repository: "rep", PolicyDocument: document})
}

const success = fault.Kind(-1)

func kind(err error) fault.Kind {
	var f *fault.Error
	switch {
	case err == nil:
		return success
	case errors.As(err, &f):
		return f.Kind
	}
	return fault.Internal
}

// told returns what the client reads of an error.
func told(err error) string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return fmt.Sprint(err)
	}
	return strings.Join([]string{f.Kind.Code(fault.RestJSON), fmt.Sprint(f.Kind.Status(fault.RestJSON)), f.Reason, f.ResourceType, f.ResourceID, f.Message}, "|")
}

func TestEveryOperationOfTheModelIsImplementedOrMarkedAsUnserved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	known := map[string]bool{}
	for _, op := range w.Operations() {
		known[op.Name] = true
		if op.Open {
			t.Errorf("%s needs no permission; every operation of this service does", op.Name)
		}
	}
	for name, op := range model.CodeArtifact().Operations {
		if known[name] == op.Unserved {
			t.Errorf("%s: implemented %v, marked as unserved %v", name, known[name], op.Unserved)
		}
		delete(known, name)
	}
	for name := range known {
		t.Errorf("%s is not in the model", name)
	}
}

// inputs are calls of all operations on domain dom of O and repository rep.
var inputs = []struct {
	name     string
	in       any
	resource string
}{
	{"CreateDomain", &api.CreateDomainInput{Domain: "new"}, "arn:aws:codeartifact:us-east-1:111122223333:domain/new"},
	{"DescribeDomain", &api.DescribeDomainInput{Domain: "dom", DomainOwner: O}, domARN},
	{"ListDomains", &api.ListDomainsInput{}, "*"},
	{"GetAuthorizationToken", &api.GetAuthorizationTokenInput{Domain: "dom", DomainOwner: O}, domARN},
	{"PutDomainPermissionsPolicy", &api.PutDomainPermissionsPolicyInput{Domain: "dom", DomainOwner: O, PolicyDocument: to("*", "Allow", "codeartifact:ListPackages")}, domARN},
	{"GetDomainPermissionsPolicy", &api.GetDomainPermissionsPolicyInput{Domain: "dom", DomainOwner: O}, domARN},
	{"DeleteDomainPermissionsPolicy", &api.DeleteDomainPermissionsPolicyInput{Domain: "dom", DomainOwner: O}, domARN},
	{"ListRepositories", &api.ListRepositoriesInput{}, "*"},
	{"ListRepositoriesInDomain", &api.ListRepositoriesInDomainInput{Domain: "dom", DomainOwner: O}, domARN},
	{"CreateRepository", &api.CreateRepositoryInput{Domain: "dom", DomainOwner: O, Repository: "new"}, "arn:aws:codeartifact:us-east-1:111122223333:repository/dom/new"},
	{"DescribeRepository", &api.DescribeRepositoryInput{Domain: "dom", DomainOwner: O, Repository: "rep"}, repARN},
	{"UpdateRepository", &api.UpdateRepositoryInput{Domain: "dom", DomainOwner: O, Repository: "rep"}, repARN},
	{"GetRepositoryEndpoint", &api.GetRepositoryEndpointInput{Domain: "dom", DomainOwner: O, Repository: "rep", Format: "pypi"}, repARN},
	{"PutRepositoryPermissionsPolicy", &api.PutRepositoryPermissionsPolicyInput{Domain: "dom", DomainOwner: O, Repository: "rep", PolicyDocument: to("*", "Allow", "codeartifact:ListPackages")}, repARN},
	{"GetRepositoryPermissionsPolicy", &api.GetRepositoryPermissionsPolicyInput{Domain: "dom", DomainOwner: O, Repository: "rep"}, repARN},
	{"DeleteRepositoryPermissionsPolicy", &api.DeleteRepositoryPermissionsPolicyInput{Domain: "dom", DomainOwner: O, Repository: "rep"}, repARN},
	{"TagResource", &api.TagResourceInput{ResourceArn: domARN, Tags: []api.Tag{{Key: "k", Value: "v"}}}, domARN},
	{"TagResource", &api.TagResourceInput{ResourceArn: repARN, Tags: []api.Tag{{Key: "k", Value: "v"}}}, repARN},
	{"UntagResource", &api.UntagResourceInput{ResourceArn: repARN, TagKeys: []string{"k"}}, repARN},
	{"ListTagsForResource", &api.ListTagsForResourceInput{ResourceArn: repARN}, repARN},
	{"DeleteRepository", &api.DeleteRepositoryInput{Domain: "dom", DomainOwner: O, Repository: "rep"}, repARN},
	{"DeleteDomain", &api.DeleteDomainInput{Domain: "dom", DomainOwner: O}, domARN},
}

func TestEveryOperationIsJudgedByItsActionOnItsResource(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	w.seed(O)
	covered := map[string]bool{}
	for _, test := range inputs {
		covered[test.name] = true
		_, err := w.do(user(O), test.name, test.in)
		want := fmt.Sprintf("AccessDeniedException|403||||User: arn:aws:iam::%s:user/alice is not authorized to perform: codeartifact:%s on resource: %s because no identity-based policy allows the codeartifact:%s action",
			O, test.name, test.resource, test.name)
		if got := told(err); got != want {
			t.Errorf("without a policy:\n%s, want\n%s", got, want)
		}
		only := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"codeartifact:%s","Resource":%q},
			{"Effect":"Allow","Action":"sts:GetServiceBearerToken","Resource":"*"}]}`, test.name, test.resource)
		_, err = w.do(user(O, only), test.name, test.in)
		if kind(err) == fault.AccessDenied {
			t.Errorf("with a policy on exactly %s on %s: %v", test.name, test.resource, err)
		}
	}
	for name := range w.operations {
		if !covered[name] {
			t.Errorf("%s is not covered", name)
		}
	}
}

func TestWhoMayNotIsNotToldWhatExists(t *testing.T) {
	t.Parallel()
	existing, empty := newWorld(t, registry.Limits{}), newWorld(t, registry.Limits{})
	existing.seed(A)
	for name, who := range map[string]caller{
		"a user of the account without a policy":      user(O),
		"an administrator of another account":         admin(T),
		"one whose policy says no":                    user(O, allow("*"), deny("codeartifact:*")),
		"another account's session with a narrow end": {Principal: role(T).Principal, identity: []string{allow("*")}, session: []string{allow("s3:*")}},
	} {
		for _, test := range inputs {
			_, here := existing.do(who, test.name, test.in)
			_, there := empty.do(who, test.name, test.in)
			if told(here) != told(there) {
				t.Errorf("%s, %s:\nexists:         %s\ndoes not exist: %s", name, test.name, told(here), told(there))
			}
		}
	}
}

func TestWhoMayIsToldThatNothingIsThere(t *testing.T) {
	t.Parallel()
	const (
		domain     = "ResourceNotFoundException|404||domain|dom|Domain not found. Domain 'dom' owned by account '111122223333' does not exist"
		repository = "ResourceNotFoundException|404||repository|rep|Repository not found. Repository 'rep' in domain 'dom' owned by account '111122223333' does not exist"
	)
	empty, half := newWorld(t, registry.Limits{}), newWorld(t, registry.Limits{})
	half.seed(O)
	must[api.DeleteRepositoryOutput](half, admin(O), "DeleteRepository", &api.DeleteRepositoryInput{Domain: "dom", Repository: "rep"})
	for _, test := range inputs {
		_, err := empty.do(admin(O), test.name, test.in)
		switch {
		case test.resource == "*", test.name == "CreateDomain":
			if err != nil {
				t.Errorf("%s without a domain = %v, want success", test.name, err)
			}
		case told(err) != domain:
			t.Errorf("%s without a domain:\n%s, want\n%s", test.name, told(err), domain)
		}
		if test.resource != repARN {
			continue
		}
		_, err = half.do(admin(O), test.name, test.in)
		if told(err) != repository {
			t.Errorf("%s without a repository:\n%s, want\n%s", test.name, told(err), repository)
		}
	}
}

func TestTheDomainOwnerDefaultsToTheCallersAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	w.seed(O)
	w.domainPolicy(to(T, "Allow", "codeartifact:DescribeDomain"))
	_, err := w.do(admin(T), "DescribeDomain", &api.DescribeDomainInput{Domain: "dom"})
	want := "ResourceNotFoundException|404||domain|dom|Domain not found. Domain 'dom' owned by account '777788889999' does not exist"
	if told(err) != want {
		t.Errorf("without an owner:\n%s, want\n%s", told(err), want)
	}
	out := must[api.DescribeDomainOutput](w, admin(T), "DescribeDomain", &api.DescribeDomainInput{Domain: "dom", DomainOwner: O})
	if out.Domain.Owner != O {
		t.Errorf("with the owner: %v, want the domain of %s", out.Domain, O)
	}
}

// The rows are the matrix of the CodeArtifact User Guide, "Repository policies".
func TestResourcePoliciesTogether(t *testing.T) {
	t.Parallel()
	const describe = "codeartifact:DescribeRepository"
	onRepository := &api.DescribeRepositoryInput{Domain: "dom", DomainOwner: O, Repository: "rep"}
	onDomain := &api.DescribeDomainInput{Domain: "dom", DomainOwner: O}
	putDomain := &api.PutDomainPermissionsPolicyInput{Domain: "dom", DomainOwner: O, PolicyDocument: to(O, "Allow", "codeartifact:*")}
	putRepository := &api.PutRepositoryPermissionsPolicyInput{Domain: "dom", DomainOwner: O, Repository: "rep", PolicyDocument: to(O, "Allow", "codeartifact:*")}
	alice := func(account string) string { return "arn:aws:iam::" + account + ":user/alice" }
	yes := func(account string, action string) string { return to(alice(account), "Allow", action) }
	tests := []struct {
		name       string
		account    string
		operation  string
		in         any
		identity   string
		domain     string
		repository string
		want       bool
	}{
		{"owner, identity", O, "DescribeRepository", onRepository, allow(describe), "", "", true},
		{"owner, domain policy", O, "DescribeRepository", onRepository, "", yes(O, describe), "", true},
		{"owner, repository policy", O, "DescribeRepository", onRepository, "", "", yes(O, describe), true},
		{"owner, nothing", O, "DescribeRepository", onRepository, "", "", "", false},
		{"administrator, identity", A, "DescribeRepository", onRepository, allow(describe), "", "", true},
		{"administrator, domain policy", A, "DescribeRepository", onRepository, "", yes(A, describe), "", true},
		{"administrator, repository policy", A, "DescribeRepository", onRepository, "", "", yes(A, describe), true},
		{"administrator on the domain, identity", A, "DescribeDomain", onDomain, allow("codeartifact:DescribeDomain"), "", "", false},
		{"third, identity and domain policy", T, "DescribeRepository", onRepository, allow(describe), yes(T, describe), "", true},
		{"third, identity and repository policy", T, "DescribeRepository", onRepository, allow(describe), "", yes(T, describe), true},
		{"third, identity", T, "DescribeRepository", onRepository, allow(describe), "", "", false},
		{"third, both resource policies", T, "DescribeRepository", onRepository, "", yes(T, describe), yes(T, describe), false},
		{"any, domain policy denies", O, "DescribeRepository", onRepository, allow(describe), to("*", "Deny", describe), yes(O, describe), false},
		{"any, repository policy denies", O, "DescribeRepository", onRepository, allow(describe), yes(O, describe), to("*", "Deny", describe), false},
		{"any, identity denies", O, "DescribeRepository", onRepository, deny(describe), yes(O, describe), yes(O, describe), false},
		{"a repository policy does not reach the domain", O, "DescribeDomain", onDomain, "", "", yes(O, "codeartifact:DescribeDomain"), false},
		{"a repository policy's deny does not reach the domain", O, "DescribeDomain", onDomain, allow("codeartifact:DescribeDomain"), "", to("*", "Deny", "codeartifact:*"), true},
		{"third may not put the domain policy by it", T, "PutDomainPermissionsPolicy", putDomain, allow("codeartifact:*"), yes(T, "codeartifact:*"), "", false},
		{"owner is not locked out of the domain policy", O, "PutDomainPermissionsPolicy", putDomain, allow("codeartifact:*"), to("*", "Deny", "codeartifact:*"), "", true},
		{"third may put the repository policy by the domain's", T, "PutRepositoryPermissionsPolicy", putRepository, allow("codeartifact:*"), yes(T, "codeartifact:*"), "", true},
		{"third may not put the repository policy by it", T, "PutRepositoryPermissionsPolicy", putRepository, allow("codeartifact:*"), "", yes(T, "codeartifact:*"), false},
		{"owner is not locked out of the repository policy by it", O, "PutRepositoryPermissionsPolicy", putRepository, allow("codeartifact:*"), "", to("*", "Deny", "codeartifact:*"), true},
		{"owner is locked out of the repository policy by the domain's", O, "PutRepositoryPermissionsPolicy", putRepository, allow("codeartifact:*"), to("*", "Deny", "codeartifact:*"), "", false},
		{"the account's lists ask no resource policy", O, "ListRepositories", &api.ListRepositoriesInput{}, "", yes(O, "codeartifact:*"), "", false},
		{"the account's lists ask no resource policy's deny", O, "ListDomains", &api.ListDomainsInput{}, allow("codeartifact:ListDomains"), to("*", "Deny", "codeartifact:*"), "", true},
		{"the domain policy's Resource * is everything in the domain", T, "ListTagsForResource", &api.ListTagsForResourceInput{ResourceArn: repARN}, allow("codeartifact:*"), yes(T, "codeartifact:*"), "", true},
		{"a domain policy on the domain alone does not reach repositories", O, "DescribeRepository", onRepository, "", strings.Replace(yes(O, describe), `"Resource":"*"`, `"Resource":"`+domARN+`"`, 1), "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, registry.Limits{})
			w.seed(A)
			if test.repository != "" {
				w.repositoryPolicy(test.repository)
			}
			if test.domain != "" {
				w.domainPolicy(test.domain)
			}
			who := user(test.account)
			if test.identity != "" {
				who.identity = []string{test.identity}
			}
			_, err := w.do(who, test.operation, test.in)
			if allowed := err == nil; allowed != test.want || !allowed && kind(err) != fault.AccessDenied {
				t.Errorf("%s: %v, want allowed %v", test.operation, err, test.want)
			}
		})
	}
}

func TestAConditionOnAResourceTagReadsTheResourcesOwnTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	w.seed(O)
	must[api.TagResourceOutput](w, admin(O), "TagResource", &api.TagResourceInput{ResourceArn: domARN, Tags: []api.Tag{{Key: "team", Value: "a"}}})
	who := user(O, statement("Allow", `,"Condition":{"StringEquals":{"aws:ResourceTag/Team":"a"}}`, "codeartifact:*"))
	_, err := w.do(who, "DescribeDomain", &api.DescribeDomainInput{Domain: "dom"})
	if err != nil {
		t.Errorf("on the tagged domain: %v", err)
	}
	_, err = w.do(who, "DescribeRepository", &api.DescribeRepositoryInput{Domain: "dom", Repository: "rep"})
	if kind(err) != fault.AccessDenied {
		t.Errorf("on its repository: %v, want a refusal: tags of the domain do not reach it", err)
	}
}

func TestConditionsOnRequestTagsHoldForCreateAndTagResource(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	w.seed(O)
	who := user(O, statement("Allow", `,"Condition":{"StringEquals":{"aws:RequestTag/team":"a"},"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}`, "codeartifact:*"))
	tags := func(pairs ...string) (list []api.Tag) {
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, api.Tag{Key: pairs[i], Value: pairs[i+1]})
		}
		return list
	}
	for _, test := range []struct {
		tags []api.Tag
		want fault.Kind
	}{
		{tags("team", "a"), success},
		{tags("team", "b"), fault.AccessDenied},
		{tags("team", "a", "more", "x"), fault.AccessDenied},
		{nil, fault.AccessDenied},
	} {
		for name, in := range map[string]any{
			"CreateDomain":     &api.CreateDomainInput{Domain: fmt.Sprintf("d%d", len(test.tags)), Tags: test.tags},
			"CreateRepository": &api.CreateRepositoryInput{Domain: "dom", Repository: fmt.Sprintf("r%d", len(test.tags)), Tags: test.tags},
			"TagResource":      &api.TagResourceInput{ResourceArn: repARN, Tags: test.tags},
		} {
			if _, err := w.do(who, name, in); kind(err) != test.want {
				t.Errorf("%s with %v: %v, want kind %d", name, test.tags, err, test.want)
			}
		}
	}
}

func diff(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}
