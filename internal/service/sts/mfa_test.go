package sts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	api "daypass/api/sts"
	"daypass/internal/principal"
)

const (
	badCode   = "MultiFactorAuthentication failed with invalid MFA one time pass code."
	badSerial = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user."
	halfMFA   = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
)

// A device is one that a user has, ready for a code of the present step.
type device struct {
	d            *door
	serial, seed string
}

func (d *door) device(owner, user, name string) device {
	d.t.Helper()
	m, boot, err := d.directory.CreateMFADevice(d.t.Context(), owner, "/", name, nil)
	d.must(err)
	made := device{d, m.Serial, boot.Seed}
	d.must(d.directory.EnableMFADevice(d.t.Context(), owner, user, m.Serial, made.code(-2), made.code(-1)))
	return made
}

// code is that of some steps from now.
func (m device) code(off int) string {
	code, err := totp.GenerateCode(m.seed, m.d.now.Add(time.Duration(off)*30*time.Second))
	m.d.must(err)
	return code
}

// other is another code than those of the steps around now.
func (m device) other() string {
	for _, code := range []string{"000000", "111111", "222222", "333333"} {
		if code != m.code(-1) && code != m.code(0) && code != m.code(1) {
			return code
		}
	}
	panic("all of them are right")
}

func TestACodeIsOfTheCallersOwnDevice(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		who          string // u has the device; v and far have others
		serial, code func(u, v device) string
		want         string
	}{
		"its own":             {"u", func(u, v device) string { return u.serial }, func(u, v device) string { return u.code(0) }, ""},
		"its own, wrong code": {"u", func(u, v device) string { return u.serial }, func(u, v device) string { return u.other() }, badCode},
		"another's device":    {"u", func(u, v device) string { return v.serial }, func(u, v device) string { return v.code(0) }, badSerial},
		"another's code":      {"u", func(u, v device) string { return u.serial }, func(u, v device) string { return v.code(0) }, badCode},
		"no such device":      {"u", func(u, v device) string { return u.serial + "x" }, func(u, v device) string { return u.code(0) }, badSerial},
		"a hardware device":   {"u", func(u, v device) string { return "GAHT12345678" }, func(u, v device) string { return u.code(0) }, badSerial},
		"of another account":  {"far", func(u, v device) string { return u.serial }, func(u, v device) string { return u.code(0) }, badSerial},
		"by root":             {"root", func(u, v device) string { return u.serial }, func(u, v device) string { return u.code(0) }, badSerial},
		"a code alone":        {"u", func(u, v device) string { return "" }, func(u, v device) string { return u.code(0) }, halfMFA},
		"a device alone":      {"u", func(u, v device) string { return u.serial }, func(u, v device) string { return "" }, halfMFA},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t)
			callers := map[string]principal.Ref{"u": d.user(account, "u", allowSTS), "v": d.user(account, "v"), "far": d.user(other, "far"), "root": root}
			u, v := d.device(account, "u", "phone"), d.device(account, "v", "phone-of-v")
			in := &api.GetSessionTokenInput{SerialNumber: test.serial(u, v), TokenCode: test.code(u, v)}
			out, err := do[api.GetSessionTokenOutput](d, callers[test.who], "GetSessionToken", in)
			if test.want != "" {
				refuses(t, err, "AccessDenied", test.want)
				return
			}
			d.must(err)
			session := d.opened(out.Credentials).Principal.Session
			equal(t, d.now.Truncate(time.Millisecond), session.MFAAt)
			_, err = do[api.GetSessionTokenOutput](d, callers[test.who], "GetSessionToken", in)
			refuses(t, err, "AccessDenied", badCode) // never twice
		})
	}
}

func TestATrustPolicySeesTheCodeOfTheCall(t *testing.T) {
	t.Parallel()
	const (
		mfa   = `,"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`
		fresh = `,"Condition":{"NumericLessThanEquals":{"aws:MultiFactorAuthAge":"0"}}`
		deny  = `,"Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}`
	)
	u := "arn:aws:iam::111111111111:user/u"
	for name, test := range map[string]struct {
		trust   []string
		session time.Duration // of the caller, since its code; 0: long-term keys
		code    bool
		want    bool
	}{
		"asked for, given":                        {[]string{trust("Allow", u, assume, mfa)}, 0, true, true},
		"asked for, not given":                    {[]string{trust("Allow", u, assume, mfa)}, 0, false, false},
		"age 0, given":                            {[]string{trust("Allow", u, assume, fresh)}, 0, true, true},
		"age 0, not given":                        {[]string{trust("Allow", u, assume, fresh)}, 0, false, false},
		"asked for, of the caller's session":      {[]string{trust("Allow", u, assume, mfa)}, time.Hour, false, true},
		"age 0, of the caller's session":          {[]string{trust("Allow", u, assume, fresh)}, time.Hour, false, false},
		"age 0, of the session, and given":        {[]string{trust("Allow", u, assume, fresh)}, time.Hour, true, true},
		"denied if false, long-term keys":         {[]string{trust("Allow", u, assume, ""), trust("Deny", u, assume, deny)}, 0, false, false},
		"denied if false, long-term keys, given":  {[]string{trust("Allow", u, assume, ""), trust("Deny", u, assume, deny)}, 0, true, true},
		"tags too, which are judged a third time": {[]string{trust("Allow", u, passing, mfa)}, 0, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t)
			caller := d.user(account, "u")
			phone := d.device(account, "u", "phone")
			d.role("r", 0, test.trust...)
			if test.session > 0 {
				caller.Session = &principal.Session{IssuedAt: d.now, ExpiresAt: d.now.Add(time.Hour), MFAAt: d.now.Add(-test.session)}
			}
			out, err := d.assume(caller, func(in *api.AssumeRoleInput) {
				if test.code {
					in.SerialNumber, in.TokenCode = phone.serial, phone.code(0)
				}
				if len(test.trust) == 1 && test.trust[0] == trust("Allow", u, passing, mfa) {
					in.Tags = []api.Tag{{Key: "team", Value: "a"}}
				}
			})
			if !test.want {
				if err == nil || !strings.HasPrefix(err.Error(), "User: "+u+" is not authorized to perform: sts:AssumeRole on resource: "+roleARN) {
					t.Errorf("error = %v, want AccessDenied", err)
				}
				return
			}
			d.must(err)
			want := time.Time{}
			if test.code {
				want = d.now.Truncate(time.Millisecond)
			}
			equal(t, want, d.opened(out.Credentials).Principal.Session.MFAAt) // a chained session inherits none
		})
	}
}

func TestARoleIsNotAssumedWithABadCode(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	caller := d.user(account, "u")
	phone := d.device(account, "u", "phone")
	d.role("r", 0, trust("Allow", "*", passing, "")) // needs no code, but a wrong one is not overlooked
	with := func(ref principal.Ref, serial, code string) error {
		_, err := d.assume(ref, func(in *api.AssumeRoleInput) { in.SerialNumber, in.TokenCode = serial, code })
		return err
	}
	refuses(t, with(caller, phone.serial, phone.other()), "AccessDenied", badCode)
	refuses(t, with(caller, "", phone.code(0)), "AccessDenied", halfMFA)
	refuses(t, with(caller, phone.serial, ""), "AccessDenied", halfMFA)
	chained := d.session(caller, nil)
	refuses(t, with(chained, phone.serial, phone.code(0)), "AccessDenied", badSerial) // a role has no device
	d.must(with(caller, phone.serial, phone.code(0)))
}

func TestARefusalSpendsTheCode(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	caller := d.user(account, "u")
	phone := d.device(account, "u", "phone")
	d.role("r", 0, trust("Allow", other, assume, ""))
	code := phone.code(0)
	_, err := d.assume(caller, func(in *api.AssumeRoleInput) { in.SerialNumber, in.TokenCode = phone.serial, code })
	refuses(t, err, "AccessDenied", "User: arn:aws:iam::111111111111:user/u is not authorized to perform: sts:AssumeRole on resource: "+roleARN)
	_, err = do[api.GetSessionTokenOutput](d, caller, "GetSessionToken", &api.GetSessionTokenInput{SerialNumber: phone.serial, TokenCode: code})
	refuses(t, err, "AccessDenied", badCode)
}

func TestALockedDeviceSaysUntilWhen(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	caller := d.user(account, "u")
	phone := d.device(account, "u", "phone")
	try := func(code string) error {
		_, err := do[api.GetSessionTokenOutput](d, caller, "GetSessionToken", &api.GetSessionTokenInput{SerialNumber: phone.serial, TokenCode: code})
		return err
	}
	for range 5 {
		refuses(t, try(phone.other()), "AccessDenied", badCode)
	}
	refuses(t, try(phone.code(0)), "AccessDenied", "MultiFactorAuthentication failed, too many invalid MFA one time pass codes: try again after 2026-11-01T12:00:30Z.")
	d.now = d.now.Add(30 * time.Second)
	d.must(try(phone.code(0)))
}
