package test

import (
	"net/http"
	"os/exec"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codeartifact"

	"daypass/internal/store/storetest"
)

// A change on one replica holds on the other within a second: a denial, its end and a
// revocation.
func TestReplicasFollowWithinASecond(t *testing.T) {
	t.Parallel()
	database := storetest.Postgres(t)
	data := t.TempDir()
	one := startServer(t, data, "--database", database)
	repo := one.newRepository(t)
	two := startServer(t, data, "--database", database)
	onTwo := repo.onServer(two)
	api := codeartifact.NewFromConfig(one.config(t))
	policy := func(document string) {
		_, err := api.PutDomainPermissionsPolicy(t.Context(), &codeartifact.PutDomainPermissionsPolicyInput{
			Domain: aws.String("demo"), PolicyDocument: aws.String(document),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	bound := time.Second
	if raceEnabled {
		bound *= 10 // the detector makes every process many times slower
	}
	for _, change := range []struct {
		what   string
		do     func()
		status int
	}{
		{"nothing", func() {}, http.StatusNotFound},
		{"a deny", func() {
			policy(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"codeartifact:ReadFromRepository","Resource":"*"}}`)
		}, http.StatusForbidden},
		{"its end", func() {
			_, err := api.DeleteDomainPermissionsPolicy(t.Context(), &codeartifact.DeleteDomainPermissionsPolicyInput{Domain: aws.String("demo")})
			if err != nil {
				t.Fatal(err)
			}
		}, http.StatusNotFound},
		{"a revocation", func() { revokeAll(t, one) }, http.StatusUnauthorized},
	} {
		if got := repo.indexStatus(t); got == change.status && change.what != "nothing" {
			t.Fatalf("before %s the answer is %d already", change.what, got)
		}
		change.do()
		done := time.Now()
		if got := repo.indexStatus(t); got != change.status {
			t.Errorf("%s does not hold at once on the replica that took it: %d", change.what, got)
		}
		for onTwo.indexStatus(t) != change.status {
			if time.Since(done) > patience {
				t.Fatalf("%s never held on the other replica", change.what)
			}
		}
		took := time.Since(done)
		t.Logf("%s held on the other replica after %v", change.what, took)
		if took > bound {
			t.Errorf("%s took longer than %v", change.what, bound)
		}
	}
}

// revokeAll revokes every token of the account that was issued until now.
func revokeAll(t *testing.T, s *server) {
	t.Helper()
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	id, secret, err := s.keys()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "token", "revoke", "--issued-before", time.Now().UTC().Format(time.RFC3339Nano))
	cmd.Env = append(serverEnvironment(), "AWS_ENDPOINT_URL="+s.url, "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID="+id, "AWS_SECRET_ACCESS_KEY="+secret)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("revoke: %v\n%s", err, out)
	}
}
