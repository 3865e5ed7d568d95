package arn

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The patterns are those of DomainName, RepositoryName and AccountId in the
// CodeArtifact service model.
func TestNamesMatchThePatternsOfTheModel(t *testing.T) {
	t.Parallel()
	domain, account := regexp.MustCompile(`\A[a-z][a-z0-9-]{0,48}[a-z0-9]\z`), regexp.MustCompile(`\A[0-9]{12}\z`)
	region := regexp.MustCompile(`\A[a-z]{2,4}(-[a-z]+)+-[0-9]+\z`)
	repository := regexp.MustCompile(`\A[A-Za-z0-9][A-Za-z0-9._-]{1,99}\z`)
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(
			rapid.StringMatching(`[a-z0-9-]{0,52}`),
			rapid.StringMatching(`[a-z][a-z0-9-]{45,50}[a-z0-9-]`),
			rapid.StringMatching(`[0-9]{11,13}[x\n]?`),
			rapid.StringMatching(`[A-Za-z0-9._-]{0,102}[x\n]?`),
			rapid.StringMatching(`[A-Za-z0-9._-]{98,102}`),
			rapid.StringMatching(`[a-z]{1,5}(-[a-z]{0,3}){0,3}-[0-9]{0,2}[x\n]?`),
			rapid.String(),
		).Draw(t, "s")
		if IsDomain(s) != domain.MatchString(s) {
			t.Errorf("IsDomain(%q) = %v", s, IsDomain(s))
		}
		if IsRegion(s) != region.MatchString(s) {
			t.Errorf("IsRegion(%q) = %v", s, IsRegion(s))
		}
		if IsAccount(s) != account.MatchString(s) {
			t.Errorf("IsAccount(%q) = %v", s, IsAccount(s))
		}
		if IsRepository(s) != repository.MatchString(s) {
			t.Errorf("IsRepository(%q) = %v", s, IsRepository(s))
		}
	})
	if IsRepository(strings.Repeat("a", 57_000)) {
		t.Error("57,000 letters name a repository")
	}
}
