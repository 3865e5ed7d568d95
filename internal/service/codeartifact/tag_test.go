package codeartifact_test

import (
	"fmt"
	"strings"
	"testing"

	api "daypass/api/codeartifact"
	"daypass/internal/fault"
	"daypass/internal/registry"
)

func TestTagResourceOverwritesAndUntagResourceRemoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	w.seed(O)
	for _, resource := range []string{domARN, repARN} {
		list := func() []api.Tag {
			return must[api.ListTagsForResourceOutput](w, admin(O), "ListTagsForResource", &api.ListTagsForResourceInput{ResourceArn: resource}).Tags
		}
		diff(t, "none", []api.Tag{}, list())
		tag := func(tags ...api.Tag) {
			out := must[api.TagResourceOutput](w, admin(O), "TagResource", &api.TagResourceInput{ResourceArn: resource, Tags: tags})
			diff(t, "reply", &api.TagResourceOutput{}, out)
		}
		tag(api.Tag{Key: "b", Value: "1"}, api.Tag{Key: "a", Value: ""}, api.Tag{Key: "C", Value: "2"})
		tag(api.Tag{Key: "b", Value: "3"})
		diff(t, "added and overwritten", []api.Tag{{Key: "C", Value: "2"}, {Key: "a", Value: ""}, {Key: "b", Value: "3"}}, list())
		must[api.UntagResourceOutput](w, admin(O), "UntagResource", &api.UntagResourceInput{ResourceArn: resource, TagKeys: []string{"a", "absent"}})
		diff(t, "removed", []api.Tag{{Key: "C", Value: "2"}, {Key: "b", Value: "3"}}, list())
		_, err := w.do(admin(O), "TagResource", &api.TagResourceInput{ResourceArn: resource, Tags: []api.Tag{{Key: "x"}, {Key: "B", Value: "4"}}})
		if got, want := told(err), "ValidationException|400|FIELD_VALIDATION_FAILED|||tags: the key \"B\" differs by case alone from \"b\""; !strings.HasPrefix(got, want) {
			t.Errorf("another spelling of what %s has: %s, want %s…", resource, got, want)
		}
		diff(t, "refused as a whole", []api.Tag{{Key: "C", Value: "2"}, {Key: "b", Value: "3"}}, list())
	}
}

func TestListTagsForResourceShowsTagsGivenAtCreation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	tags := []api.Tag{{Key: "k", Value: "v"}}
	must[api.CreateDomainOutput](w, admin(O), "CreateDomain", &api.CreateDomainInput{Domain: "dom", Tags: tags})
	must[api.CreateRepositoryOutput](w, admin(O), "CreateRepository", &api.CreateRepositoryInput{Domain: "dom", Repository: "rep", Tags: tags})
	for _, resource := range []string{domARN, repARN} {
		out := must[api.ListTagsForResourceOutput](w, admin(O), "ListTagsForResource", &api.ListTagsForResourceInput{ResourceArn: resource})
		diff(t, resource, tags, out.Tags)
	}
}

func TestDuplicateReservedAndExcessTagsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	w.seed(O)
	many := func(n int) (tags []api.Tag) {
		for i := range n {
			tags = append(tags, api.Tag{Key: fmt.Sprint("k", i)})
		}
		return tags
	}
	const field = "ValidationException|400|FIELD_VALIDATION_FAILED|||tags: "
	for _, test := range []struct {
		name string
		tags []api.Tag
		want string
	}{
		{"a key twice", append(many(2), many(1)...), field},
		{"two spellings of a key", append(many(2), api.Tag{Key: "K1"}), field},
		{"a reserved key", []api.Tag{{Key: "aws:x"}}, field},
		{"a reserved key in capitals", []api.Tag{{Key: "AWS:x"}}, field},
		{"51", many(51), "ServiceQuotaExceededException|402||repository|"},
	} {
		for name, in := range map[string]any{
			"TagResource":      &api.TagResourceInput{ResourceArn: repARN, Tags: test.tags},
			"CreateRepository": &api.CreateRepositoryInput{Domain: "dom", Repository: "new", Tags: test.tags},
			"CreateDomain":     &api.CreateDomainInput{Domain: "new", Tags: test.tags},
		} {
			want := test.want
			if name == "CreateDomain" {
				want = strings.Replace(want, "repository", "domain", 1)
			}
			_, err := w.do(admin(O), name, in)
			if got := told(err); !strings.HasPrefix(got, want) {
				t.Errorf("%s with %s: %s, want %s…", name, test.name, got, want)
			}
		}
	}
	must[api.TagResourceOutput](w, admin(O), "TagResource", &api.TagResourceInput{ResourceArn: repARN, Tags: many(50)})
}

func TestResourcesThatCannotBeTagged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	w.seed(O)
	const base = "arn:aws:codeartifact:us-east-1:111122223333:"
	for resource, want := range map[string]fault.Kind{
		"dom":                               fault.Validation,
		"arn:aws:s3:us-east-1:1:domain/dom": fault.Validation,
		"arn:aws:codeartifact:us-east-1::domain/dom":                fault.Validation,
		"arn:aws:codeartifact:us-east-1:12345:domain/dom":           fault.Validation,
		"arn:aws-cn:codeartifact:us-east-1:111122223333:domain/dom": fault.Validation,
		"arn:aws:codeartifact:eu-west-1:111122223333:domain/dom":    fault.Validation,
		base + "package/dom/rep/pypi//x":                            fault.Validation,
		base + "domain/":                                            fault.Validation,
		base + "domain/dom/more":                                    fault.Validation,
		base + "repository/dom":                                     fault.Validation,
		base + "repository/dom/rep/more":                            fault.Validation,
		base + "domain/absent":                                      fault.NotFound,
		base + "repository/dom/absent":                              fault.NotFound,
		base + "repository/absent/rep":                              fault.NotFound,
		base + "package-group/dom/npm/x~":                           fault.NotFound,
		base + "package-group/dom/%2a":                              fault.NotFound,
	} {
		for name, in := range map[string]any{
			"TagResource":         &api.TagResourceInput{ResourceArn: resource, Tags: []api.Tag{{Key: "k"}}},
			"UntagResource":       &api.UntagResourceInput{ResourceArn: resource, TagKeys: []string{"k"}},
			"ListTagsForResource": &api.ListTagsForResourceInput{ResourceArn: resource},
		} {
			_, err := w.do(admin(O), name, in)
			if kind(err) != want {
				t.Errorf("%s on %s: %v, want kind %d", name, resource, err, want)
			}
		}
	}
}
