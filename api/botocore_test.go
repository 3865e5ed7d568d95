package api

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// botocoreModel is the part of a botocore model that ours has too.
type botocoreModel struct {
	Metadata struct {
		APIVersion     string `json:"apiVersion"`
		EndpointPrefix string `json:"endpointPrefix"`
		Protocol       string `json:"protocol"`
		ServiceID      string `json:"serviceId"`
		XMLNamespace   string `json:"xmlNamespace"`
	} `json:"metadata"`
	Operations map[string]struct {
		HTTP struct {
			Method       string `json:"method"`
			RequestURI   string `json:"requestUri"`
			ResponseCode int    `json:"responseCode"`
		} `json:"http"`
		Input      *botocoreRef  `json:"input"`
		Output     *botocoreRef  `json:"output"`
		Errors     []botocoreRef `json:"errors"`
		AuthType   string        `json:"authtype"`
		Idempotent bool          `json:"idempotent"`
	} `json:"operations"`
	Shapes map[string]*botocoreShape `json:"shapes"`
}

type botocoreRef struct {
	Shape           string `json:"shape"`
	Location        string `json:"location"`
	LocationName    string `json:"locationName"`
	ResultWrapper   string `json:"resultWrapper"`
	TimestampFormat string `json:"timestampFormat"`
	Flattened       bool   `json:"flattened"`
	HostLabel       bool   `json:"hostLabel"`
	JSONValue       bool   `json:"jsonvalue"`
}

type botocoreShape struct {
	Type            string                 `json:"type"`
	Min             *int64                 `json:"min"`
	Max             *int64                 `json:"max"`
	Pattern         string                 `json:"pattern"`
	Enum            []string               `json:"enum"`
	Sensitive       bool                   `json:"sensitive"`
	Streaming       bool                   `json:"streaming"`
	Flattened       bool                   `json:"flattened"`
	TimestampFormat string                 `json:"timestampFormat"`
	Required        []string               `json:"required"`
	Members         map[string]botocoreRef `json:"members"`
	Payload         string                 `json:"payload"`
	Key             *botocoreRef           `json:"key"`
	Value           *botocoreRef           `json:"value"`
	Member          *botocoreRef           `json:"member"`
	Exception       bool                   `json:"exception"`
	Fault           bool                   `json:"fault"`
	Error           struct {
		Code   string `json:"code"`
		Status int    `json:"httpStatusCode"`
	} `json:"error"`

	order []string // of Members
}

// UnmarshalJSON keeps the order of the members.
func (s *botocoreShape) UnmarshalJSON(data []byte) error {
	type plain botocoreShape
	if err := json.Unmarshal(data, (*plain)(s)); err != nil {
		return err
	}
	var raw struct{ Members json.RawMessage }
	if err := json.Unmarshal(data, &raw); err != nil || raw.Members == nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(raw.Members))
	for depth := 0; ; {
		tok, err := d.Token()
		if err != nil {
			return nil // the end: the document was decoded above without an error
		}
		switch {
		case tok == json.Delim('{'), tok == json.Delim('['):
			depth++
		case tok == json.Delim('}'), tok == json.Delim(']'):
			depth--
		case depth == 1:
			s.order = append(s.order, tok.(string))
		}
	}
}

// botocore returns the folder of botocore's models, and its version.
func botocore(t *testing.T) (data, version string) {
	t.Helper()
	out, err := exec.Command("python3", "-c", "import botocore; print(botocore.__path__[0]); print(botocore.__version__)").Output()
	if err != nil {
		if os.Getenv("DAYPASS_TEST_REQUIRE") == "all" {
			t.Fatalf("botocore is required and not there: %v", err)
		}
		t.Skipf("SKIPPED: the models are not compared with AWS's: no python3 with botocore: %v", err)
	}
	lines := strings.Fields(string(out))
	return filepath.Join(lines[0], "data"), lines[1]
}

// secretHere are shapes that our model marks as sensitive although AWS's does not:
// one-time codes.
var secretHere = []string{"tokenCodeType", "authenticationCodeType"}

func TestModelsEqualBotocore(t *testing.T) {
	t.Parallel()
	data, version := botocore(t)
	for _, s := range []*Service{CodeArtifact(), STS(), IAM()} {
		t.Run(s.Name+" of botocore "+version, func(t *testing.T) {
			t.Parallel()
			f := readFacts(t, filepath.Join(data, s.Name, s.Version, "service-2.json.gz"))
			compareService(t, s, f)
			compareNames(t, "operations", s.Operations, f.Operations)
			compareNames(t, "shapes", s.Shapes, f.Shapes)
			for name, op := range s.Operations {
				compareOperation(t, op, f, name)
			}
			for name, sh := range s.Shapes {
				if want := f.Shapes[name]; want != nil {
					compareShape(t, sh, want)
				}
			}
		})
	}
}

func readFacts(t *testing.T, file string) *botocoreModel {
	t.Helper()
	raw, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	z, err := gzip.NewReader(raw)
	if err != nil {
		t.Fatal(err)
	}
	var f botocoreModel
	if err := json.NewDecoder(z).Decode(&f); err != nil {
		t.Fatal(err)
	}
	return &f
}

func compareService(t *testing.T, s *Service, f *botocoreModel) {
	t.Helper()
	got := []string{s.Version, s.SigningName, s.Protocol, s.ID, s.Namespace}
	want := []string{f.Metadata.APIVersion, f.Metadata.EndpointPrefix, f.Metadata.Protocol, f.Metadata.ServiceID, f.Metadata.XMLNamespace}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("service (-botocore +ours):\n%s", diff)
	}
}

func compareNames[A, B any](t *testing.T, what string, ours map[string]A, theirs map[string]B) {
	t.Helper()
	for name := range theirs {
		if _, ok := ours[name]; !ok {
			t.Errorf("%s: botocore has %s, the model has not", what, name)
		}
	}
	for name := range ours {
		if _, ok := theirs[name]; !ok {
			t.Errorf("%s: the model has %s, botocore has not", what, name)
		}
	}
}

func compareOperation(t *testing.T, op *Operation, f *botocoreModel, name string) {
	t.Helper()
	want, ok := f.Operations[name]
	if !ok {
		return
	}
	check := func(what string, ours, theirs any) {
		t.Helper()
		if diff := cmp.Diff(theirs, ours); diff != "" {
			t.Errorf("%s: %s (-botocore +ours):\n%s", name, what, diff)
		}
	}
	check("method", op.Method, want.HTTP.Method)
	check("path", op.Path, want.HTTP.RequestURI)
	check("unsigned", op.Unsigned, want.AuthType == "none")
	check("idempotent", op.Idempotent, want.Idempotent)
	if want.Input != nil {
		check("input", op.Input.Name, want.Input.Shape)
	} else {
		check("members of no input", len(op.Input.Members), 0)
	}
	output, wrapper := "", ""
	if want.Output != nil {
		output, wrapper = want.Output.Shape, want.Output.ResultWrapper
	}
	ours := ""
	if op.Output != nil {
		ours = op.Output.Name
	}
	check("output", ours, output)
	if op.Service.Protocol == Query && op.Output != nil {
		check("result wrapper that package wire writes", op.Name+"Result", wrapper)
	}
	var errors []string
	for _, e := range want.Errors {
		errors = append(errors, e.Shape)
	}
	check("errors", op.Errors, errors)
	if want.HTTP.ResponseCode != 0 && want.HTTP.ResponseCode != 200 {
		t.Errorf("%s: status %d on success, which the model has no place for", name, want.HTTP.ResponseCode)
	}
}

func compareShape(t *testing.T, sh *Shape, want *botocoreShape) {
	t.Helper()
	check := func(what string, ours, theirs any) {
		t.Helper()
		if diff := cmp.Diff(theirs, ours); diff != "" {
			t.Errorf("%s: %s (-botocore +ours):\n%s", sh.Name, what, diff)
		}
	}
	check("type", sh.Kind.String(), want.Type)
	check("min", sh.Min, want.Min)
	check("max", sh.Max, want.Max)
	check("pattern", sh.Pattern, want.Pattern)
	check("enum", sh.Enum, want.Enum)
	check("sensitive", sh.Sensitive, want.Sensitive || slices.Contains(secretHere, sh.Name))
	check("streaming", sh.Streaming, want.Streaming)
	if want.Flattened || want.TimestampFormat != "" {
		t.Errorf("%s is flattened or has a time format, which the model has no place for", sh.Name)
	}
	compareError(t, sh, want, check)
	check("entries", name(sh.Elem), refName(want.Member)+refName(want.Value))
	check("key", name(sh.Key), refName(want.Key))
	for _, r := range []*botocoreRef{want.Member, want.Key, want.Value} {
		if r != nil && (r.LocationName != "" || r.Flattened) {
			t.Errorf("%s: entries have names of their own, which the model has no place for", sh.Name)
		}
	}
	compareMembers(t, sh, want, check)
}

func name(sh *Shape) string {
	if sh == nil {
		return ""
	}
	return sh.Name
}

func refName(r *botocoreRef) string {
	if r == nil {
		return ""
	}
	return r.Shape
}

func compareError(t *testing.T, sh *Shape, want *botocoreShape, check func(string, any, any)) {
	t.Helper()
	check("is an error", sh.Error != nil, want.Exception)
	if sh.Error == nil || !want.Exception {
		return
	}
	code := want.Error.Code
	if code == "" {
		code = sh.Name
	}
	check("error", *sh.Error, Error{Code: code, Status: want.Error.Status, Fault: want.Fault})
}

func compareMembers(t *testing.T, sh *Shape, want *botocoreShape, check func(string, any, any)) {
	t.Helper()
	var names []string
	for _, m := range sh.Members {
		names = append(names, m.Name)
	}
	check("members and their order", names, want.order)
	payload := ""
	if sh.Payload != nil {
		payload = sh.Payload.Name
	}
	check("payload", payload, want.Payload)
	locations := map[string]Location{"": InBody, "querystring": InQuery, "header": InHeader}
	for _, m := range sh.Members {
		r, ok := want.Members[m.Name]
		if !ok {
			continue
		}
		location, known := locations[r.Location]
		if m.Name == want.Payload {
			location = InPayload
		}
		wire := r.LocationName
		if wire == "" {
			wire = m.Name
		}
		if !known || r.TimestampFormat != "" || r.Flattened || r.HostLabel || r.JSONValue {
			t.Errorf("%s.%s has a trait that the model has no place for: %+v", sh.Name, m.Name, r)
		}
		check(m.Name+" shape", m.Shape.Name, r.Shape)
		check(m.Name+" location", m.Location, location)
		check(m.Name+" wire name", m.LocationName, wire)
		check(m.Name+" required", m.Required, slices.Contains(want.Required, m.Name))
	}
}
