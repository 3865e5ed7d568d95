package server

import (
	"fmt"
	"net/http"
	"time"

	"daypass/api"
	"daypass/internal/fault"
	"daypass/internal/throttle"
)

// A throttler applies a [throttle.Throttle] to requests. It reads the clock each time,
// because the body of a request may take long to arrive.
type throttler struct {
	*throttle.Throttle
	rates throttle.Rates
	now   func() time.Time
}

func newThrottler(rates throttle.Rates, now func() time.Time) throttler {
	return throttler{throttle.New(rates, now()), rates, now}
}

// enter refuses a request of an address that has had too many without a known caller. It
// runs before anything is read or verified, so it uses the time at which the call began.
func (t throttler) enter(e *event) error {
	return t.refuse(e, throttle.Address, t.Address(e.call.Now, e.call.SourceIP))
}

// leave charges the address of a request that ended without a known caller. A request
// that failed because of the server is not charged.
func (t throttler) leave(e *event) {
	failed := e.fault != nil && e.fault.Kind.Status(fault.RestJSON) >= http.StatusInternalServerError
	if e.door != "" && e.call.Principal == nil && e.throttled == "" && !failed {
		t.charge(e)
	}
}

// charge charges an address for a request without a known caller, once a request.
func (t throttler) charge(e *event) {
	if !e.charged {
		e.charged = true
		t.Charge(t.now(), e.call.SourceIP)
	}
}

// count counts a request of a known caller against the limits of its token, its principal
// and its account. The error is a fault of kind Throttling if one of them is used up.
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

// rowsOfRequest is how many rows of the database count as one more request. Rows that a
// cache has are not counted, because they are not read.
const rowsOfRequest = 250

// spend counts a request of a known caller once more for each rowsOfRequest rows that it
// has read.
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

// refuse returns a fault of kind Throttling for a wait, and nil for none. The APIs have
// AWS's text. Package managers get advice as well, because people see their errors.
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

// limitOf returns the limit that an operation counts against. AWS does not publish IAM's
// rates, so IAM counts against the account's reads and writes.
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
