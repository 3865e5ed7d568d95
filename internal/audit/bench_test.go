package audit

import (
	"io"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"daypass/internal/arn"
	"daypass/internal/principal"
)

// BenchmarkAdd is what the writer pays for a record: that of a package request,
// the most frequent.
func BenchmarkAdd(b *testing.B) {
	const account = "111122223333"
	t := New(Output{io.Discard}, slog.New(slog.DiscardHandler), func(text string) string { return text }, anID)
	e := &Event{
		Time: time.Unix(1790000000, 0), RequestID: "5c1f6f0e-5b0d-4c59-8f0e-1d2c3b4a5968", Source: "codeartifact.amazonaws.com", Name: "ReadFromRepository", ReadOnly: true,
		Region: "us-east-1", Account: account, Address: netip.MustParseAddr("192.0.2.1"), UserAgent: "pip/25.0",
		Resource:   arn.Repository("us-east-1", account, "dom", "repo"),
		Caller:     Caller{Principal: &principal.Principal{Ref: principal.Ref{Kind: principal.User, Account: account, ID: "AIDAEXAMPLE"}, Path: "/", Name: "alice"}, ARN: arn.User(account, "/", "alice"), AccessKeyID: "ABIAEXAMPLE"},
		Package:    Package{Domain: "dom", Owner: account, Repository: "repo", Name: "requests", Format: "pypi"},
		Additional: Additional{HTTPMethod: "GET", RequestURI: "/pypi/simple/requests/"},
	}
	b.ReportAllocs()
	for b.Loop() {
		t.Add(e)
		t.batches[0], t.unwritten = t.batches[0][:0], 0
	}
}
