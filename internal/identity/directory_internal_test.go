package identity

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

// The pattern is that of accessKeyIdType in the IAM service model.
func TestKeyIDsAreThoseOfTheModel(t *testing.T) {
	t.Parallel()
	model := regexp.MustCompile(`\A\w{16,128}\z`)
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.StringMatching(`\w{0,20}`), rapid.StringMatching(`\w{120,135}`), rapid.StringMatching(`\w{16}[é\n-]?\w?`), rapid.String()).Draw(t, "s")
		if isKeyID(s) != model.MatchString(s) {
			t.Errorf("isKeyID(%q) = %v", s, isKeyID(s))
		}
	})
}
