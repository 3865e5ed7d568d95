package identity

import (
	"crypto/subtle"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

// How one-time codes follow from the time. Authenticator apps support only these
// values.
//
// Source: RFC 6238, sections 4.1 and 5.2; IAM User Guide, "Assign a virtual MFA
// device".
const (
	period = 30 // seconds in a step

	// skew is how many steps before or after its own time a code is accepted. RFC
	// 6238 advises one, for the delay of the network and of typing.
	skew = 1
	// resyncSkew is the same for two consecutive codes, which prove that the
	// device's clock is off: ten minutes.
	resyncSkew = 20
)

// stepOf is the number of the time step that an instant is in.
func stepOf(t time.Time) int64 { return t.Unix() / period }

// An otpSeed is the secret that a device's codes are computed from, in base 32.
type otpSeed string

// isCode compares a code with that of a step, in constant time.
func (s otpSeed) isCode(code string, step int64) (bool, error) {
	want, err := hotp.GenerateCodeCustom(string(s), uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}) //nolint:gosec // steps of our era are positive
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1, nil
}

// A codeResult is the result of checking a code.
type codeResult int

const (
	wrong codeResult = iota
	used             // right, but not newer than the last code that was accepted
	right
)

// findStep looks for the step of a code around the present step, now. It compares
// all candidates, so that the time does not tell which one matched. last is the
// step of the last code that was accepted.
func (s otpSeed) findStep(code string, now, last int64) (int64, codeResult, error) {
	step, result := int64(0), wrong
	for candidate := now - skew; candidate <= now+skew; candidate++ {
		equal, err := s.isCode(code, candidate)
		switch {
		case err != nil:
			return 0, wrong, err
		case equal && candidate > last:
			step, result = candidate, right
		case equal && result == wrong:
			result = used
		}
	}
	return step, result, nil
}

// findPair looks for two consecutive steps of two codes in a wide range around the
// present step, now. It returns the second step and the correction of the device's
// clock, in steps. The correction is the smallest that lets the code in, because
// the person may be slow rather than the clock.
func (s otpSeed) findPair(first, second string, now, last int64) (step, drift int64, result codeResult, err error) {
	for candidate := now - resyncSkew; candidate <= now+resyncSkew; candidate++ {
		one, err := s.isCode(first, candidate-1)
		if err != nil {
			return 0, 0, wrong, err
		}
		two, err := s.isCode(second, candidate)
		switch {
		case err != nil:
			return 0, 0, wrong, err
		case one && two && candidate-1 > last:
			step, drift, result = candidate, towardsZero(candidate-now, skew), right
		case one && two && result == wrong:
			result = used
		}
	}
	return step, drift, result, nil
}

func towardsZero(n, by int64) int64 {
	if n < 0 {
		return min(n+by, 0)
	}
	return max(n-by, 0)
}
