package codeartifact_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	api "daypass/api/codeartifact"
	"daypass/internal/fault"
	"daypass/internal/registry"
	"daypass/internal/token"
)

// resources makes domain dom with repositories rep and up. Every text that their
// descriptions show holds mark.
func (w *world) resources(mark string) {
	w.t.Helper()
	tags := []api.Tag{{Key: "k", Value: mark}}
	document := strings.Replace(to("*", "Deny", "codeartifact:CopyPackageVersions"), `{"Effect"`, `{"Sid":"`+mark+`","Effect"`, 1)
	must[api.CreateDomainOutput](w, admin(O), "CreateDomain", &api.CreateDomainInput{Domain: "dom", Tags: tags})
	w.domainPolicy(document)
	for _, name := range []string{"up", "rep", mark} {
		must[api.CreateRepositoryOutput](w, admin(O), "CreateRepository", &api.CreateRepositoryInput{Domain: "dom", Repository: name, Description: mark, Tags: tags})
	}
	w.repositoryPolicy(document)
}

// replace deletes what resources made, and makes it again.
func (w *world) replace() {
	w.t.Helper()
	for _, name := range []string{"up", "rep", "first"} {
		must[api.DeleteRepositoryOutput](w, admin(O), "DeleteRepository", &api.DeleteRepositoryInput{Domain: "dom", Repository: name})
	}
	must[api.DeleteDomainOutput](w, admin(O), "DeleteDomain", &api.DeleteDomainInput{Domain: "dom"})
	w.resources("second")
}

// state returns everything that the API shows of the domain and its repositories.
func (w *world) state() string {
	w.t.Helper()
	var all []any
	for _, step := range []struct {
		name string
		in   any
	}{
		{"DescribeDomain", &api.DescribeDomainInput{Domain: "dom"}},
		{"GetDomainPermissionsPolicy", &api.GetDomainPermissionsPolicyInput{Domain: "dom"}},
		{"ListTagsForResource", &api.ListTagsForResourceInput{ResourceArn: domARN}},
		{"ListRepositoriesInDomain", &api.ListRepositoriesInDomainInput{Domain: "dom"}},
		{"DescribeRepository", &api.DescribeRepositoryInput{Domain: "dom", Repository: "rep"}},
		{"GetRepositoryPermissionsPolicy", &api.GetRepositoryPermissionsPolicyInput{Domain: "dom", Repository: "rep"}},
		{"ListTagsForResource", &api.ListTagsForResourceInput{ResourceArn: repARN}},
	} {
		out, err := w.do(admin(O), step.name, step.in)
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, out)
	}
	text, err := json.Marshal(all)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

// named fills an operation's input, and reports whether the input names a domain
// or repository.
func named(in any, resource string) bool {
	changed := "changed"
	values := map[string]any{
		"Domain": "dom", "Repository": "rep", "ResourceArn": resource, "Description": &changed, "Format": "pypi", "PolicyDocument": to("*", "Allow", "codeartifact:ListPackages"),
		"Tags": []api.Tag{{Key: "k", Value: changed}}, "TagKeys": []string{"k"}, "Upstreams": []api.UpstreamRepository{{RepositoryName: "up"}},
	}
	found := false
	fields := reflect.ValueOf(in).Elem()
	for i := range fields.NumField() {
		name := fields.Type().Field(i).Name
		value := reflect.ValueOf(values[name])
		if value.IsValid() && value.Type() == fields.Field(i).Type() {
			fields.Field(i).Set(value)
		}
		found = found || name == "Domain" || name == "ResourceArn"
	}
	return found
}

func TestAnOperationTouchesNothingThatTookTheNameOfWhatWasJudged(t *testing.T) {
	t.Parallel()
	tried := 0
	for name, op := range newWorld(t, registry.Limits{}).operations {
		if name == "CreateDomain" || !named(op.New(), "") {
			continue
		}
		for _, resource := range []string{domARN, repARN} {
			if resource == repARN && !strings.Contains(name, "Resource") {
				continue
			}
			tried++
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, registry.Limits{})
				in := w.operations[name].New()
				named(in, resource)
				if made, ok := in.(*api.CreateRepositoryInput); ok {
					made.Repository = "third"
				}
				w.resources("first")
				before := ""
				w.beforeRun = func() {
					w.replace()
					before = w.state()
				}
				out, err := w.do(admin(O), name, in)
				if err != nil && !fault.Is(err, fault.NotFound) {
					t.Errorf("refused with %v, want what was judged to be gone", err)
				}
				if before == "" {
					t.Fatal("it did not come to run")
				}
				diff(t, "what came after", before, w.state())
				shown, err := json.Marshal(out)
				if err != nil || strings.Contains(string(shown), "second") {
					t.Errorf("it tells of what came after: %s, %v", shown, err)
				}
				for _, claims := range w.sealed {
					d, err := w.Registry.Domain(t.Context(), region, O, "dom")
					if err != nil || claims.Mark == token.MarkDomain(d.ID) {
						t.Errorf("a token for the domain that came after, %v", err)
					}
				}
			})
		}
	}
	if tried < 15 {
		t.Errorf("only %d operations name a resource", tried)
	}
}
