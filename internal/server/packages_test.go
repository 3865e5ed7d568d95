package server

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

// The pattern is that of DomainName in the CodeArtifact service model.
func TestDomainsAndAccountsAreThoseOfTheModel(t *testing.T) {
	t.Parallel()
	domain, account := regexp.MustCompile(`\A[a-z][a-z0-9-]{0,48}[a-z0-9]\z`), regexp.MustCompile(`\A[0-9]{12}\z`)
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(
			rapid.StringMatching(`[a-z0-9-]{0,52}`),
			rapid.StringMatching(`[a-z][a-z0-9-]{45,50}[a-z0-9-]`),
			rapid.StringMatching(`[0-9]{11,13}[x\n]?`),
			rapid.String(),
		).Draw(t, "s")
		if isDomain(s) != domain.MatchString(s) {
			t.Errorf("isDomain(%q) = %v", s, isDomain(s))
		}
		if isAccount(s) != account.MatchString(s) {
			t.Errorf("isAccount(%q) = %v", s, isAccount(s))
		}
	})
}
