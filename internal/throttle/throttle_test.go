package throttle

import (
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var began = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// allowed counts how many of n requests at one instant are.
func allowed(n int, ask func() time.Duration) int {
	passed := 0
	for range n {
		if ask() == 0 {
			passed++
		}
	}
	return passed
}

func TestAnAccountHasAWSFiguresByDefault(t *testing.T) {
	t.Parallel()
	throttle := New(AWS(), began)
	for limit, want := range map[Limit]int{GetAuthorizationToken: 40, Reads: 800, Writes: 100, STS: 600} {
		got := allowed(2000, func() time.Duration { return throttle.Account(began, limit, "111122223333") })
		if got != want {
			t.Errorf("%v: %d at once, want %d", limit, got, want)
		}
	}
	if got := allowed(2000, func() time.Duration { return throttle.Token(began, "ABIA1") }); got != 1200 {
		t.Errorf("token: %d at once, want 1200", got)
	}
}

func TestAPrincipalHasALimitOnlyIfItIsGivenOne(t *testing.T) {
	t.Parallel()
	limited := AWS()
	limited[Principal] = 5
	for _, test := range []struct {
		rates Rates
		want  int
	}{{AWS(), 2000}, {limited, 5}} {
		throttle := New(test.rates, began)
		if got := allowed(2000, func() time.Duration { return throttle.Principal(began, "AIDA1") }); got != test.want {
			t.Errorf("%d at once, want %d", got, test.want)
		}
		if throttle.Principal(began, "AIDA2") != 0 {
			t.Error("another principal was refused")
		}
	}
}

func TestWhatWasTakenComesBackWithTime(t *testing.T) {
	t.Parallel()
	throttle := New(AWS(), began)
	take := func(after time.Duration) func() time.Duration {
		return func() time.Duration { return throttle.Account(began.Add(after), GetAuthorizationToken, "111122223333") }
	}
	for _, step := range []struct {
		after time.Duration
		want  int
	}{
		{0, 40}, {0, 0}, {24 * time.Millisecond, 0}, {25 * time.Millisecond, 1}, {525 * time.Millisecond, 20}, {time.Minute, 40},
	} {
		if got := allowed(100, take(step.after)); got != step.want {
			t.Errorf("after %v: %d more, want %d", step.after, got, step.want)
		}
	}
	if got := take(time.Minute)(); got != 25*time.Millisecond {
		t.Errorf("wait = %v, want 25ms", got)
	}
}

func TestACostlyRequestIsPaidForByThoseThatFollow(t *testing.T) {
	t.Parallel()
	rates, err := Parse("reads=10,principal=10,token=10")
	if err != nil {
		t.Fatal(err)
	}
	caller := Caller{Token: "t", Principal: "p", Account: "a"}
	for _, test := range []struct {
		requests int
		wait     time.Duration
	}{{0, 0}, {9, 0}, {10, 100 * time.Millisecond}, {1 << 40, 2100 * time.Millisecond}} {
		limits := New(rates, began)
		limits.Spend(began, Reads, caller, test.requests)
		for name, wait := range map[string]time.Duration{
			"token": limits.Token(began, "t"), "principal": limits.Principal(began, "p"), "account": limits.Account(began, Reads, "a"),
		} {
			if wait.Round(time.Millisecond) > test.wait || test.requests >= 10 && wait == 0 || test.wait == 0 && wait != 0 {
				t.Errorf("after %d requests the %s waits %s, want at most %s", test.requests, name, wait, test.wait)
			}
		}
		if wait := limits.Account(began, Writes, "a"); wait != 0 {
			t.Errorf("another limit waits %s", wait)
		}
	}
}

func TestOthersAreNotTouched(t *testing.T) {
	t.Parallel()
	throttle := New(AWS(), began)
	allowed(100, func() time.Duration { return throttle.Account(began, GetAuthorizationToken, "111122223333") })
	if throttle.Account(began, GetAuthorizationToken, "444455556666") != 0 || throttle.Account(began, Writes, "111122223333") != 0 {
		t.Error("another account or another limit was refused")
	}
}

func TestAnAddressPaysForItsFailuresAlone(t *testing.T) {
	t.Parallel()
	throttle := New(AWS(), began)
	bad, good := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for range 600 {
		if wait := throttle.Address(began, bad); wait != 0 {
			t.Fatalf("refused with %v to wait", wait)
		}
		throttle.Charge(began, bad)
	}
	if throttle.Address(began, bad) == 0 || throttle.Address(began, good) != 0 {
		t.Error("want the address refused whose requests failed, and no other")
	}
	if wait := throttle.Address(began.Add(time.Second), bad); wait != 0 {
		t.Errorf("a second later: %v to wait", wait)
	}
}

func TestWhatWasUnderWayIsPaidBackWithinTwoSeconds(t *testing.T) {
	t.Parallel()
	throttle := New(AWS(), began)
	address := netip.MustParseAddr("192.0.2.1")
	for range 10_000 {
		throttle.Charge(began, address)
	}
	if wait := throttle.Address(began, address); wait <= time.Second || wait > 2*time.Second {
		t.Errorf("wait = %v, want between one and two seconds", wait)
	}
}

func TestARequestThatIsCountedLateLowersNoDebt(t *testing.T) {
	t.Parallel()
	throttle := New(AWS(), began)
	address, now := netip.MustParseAddr("192.0.2.1"), began.Add(5*time.Second)
	for range 600 {
		throttle.Charge(now, address)
	}
	owed := throttle.Address(now, address)
	for _, late := range []time.Duration{time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second} {
		throttle.Charge(now.Add(-late), address)
		wait := throttle.Address(now, address)
		if wait == 0 || wait < owed {
			t.Errorf("after a charge %v before: %v to wait, at least %v before it", late, wait, owed)
		}
		owed = wait
	}
}

func TestIPv6IsCountedByNetwork(t *testing.T) {
	t.Parallel()
	throttle := New(AWS(), began)
	for i := range 600 {
		throttle.Charge(began, netip.MustParseAddr("2001:db8:0:1::"+strconv.FormatInt(int64(i), 16)))
	}
	if throttle.Address(began, netip.MustParseAddr("2001:db8:0:1:ffff::1")) == 0 {
		t.Error("another address of the same /64 is not refused")
	}
	if throttle.Address(began, netip.MustParseAddr("2001:db8:0:2::1")) != 0 {
		t.Error("another /64 is refused")
	}
}

func TestManyAddressesAddNoMemory(t *testing.T) {
	t.Parallel()
	throttle := New(AWS(), began)
	for i := range 1 << 20 {
		throttle.Charge(began, netip.AddrFrom4([4]byte{byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)}))
	}
	kept := 0
	for i := range throttle.addresses.shards {
		s := &throttle.addresses.shards[i]
		kept += len(s.newer) + len(s.older)
	}
	if kept > 2*shards*capacity {
		t.Errorf("%d buckets are kept, want at most %d", kept, 2*shards*capacity)
	}
}

func TestIdleBucketsAreForgottenAndUsedOnesAreNot(t *testing.T) {
	t.Parallel()
	throttle := New(AWS(), began)
	// One shard, so that every key turns the same generations.
	s := &throttle.accounts.shards[0]
	s.store(0, account{"idle", Reads}, 1)
	for i := range 5 {
		s.store(time.Duration(i)*minAge, account{"busy", Reads}, 1)
	}
	if len(s.newer)+len(s.older) != 2 || s.debt(7, account{"busy", Reads}) != 1 || s.debt(7, account{"idle", Reads}) != 7 {
		t.Errorf("newer %v, older %v: want the busy one alone", s.newer, s.older)
	}
}

func TestAClockThatGoesBackLocksNobodyOut(t *testing.T) {
	t.Parallel()
	throttle := New(AWS(), began)
	allowed(40, func() time.Duration { return throttle.Account(began, GetAuthorizationToken, "111122223333") })
	earlier := began.Add(-time.Hour)
	if wait := throttle.Account(earlier, GetAuthorizationToken, "111122223333"); wait > 2*time.Second {
		t.Errorf("wait = %v, want two seconds at most", wait)
	}
	if wait := throttle.Account(earlier, GetAuthorizationToken, "444455556666"); wait != 0 {
		t.Errorf("a new account has to wait %v", wait)
	}
}

func TestOffRefusesNothing(t *testing.T) {
	t.Parallel()
	throttle := New(Rates{}, began)
	for _, limit := range Limits() {
		if allowed(5000, func() time.Duration { return throttle.Account(began, limit, "111122223333") }) != 5000 {
			t.Errorf("%v refused", limit)
		}
	}
}

func TestConcurrentRequestsGetNoMoreThanTheRate(t *testing.T) {
	t.Parallel()
	throttle := New(AWS(), began)
	var passed atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			passed.Add(int64(allowed(100, func() time.Duration { return throttle.Account(began, Writes, "111122223333") })))
		})
	}
	group.Wait()
	if passed.Load() != 100 {
		t.Errorf("%d passed, want 100", passed.Load())
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	with := func(change func(*Rates)) Rates {
		r := AWS()
		change(&r)
		return r
	}
	for _, test := range []struct {
		text string
		want Rates
		err  string
	}{
		{"aws", AWS(), ""},
		{"off", Rates{}, ""},
		{"get-authorization-token=100, reads=5000", with(func(r *Rates) { r[GetAuthorizationToken], r[Reads] = 100, 5000 }), ""},
		{"address=off", with(func(r *Rates) { r[Address] = 0 }), ""},
		{"token=1000000", with(func(r *Rates) { r[Token] = 1_000_000 }), ""},
		{"", Rates{}, "expected aws, off, or a list of token, address, principal, get-authorization-token, reads, writes, sts"},
		{"tokens=1", Rates{}, `"tokens=1": expected aws, off`},
		{"reads", Rates{}, "from 1 to 1000000, or off"},
		{"reads=0", Rates{}, "from 1 to 1000000, or off"},
		{"reads=-1", Rates{}, "from 1 to 1000000, or off"},
		{"reads=1000001", Rates{}, "from 1 to 1000000, or off"},
		{"reads=1,reads=2", Rates{}, "each limit once"},
	} {
		got, err := Parse(test.text)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q: %s", test.text, diff)
		}
		if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%q: %v, want %q", test.text, err, test.err)
		}
	}
}

func TestTheAllowedPathAllocatesNothing(t *testing.T) {
	throttle := New(Rates{Token: 1_000_000, Address: 600, Reads: 1_000_000}, began)
	address := netip.MustParseAddr("2001:db8::1")
	request := func() {
		_ = throttle.Address(began, address)
		_ = throttle.Token(began, "ABIAEXAMPLEEXAMPLE22")
		_ = throttle.Account(began, Reads, "111122223333")
	}
	request()
	if n := testing.AllocsPerRun(100, request); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkPackageRequest is what counting costs a package request that is
// allowed: its address, its token and its account.
func BenchmarkPackageRequest(b *testing.B) {
	throttle := New(AWS(), began)
	address := netip.MustParseAddr("192.0.2.1")
	now := began
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(2 * time.Millisecond)
		if throttle.Address(now, address)+throttle.Token(now, "ABIAEXAMPLEEXAMPLE22")+throttle.Account(now, Reads, "111122223333") != 0 {
			b.Fatal("refused")
		}
	}
}

// BenchmarkStrangers is the same for failures that each come from another
// address.
func BenchmarkStrangers(b *testing.B) {
	throttle := New(AWS(), began)
	var i uint32
	b.ReportAllocs()
	for b.Loop() {
		i++
		address := netip.AddrFrom4([4]byte{byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)})
		_ = throttle.Address(began, address)
		throttle.Charge(began, address)
	}
}
