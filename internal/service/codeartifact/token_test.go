package codeartifact_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	api "daypass/api/codeartifact"
	"daypass/internal/fault"
	"daypass/internal/principal"
	"daypass/internal/registry"
	"daypass/internal/token"
)

func seconds(n int64) *int64 { return &n }

// tokenIn is the input that requests a token of domain dom.
func tokenIn(duration *int64) *api.GetAuthorizationTokenInput {
	return &api.GetAuthorizationTokenInput{Domain: "dom", DomainOwner: O, DurationSeconds: duration}
}

// The rows are the specification's table of durations.
func TestATokenExpiresAfterTheRequestedDurationOrItsDefault(t *testing.T) {
	t.Parallel()
	milli := noon.Truncate(time.Millisecond)
	sessionEnd := noon.Truncate(time.Second).Add(10 * time.Minute)
	tests := []struct {
		name  string
		who   caller
		asked *int64
		want  time.Time // zero: refused
	}{
		{"absent", user(O), nil, milli.Add(12 * time.Hour)},
		{"the least", user(O), seconds(900), milli.Add(15 * time.Minute)},
		{"one between", user(O), seconds(3601), milli.Add(3601 * time.Second)},
		{"the most", user(O), seconds(43200), milli.Add(12 * time.Hour)},
		{"0 with a session", role(O), seconds(0), sessionEnd},
		{"0 with long-term keys", user(O), seconds(0), milli.Add(12 * time.Hour)},
		{"0 with a session of the user's own", temporary(user(O), 10*time.Minute), seconds(0), milli.Add(10 * time.Minute)},
		{"0 with one that outlives every token", temporary(user(O), 36*time.Hour), seconds(0), milli.Add(12 * time.Hour)},
		{"absent with a session", role(O), nil, milli.Add(12 * time.Hour)},
		{"longer than the session", role(O), seconds(43200), milli.Add(12 * time.Hour)},
		{"1", user(O), seconds(1), time.Time{}},
		{"899", user(O), seconds(899), time.Time{}},
		{"899 with a session", role(O), seconds(899), time.Time{}},
		{"negative", user(O), seconds(-1), time.Time{}},
		{"43201", user(O), seconds(43201), time.Time{}},
		{"the least number", user(O), seconds(-1 << 63), time.Time{}},
		{"the largest number", user(O), seconds(1<<63 - 1), time.Time{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, registry.Limits{})
			w.seed(O)
			test.who.identity = []string{allow("*")}
			out, err := w.do(test.who, "GetAuthorizationToken", tokenIn(test.asked))
			if test.want.IsZero() {
				want := fmt.Sprintf("ValidationException|400|FIELD_VALIDATION_FAILED|||durationSeconds: %d is out of range: expected 0, or 900 to 43200", *test.asked)
				diff(t, "error", want, told(err))
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			reply := out.(*api.GetAuthorizationTokenOutput)
			diff(t, "expiration", test.want, *reply.Expiration)
			diff(t, "token", "sealed", reply.AuthorizationToken)
			claims := w.sealed[0]
			if !strings.HasPrefix(claims.ID, "ABIA") || len(claims.ID) != 20 {
				t.Errorf("id = %q, want ABIA and 16 characters", claims.ID)
			}
			claims.ID = ""
			d, err := w.Registry.Domain(t.Context(), "", O, "dom")
			if err != nil {
				t.Fatal(err)
			}
			diff(t, "claims", &token.Claims{Mark: token.MarkDomain(d.ID), Domain: "dom", Owner: O, IssuedAt: milli, ExpiresAt: test.want, Principal: test.who.Ref}, claims)
		})
	}
}

// The rows are the specification's decision table.
func TestATokenNeedsBothPermissions(t *testing.T) {
	t.Parallel()
	const get, bearer = "codeartifact:GetAuthorizationToken", "sts:GetServiceBearerToken"
	condition := func(c string) string { return statement("Allow", `,"Condition":`+c, bearer) }
	only43200 := condition(`{"NumericEquals":{"sts:DurationSeconds":"43200"}}`)
	upTo3600 := condition(`{"NumericLessThanEquals":{"sts:DurationSeconds":"3600"}}`)
	ours := condition(`{"StringEquals":{"sts:AWSServiceName":"codeartifact.amazonaws.com"}}`)
	other := condition(`{"StringEquals":{"sts:AWSServiceName":"other.amazonaws.com"}}`)
	userO, userT := "arn:aws:iam::"+O+":user/alice", "arn:aws:iam::"+T+":user/alice"
	tests := []struct {
		name     string
		who      caller
		policy   string // the domain's
		duration *int64
		denied   string // the action; empty: a token is issued
	}{
		{"1 same account, both by identity", user(O, allow(get), allow(bearer)), "", nil, ""},
		{"2 same account, domain policy for the user", user(O, allow(bearer)), to(userO, "Allow", get), nil, ""},
		{"2 same account, domain policy for the role", role(O, allow(bearer)), to("arn:aws:iam::"+O+":role/builder", "Allow", get), nil, ""},
		{"2 same account, domain policy for the session", role(O, allow(bearer)), to("arn:aws:sts::"+O+":assumed-role/builder/ci", "Allow", get), nil, ""},
		{"3 no bearer permission", user(O, allow(get)), "", nil, bearer},
		{"4 bearer permission in the domain policy has no effect", user(O, allow(get)), to(userO, "Allow", get, bearer), nil, bearer},
		{"5 the domain policy denies", user(O, allow(get), allow(bearer)), to("*", "Deny", get), nil, get},
		{"6 cross-account, all three", user(T, allow(get), allow(bearer)), to(userT, "Allow", get), nil, ""},
		{"6 cross-account, by the account", user(T, allow(get), allow(bearer)), to(T, "Allow", get), nil, ""},
		{"7 cross-account, no domain policy", user(T, allow(get), allow(bearer)), "", nil, get},
		{"8 cross-account, no identity policy", user(T, allow(bearer)), to(userT, "Allow", get), nil, get},
		{"9 cross-account, no bearer permission", user(T, allow(get)), to(userT, "Allow", get), nil, bearer},
		{"9 cross-account, bearer permission in the domain policy", user(T, allow(get)), to(userT, "Allow", get, bearer), nil, bearer},
		{"10 twelve hours only: absent", user(O, allow(get), only43200), "", nil, ""},
		{"10 twelve hours only: 43200", user(O, allow(get), only43200), "", seconds(43200), ""},
		{"10 twelve hours only: 3600", user(O, allow(get), only43200), "", seconds(3600), bearer},
		{"10 twelve hours only: 0", role(O, allow(get), only43200), "", seconds(0), bearer},
		{"11 one hour at most: 900", user(O, allow(get), upTo3600), "", seconds(900), ""},
		{"11 one hour at most: 3600", user(O, allow(get), upTo3600), "", seconds(3600), ""},
		{"11 one hour at most: 0", role(O, allow(get), upTo3600), "", seconds(0), ""},
		{"11 one hour at most: 0 in a session of one's own of an hour", temporary(user(O, allow(get), upTo3600), time.Hour), "", seconds(0), ""},
		{"11 one hour at most: 0 in a session of one's own that is longer", temporary(user(O, allow(get), upTo3600), time.Hour+time.Second), "", seconds(0), bearer},
		{"11 one hour at most: 3601", user(O, allow(get), upTo3600), "", seconds(3601), bearer},
		{"11 one hour at most: absent", user(O, allow(get), upTo3600), "", nil, bearer},
		{"12 the name of this service", user(O, allow(get), ours), "", nil, ""},
		{"12 the name of another service", user(O, allow(get), other), "", nil, bearer},
		{"a bearer deny in a domain policy has no effect", user(O, allow(get), allow(bearer)), to("*", "Deny", bearer), nil, ""},
		{"a session policy narrows", narrowed(role(O, allow("*")), allow(get)), "", nil, bearer},
		{"neither: the first is told", user(O), "", nil, get},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, registry.Limits{})
			w.seed(O)
			if test.policy != "" {
				w.domainPolicy(test.policy)
			}
			_, err := w.do(test.who, "GetAuthorizationToken", tokenIn(test.duration))
			if test.denied == "" {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				diff(t, "recorded", get+" "+domARN, w.last.Action+" "+w.last.Resource)
				return
			}
			resource := domARN
			if test.denied == bearer {
				resource = "*"
			}
			want := "is not authorized to perform: " + test.denied + " on resource: " + resource
			if kind(err) != fault.AccessDenied || !strings.Contains(err.Error(), want) {
				t.Errorf("error = %v, want a refusal that says: %s", err, want)
			}
			if len(w.sealed) != 0 {
				t.Error("a token was sealed all the same")
			}
		})
	}
}

// temporary returns the caller with a session of GetSessionToken.
func temporary(c caller, life time.Duration) caller {
	c.Session = &principal.Session{IssuedAt: noon, ExpiresAt: noon.Add(life)}
	return c
}

func narrowed(c caller, documents ...string) caller {
	c.session = documents
	return c
}

func TestGetAuthorizationTokenIsRefusedToTheRootUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	w.seed(O)
	w.domainPolicy(to("*", "Allow", "codeartifact:*"))
	session := &principal.Session{IssuedAt: noon, ExpiresAt: noon.Add(time.Hour)}
	for name, ref := range map[string]principal.Ref{
		"with long-term keys":        {Kind: principal.Root, Account: O, ID: O},
		"with a session":             {Kind: principal.Root, Account: O, ID: O, Session: session},
		"of another account":         {Kind: principal.Root, Account: T, ID: T},
		"with a duration not to get": {Kind: principal.Root, Account: O, ID: O},
	} {
		root := caller{Principal: principal.Principal{Ref: ref}, identity: []string{allow("*")}}
		asked := seconds(3600)
		if strings.Contains(name, "not to get") {
			asked = seconds(1)
		}
		_, err := w.do(root, "GetAuthorizationToken", tokenIn(asked))
		want := "AccessDeniedException|403||||User: arn:aws:iam::" + ref.Account + ":root is not authorized to perform: codeartifact:GetAuthorizationToken on resource: " + domARN +
			" because the root user of an account cannot get authorization tokens: use an IAM user or a role"
		diff(t, name, want, told(err))
	}
}

func TestGetAuthorizationTokenOfAnUnknownDomainIsNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	in := &api.GetAuthorizationTokenInput{Domain: "nope"}
	for _, test := range []struct {
		name string
		who  caller
		want string
	}{
		{"who may", admin(O), "ResourceNotFoundException|404||domain|nope|Domain not found. Domain 'nope' owned by account '111122223333' does not exist"},
		{"who may but for the bearer token", user(O, allow("codeartifact:*")),
			"AccessDeniedException|403||||User: arn:aws:iam::111122223333:user/alice is not authorized to perform: sts:GetServiceBearerToken on resource: * because no identity-based policy allows the sts:GetServiceBearerToken action"},
	} {
		_, err := w.do(test.who, "GetAuthorizationToken", in)
		diff(t, test.name, test.want, told(err))
	}
}

func TestATokenCarriesTheCallersSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	w.seed(O)
	who := role(O, allow("*"))
	who.Session.Policies = []string{allow("*")}
	who.Session.Tags = map[string]string{"team": "a"}
	who.Session.SourceIdentity = "bob"
	who.session = who.Session.Policies
	must[api.GetAuthorizationTokenOutput](w, who, "GetAuthorizationToken", tokenIn(nil))
	diff(t, "principal", who.Ref, w.sealed[0].Principal)
}

// tooLong is a keyring that finds all claims too long.
type tooLong struct{}

func (tooLong) Seal(*token.Claims) (string, error) { return "", token.ErrTooLong }

func TestASessionTooLargeForATokenIsToldSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	w.seed(O)
	w.Service.Keyring = tooLong{}
	_, err := w.do(admin(O), "GetAuthorizationToken", tokenIn(nil))
	if kind(err) != fault.Validation {
		t.Errorf("error = %v, want a validation fault", err)
	}
}

func TestAWarmTokenDoesNotTouchTheDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	w.seed(O)
	w.domainPolicy(to("*", "Allow", "codeartifact:*"))
	must[api.GetAuthorizationTokenOutput](w, admin(O), "GetAuthorizationToken", tokenIn(nil))
	must[api.GetRepositoryEndpointOutput](w, admin(O), "GetRepositoryEndpoint", &api.GetRepositoryEndpointInput{Domain: "dom", Repository: "rep", Format: "pypi"})
	w.Registry.DB.Close()
	must[api.GetAuthorizationTokenOutput](w, admin(O), "GetAuthorizationToken", tokenIn(nil))
	must[api.GetRepositoryEndpointOutput](w, admin(O), "GetRepositoryEndpoint", &api.GetRepositoryEndpointInput{Domain: "dom", Repository: "rep", Format: "npm"})
}

func TestADomainPolicyChangeHoldsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	w.seed(O)
	for i, effect := range []string{"Allow", "Deny", "Allow"} {
		w.domainPolicy(to("*", effect, "codeartifact:GetAuthorizationToken"))
		_, err := w.do(admin(O), "GetAuthorizationToken", tokenIn(nil))
		if allowed := err == nil; allowed != (effect == "Allow") {
			t.Errorf("change %d to %s: %v", i, effect, err)
		}
	}
}

// binder is a fixed set of principals and their ids.
type binder map[string]string

func (b binder) BindPrincipals(_ context.Context, principals []string) (map[string]string, error) {
	bound := map[string]string{}
	for name, id := range b {
		if slices.Contains(principals, name) {
			bound[name] = id
		}
	}
	if len(bound) == 0 {
		return nil, fault.New(fault.MalformedPolicy, "Invalid principal in policy")
	}
	return bound, nil
}

func TestANamesakeMadeLaterGetsNothingFromAResourcePolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	w.seed(O)
	alice := "arn:aws:iam::" + O + ":user/alice"
	w.Service.Principals = binder{alice: "AIDA" + O}
	w.domainPolicy(to(alice, "Allow", "codeartifact:DescribeDomain"))
	in := &api.DescribeDomainInput{Domain: "dom"}
	if _, err := w.do(user(O), "DescribeDomain", in); err != nil {
		t.Errorf("the user that was meant: %v", err)
	}
	namesake := user(O)
	namesake.ID = "AIDANEW"
	if _, err := w.do(namesake, "DescribeDomain", in); kind(err) != fault.AccessDenied {
		t.Errorf("the namesake: %v, want a refusal", err)
	}
	_, err := w.do(admin(O), "PutDomainPermissionsPolicy", &api.PutDomainPermissionsPolicyInput{Domain: "dom",
		PolicyDocument: to("arn:aws:iam::"+O+":user/nobody", "Allow", "codeartifact:*")})
	diff(t, "a principal that does not exist", "ValidationException|400|FIELD_VALIDATION_FAILED|||policyDocument: Invalid principal in policy", told(err))
}
