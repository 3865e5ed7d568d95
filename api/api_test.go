package api

import (
	"regexp"
	"strings"
	"testing"
)

func TestEveryModelParses(t *testing.T) {
	t.Parallel()
	operations := map[string]int{"codeartifact": 48, "sts": 11, "iam": 176, "daypass": 7}
	for _, s := range All() {
		if got := len(s.Operations); got != operations[s.Name] {
			t.Errorf("%s has %d operations, want %d", s.Name, got, operations[s.Name])
		}
		for name, op := range s.Operations {
			if op.Name != name || op.Service != s || op.Input == nil || op.Input.Kind != Structure {
				t.Errorf("%s: %s is not whole: %+v", s.Name, name, op)
			}
			for _, e := range op.Errors {
				if sh := s.Shapes[e]; sh == nil || sh.Error == nil {
					t.Errorf("%s: %s names %s, which is no error", s.Name, name, e)
				}
			}
		}
	}
}

func TestEveryPatternCompiles(t *testing.T) {
	t.Parallel()
	for _, s := range All() {
		for name, sh := range s.Shapes {
			if _, err := regexp.Compile(sh.RE2); err != nil {
				t.Errorf("%s: %s: %v", s.Name, name, err)
			}
			if (sh.RE2 == "") != (sh.Pattern == "") {
				t.Errorf("%s: %s has one of pattern and re2", s.Name, name)
			}
		}
	}
}

// Package wire supports no maps in the query protocol, no variable parts of a path,
// and lists and header timestamps only in bodies. No model may need more.
func TestModelsNeedOnlyWhatPackageWireSupports(t *testing.T) {
	t.Parallel()
	var walk func(t *testing.T, op string, sh *Shape, seen map[*Shape]bool)
	walk = func(t *testing.T, op string, sh *Shape, seen map[*Shape]bool) {
		if sh == nil || seen[sh] {
			return
		}
		seen[sh] = true
		if sh.Kind == Map {
			t.Errorf("%s: input has the map %s", op, sh.Name)
		}
		for _, m := range sh.Members {
			walk(t, op, m.Shape, seen)
		}
		walk(t, op, sh.Elem, seen)
	}
	for _, s := range All() {
		for name, op := range s.Operations {
			if strings.Contains(op.Path, "{") {
				t.Errorf("%s: path %s has variable parts", name, op.Path)
			}
			if s.Protocol == Query {
				walk(t, name, op.Input, map[*Shape]bool{})
			}
			if p := op.Input.Payload; p != nil && !p.Shape.Streaming {
				t.Errorf("%s: payload %s does not stream", name, p.Name)
			}
			for _, m := range op.Input.Members {
				if m.Location != InBody && (m.Shape.Kind == List || m.Location == InHeader && m.Shape.Kind == Timestamp) {
					t.Errorf("%s: %s is a %v outside the body", name, m.Name, m.Shape.Kind)
				}
			}
		}
	}
}

func TestLookupMatchesMethodAndPathExactly(t *testing.T) {
	t.Parallel()
	tests := []struct{ method, path, want string }{
		{"POST", "/v1/authorization-token", "GetAuthorizationToken"},
		{"DELETE", "/v1/repository/permissions/policies", "DeleteRepositoryPermissionsPolicy"},
		{"GET", "/v1/domain", "DescribeDomain"},
		{"DELETE", "/v1/domain", "DeleteDomain"},
		{"GET", "/v1/authorization-token", ""},
		{"POST", "/v1/authorization-token/", ""},
		{"POST", "/V1/authorization-token", ""},
		{"POST", "", ""},
	}
	for _, tt := range tests {
		got := ""
		if op := CodeArtifact().Lookup(tt.method, tt.path); op != nil {
			got = op.Name
		}
		if got != tt.want {
			t.Errorf("Lookup(%q, %q) = %q, want %q", tt.method, tt.path, got, tt.want)
		}
	}
}

// The help of the commands that people use most prints these.
func TestTokenAndDaypassOperationsDescribeTheirMembers(t *testing.T) {
	t.Parallel()
	op := CodeArtifact().Operations["GetAuthorizationToken"]
	for _, sh := range []*Shape{op.Input, op.Output} {
		for _, m := range sh.Members {
			if m.Doc == "" {
				t.Errorf("%s.%s has no sentence", sh.Name, m.Name)
			}
		}
	}
	for _, op := range Daypass().Operations {
		for _, m := range op.Input.Members {
			if m.Doc == "" {
				t.Errorf("%s.%s has no sentence", op.Input.Name, m.Name)
			}
		}
	}
}

// Lists of operations print the first sentence beside the name.
func TestEveryOperationHasASentence(t *testing.T) {
	t.Parallel()
	for _, s := range All() {
		for name, op := range s.Operations {
			if op.Doc == "" || !strings.HasSuffix(op.Doc, ".") {
				t.Errorf("%s %s: %q is no sentence", s.Name, name, op.Doc)
			}
		}
	}
}

func TestBrokenModelsAreRefused(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, model, want string }{
		{"unknown verb", "nonsense x", `unknown verb "nonsense"`},
		{"undefined shape", "list L Missing", "shape Missing is used and not defined"},
		{"shape twice", "string A\nstring A", "shape A is defined twice"},
		{"member outside", "member a B", "member belongs to no shape"},
		{"unserved outside", "string A\nunserved", "unserved belongs to no operation"},
		{"errors outside", "string A\nerrors B", "errors belongs to no operation"},
		{"bad bound", "string A 1..x", "invalid syntax"},
		{"bad location", "string A\nstructure B\nmember a A moon", `unknown location "moon"`},
		{"short operation", "operation A GET /", "operation wants five words"},
		{"doc of nothing", "doc A.b c", "doc of A.b, which the model does not have"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := parse(tt.model)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("parse(%q) = %v, want %q", tt.model, err, tt.want)
			}
		})
	}
}
