package codeartifact_test

import (
	"fmt"
	"strings"
	"testing"

	api "daypass/api/codeartifact"
	"daypass/internal/fault"
	"daypass/internal/registry"
)

func text(s string) *string { return &s }

func upstreams(names ...string) []api.UpstreamRepository {
	list := make([]api.UpstreamRepository, len(names))
	for i, name := range names {
		list[i].RepositoryName = name
	}
	return list
}

func TestARepositoryIsCreatedUpdatedAndDeletedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	must[api.CreateDomainOutput](w, admin(O), "CreateDomain", &api.CreateDomainInput{Domain: "dom"})
	w.domainPolicy(to(A, "Allow", "codeartifact:CreateRepository"))
	want := &api.RepositoryDescription{
		Name: "rep", AdministratorAccount: A, DomainName: "dom", DomainOwner: O, Arn: repARN, CreatedTime: &created,
		Upstreams: []api.UpstreamRepositoryInfo{}, ExternalConnections: []api.RepositoryExternalConnectionInfo{},
	}
	create := &api.CreateRepositoryInput{Domain: "dom", DomainOwner: O, Repository: "rep"}
	diff(t, "created", want, must[api.CreateRepositoryOutput](w, admin(A), "CreateRepository", create).Repository)
	_, err := w.do(admin(A), "CreateRepository", create)
	diff(t, "created again", "ConflictException|409||repository|rep|Repository 'rep' in domain 'dom' owned by account '111122223333' already exists", told(err))

	in := &api.DescribeRepositoryInput{Domain: "dom", DomainOwner: O, Repository: "rep"}
	diff(t, "described by its administrator", want, must[api.DescribeRepositoryOutput](w, admin(A), "DescribeRepository", in).Repository)

	update := &api.UpdateRepositoryInput{Domain: "dom", DomainOwner: O, Repository: "rep", Description: text("about")}
	want.Description = "about"
	diff(t, "updated", want, must[api.UpdateRepositoryOutput](w, admin(A), "UpdateRepository", update).Repository)
	update.Description = nil
	diff(t, "updated by nothing", want, must[api.UpdateRepositoryOutput](w, admin(A), "UpdateRepository", update).Repository)
	update.Description, want.Description = text(""), ""
	diff(t, "description cleared", want, must[api.UpdateRepositoryOutput](w, admin(A), "UpdateRepository", update).Repository)

	remove := &api.DeleteRepositoryInput{Domain: "dom", DomainOwner: O, Repository: "rep"}
	diff(t, "deleted", want, must[api.DeleteRepositoryOutput](w, admin(A), "DeleteRepository", remove).Repository)
	_, err = w.do(admin(O), "DeleteRepository", remove)
	diff(t, "deleted again", "ResourceNotFoundException|404||repository|rep|Repository not found. Repository 'rep' in domain 'dom' owned by account '111122223333' does not exist", told(err))
}

func TestCreateRepositoryTakesOnlyValidNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	w.seed(O)
	for _, name := range []string{"A.b_c-1", "00", strings.Repeat("r", 100)} {
		must[api.CreateRepositoryOutput](w, admin(O), "CreateRepository", &api.CreateRepositoryInput{Domain: "dom", Repository: name})
	}
	for _, name := range []string{"", "a", "-a", "a b", "a/b", "a\x00", strings.Repeat("r", 101)} {
		_, err := w.do(admin(O), "CreateRepository", &api.CreateRepositoryInput{Domain: "dom", Repository: name})
		if got := told(err); !strings.HasPrefix(got, "ValidationException|400|FIELD_VALIDATION_FAILED|||repository: ") {
			t.Errorf("a repository named %q: %s, want a fault that names the field", name, got)
		}
	}
}

func TestRepositoriesAndUpstreamsAreRefusedBeyondQuotas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{Repositories: 3, Upstreams: 2})
	w.seed(O)
	for _, name := range []string{"up1", "up2"} {
		must[api.CreateRepositoryOutput](w, admin(O), "CreateRepository", &api.CreateRepositoryInput{Domain: "dom", Repository: name})
	}
	_, err := w.do(admin(O), "CreateRepository", &api.CreateRepositoryInput{Domain: "dom", Repository: "fourth"})
	diff(t, "the fourth", "ServiceQuotaExceededException|402||repository|fourth|The domain 'dom' already has 3 repositories, which is its quota", told(err))
	w.Registry.Limits.Upstreams = 1
	_, err = w.do(admin(O), "UpdateRepository", &api.UpdateRepositoryInput{Domain: "dom", Repository: "rep", Upstreams: upstreams("up1", "up2")})
	diff(t, "two upstreams", "ServiceQuotaExceededException|402||repository|rep|A repository can have at most 1 direct upstreams", told(err))
	if standard := newWorld(t, registry.Limits{}).Registry.Limits; standard.Repositories != 1000 || standard.Domains != 10 || standard.Upstreams != 10 {
		t.Errorf("standard limits = %v, want AWS's", standard)
	}
}

func TestUpdateRepositoryReplacesUpstreamsAndRefusesCircles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	w.seed(O)
	for _, name := range []string{"up1", "up2", "up3"} {
		must[api.CreateRepositoryOutput](w, admin(O), "CreateRepository", &api.CreateRepositoryInput{Domain: "dom", Repository: name})
	}
	set := func(repository string, list []api.UpstreamRepository) string {
		out, err := w.do(admin(O), "UpdateRepository", &api.UpdateRepositoryInput{Domain: "dom", Repository: repository, Upstreams: list})
		if err != nil {
			return told(err)
		}
		return joined(out.(*api.UpdateRepositoryOutput).Repository)
	}
	const self = "ValidationException|400|FIELD_VALIDATION_FAILED|||upstreams: "
	for _, step := range []struct {
		name       string
		repository string
		list       []api.UpstreamRepository
		want       string
	}{
		{"in order of priority", "rep", upstreams("up2", "up1"), "up2 up1"},
		{"left out, they stay", "rep", nil, "up2 up1"},
		{"replaced as a whole", "rep", upstreams("up3", "up2"), "up3 up2"},
		{"itself", "rep", upstreams("rep"), self + "the repository 'rep' cannot be its own upstream"},
		{"twice", "rep", upstreams("up1", "up1"), self + "'up1' is named twice"},
		{"one that does not exist", "rep", upstreams("up9"), "ResourceNotFoundException|404||repository|up9|Repository not found. Repository 'up9' in domain 'dom' owned by account '111122223333' does not exist"},
		{"a circle of two", "up2", upstreams("rep"), self + "the list leads back to the repository itself"},
		{"a chain", "up2", upstreams("up1"), "up1"},
		{"a circle of three", "up1", upstreams("rep"), self + "the list leads back to the repository itself"},
		{"nothing of the refused was kept", "rep", nil, "up3 up2"},
		{"none", "rep", upstreams(), ""},
	} {
		diff(t, step.name, step.want, set(step.repository, step.list))
	}
	out := must[api.CreateRepositoryOutput](w, admin(O), "CreateRepository", &api.CreateRepositoryInput{Domain: "dom", Repository: "new", Upstreams: upstreams("up3", "up1"), Description: "d"})
	diff(t, "created with", "up3 up1", joined(out.Repository))
	must[api.DeleteRepositoryOutput](w, admin(O), "DeleteRepository", &api.DeleteRepositoryInput{Domain: "dom", Repository: "up3"})
	described := must[api.DescribeRepositoryOutput](w, admin(O), "DescribeRepository", &api.DescribeRepositoryInput{Domain: "dom", Repository: "new"})
	diff(t, "with one that dangles", "up3 up1", joined(described.Repository))
	diff(t, "the dangling one named again", "ResourceNotFoundException", strings.SplitN(set("new", upstreams("up3")), "|", 2)[0])
}

func joined(r *api.RepositoryDescription) string {
	var names []string
	for _, u := range r.Upstreams {
		names = append(names, u.RepositoryName)
	}
	return strings.Join(names, " ")
}

func TestAnUpstreamNeedsPermissionOnIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	w.seed(O)
	for _, name := range []string{"up1", "up2"} {
		must[api.CreateRepositoryOutput](w, admin(O), "CreateRepository", &api.CreateRepositoryInput{Domain: "dom", Repository: name})
	}
	only := strings.Replace(allow("codeartifact:AssociateWithDownstreamRepository"), `"*"`, `"arn:aws:codeartifact:us-east-1:111122223333:repository/dom/up1"`, 1)
	who := user(O, allow("codeartifact:CreateRepository", "codeartifact:UpdateRepository"), only)
	update := func(names ...string) error {
		_, err := w.do(who, "UpdateRepository", &api.UpdateRepositoryInput{Domain: "dom", Repository: "rep", Upstreams: upstreams(names...)})
		return err
	}
	if err := update("up1"); err != nil {
		t.Errorf("an upstream that allows it: %v", err)
	}
	err := update("up1", "up2")
	if !strings.Contains(told(err), "codeartifact:AssociateWithDownstreamRepository on resource: arn:aws:codeartifact:us-east-1:111122223333:repository/dom/up2") {
		t.Errorf("one that does not: %v, want a refusal that names it", err)
	}
	who.identity = []string{allow("codeartifact:UpdateRepository")}
	if err := update("up1"); err != nil {
		t.Errorf("one that is an upstream already: %v, want no question", err)
	}
	_, err = w.do(user(O, allow("codeartifact:CreateRepository")), "CreateRepository",
		&api.CreateRepositoryInput{Domain: "dom", Repository: "new", Upstreams: upstreams("up1")})
	if kind(err) != fault.AccessDenied {
		t.Errorf("created with one that does not: %v, want a refusal", err)
	}
	_, err = w.do(user(O, allow("codeartifact:CreateRepository")), "CreateRepository",
		&api.CreateRepositoryInput{Domain: "dom", Repository: "new", Tags: []api.Tag{{Key: "k", Value: "v"}}})
	if !strings.Contains(told(err), "codeartifact:TagResource on resource: arn:aws:codeartifact:us-east-1:111122223333:repository/dom/new") {
		t.Errorf("created with tags: %v, want a refusal of TagResource", err)
	}
	_, err = w.do(user(O, allow("codeartifact:CreateDomain")), "CreateDomain", &api.CreateDomainInput{Domain: "new", Tags: []api.Tag{{Key: "k", Value: "v"}}})
	if !strings.Contains(told(err), "codeartifact:TagResource on resource: arn:aws:codeartifact:us-east-1:111122223333:domain/new") {
		t.Errorf("a domain created with tags: %v, want a refusal of TagResource", err)
	}
}

func TestGetRepositoryEndpointGivesOneURLForAllEndpointTypes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	w.seed(O)
	for _, format := range []string{"npm", "pypi", "maven", "nuget", "generic", "ruby", "swift", "cargo"} {
		for _, kind := range []string{"", "ipv4", "dualstack"} {
			out := must[api.GetRepositoryEndpointOutput](w, admin(O), "GetRepositoryEndpoint",
				&api.GetRepositoryEndpointInput{Domain: "dom", Repository: "rep", Format: format, EndpointType: kind})
			diff(t, format, "https://host/"+format+"/d/dom-111122223333/rep/", out.RepositoryEndpoint)
		}
	}
}

func TestListRepositoriesFiltersByPrefixAndAdministrator(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	w.seed(A)
	must[api.CreateDomainOutput](w, admin(A), "CreateDomain", &api.CreateDomainInput{Domain: "own"})
	for i := range 3 {
		must[api.CreateRepositoryOutput](w, admin(A), "CreateRepository", &api.CreateRepositoryInput{Domain: "own", Repository: fmt.Sprintf("re%d", i)})
	}
	must[api.CreateRepositoryOutput](w, admin(O), "CreateRepository", &api.CreateRepositoryInput{Domain: "dom", Repository: "other"})
	ofAccount := func(who caller, prefix, token string, size *int64) (string, string) {
		out := must[api.ListRepositoriesOutput](w, who, "ListRepositories", &api.ListRepositoriesInput{RepositoryPrefix: prefix, NextToken: token, MaxResults: size})
		return listed(out.Repositories), out.NextToken
	}
	page, next := ofAccount(admin(A), "re", "", number(3))
	diff(t, "a page of what the account administers", "own/re0 own/re1 own/re2", page)
	page, next = ofAccount(admin(A), "re", next, number(3))
	diff(t, "the last page", "dom/rep ", page+" "+next)
	page, _ = ofAccount(admin(O), "", "", nil)
	diff(t, "of the domain's owner", "dom/other", page)
	inDomain := func(in api.ListRepositoriesInDomainInput) string {
		in.Domain = "dom"
		return listed(must[api.ListRepositoriesInDomainOutput](w, admin(O), "ListRepositoriesInDomain", &in).Repositories)
	}
	diff(t, "in the domain", "dom/other dom/rep", inDomain(api.ListRepositoriesInDomainInput{}))
	diff(t, "by prefix", "dom/rep", inDomain(api.ListRepositoriesInDomainInput{RepositoryPrefix: "re"}))
	diff(t, "by administrator", "dom/rep", inDomain(api.ListRepositoriesInDomainInput{AdministratorAccount: A}))
	diff(t, "of nobody", "", inDomain(api.ListRepositoriesInDomainInput{AdministratorAccount: T}))
	one := must[api.ListRepositoriesInDomainOutput](w, admin(O), "ListRepositoriesInDomain", &api.ListRepositoriesInDomainInput{Domain: "dom", MaxResults: number(1)})
	diff(t, "the next page", "dom/rep", inDomain(api.ListRepositoriesInDomainInput{NextToken: one.NextToken}))
	_, err := w.do(admin(O), "ListRepositories", &api.ListRepositoriesInput{NextToken: one.NextToken})
	diff(t, "the token of another list", fault.Validation, kind(err))
	none := must[api.ListRepositoriesOutput](w, admin(T), "ListRepositories", &api.ListRepositoriesInput{})
	diff(t, "none", []api.RepositorySummary{}, none.Repositories)
}

func listed(list []api.RepositorySummary) string {
	var names []string
	for _, r := range list {
		names = append(names, r.DomainName+"/"+r.Name)
	}
	return strings.Join(names, " ")
}
