package operation

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daypass/api"
	"daypass/internal/cli/clitest"
)

// names prints the names of operations and members in the AWS CLI's spelling.
const names = `
import json, sys, awscli
from botocore import xform_name
for line in sys.stdin:
    print(json.dumps(xform_name(json.loads(line), '-')))
`

func TestNamesAreSpelledAsInTheAWSCLI(t *testing.T) {
	t.Parallel()
	all := []string{"ARNs", "packageARNs", "HTTPServer", "aB", "AbCd", "FooBarBaz", "IPv6", "assetSHA256", "x", "IDs", "listOfIDs", "Get2FACode"}
	for _, service := range api.All() {
		for name, op := range service.Operations {
			all = append(all, name)
			for _, m := range op.Input.Members {
				all = append(all, m.Name)
			}
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	for i, reply := range clitest.Python(t, names, all) {
		var want string
		if err := json.Unmarshal(reply, &want); err != nil {
			t.Fatal(err)
		}
		if got := commandName(all[i]); got != want {
			t.Errorf("%s: %s, want %s", all[i], got, want)
		}
	}
}

// skeletons prints the skeletons of an operation with the AWS CLI's own code, and the
// members that the installed version knows.
const skeletons = `
import io, json, sys, awscli
import botocore.session
from botocore.utils import ArgumentGenerator
from awscli.customizations.generatecliskeleton import YAMLArgumentGenerator, _Bytes
from awscli.utils import json_encoder
from ruamel.yaml import YAML
session = botocore.session.Session()
models = {}
def flat(shape, seen):
    if shape is None or shape.name in seen:
        return []
    if shape.type_name == 'structure':
        return [[shape.name, m] for m in shape.members] + sum((flat(m, seen + [shape.name]) for m in shape.members.values()), [])
    if shape.type_name == 'list':
        return flat(shape.member, seen + [shape.name])
    if shape.type_name == 'map':
        return flat(shape.value, seen + [shape.name])
    return [[shape.name, e] for e in getattr(shape, 'enum', [])]
for line in sys.stdin:
    service, name = json.loads(line)
    model = models.setdefault(service, session.get_service_model(service))
    if name not in model.operation_names:
        print('null')
        continue
    shape = model.operation_model(name).input_shape
    out, yaml = io.StringIO(), YAML()
    yaml.representer.add_representer(_Bytes, _Bytes.represent)
    yaml.dump(YAMLArgumentGenerator().generate_skeleton(shape) if shape else yaml.map(), out)
    print(json.dumps({
        'json': json.dumps(ArgumentGenerator().generate_skeleton(shape) if shape else {}, indent=4, default=json_encoder) + '\n',
        'yaml': out.getvalue(),
        'members': flat(shape, []),
    }))
`

// flat returns the members and the enumerated values of a shape, as the script does.
func flat(shape *api.Shape, seen []string) [][]string {
	if slices.Contains(seen, shape.Name) {
		return nil
	}
	seen = append(slices.Clone(seen), shape.Name)
	list := [][]string{}
	switch shape.Kind {
	case api.Structure:
		for _, m := range shape.Members {
			list = append(list, []string{shape.Name, m.Name})
		}
		for _, m := range shape.Members {
			list = append(list, flat(m.Shape, seen)...)
		}
	case api.List, api.Map:
		list = append(list, flat(shape.Elem, seen)...)
	default:
		for _, e := range shape.Enum {
			list = append(list, []string{shape.Name, e})
		}
	}
	return list
}

func TestSkeletonsEqualTheAWSCLI(t *testing.T) {
	t.Parallel()
	var ops []*api.Operation
	var cases []any
	for _, service := range []*api.Service{api.CodeArtifact(), api.STS(), api.IAM()} {
		for _, op := range service.Operations {
			ops = append(ops, op)
			cases = append(cases, []string{service.Name, op.Name})
		}
	}
	comment := regexp.MustCompile(`(?m) *(#.*)?$`) // descriptions are our own
	compared := 0
	for i, reply := range clitest.Python(t, skeletons, cases) {
		var want struct {
			JSON    string     `json:"json"`
			YAML    string     `json:"yaml"`
			Members [][]string `json:"members"`
		}
		if err := json.Unmarshal(reply, &want); err != nil {
			t.Fatal(err)
		}
		if want.JSON == "" || !slices.EqualFunc(want.Members, flat(ops[i].Input, nil), slices.Equal) && len(ops[i].Input.Members) > 0 {
			continue // a member came or went since
		}
		compared++
		var out bytes.Buffer
		if err := inputSkeleton(&out, ops[i]); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.JSON, out.String()); diff != "" {
			t.Errorf("%s (-aws +daypass):\n%s", ops[i].Name, diff)
		}
		out.Reset()
		if err := yamlSkeleton(&out, ops[i]); err != nil {
			t.Fatal(err)
		}
		plain := func(s string) string { return comment.ReplaceAllString(s, "") }
		if diff := cmp.Diff(plain(want.YAML), plain(out.String())); diff != "" {
			t.Errorf("%s (-aws +daypass):\n%s", ops[i].Name, diff)
		}
	}
	if compared < 100 {
		t.Errorf("only %d operations were compared", compared)
	}
}

// The first comment of a structure is two spaces after its value, the others one, as in
// the AWS CLI.
func TestYAMLSkeletonHasItsComments(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := yamlSkeleton(&out, api.CodeArtifact().Operations["GetAuthorizationToken"]); err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`^domain: ''  # \[REQUIRED\] [^\n]+\ndomainOwner: '' # [^\n]+\ndurationSeconds: 0 # [^\n]+\n$`)
	if !form.MatchString(out.String()) {
		t.Errorf("%s", out.String())
	}
}
