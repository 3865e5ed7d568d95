package wire

import (
	"context"
	"encoding/json"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"daypass/api"

	"github.com/google/go-cmp/cmp"
)

// The laboratory is an invented operation. It has every type of value in every
// place of the protocols, also those that no model uses.
func laboratory(protocol string) *api.Operation {
	kinds := []api.Kind{api.String, api.Integer, api.Long, api.Boolean, api.Timestamp, api.Blob}
	sh := &api.Shape{Name: "LabInput", Kind: api.Structure}
	add := func(name string, kind api.Kind, at api.Location) *api.Shape {
		s := &api.Shape{Name: name, Kind: kind}
		sh.Members = append(sh.Members, &api.Member{Name: name, LocationName: strings.ToLower("w-" + name), Shape: s, Location: at})
		return s
	}
	for _, k := range kinds {
		name := k.String()
		add("body"+strings.ToUpper(name[:1])+name[1:], k, api.InBody)
		if protocol == api.Query {
			continue
		}
		add("query"+strings.ToUpper(name[:1])+name[1:], k, api.InQuery)
		if k != api.Timestamp { // headers have another timestamp format
			add("header"+strings.ToUpper(name[:1])+name[1:], k, api.InHeader)
		}
	}
	list := add("list", api.List, api.InBody)
	list.Elem = &api.Shape{Name: "Inner", Kind: api.Structure, Members: []*api.Member{
		{Name: "when", LocationName: "When", Shape: &api.Shape{Kind: api.Timestamp}},
		{Name: "more", LocationName: "more", Shape: &api.Shape{Kind: api.List, Elem: &api.Shape{Kind: api.Long}}},
	}}
	s := &api.Service{Name: "lab", Version: "2020-01-01", Protocol: protocol, Namespace: "urn:lab"}
	return &api.Operation{Service: s, Name: "Lab", Method: "POST", Path: "/lab", Input: sh, Output: sh}
}

type labInput struct {
	BodyString, QueryString, HeaderString    string
	BodyInteger, QueryInteger, HeaderInteger *int64
	BodyLong, QueryLong, HeaderLong          *int64
	BodyBoolean, QueryBoolean, HeaderBoolean *bool
	BodyTimestamp, QueryTimestamp            *time.Time
	BodyBlob, QueryBlob, HeaderBlob          []byte
	List                                     []labInner
}

type labInner struct {
	When *time.Time
	More []int64
}

func TestEveryKindInEveryPlaceGoesThereAndBack(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1790000000123).UTC()
	in := map[string]any{
		"bodyString": "a\n", "queryString": "q &", "headerString": "h",
		"bodyInteger": json.Number("-1"), "queryInteger": uint64(2), "headerInteger": 3,
		"bodyLong": int64(1) << 40, "queryLong": float64(5), "headerLong": json.Number("6"),
		"bodyBoolean": true, "queryBoolean": false, "headerBoolean": true,
		"bodyTimestamp": 1790000000.123, "queryTimestamp": at,
		"bodyBlob": "\x00\xff", "queryBlob": []byte("?"), "headerBlob": "!",
		"list": []any{map[string]any{"when": "2026-09-21T14:13:20.123", "more": []any{1, 2}}, map[string]any{"more": []any{}}},
	}
	want := &labInput{
		BodyString: "a\n", QueryString: "q &", HeaderString: "h",
		BodyInteger: ptr(int64(-1)), QueryInteger: ptr(int64(2)), HeaderInteger: ptr(int64(3)),
		BodyLong: ptr(int64(1) << 40), QueryLong: ptr(int64(5)), HeaderLong: ptr(int64(6)),
		BodyBoolean: ptr(true), QueryBoolean: ptr(false), HeaderBoolean: ptr(true),
		BodyTimestamp: &at, QueryTimestamp: &at,
		BodyBlob: []byte("\x00\xff"), QueryBlob: []byte("?"), HeaderBlob: []byte("!"),
		List: []labInner{{When: &at, More: []int64{1, 2}}, {More: []int64{}}},
	}
	for _, protocol := range []string{api.RESTJSON, api.Query} {
		op := laboratory(protocol)
		given, expected := in, want
		if protocol == api.Query {
			given, expected = inBody(in), &labInput{
				BodyString: want.BodyString, BodyInteger: want.BodyInteger, BodyLong: want.BodyLong, BodyBoolean: want.BodyBoolean,
				BodyTimestamp: want.BodyTimestamp, BodyBlob: want.BodyBlob, List: want.List,
			}
		}
		r, body, err := NewRequest(context.Background(), op, "http://localhost", given)
		if err != nil {
			t.Fatalf("%s: %v", protocol, err)
		}
		var got labInput
		if err := Decode(op, r, body, &got); err != nil {
			t.Fatalf("%s: %v\n%s\n%s", protocol, err, r.URL, body)
		}
		if diff := cmp.Diff(expected, &got); diff != "" {
			t.Errorf("%s: there (-want +got):\n%s", protocol, diff)
		}
		comesBack(t, op, expected)
	}
}

func inBody(in map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range in {
		if strings.HasPrefix(k, "body") || k == "list" {
			out[k] = v
		}
	}
	return out
}

// comesBack writes a laboratory's output, reads the body and compares the two.
func comesBack(t *testing.T, op *api.Operation, out *labInput) {
	t.Helper()
	w := httptest.NewRecorder()
	if err := WriteResult(w, op, out, requestID); err != nil {
		t.Fatal(err)
	}
	body := w.Body.String()
	resp := w.Result()
	resp.Header = nil
	got, err := ReadResponse(op, resp)
	if err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	want := Object{
		{"bodyString", out.BodyString}, {"bodyInteger", *out.BodyInteger}, {"bodyLong", *out.BodyLong}, {"bodyBoolean", *out.BodyBoolean},
		{"bodyTimestamp", *out.BodyTimestamp}, {"bodyBlob", out.BodyBlob},
		{"list", []any{Object{{"when", *out.List[0].When}, {"more", []any{int64(1), int64(2)}}}, Object{{"more", []any{}}}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: back (-want +got):\n%s", op.Service.Protocol, diff)
	}
}

func TestKindsThatDoNotParse(t *testing.T) {
	t.Parallel()
	const one = "1 validation error detected: "
	op := laboratory(api.RESTJSON)
	tests := []refusal{
		{call{name: "time in a URL", op: op, target: "/lab?w-querytimestamp=1790000000", into: &labInput{}}, cannotParse,
			one + "Value '1790000000' at 'queryTimestamp' failed to satisfy constraint: Member must be a time as in 2006-01-02T15:04:05Z"},
		{call{name: "base64 in a URL", op: op, target: "/lab?w-queryblob=%2A", into: &labInput{}}, cannotParse,
			one + "Value at 'queryBlob' failed to satisfy constraint: Member must be base64"},
		{call{name: "32 bits", op: op, target: "/lab?w-queryinteger=2147483648", into: &labInput{}}, cannotParse,
			one + "Value '2147483648' at 'queryInteger' failed to satisfy constraint: Member must be an integer of 32 bits"},
		{call{name: "structure as a scalar in a form", op: laboratory(api.Query), target: "/lab", body: "w-list.member.1=x", into: &labInput{}}, cannotParse,
			one + "Value at 'list.1.member' failed to satisfy constraint: Member must be given member by member"},
	}
	runRefusals(t, tests)
}

func TestValuesThatNoPlaceCarries(t *testing.T) {
	t.Parallel()
	op := laboratory(api.RESTJSON)
	for name, v := range map[string]any{
		"bodyTimestamp": true, "queryTimestamp": []any{}, "bodyBlob": 1, "queryBoolean": "true", "bodyLong": uint64(1) << 63, "headerInteger": 1.5, "list": []any{1},
	} {
		if _, _, err := NewRequest(context.Background(), op, "http://localhost", map[string]any{name: v}); err == nil {
			t.Errorf("%s = %v was sent", name, v)
		}
	}
	if _, _, err := NewRequest(context.Background(), laboratory(api.Query), "http://localhost", map[string]any{"list": []any{1}}); err == nil {
		t.Error("a number was sent as a structure")
	}
	if _, _, err := NewRequest(context.Background(), op, "http://bad host", nil); err == nil {
		t.Error("a request went to a bad address")
	}
}

func TestMapsInXMLComeBack(t *testing.T) {
	t.Parallel()
	op := api.IAM().Operations["GetAccountSummary"]
	const reply = `<GetAccountSummaryResponse><GetAccountSummaryResult><SummaryMap><entry><key>Users</key><value>2</value></entry><entry><key>Groups</key><value>1</value></entry></SummaryMap></GetAccountSummaryResult></GetAccountSummaryResponse>`
	resp := httptest.NewRecorder().Result()
	resp.Body = io.NopCloser(strings.NewReader(reply))
	got, err := ReadResponse(op, resp)
	want := Object{{"SummaryMap", Object{{"Users", int64(2)}, {"Groups", int64(1)}}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("ReadResponse: %v (-want +got):\n%s", err, diff)
	}
}
