package identity_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"daypass/internal/fault"
	"daypass/internal/identity"
	"daypass/internal/store"
	"daypass/internal/store/storetest"
)

// A phone makes codes as RFC 4226 and RFC 6238 say, by its own means.
type phone struct {
	serial string
	secret []byte
}

func (p phone) code(at time.Time) string {
	mac := hmac.New(sha1.New, p.secret)
	_ = binary.Write(mac, binary.BigEndian, at.Unix()/30)
	sum := mac.Sum(nil)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff%1_000_000)
}

// wrong is no code of the steps around an instant.
func (p phone) wrong(at time.Time) string {
	for n := range 1_000_000 {
		code, is := fmt.Sprintf("%06d", n), false
		for off := -30; off <= 30; off++ {
			is = is || p.code(at.Add(time.Duration(off)*30*time.Second)) == code
		}
		if !is {
			return code
		}
	}
	panic("every code is right")
}

const step = 30 * time.Second

// phone makes a device that nobody has.
func (i *instance) phone(name string) phone {
	i.t.Helper()
	m, boot, err := i.CreateMFADevice(i.t.Context(), account, "/", name, nil)
	i.must(err)
	secret, err := base32.StdEncoding.DecodeString(boot.Seed)
	i.must(err)
	return phone{m.Serial, secret}
}

// enabled makes a device that a user has; its last code was that of the step
// before the present one.
func (i *instance) enabled(user, name string) phone {
	i.t.Helper()
	p := i.phone(name)
	i.must(i.EnableMFADevice(i.t.Context(), account, user, p.serial, p.code(i.clock.Add(-2*step)), p.code(i.clock.Add(-step))))
	return p
}

func (i *instance) use(e *identity.Entity, p phone, code string) error {
	return i.UseCode(i.t.Context(), account, e.ID, p.serial, code)
}

func fails(t *testing.T, want, got error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("error = %v, want %v", got, want)
	}
}

func TestADeviceIsMadeWithASeedThatAnAppCanRead(t *testing.T) {
	t.Parallel()
	i := started(t)
	m, boot, err := i.CreateMFADevice(t.Context(), account, "/team/", "Phone", map[string]string{"Team": "a"})
	i.must(err)
	equal(t, "arn:aws:iam::111111111111:mfa/team/Phone", m.Serial)
	equal(t, 64, len(boot.Seed))
	image, err := png.Decode(bytes.NewReader(boot.QRCode))
	i.must(err)
	bitmap, err := gozxing.NewBinaryBitmapFromImage(image)
	i.must(err)
	// A picture of nothing else: finding a code in a photograph fails now and then.
	read, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_PURE_BARCODE: true})
	i.must(err)
	equal(t, "otpauth://totp/Phone@111111111111?secret="+boot.Seed, read.GetText())

	row, err := i.MFADevice(t.Context(), account, m.Serial)
	i.must(err)
	if bytes.Contains(row.Seed, []byte(boot.Seed)) {
		t.Error("the seed is kept in the clear")
	}
	_, again, err := i.CreateMFADevice(t.Context(), account, "/", "other", nil)
	i.must(err)
	if again.Seed == boot.Seed {
		t.Error("two devices have one seed")
	}
	_, _, err = i.CreateMFADevice(t.Context(), account, "/TEAM/", "phone", nil)
	refuses(t, err, fault.Conflict, "MFADevice entity at the same path and name already exists.")
	long := strings.Repeat("n", 227)
	_, _, err = i.CreateMFADevice(t.Context(), account, "/", long, nil)
	refuses(t, err, fault.Validation, "VirtualMFADeviceName: the serial number arn:aws:iam::111111111111:mfa/"+long+" has more than 256 characters")
	_, _, err = i.CreateMFADevice(t.Context(), account, "/", long[1:], nil)
	i.must(err)
}

func TestADeviceIsEnabledWithTwoConsecutiveCodes(t *testing.T) {
	t.Parallel()
	i := started(t)
	i.user("u")
	for name, test := range map[string]struct {
		first, second int // steps from the present one
		accepted      bool
	}{
		"the last two":                         {-1, 0, true},
		"the present one and the next":         {0, 1, true},
		"typed slowly":                         {-4, -3, true},
		"a clock that is ten minutes slow":     {-21, -20, true},
		"a clock that is ten minutes fast":     {19, 20, true},
		"a clock that is more than that off":   {-22, -21, false},
		"the same code twice":                  {0, 0, false},
		"in the wrong order":                   {0, -1, false},
		"not consecutive":                      {-2, 0, false},
		"one of the far past and one of today": {-100, 0, false},
	} {
		p := i.phone(strings.ReplaceAll(name, " ", "-"))
		at := func(n int) string { return p.code(i.clock.Add(time.Duration(n) * step)) }
		err := i.EnableMFADevice(t.Context(), account, "u", p.serial, at(test.first), at(test.second))
		if !test.accepted {
			refuses(t, err, fault.InvalidAuthenticationCode, "Authentication code for device is not valid.")
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		i.must(i.DeactivateMFADevice(t.Context(), account, "u", p.serial))
	}
}

func TestADeviceHasOneUserAndAUserEightDevices(t *testing.T) {
	t.Parallel()
	i := started(t)
	i.user("u")
	i.user("v")
	ctx := t.Context()
	var last phone
	for n := range 8 {
		last = i.enabled("u", fmt.Sprint("d", n))
	}
	p := i.phone("ninth")
	first, second := p.code(i.clock.Add(-step)), p.code(i.clock)
	err := i.EnableMFADevice(ctx, account, "u", p.serial, first, second)
	refuses(t, err, fault.Quota, "Cannot exceed quota for MFADevicesPerUser: 8")
	i.must(i.EnableMFADevice(ctx, account, "v", p.serial, first, second)) // a refusal spends no code

	i.clock = i.clock.Add(2 * step)
	for _, user := range []string{"u", "v"} {
		err = i.EnableMFADevice(ctx, account, user, last.serial, last.code(i.clock), last.code(i.clock.Add(step)))
		refuses(t, err, fault.Conflict, "MFA Device is already in use.")
	}
	err = i.EnableMFADevice(ctx, account, "nobody", last.serial, "000000", "000000")
	refuses(t, err, fault.NotFound, "The user with name nobody cannot be found.")
	const none = "arn:aws:iam::111111111111:mfa/none"
	err = i.EnableMFADevice(ctx, account, "u", none, "000000", "000000")
	refuses(t, err, fault.NotFound, "VirtualMFADevice with serial number "+none+" doesn't exist.")
	err = i.EnableMFADevice(ctx, account, "u", none+"\x00", "000000", "000000")
	refuses(t, err, fault.NotFound, "VirtualMFADevice with serial number "+none+"\x00 doesn't exist.")
	err = i.EnableMFADevice(ctx, other, "admin", p.serial, first, second)
	refuses(t, err, fault.NotFound, "VirtualMFADevice with serial number "+p.serial+" doesn't exist.")

	for _, change := range []func() error{
		func() error { return i.DeactivateMFADevice(ctx, account, "v", last.serial) },
		func() error {
			return i.ResyncMFADevice(ctx, account, "v", last.serial, last.code(i.clock), last.code(i.clock.Add(step)))
		},
	} {
		refuses(t, change(), fault.NotFound, "MFA Device invalid for user.")
	}
}

func TestAnEnabledDeviceAndItsUserCannotBeDeleted(t *testing.T) {
	t.Parallel()
	i := started(t)
	i.user("u")
	p := i.enabled("u", "phone")
	ctx := t.Context()
	refuses(t, i.DeleteMFADevice(ctx, account, p.serial), fault.DeleteConflict, "MFA VirtualDevice in use. Must deactivate first.")
	refuses(t, i.Delete(ctx, account, identity.User, "u"), fault.DeleteConflict, "Cannot delete entity, must delete MFA device first.")
	i.must(i.DeactivateMFADevice(ctx, account, "u", p.serial))
	refuses(t, i.DeactivateMFADevice(ctx, account, "u", p.serial), fault.NotFound, "MFA Device invalid for user.")
	i.must(i.Delete(ctx, account, identity.User, "u")) // a device that is not enabled is in nobody's way
	i.must(i.DeleteMFADevice(ctx, account, p.serial))
	refuses(t, i.DeleteMFADevice(ctx, account, p.serial), fault.NotFound, "VirtualMFADevice with serial number "+p.serial+" doesn't exist.")
}

func TestACodeIsTakenWithinOneStepAndOnce(t *testing.T) {
	t.Parallel()
	for off, want := range map[int]error{
		-3: identity.ErrWrongCode, -2: identity.ErrWrongCode,
		-1: identity.ErrWrongCode, // within the skew, but it enabled the device
		0:  nil, 1: nil,
		2: identity.ErrWrongCode,
	} {
		i := started(t)
		u := i.user("u")
		p := i.enabled("u", "phone")
		code := p.code(i.clock.Add(time.Duration(off) * step))
		err := i.use(u, p, code)
		if !errors.Is(err, want) {
			t.Errorf("a code %d steps away: %v, want %v", off, err, want)
		}
		if err == nil && !errors.Is(i.use(u, p, code), identity.ErrWrongCode) {
			t.Errorf("the code %d steps away was taken twice", off)
		}
	}
}

func TestAnOlderCodeIsNotTakenAfterANewerOne(t *testing.T) {
	t.Parallel()
	i := started(t)
	u := i.user("u")
	p := i.enabled("u", "phone")
	present, next := p.code(i.clock), p.code(i.clock.Add(step))
	i.must(i.use(u, p, next))
	fails(t, identity.ErrWrongCode, i.use(u, p, present))
	i.clock = i.clock.Add(2 * step)
	fails(t, identity.ErrWrongCode, i.use(u, p, next)) // still within its skew
	i.must(i.use(u, p, p.code(i.clock)))
}

func TestACodeSpentOnceIsSpentForEverything(t *testing.T) {
	t.Parallel()
	i := started(t)
	u := i.user("u")
	p := i.enabled("u", "phone")
	first, second := p.code(i.clock), p.code(i.clock.Add(step))
	i.must(i.use(u, p, first))
	err := i.ResyncMFADevice(t.Context(), account, "u", p.serial, first, second)
	refuses(t, err, fault.InvalidAuthenticationCode, "Authentication code for device is not valid.")
	i.must(i.DeactivateMFADevice(t.Context(), account, "u", p.serial)) // forgets no code
	err = i.EnableMFADevice(t.Context(), account, "u", p.serial, first, second)
	refuses(t, err, fault.InvalidAuthenticationCode, "Authentication code for device is not valid.")
}

func TestADeviceOpensForItsUserAlone(t *testing.T) {
	t.Parallel()
	i := started(t)
	u, v := i.user("u"), i.user("v")
	p, spare := i.enabled("u", "phone"), i.phone("spare")
	code := p.code(i.clock)
	for name, err := range map[string]error{
		"another user":              i.use(v, p, code),
		"another account":           i.UseCode(t.Context(), other, u.ID, p.serial, code),
		"nobody's device":           i.use(u, spare, spare.code(i.clock)),
		"nobody's device by nobody": i.UseCode(t.Context(), account, "", spare.serial, spare.code(i.clock)),
		"no device":                 i.UseCode(t.Context(), account, u.ID, "arn:aws:iam::111111111111:mfa/none", code),
		"no serial number":          i.UseCode(t.Context(), account, u.ID, "GAHT12345678", code),
		"U+0000":                    i.UseCode(t.Context(), account, u.ID, p.serial+"\x00", code),
	} {
		if !errors.Is(err, identity.ErrForeignDevice) {
			t.Errorf("%s: %v, want ErrForeignDevice", name, err)
		}
	}
	i.must(i.use(u, p, code)) // none of them spent it
	i.must(i.DeactivateMFADevice(t.Context(), account, "u", p.serial))
	fails(t, identity.ErrForeignDevice, i.use(u, p, p.code(i.clock.Add(step))))
}

func TestAClockThatIsOffIsLearnt(t *testing.T) {
	t.Parallel()
	i := started(t)
	u := i.user("u")
	p := i.enabled("u", "phone")
	slow := func(n int) string { return p.code(i.clock.Add(-5 * time.Minute).Add(time.Duration(n) * step)) }
	i.clock = i.clock.Add(time.Hour)
	fails(t, identity.ErrWrongCode, i.use(u, p, slow(0)))
	i.must(i.ResyncMFADevice(t.Context(), account, "u", p.serial, slow(-1), slow(0)))
	for range 3 {
		i.clock = i.clock.Add(time.Hour)
		i.must(i.use(u, p, slow(0)))
		fails(t, identity.ErrWrongCode, i.use(u, p, p.code(i.clock))) // the right time is the wrong one now
	}
	i.clock = i.clock.Add(time.Hour)
	i.must(i.ResyncMFADevice(t.Context(), account, "u", p.serial, p.code(i.clock.Add(-step)), p.code(i.clock)))
	i.clock = i.clock.Add(time.Hour)
	i.must(i.use(u, p, p.code(i.clock)))
}

func TestGuessingLocksADevice(t *testing.T) {
	t.Parallel()
	i := started(t)
	u := i.user("u")
	p, second := i.enabled("u", "phone"), i.enabled("u", "second")
	for range 4 {
		fails(t, identity.ErrWrongCode, i.use(u, p, p.wrong(i.clock)))
	}
	i.must(i.use(u, p, p.code(i.clock))) // people mistype: the right code starts anew
	i.clock = i.clock.Add(2 * step)
	for range 5 {
		fails(t, identity.ErrWrongCode, i.use(u, p, p.wrong(i.clock)))
	}
	locked := func(until time.Time) {
		t.Helper()
		var lock *identity.LockedError
		for _, code := range []string{p.wrong(i.clock), p.code(i.clock)} {
			err := i.use(u, p, code)
			if !errors.As(err, &lock) || !lock.Until.Equal(until.Truncate(time.Millisecond)) {
				t.Errorf("a code of a locked device: %v, want locked until %v", err, until)
			}
		}
		text := "MFA Device " + p.serial + " had too many invalid authentication codes: try again after " + until.Format(time.RFC3339) + "."
		err := i.ResyncMFADevice(t.Context(), account, "u", p.serial, p.code(i.clock), p.code(i.clock.Add(step)))
		refuses(t, err, fault.TemporarilyUnmodifiable, text)
	}
	locked(i.clock.Add(30 * time.Second))
	i.must(i.use(u, second, second.code(i.clock))) // the lock is the device's, not the user's
	i.clock = i.clock.Add(29 * time.Second)
	locked(i.clock.Add(time.Second))
	i.clock = i.clock.Add(time.Second)
	fails(t, identity.ErrWrongCode, i.use(u, p, p.wrong(i.clock)))
	locked(i.clock.Add(time.Minute)) // one more try, twice the time
	i.must(i.DeactivateMFADevice(t.Context(), account, "u", p.serial))
	err := i.EnableMFADevice(t.Context(), account, "u", p.serial, p.code(i.clock), p.code(i.clock.Add(step)))
	equal(t, true, fault.Is(err, fault.TemporarilyUnmodifiable)) // no way round it
	i.clock = i.clock.Add(time.Minute)
	i.must(i.EnableMFADevice(t.Context(), account, "u", p.serial, p.code(i.clock.Add(-step)), p.code(i.clock)))
	i.must(i.use(u, p, p.code(i.clock.Add(step))))
}

func TestACodeThatIsSentAgainIsNoGuess(t *testing.T) {
	t.Parallel()
	i := started(t)
	u := i.user("u")
	p := i.enabled("u", "phone")
	code := p.code(i.clock)
	i.must(i.use(u, p, code))
	for range 20 {
		fails(t, identity.ErrWrongCode, i.use(u, p, code))
	}
	i.must(i.use(u, p, p.code(i.clock.Add(step))))
}

// replicas gives directories of their own on one database.
func replicas(t *testing.T, db *store.DB, n int, now time.Time) []*instance {
	t.Helper()
	all := make([]*instance, n)
	for r := range all {
		i := &instance{t: t, clock: now}
		i.Directory = identity.New(identity.Config{DB: db, Sealer: sealer{}, Now: func() time.Time { return now }, Account: account})
		all[r] = i
	}
	return all
}

func TestOfReplicasThatAreShownOneCodeOneTakesIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		all := replicas(t, db, 4, time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC))
		i := all[0]
		_, _, err := i.Bootstrap(t.Context(), identity.KeyPair{}, nil)
		i.must(err)
		u := i.user("u")
		p := i.enabled("u", "phone")
		const tries = 4
		results := make(chan error, len(all)*tries)
		for _, r := range all {
			for range tries {
				go func() {
					results <- r.UseCode(context.WithoutCancel(t.Context()), account, u.ID, p.serial, p.code(r.clock))
				}()
			}
		}
		taken := 0
		for range cap(results) {
			err := <-results
			switch {
			case err == nil:
				taken++
			case !errors.Is(err, identity.ErrWrongCode):
				t.Errorf("a rival failed with %v, want ErrWrongCode", err)
			}
		}
		equal(t, 1, taken)
	})
}

func TestGuessesAtSeveralReplicasAreAllCounted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		all := replicas(t, db, 5, time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC))
		i := all[0]
		_, _, err := i.Bootstrap(t.Context(), identity.KeyPair{}, nil)
		i.must(err)
		u := i.user("u")
		p := i.enabled("u", "phone")
		results := make(chan error, 3*len(all))
		for _, r := range all {
			for range 3 {
				go func() {
					results <- r.UseCode(context.WithoutCancel(t.Context()), account, u.ID, p.serial, p.wrong(r.clock))
				}()
			}
		}
		looked, locked := 0, 0
		for range cap(results) {
			err := <-results
			var lock *identity.LockedError
			switch {
			case errors.Is(err, identity.ErrWrongCode):
				looked++
			case errors.As(err, &lock):
				locked++
			default:
				t.Errorf("a guess ended with %v", err)
			}
		}
		equal(t, []int{5, 10}, []int{looked, locked})
	})
}

func TestDevicesAreListedWithTheirUsers(t *testing.T) {
	t.Parallel()
	i := started(t)
	i.user("u")
	i.phone("b")
	i.enabled("u", "a")
	i.phone("c")
	names := func(q identity.MFADeviceQuery) ([]string, bool) {
		q.Account = account
		found, more, err := i.MFADevices(t.Context(), q)
		i.must(err)
		var got []string
		for _, m := range found {
			name := m.Serial[strings.IndexByte(m.Serial, '/')+1:]
			if m.Owner != nil {
				name += " of " + m.Owner.Name
			}
			got = append(got, name)
		}
		return got, more
	}
	got, more := names(identity.MFADeviceQuery{Enabled: true, Unassigned: true, Limit: 2})
	equal(t, []string{"a of u", "b"}, got)
	equal(t, true, more)
	got, more = names(identity.MFADeviceQuery{Enabled: true, Unassigned: true, After: "arn:aws:iam::111111111111:mfa/b", Limit: 2})
	equal(t, []string{"c"}, got)
	equal(t, false, more)
	got, _ = names(identity.MFADeviceQuery{Unassigned: true, Limit: 10})
	equal(t, []string{"b", "c"}, got)
}

// FuzzOneTimeCodes shows a device whatever a stranger may send.
func FuzzOneTimeCodes(f *testing.F) {
	f.Add("arn:aws:iam::111111111111:mfa/phone", "123456")
	f.Add("arn:aws:iam::111111111111:mfa/phone\x00", "")
	f.Add("GAHT12345678", "\xff\xfe")
	i := newInstance(f)
	_, _, err := i.Bootstrap(f.Context(), identity.KeyPair{}, nil)
	i.must(err)
	u := i.user("u")
	p := i.enabled("u", "phone")
	f.Fuzz(func(t *testing.T, serial, code string) {
		for off := -2; off <= 2; off++ {
			if p.code(i.clock.Add(time.Duration(off)*step)) == code {
				t.Skip()
			}
		}
		var lock *identity.LockedError
		err := i.UseCode(context.Background(), account, u.ID, serial, code)
		if !errors.Is(err, identity.ErrForeignDevice) && !errors.Is(err, identity.ErrWrongCode) && !errors.As(err, &lock) {
			t.Errorf("UseCode(%q, %q) = %v", serial, code, err)
		}
		i.clock = i.clock.Add(2 * time.Hour) // past every lock
	})
}
