package sts_test

import (
	"strings"
	"testing"
	"time"

	api "daypass/api/sts"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
	"daypass/internal/principal"
	"daypass/internal/store"
)

const roleARN = "arn:aws:iam::111111111111:role/p/r"

// assume asks for a session of the role r; edit changes the input.
func (d *door) assume(ref principal.Ref, edit func(*api.AssumeRoleInput)) (*api.AssumeRoleOutput, error) {
	d.t.Helper()
	in := &api.AssumeRoleInput{RoleArn: roleARN, RoleSessionName: "session"}
	if edit != nil {
		edit(in)
	}
	return do[api.AssumeRoleOutput](d, ref, "AssumeRole", in)
}

// session is assume for what must succeed; it returns whom the credentials
// stand for.
func (d *door) session(ref principal.Ref, edit func(*api.AssumeRoleInput)) principal.Ref {
	d.t.Helper()
	out, err := d.assume(ref, edit)
	d.must(err)
	return d.opened(out.Credentials).Principal
}

func TestAssumeRoleGivesASession(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	r := d.role("r", 0, trust("Allow", account, passing, ""))
	out, err := d.assume(d.user(account, "u", allowSTS), nil)
	d.must(err)
	end := time.Date(2026, 11, 1, 13, 0, 0, 0, time.UTC)
	equal(t, &api.AssumeRoleOutput{
		Credentials:     out.Credentials,
		AssumedRoleUser: &api.AssumedRoleUser{AssumedRoleId: r.ID + ":session", Arn: "arn:aws:sts::111111111111:assumed-role/r/session"},
	}, out)
	equal(t, &end, out.Credentials.Expiration)
	equal(t, "ASIA", out.Credentials.AccessKeyId[:4])
	equal(t, principal.Ref{
		Kind: principal.Role, Account: account, ID: r.ID, SessionName: "session",
		Session: &principal.Session{IssuedAt: time.Date(2026, 11, 1, 12, 0, 0, 345_000_000, time.UTC), ExpiresAt: end},
	}, d.opened(out.Credentials).Principal)
}

func TestASessionIsOfTheRoleThatWasJudgedAndNotOfANamesake(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	ref := d.user(account, "u", allowSTS)
	judged := d.role("r", 0, trust("Allow", account, assume, ""))
	c := &gate.Call{Now: d.now, Region: "us-east-1"}
	var err error
	c.Principal, c.Grants, err = d.directory.Principal(t.Context(), ref)
	d.must(err)
	c.BeforeRun = func() {
		d.must(d.directory.DeleteInline(t.Context(), account, identity.Role, "r", "p"))
		d.must(d.directory.Delete(t.Context(), account, identity.Role, "r"))
		d.role("r", 0, trust("Allow", account, assume, ""))
	}
	out, err := called[api.AssumeRoleOutput](d, c, "AssumeRole", &api.AssumeRoleInput{RoleArn: roleARN, RoleSessionName: "session"})
	d.must(err)
	session := d.opened(out.Credentials).Principal
	equal(t, judged.ID, session.ID)
	_, _, err = d.directory.Principal(t.Context(), session)
	if !fault.Is(err, fault.NotFound) {
		t.Errorf("the session of a role that is gone stands for somebody: %v", err)
	}
}

// Rows from the rules on trust policies: who is named, what the caller's own
// policies say, and from which account it calls.
func TestAssumeRoleNeedsTheTrustPolicyAndThePermission(t *testing.T) {
	t.Parallel()
	const (
		deny = `{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*"}`
		u    = "arn:aws:iam::111111111111:user/u"
		far  = "arn:aws:iam::222222222222:user/u"
	)
	for _, test := range []struct {
		name  string
		owner string
		own   []string
		trust []string
		want  bool
	}{
		{"same account, user named", account, nil, []string{trust("Allow", u, assume, "")}, true},
		{"same account, account named, identity allows", account, []string{allowSTS}, []string{trust("Allow", account, assume, "")}, true},
		{"same account, account named, identity silent", account, nil, []string{trust("Allow", account, assume, "")}, false},
		{"same account, trust silent", account, []string{allowSTS}, []string{trust("Allow", other, assume, "")}, false},
		{"same account, trust of another action", account, []string{allowSTS}, []string{trust("Allow", u, `"sts:TagSession"`, "")}, false},
		{"same account, identity denies", account, []string{deny}, []string{trust("Allow", u, assume, "")}, false},
		{"same account, trust denies", account, []string{allowSTS}, []string{trust("Allow", u, assume, ""), trust("Deny", u, assume, "")}, false},
		{"other account, account named, identity allows", other, []string{allowSTS}, []string{trust("Allow", other, assume, "")}, true},
		{"other account, user named, identity allows", other, []string{allowSTS}, []string{trust("Allow", far, assume, "")}, true},
		{"other account, user named, identity silent", other, nil, []string{trust("Allow", far, assume, "")}, false},
		{"other account, trust silent", other, []string{allowSTS}, []string{trust("Allow", account, assume, "")}, false},
		{"other account, everybody named, identity allows", other, []string{allowSTS}, []string{trust("Allow", "*", assume, "")}, true},
		{"the condition holds", account, nil, []string{trust("Allow", u, assume, `,"Condition":{"StringLike":{"sts:RoleSessionName":"sess*"}}`)}, true},
		{"the condition fails", account, nil, []string{trust("Allow", u, assume, `,"Condition":{"StringLike":{"sts:RoleSessionName":"x*"}}`)}, false},
		{"MFA is asked for", account, nil, []string{trust("Allow", u, assume, `,"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`)}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t)
			caller := d.user(test.owner, "u", test.own...)
			d.role("r", 0, test.trust...)
			_, err := d.assume(caller, nil)
			if test.want {
				d.must(err)
				return
			}
			arn := "arn:aws:iam::" + test.owner + ":user/u"
			if !fault.Is(err, fault.AccessDenied) || !strings.HasPrefix(err.Error(), "User: "+arn+" is not authorized to perform: sts:AssumeRole on resource: "+roleARN) {
				t.Errorf("error = %v, want AccessDenied that names the caller, the action and the role", err)
			}
		})
	}
}

func TestARoleThatDoesNotExistIsRefusedLikeOneThatTrustsNobody(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.role("r", 0, trust("Allow", other, assume, ""))
	for _, own := range [][]string{{allowSTS}, nil} {
		caller := d.user(account, map[bool]string{true: "some", false: "none"}[own != nil], own...)
		_, real := d.assume(caller, nil)
		_, ghost := d.assume(caller, func(in *api.AssumeRoleInput) { in.RoleArn = roleARN + "x" })
		equal(t, strings.ReplaceAll(real.Error(), roleARN, "R"), strings.ReplaceAll(ghost.Error(), roleARN+"x", "R"))
	}
	caller := d.user(other, "far", allowSTS)
	_, err := d.assume(caller, func(in *api.AssumeRoleInput) { in.RoleArn = "arn:aws:iam::333333333333:role/x" })
	refuses(t, err, "AccessDenied", "User: arn:aws:iam::222222222222:user/far is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::333333333333:role/x")
	for _, arn := range []string{"arn:aws:iam::111111111111:user/u", "nonsense-nonsense-nonsense"} {
		_, err = d.assume(caller, func(in *api.AssumeRoleInput) { in.RoleArn = arn })
		refuses(t, err, "ValidationError", arn+" is invalid")
	}
	_, err = d.assume(caller, func(in *api.AssumeRoleInput) {
		in.RoleArn = "arn:aws:iam::111111111111:role/" + strings.Repeat("p", 577)
	})
	refuses(t, err, "ValidationError", "roleArn: 608 characters, expected the ARN of a role, of at most 606")
}

func TestRootAndFederatedUsersAssumeNoRole(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	u := d.user(account, "u", allowSTS)
	d.role("r", 0, trust("Allow", "*", assume, ""))
	_, err := d.assume(root, nil)
	refuses(t, err, "AccessDenied", "Roles may not be assumed by root accounts.")
	u.Kind, u.SessionName, u.Session = principal.Federated, "f", &principal.Session{Policies: []string{policyOf(allowSTS)}}
	_, err = d.assume(u, nil)
	refuses(t, err, "AccessDenied", "Cannot call AssumeRole with federation token credentials")
}

func TestTheExternalIDMustMatch(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	caller := d.user(account, "u")
	d.role("r", 0, trust("Allow", "arn:aws:iam::111111111111:user/u", assume, `,"Condition":{"StringEquals":{"sts:ExternalId":"secret"}}`))
	for id, want := range map[string]bool{"secret": true, "Secret": false, "": false} {
		_, err := d.assume(caller, func(in *api.AssumeRoleInput) { in.ExternalId = id })
		if want && err != nil || !want && !fault.Is(err, fault.AccessDenied) {
			t.Errorf("external id %q: %v, want allowed = %v", id, err, want)
		}
	}
}

func TestAssumeRoleDurationIsBoundedByTheRoleAndChaining(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	user := d.user(account, "u", allowSTS)
	d.role("r", 2*time.Hour, trust("Allow", account, assume, ""))
	d.role("default", 0, trust("Allow", account, assume, ""))
	chained := d.session(user, nil)
	temporary := user
	temporary.Session = &principal.Session{}
	const (
		max   = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
		chain = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
	)
	for _, test := range []struct {
		ref  principal.Ref
		role string
		asks *int64
		want time.Duration
		text string
	}{
		{user, "r", nil, time.Hour, ""},
		{user, "r", seconds(900), 15 * time.Minute, ""},
		{user, "r", seconds(7200), 2 * time.Hour, ""},
		{user, "r", seconds(7201), 0, max},
		{user, "default", seconds(3600), time.Hour, ""},
		{user, "default", seconds(3601), 0, max},
		{chained, "r", nil, time.Hour, ""},
		{chained, "r", seconds(3600), time.Hour, ""},
		{chained, "r", seconds(3601), 0, chain},
		{temporary, "r", seconds(3601), 0, chain},
	} {
		out, err := d.assume(test.ref, func(in *api.AssumeRoleInput) {
			in.RoleArn, in.DurationSeconds = "arn:aws:iam::111111111111:role/p/"+test.role, test.asks
		})
		if test.text != "" {
			refuses(t, err, "ValidationError", test.text)
			continue
		}
		d.must(err)
		end := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC).Add(test.want)
		equal(t, &end, out.Credentials.Expiration)
	}
}

func TestAssumeRoleRefusesBrokenLongAndForeignPolicies(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	caller := d.user(account, "u", allowSTS)
	d.role("r", 0, trust("Allow", account, assume, ""))
	mine := &store.ManagedPolicy{Account: account, Name: "mine"}
	d.must(d.directory.CreateManaged(t.Context(), mine, policyOf(allowSTS)))
	theirs := &store.ManagedPolicy{Account: other, Name: "theirs"}
	d.must(d.directory.CreateManaged(t.Context(), theirs, policyOf(allowSTS)))
	const readOnly = "arn:aws:iam::aws:policy/ReadOnlyAccess"
	arns := func(list ...string) []api.PolicyDescriptorType {
		var p []api.PolicyDescriptorType
		for _, arn := range list {
			p = append(p, api.PolicyDescriptorType{Arn: arn})
		}
		return p
	}
	ref := d.session(caller, func(in *api.AssumeRoleInput) { in.Policy, in.PolicyArns = policyOf(allowSTS), arns(mine.ARN, readOnly) })
	equal(t, []string{policyOf(allowSTS)}, ref.Session.Policies)
	equal(t, []string{mine.ARN, readOnly}, ref.Session.PolicyARNs)

	pad := strings.Repeat(" ", 2048-len(policyOf(allowSTS)))
	eleven := arns(strings.Split(strings.Repeat(readOnly+" ", 10)+readOnly, " ")...)
	for _, test := range []struct {
		name       string
		policy     string
		arns       []api.PolicyDescriptorType
		code, text string
	}{
		{"no JSON", "{", nil, "MalformedPolicyDocument", ""},
		{"with a principal", policyOf(trust("Allow", "*", assume, "")), nil, "MalformedPolicyDocument", ""},
		{"as long as may be", policyOf(allowSTS) + pad, nil, "", ""},
		{"longer", policyOf(allowSTS) + pad + " ", nil, "ValidationError",
			"1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length less than or equal to 2048"},
		{"too long together", policyOf(allowSTS) + pad, arns(readOnly), "PackedPolicyTooLarge", "Packed size of session policies consumes 102% of allotted space."},
		{"eleven managed", "", eleven, "ValidationError",
			"1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10"},
		{"another account's", "", arns(theirs.ARN), "ValidationError", `PolicyArns: "arn:aws:iam::222222222222:policy/theirs" is not a managed policy that account 111111111111 can use`},
		{"missing", "", arns(mine.ARN + "x"), "ValidationError", `PolicyArns: "arn:aws:iam::111111111111:policy/minex" is not a managed policy that account 111111111111 can use`},
	} {
		_, err := d.assume(caller, func(in *api.AssumeRoleInput) { in.Policy, in.PolicyArns = test.policy, test.arns })
		switch {
		case test.code == "":
			d.must(err)
		case test.text == "":
			if !fault.Is(err, fault.MalformedPolicy) {
				t.Errorf("%s: %v, want %s", test.name, err, test.code)
			}
		default:
			refuses(t, err, test.code, test.text)
		}
	}
}

func TestAssumeRoleRefusesTagsBeyondThePackedSize(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	caller := d.user(account, "u", allowSTS)
	d.role("r", 0, trust("Allow", account, passing, ""))
	tags := func(n, size int) []api.Tag {
		var list []api.Tag
		for i := range n {
			list = append(list, api.Tag{Key: "k" + strings.Repeat("x", i), Value: strings.Repeat("v", size-i-1)})
		}
		return list
	}
	for _, test := range []struct {
		tags []api.Tag
		want int64 // percent; over 100 is refused
		text string
	}{
		{tags(1, 41), 2, ""},
		{tags(16, 256), 100, ""},
		{tags(17, 256), 0, "Packed size of session tags consumes 107% of allotted space."},
	} {
		out, err := d.assume(caller, func(in *api.AssumeRoleInput) { in.Tags = test.tags })
		if test.text != "" {
			refuses(t, err, "PackedPolicyTooLarge", test.text)
			continue
		}
		d.must(err)
		equal(t, &test.want, out.PackedPolicySize)
	}
}

func TestTransitiveSessionTagsPassAlongARoleChain(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	caller := d.user(account, "u", allowSTS)
	d.role("r", 0, trust("Allow", account, passing, ""))
	tag := func(pairs ...string) []api.Tag {
		var list []api.Tag
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, api.Tag{Key: pairs[i], Value: pairs[i+1]})
		}
		return list
	}
	first := d.session(caller, func(in *api.AssumeRoleInput) {
		in.Tags, in.TransitiveTagKeys = tag("Team", "a", "Cost", "1"), []string{"TEAM"}
	})
	equal(t, map[string]string{"team": "a", "cost": "1"}, first.Session.Tags)
	equal(t, []string{"team"}, first.Session.TransitiveKeys)

	second := d.session(first, func(in *api.AssumeRoleInput) { in.Tags = tag("Stage", "x") })
	equal(t, map[string]string{"team": "a", "stage": "x"}, second.Session.Tags)
	third := d.session(second, func(in *api.AssumeRoleInput) { in.Tags, in.TransitiveTagKeys = tag("b", ""), []string{"B", "team"} })
	equal(t, map[string]string{"team": "a", "b": ""}, third.Session.Tags)
	equal(t, []string{"team", "b"}, third.Session.TransitiveKeys)

	for _, test := range []struct {
		ref        principal.Ref
		tags       []api.Tag
		transitive []string
		text       string
	}{
		{caller, tag("a", "1", "A", "2"), nil, "Duplicate tag keys found. Please note that Tag keys are case insensitive."},
		{caller, tag("aws:x", "1"), nil, `Tag key "aws:x": keys that begin with aws: are reserved.`},
		{caller, tag("a", "1"), []string{"b"}, "The specified transitive tag key must be included in the requested tags."},
		{first, tag("TEAM", "b"), nil, `Tag key "TEAM": the session has a transitive tag of this key, which cannot be overridden.`},
	} {
		_, err := d.assume(test.ref, func(in *api.AssumeRoleInput) { in.Tags, in.TransitiveTagKeys = test.tags, test.transitive })
		refuses(t, err, "ValidationError", test.text)
	}
}

func TestPassingTagsAndSourceIdentityNeedsPermission(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	const u = "arn:aws:iam::111111111111:user/u"
	caller := d.user(account, "u")
	r := d.role("r", 0, trust("Allow", u, assume, ""))
	tags := func(in *api.AssumeRoleInput) { in.Tags = []api.Tag{{Key: "team", Value: "a"}} }
	source := func(in *api.AssumeRoleInput) { in.SourceIdentity = "alice" }
	denied := func(err error, action string) {
		t.Helper()
		refuses(t, err, "AccessDenied", "User: "+u+" is not authorized to perform: "+action+" on resource: "+roleARN)
	}
	_, err := d.assume(caller, tags)
	denied(err, "sts:TagSession")
	_, err = d.assume(caller, source)
	denied(err, "sts:SetSourceIdentity")

	conditions := `,"Condition":{"StringEquals":{"aws:RequestTag/Team":"a"},"ForAllValues:StringEquals":{"aws:TagKeys":["team"],"sts:TransitiveTagKeys":["team"]}}`
	d.must(d.directory.SetTrust(t.Context(), account, r.Name, policyOf(
		trust("Allow", u, assume, ""),
		trust("Allow", u, `"sts:TagSession"`, conditions),
		trust("Allow", u, `"sts:SetSourceIdentity"`, `,"Condition":{"StringLike":{"sts:SourceIdentity":"al*"}}`))))
	_, err = d.assume(caller, tags)
	d.must(err)
	_, err = d.assume(caller, func(in *api.AssumeRoleInput) { in.Tags = []api.Tag{{Key: "team", Value: "b"}} })
	denied(err, "sts:TagSession")
	out, err := d.assume(caller, source)
	d.must(err)
	equal(t, "alice", out.SourceIdentity)
	_, err = d.assume(caller, func(in *api.AssumeRoleInput) { in.SourceIdentity = "bob" })
	denied(err, "sts:SetSourceIdentity")
}

func TestASourceIdentityPersistsAndCannotChange(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	caller := d.user(account, "u", allowSTS)
	d.role("r", 0, trust("Allow", account, passing, ""))
	first := d.session(caller, func(in *api.AssumeRoleInput) { in.SourceIdentity = "alice" })
	second, err := d.assume(first, nil)
	d.must(err)
	equal(t, "alice", second.SourceIdentity)
	_, err = d.assume(first, func(in *api.AssumeRoleInput) { in.SourceIdentity = "bob" })
	refuses(t, err, "AccessDenied", "The source identity of the session is alice and cannot be changed.")
	third := d.session(first, func(in *api.AssumeRoleInput) { in.SourceIdentity = "alice" })
	equal(t, "alice", third.Session.SourceIdentity)
}

func TestWhatIsNotSupportedIsSaid(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	caller := d.user(account, "u", allowSTS)
	d.role("r", 0, trust("Allow", account, passing, ""))
	_, err := d.assume(caller, func(in *api.AssumeRoleInput) { in.ProvidedContexts = []api.ProvidedContext{{}} })
	refuses(t, err, "ValidationError", "ProvidedContexts is not supported by this server")
}

func TestADeletedRoleIsAssumedByNobody(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	caller := d.user(account, "u", allowSTS)
	d.role("r", 0, trust("Allow", account, assume, ""))
	_, err := d.assume(caller, nil)
	d.must(err)
	d.must(d.directory.DeleteInline(t.Context(), account, identity.Role, "r", "p"))
	d.must(d.directory.Delete(t.Context(), account, identity.Role, "r"))
	_, err = d.assume(caller, nil)
	if !fault.Is(err, fault.AccessDenied) {
		t.Errorf("error = %v, want AccessDenied", err)
	}
}
