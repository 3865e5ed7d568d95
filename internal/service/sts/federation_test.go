package sts_test

import (
	"errors"
	"testing"
	"time"

	api "daypass/api/sts"
	"daypass/internal/fault"
	"daypass/internal/principal"
)

// withoutCause checks that an operator is told why, and takes that away.
func withoutCause(err error) error {
	var f *fault.Error
	if !errors.As(err, &f) || f.Cause == nil {
		return errors.New("the log is not told why: " + err.Error())
	}
	return fault.New(f.Kind, "%s", f.Message)
}

func (d *door) federate(ref principal.Ref, edit func(*api.GetFederationTokenInput)) (*api.GetFederationTokenOutput, error) {
	d.t.Helper()
	in := &api.GetFederationTokenInput{Name: "guest"}
	if edit != nil {
		edit(in)
	}
	return do[api.GetFederationTokenOutput](d, ref, "GetFederationToken", in)
}

func TestGetFederationTokenGivesAFederatedUsersSession(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	u := d.user(account, "u", `{"Effect":"Allow","Action":["sts:GetFederationToken","sts:TagSession"],"Resource":"arn:aws:sts::111111111111:federated-user/gue*"}`)
	out, err := d.federate(u, func(in *api.GetFederationTokenInput) {
		in.Policy, in.Tags = policyOf(allowSTS), []api.Tag{{Key: "Team", Value: "a"}}
	})
	d.must(err)
	equal(t, &api.FederatedUser{FederatedUserId: "111111111111:guest", Arn: "arn:aws:sts::111111111111:federated-user/guest"}, out.FederatedUser)
	ref := d.opened(out.Credentials).Principal
	equal(t, principal.Ref{
		Kind: principal.Federated, Account: account, ID: u.ID, SessionName: "guest",
		Session: &principal.Session{
			IssuedAt: time.Date(2026, 11, 1, 12, 0, 0, 345_000_000, time.UTC), ExpiresAt: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC),
			Policies: []string{policyOf(allowSTS)}, Tags: map[string]string{"team": "a"},
		},
	}, ref)

	// Of STS such a session may call GetCallerIdentity alone, whatever its policy.
	who, err := do[api.GetCallerIdentityOutput](d, ref, "GetCallerIdentity", &api.GetCallerIdentityInput{})
	d.must(err)
	equal(t, "arn:aws:sts::111111111111:federated-user/guest", who.Arn)
	_, err = d.federate(ref, nil)
	refuses(t, err, "AccessDenied", "Cannot call GetFederationToken with session credentials")
	_, err = do[api.GetSessionTokenOutput](d, ref, "GetSessionToken", &api.GetSessionTokenInput{})
	refuses(t, err, "AccessDenied", "Cannot call GetSessionToken with session credentials")
	_, err = do[api.GetAccessKeyInfoOutput](d, ref, "GetAccessKeyInfo", &api.GetAccessKeyInfoInput{AccessKeyId: "AKIAAAAAAAAAAAAAAAAA"})
	refuses(t, err, "AccessDenied", "Cannot call GetAccessKeyInfo with session credentials")
}

func TestHowLongAFederatedUserLives(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	u := d.user(account, "u", allowSTS)
	for _, test := range []struct {
		ref  principal.Ref
		asks *int64
		want time.Duration
	}{
		{u, nil, 12 * time.Hour},
		{u, seconds(129600), 36 * time.Hour},
		{root, nil, time.Hour},
		{root, seconds(129600), time.Hour},
		{root, seconds(900), 15 * time.Minute},
	} {
		out, err := d.federate(test.ref, func(in *api.GetFederationTokenInput) { in.DurationSeconds = test.asks })
		d.must(err)
		end := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC).Add(test.want)
		equal(t, &end, out.Credentials.Expiration)
	}
}

func TestWhoMayFederate(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	denied := func(err error, who, action string) {
		t.Helper()
		refuses(t, err, "AccessDenied", "User: "+who+" is not authorized to perform: "+action+
			" on resource: arn:aws:sts::111111111111:federated-user/guest because no identity-based policy allows the "+action+" action")
	}
	_, err := d.federate(d.user(account, "none"), nil)
	denied(err, "arn:aws:iam::111111111111:user/none", "sts:GetFederationToken")
	narrow := d.user(account, "narrow", `{"Effect":"Allow","Action":"sts:GetFederationToken","Resource":"*"}`)
	_, err = d.federate(narrow, func(in *api.GetFederationTokenInput) { in.Tags = []api.Tag{{Key: "a", Value: "b"}} })
	denied(err, "arn:aws:iam::111111111111:user/narrow", "sts:TagSession")
	r := d.role("r", 0, trust("Allow", account, assume, ""))
	session := principal.Ref{Kind: principal.Role, Account: account, ID: r.ID, SessionName: "s", Session: &principal.Session{}}
	_, err = d.federate(session, nil)
	refuses(t, err, "AccessDenied", "Cannot call GetFederationToken with session credentials")
}
