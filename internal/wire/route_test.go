package wire

import (
	"net/http/httptest"
	"strings"
	"testing"

	"daypass/api"
	"daypass/internal/fault"
)

func TestRouteFindsARestOperationByMethodAndPath(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "/v1/authorization-token?domain=d", nil)
	op, err := Route(r, api.CodeArtifact(), nil)
	if err != nil || op.Name != "GetAuthorizationToken" {
		t.Fatalf("Route = %v, %v", op, err)
	}
	for _, target := range []string{"/v1/authorization-tokens", "/v1/authorization-token/", "/v2/authorization-token", "/"} {
		_, err := Route(httptest.NewRequest("POST", target, nil), api.CodeArtifact(), nil)
		if !fault.Is(err, fault.UnknownOperation) || !strings.Contains(err.Error(), target) {
			t.Errorf("POST %s: %v", target, err)
		}
	}
}

func TestRouteFindsAQueryOperationByActionAndVersion(t *testing.T) {
	t.Parallel()
	many := strings.Repeat("x=1&", maxParameters) + "Action=GetCallerIdentity&Version=2011-06-15"
	tests := []struct {
		name, method, target, body string
		want                       string // operation
		kind                       fault.Kind
		text                       string
	}{
		{name: "form", method: "POST", target: "/", body: "Action=GetCallerIdentity&Version=2011-06-15", want: "GetCallerIdentity"},
		{name: "any order", method: "POST", target: "/", body: "Version=2011-06-15&&Action=GetCallerIdentity&", want: "GetCallerIdentity"},
		{name: "presigned", method: "GET", target: "/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Date=20240102T030405Z", want: "GetCallerIdentity"},
		{name: "known and not implemented", method: "POST", target: "/", body: "Action=GetWebIdentityToken&Version=2011-06-15", want: "GetWebIdentityToken"},
		{name: "nothing", method: "POST", target: "/", kind: fault.MissingAction, text: "The request must contain the parameter Action"},
		{name: "unknown", method: "POST", target: "/", body: "Action=Fly&Version=2011-06-15", kind: fault.InvalidAction, text: "Could not find operation Fly for version 2011-06-15"},
		{name: "no version", method: "POST", target: "/", body: "Action=GetCallerIdentity", kind: fault.InvalidAction, text: "Could not find operation GetCallerIdentity for version NO_VERSION_SPECIFIED"},
		{name: "another version", method: "POST", target: "/", body: "Action=GetCallerIdentity&Version=2010-05-08", kind: fault.InvalidAction, text: "Could not find operation GetCallerIdentity for version 2010-05-08"},
		{name: "two actions", method: "POST", target: "/?Action=AssumeRole", body: "Action=GetCallerIdentity&Version=2011-06-15", kind: fault.MalformedRequest, text: "The parameter Action is given more than once"},
		{name: "method", method: "PUT", target: "/", body: "Action=GetCallerIdentity&Version=2011-06-15", kind: fault.InvalidAction, text: "Method PUT is not allowed"},
		{name: "hostile name is told on one line", method: "POST", target: "/", body: "Action=%0AX%00&Version=2011-06-15", kind: fault.InvalidAction, text: `operation \u000aX\u0000 for`},
		{name: "broken escape", method: "POST", target: "/", body: "Action=%zz", kind: fault.MalformedRequest, text: "parameter 'Action' has a broken percent escape"},
		{name: "too many", method: "POST", target: "/", body: many, kind: fault.MalformedRequest, text: "more than 1000 parameters"},
		{name: "name too long", method: "POST", target: "/", body: strings.Repeat("n", maxName+1) + "=1", kind: fault.MalformedRequest, text: "longer than 512 bytes"},
		{name: "too large", method: "POST", target: "/", body: strings.Repeat("x", maxDocument+1), kind: fault.BodyTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			op, err := Route(httptest.NewRequest(tt.method, tt.target, nil), api.STS(), []byte(tt.body))
			if tt.want != "" {
				if err != nil || op.Name != tt.want {
					t.Errorf("Route = %v, %v; want %s", op, err, tt.want)
				}
				return
			}
			if !fault.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("Route: %v; want kind %v, text %q", err, tt.kind.Code(fault.Query), tt.text)
			}
		})
	}
}
