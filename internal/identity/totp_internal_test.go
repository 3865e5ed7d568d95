package identity

import (
	"testing"
	"time"
)

// The vectors of RFC 6238, appendix B, for SHA-1; codes of six digits are the
// last six of its eight.
func TestCodesAreThoseOfTheRFC(t *testing.T) {
	t.Parallel()
	const seed otpSeed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" // 12345678901234567890
	for at, code := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		step := stepOf(time.Unix(at, 0))
		for off, want := range map[int64]bool{0: true, 1: false} {
			got, err := seed.isCode(code, step+off)
			if err != nil || got != want {
				t.Errorf("shows(%s, %d) = %v, %v, want %v", code, step+off, got, err, want)
			}
		}
	}
	for _, code := range []string{"", "28708", "2870820", "٢٨٧٠٨٢", "287 82"} {
		got, err := seed.isCode(code, 1)
		if err != nil || got {
			t.Errorf("shows(%q) = %v, %v, want false", code, got, err)
		}
	}
}

func TestALockDoublesUpToAnHour(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int64]time.Duration{
		0: 0, 4: 0, 5: 30 * time.Second, 6: time.Minute, 7: 2 * time.Minute, 11: 32 * time.Minute, 12: time.Hour, 1 << 40: time.Hour,
	} {
		if got := lockFor(failures); got != want {
			t.Errorf("lockFor(%d) = %v, want %v", failures, got, want)
		}
	}
}

func TestAClockIsCorrectedByAsLittleAsItTakes(t *testing.T) {
	t.Parallel()
	for off, want := range map[int64]int64{-20: -19, -2: -1, -1: 0, 0: 0, 1: 0, 2: 1, 20: 19} {
		if got := towardsZero(off, skew); got != want {
			t.Errorf("towardsZero(%d) = %d, want %d", off, got, want)
		}
	}
}
