package codeartifact_test

import (
	"testing"

	api "daypass/api/codeartifact"
	"daypass/internal/gate"
	"daypass/internal/policy"
	"daypass/internal/registry"
)

// BenchmarkWarmToken is GetAuthorizationToken between the signature and the
// seal: two judgements, one of them with a domain policy, and the lookup.
func BenchmarkWarmToken(b *testing.B) {
	w := newWorld(b, registry.Limits{})
	w.seed(O)
	w.domainPolicy(to(T, "Allow", "codeartifact:GetAuthorizationToken"))
	who := admin(O)
	grants := &policy.Grants{Identity: parse(b, who.identity, policy.Identity)}
	op, ctx, in := w.operations["GetAuthorizationToken"], b.Context(), &api.GetAuthorizationTokenInput{Domain: "dom"}
	b.ReportAllocs()
	for b.Loop() {
		c := &gate.Call{Now: noon, Region: region, Principal: &who.Principal, Grants: grants}
		_, err := op.Do(ctx, c, "codeartifact:GetAuthorizationToken", in)
		if err != nil {
			b.Fatal(err)
		}
		w.sealed = w.sealed[:0]
	}
}
