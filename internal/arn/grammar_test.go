package arn_test

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"daypass/internal/arn"
)

// The expressions are those of the service model of IAM.
func TestGrammarAgreesWithTheServiceModels(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]struct {
		is    func(string) bool
		model string
		near  []string // expressions whose texts lie around the limits
	}{
		"key id":    {arn.IsKeyID, `\A\w{16,128}\z`, []string{`\w{14,18}`, `\w{126,130}`, `\w{16}[é\n-]?\w?`}},
		"unique id": {arn.IsUniqueID, `\A[A-Z0-9]{16,128}\z`, []string{`[A-Z0-9]{14,18}`, `[A-Z0-9]{126,130}`, `[A-Z0-9]{16}[a_é\n]?`}},
		"issued":    {arn.IsIssuedKeyID, `\AA[A-Z0-9]{15,31}\z`, []string{`A[A-Z0-9]{13,17}`, `A[A-Z0-9]{29,33}`, `[A-Z]{16}[a\n]?`}},
		"KMS key": {func(s string) bool { _, ok := arn.KMSKey("r", "1", s); return ok },
			`\A(arn:aws:kms:[a-z0-9-]+:[0-9]{12}:key/)?(mrk-[0-9a-f]{32}|[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12})\z|\A(arn:aws:kms:[a-z0-9-]+:[0-9]{12}:)?alias/[A-Za-z0-9/_-]+\z`,
			[]string{`(arn:aws:kms:[a-z0-9-]{0,3}:[0-9]{11,13}:)?(key/)?(mrk-[0-9a-f]{31,33}|[0-9a-f]{8}-([0-9a-f]{4}-){2,4}[0-9a-g]{12})`, `(arn:aws:kms:[a-z0-9-]{0,3}:[0-9]{12}:)?alias/[A-Za-z0-9/_é-]{0,5}`}},
		"word": {arn.IsWord, `\A[!-~]+\z`, []string{`[!-~]{0,3}`, `[ -~]{1,3}`, `[!-~][\x7fé\n]?`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			model := regexp.MustCompile(rule.model)
			texts := []*rapid.Generator[string]{rapid.String()}
			for _, near := range rule.near {
				texts = append(texts, rapid.StringMatching(near))
			}
			rapid.Check(t, func(t *rapid.T) {
				s := rapid.OneOf(texts...).Draw(t, "text")
				if rule.is(s) != model.MatchString(s) {
					t.Errorf("%q: %t", s, rule.is(s))
				}
			})
		})
	}
}

func TestAnEntityIsNamedByWhatFollowsItsPath(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, kind, account, name string }{
		{"arn:aws:iam::111122223333:user/Bob", "user", "111122223333", "Bob"},
		{"arn:aws:iam::111122223333:role/division_abc/subdivision_xyz/S3Access", "role", "111122223333", "S3Access"},
		{"arn:aws:iam::111122223333:group/", "group", "111122223333", ""},
		{"arn:aws:iam::111122223333:root", "root", "111122223333", ""},
		{"arn:aws:iam:us-east-1:111122223333:user/Bob", "", "", ""},
		{"arn:aws-cn:iam::111122223333:user/Bob", "", "", ""},
		{"arn:aws:sts::111122223333:assumed-role/r/s", "", "", ""},
		{"arn:aws:iam::111122223333:user/B b", "", "", ""},
		{"arn:aws:iam::111122223333:user/Bób", "", "", ""},
		{"Bob", "", "", ""},
	} {
		kind, account, name := arn.Entity(test.text)
		if kind != test.kind || account != test.account || name != test.name {
			t.Errorf("Entity(%s) = %q, %q, %q, want %q, %q, %q", test.text, kind, account, name, test.kind, test.account, test.name)
		}
	}
}
