package codeartifact_test

import (
	"testing"

	api "daypass/api/codeartifact"
	"daypass/internal/gate"
	"daypass/internal/policy"
	"daypass/internal/registry"
)

// BenchmarkWarmToken measures GetAuthorizationToken without the signature check
// and the sealing: the look-up of the domain and two authorizations, one of them
// with a domain policy.
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
