package gate_test

import (
	"context"
	"net/http"
	"testing"

	"daypass/internal/gate"
	"daypass/internal/policy"
	"daypass/internal/principal"
	"daypass/internal/sigv4"
)

// warm is a directory that has everything at hand, as the caches of a running
// server have.
type warm struct {
	directory
	who    *principal.Principal
	grants *policy.Grants
}

func (w *warm) Principal(context.Context, principal.Ref) (*principal.Principal, *policy.Grants, error) {
	return w.who, w.grants, nil
}

// BenchmarkTokenCheck is what a package request costs before its handler runs:
// the token opened, its principal found, the read judged.
func BenchmarkTokenCheck(b *testing.B) {
	admin, err := policy.Parse("AdministratorAccess", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`, policy.Identity)
	if err != nil {
		b.Fatal(err)
	}
	keys := keyring(b)
	d := &warm{who: &principal.Principal{Ref: principal.Ref{Kind: principal.User, Account: account, ID: userID}, Name: "alice", Path: "/"}}
	d.grants = &policy.Grants{Identity: []*policy.Policy{admin}}
	g := &gate.Gate{Directory: d, Keyring: keys, Verifier: &sigv4.Verifier{}, Region: "us-east-1"}
	tok := bundle{keyring: keys}.token(b, nil)
	subject := gate.Subject{ARN: "arn:aws:codeartifact:us-east-1:111122223333:repository/dom/repo", Account: account}
	for name, show := range map[string]func(*http.Request){
		"Basic":  func(r *http.Request) { r.SetBasicAuth("aws", tok) },
		"Bearer": func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+tok) },
	} {
		b.Run(name, func(b *testing.B) {
			r := shown(b, show)
			b.ReportAllocs()
			for b.Loop() {
				c := &gate.Call{Now: now}
				err := g.Bearer(b.Context(), c, r, "dom", account)
				if err == nil {
					err = c.Authorize(b.Context(), "codeartifact:ReadFromRepository", subject)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
