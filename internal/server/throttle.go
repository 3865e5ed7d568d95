package server

import (
	"fmt"
	"net/http"
	"time"

	"daypass/api"
	"daypass/internal/fault"
	"daypass/internal/throttle"
)

// A throttler asks [throttle.Throttle] on behalf of a request. It reads the clock
// for each question: a request may have taken its time to arrive.
type throttler struct {
	*throttle.Throttle
	rates throttle.Rates
	now   func() time.Time
}

func newThrottler(rates throttle.Rates, now func() time.Time) throttler {
	return throttler{throttle.New(rates, now()), rates, now}
}

// enter refuses an address of which too many requests ended without a known
// caller, before anything is read or verified for it: the call has just begun.
func (t throttler) enter(e *event) error {
	return t.refuse(e, throttle.Address, t.Address(e.call.Now, e.call.SourceIP))
}

// leave counts a request that ended without a known caller. What failed on our
// side is nobody's fault.
func (t throttler) leave(e *event) {
	failed := e.fault != nil && e.fault.Kind.Status(fault.RestJSON) >= http.StatusInternalServerError
	if e.door != "" && e.call.Principal == nil && e.throttled == "" && !failed {
		t.charge(e)
	}
}

// charge counts a request of an address without a known caller, once.
func (t throttler) charge(e *event) {
	if !e.charged {
		e.charged = true
		t.Charge(t.now(), e.call.SourceIP)
	}
}

// count takes a known caller's request from what its token, its principal and
// its account may make.
func (t throttler) count(e *event, limit throttle.Limit) error {
	now := t.now()
	if e.call.Token != nil {
		err := t.refuse(e, throttle.Token, t.Token(now, e.call.Token.ID))
		if err != nil {
			return err
		}
	}
	err := t.refuse(e, throttle.Principal, t.Principal(now, e.call.Principal.ID))
	if err != nil {
		return err
	}
	return t.refuse(e, limit, t.Account(now, limit, e.call.Principal.Account))
}

// rowsOfRequest is how many rows of the database a request may read before it
// counts for more than one. What is kept is read for nobody, and so costs nobody
// anything.
const rowsOfRequest = 250

// spend takes from a known caller what a request cost beyond one.
func (t throttler) spend(e *event, limit throttle.Limit) {
	if e.rows < rowsOfRequest {
		return
	}
	caller := throttle.Caller{Principal: e.call.Principal.ID, Account: e.call.Principal.Account}
	if e.call.Token != nil {
		caller.Token = e.call.Token.ID
	}
	t.Spend(t.now(), limit, caller, e.rows/rowsOfRequest)
}

// refuse makes a fault of a wait. The APIs have AWS's text; people who see a
// package manager's error are told what to do.
func (t throttler) refuse(e *event, limit throttle.Limit, wait time.Duration) error {
	if wait == 0 {
		return nil
	}
	e.throttled = limit.String()
	f := fault.New(fault.Throttling, "Rate exceeded")
	f.RetryAfter = int((wait + time.Second - 1) / time.Second)
	if e.door == "packages" {
		f.Message += fmt.Sprintf(": the limit %q is %d requests a second. Try again in %d s, with fewer in parallel.", limit, t.rates[limit], f.RetryAfter)
	}
	return f
}

// limitOf names the limit that an operation counts for. IAM's own rates are not
// published; it counts among the account's reads and writes.
func limitOf(op *api.Operation) throttle.Limit {
	switch {
	case op.Service.Name == "sts":
		return throttle.STS
	case op.Name == "GetAuthorizationToken":
		return throttle.GetAuthorizationToken
	}
	return readsOrWrites(op.Reads)
}

func readsOrWrites(reads bool) throttle.Limit {
	if reads {
		return throttle.Reads
	}
	return throttle.Writes
}
