package identity

import (
	"crypto/subtle"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

// How one-time codes follow from the time. Authenticator apps know no other
// values than these.
//
// Source: RFC 6238, sections 4.1 and 5.2; IAM User Guide, "Assign a virtual MFA
// device".
const (
	period = 30 // seconds in a step

	// skew is how many steps before or after its own time a code is taken: RFC
	// 6238 advises one, for the network and the person who types.
	skew = 1
	// resyncSkew is the same where two codes prove that the clock, not the code,
	// is wrong: ten minutes.
	resyncSkew = 20
)

// stepOf is the number of the time step that an instant is in.
func stepOf(t time.Time) int64 { return t.Unix() / period }

// An otpSeed is what the codes of a device are made from, in base 32.
type otpSeed string

// shows compares a code with that of a step, in a time that does not depend on
// how much of it is right.
func (s otpSeed) shows(code string, step int64) (bool, error) {
	want, err := hotp.GenerateCodeCustom(string(s), uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}) //nolint:gosec // steps of our era are positive
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1, nil
}

// A verdict is what a code turned out to be.
type verdict int

const (
	wrong verdict = iota
	used          // a right one that was taken before, or one older than that
	right
)

// judge looks for the step of a code around the present one. All steps are
// looked at whatever is found.
func (s otpSeed) judge(code string, now, last int64) (int64, verdict, error) {
	step, found := int64(0), wrong
	for at := now - skew; at <= now+skew; at++ {
		is, err := s.shows(code, at)
		switch {
		case err != nil:
			return 0, wrong, err
		case is && at > last:
			step, found = at, right
		case is && found == wrong:
			found = used
		}
	}
	return step, found, nil
}

// judgePair looks for the first of two consecutive steps that show two codes,
// far around the present one. It returns the second step, and what the device's
// clock must be corrected by from then on: as little as lets the code in, for
// what looks like a slow clock may be a slow person.
func (s otpSeed) judgePair(first, second string, now, last int64) (step, drift int64, found verdict, err error) {
	for at := now - resyncSkew; at <= now+resyncSkew; at++ {
		one, err := s.shows(first, at-1)
		if err != nil {
			return 0, 0, wrong, err
		}
		two, err := s.shows(second, at)
		switch {
		case err != nil:
			return 0, 0, wrong, err
		case one && two && at-1 > last:
			step, drift, found = at, towardsZero(at-now, skew), right
		case one && two && found == wrong:
			found = used
		}
	}
	return step, drift, found, nil
}

func towardsZero(n, by int64) int64 {
	if n < 0 {
		return min(n+by, 0)
	}
	return max(n-by, 0)
}
