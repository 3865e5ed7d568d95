package gate_test

import (
	"testing"
	"time"

	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/token"
)

func TestATokenIsForTheDomainThatItWasIssuedFor(t *testing.T) {
	t.Parallel()
	created := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		token token.Claims
		want  bool
	}{
		"the domain":                          {token.Claims{Mark: token.MarkDomain("ID"), IssuedAt: created.Add(-time.Hour)}, true},
		"an earlier domain":                   {token.Claims{Mark: token.MarkDomain("EARLIER"), IssuedAt: created.Add(time.Hour)}, false},
		"without a mark, after the creation":  {token.Claims{IssuedAt: created}, true},
		"without a mark, before the creation": {token.Claims{IssuedAt: created.Add(-time.Millisecond)}, false},
	} {
		err := (&gate.Call{Token: &test.token}).CheckDomain("ID", created)
		if (err == nil) != test.want || err != nil && !fault.Is(err, fault.UnknownKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
