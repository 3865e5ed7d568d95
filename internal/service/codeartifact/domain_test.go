package codeartifact_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	api "daypass/api/codeartifact"
	"daypass/internal/registry"
)

// created is noon with the store's precision.
var created = noon.Truncate(time.Millisecond)

func number(n int64) *int64 { return &n }

func TestADomainIsCreatedDescribedAndDeletedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	want := &api.DomainDescription{
		Name: "dom", Owner: O, Arn: domARN, Status: "Active", CreatedTime: &created, RepositoryCount: number(0), AssetSizeBytes: number(0),
		S3BucketArn: "arn:aws:s3:::assets-111122223333-us-east-1",
	}
	out := must[api.CreateDomainOutput](w, admin(O), "CreateDomain", &api.CreateDomainInput{Domain: "dom"})
	want.EncryptionKey = out.Domain.EncryptionKey
	diff(t, "created", want, out.Domain)
	if key := want.EncryptionKey; !strings.HasPrefix(key, "arn:aws:kms:us-east-1:111122223333:key/") || len(key) != len("arn:aws:kms:us-east-1:111122223333:key/")+36 {
		t.Errorf("encryptionKey = %q, want the ARN of a KMS key", key)
	}
	_, err := w.do(admin(O), "CreateDomain", &api.CreateDomainInput{Domain: "dom"})
	diff(t, "created again", "ConflictException|409||domain|dom|Domain 'dom' owned by account '111122223333' already exists", told(err))

	must[api.CreateRepositoryOutput](w, admin(O), "CreateRepository", &api.CreateRepositoryInput{Domain: "dom", Repository: "rep"})
	want.RepositoryCount = number(1)
	diff(t, "described", want, must[api.DescribeDomainOutput](w, admin(O), "DescribeDomain", &api.DescribeDomainInput{Domain: "dom"}).Domain)
	_, err = w.do(admin(O), "DeleteDomain", &api.DeleteDomainInput{Domain: "dom"})
	diff(t, "deleted too early", "ConflictException|409||domain|dom|Domain must contain 0 repositories before deletion", told(err))

	must[api.DeleteRepositoryOutput](w, admin(O), "DeleteRepository", &api.DeleteRepositoryInput{Domain: "dom", Repository: "rep"})
	want.RepositoryCount, want.Status = number(0), "Deleted"
	diff(t, "deleted", want, must[api.DeleteDomainOutput](w, admin(O), "DeleteDomain", &api.DeleteDomainInput{Domain: "dom"}).Domain)
	_, err = w.do(admin(O), "DeleteDomain", &api.DeleteDomainInput{Domain: "dom"})
	diff(t, "deleted again", "ResourceNotFoundException|404||domain|dom|Domain not found. Domain 'dom' owned by account '111122223333' does not exist", told(err))

	again := must[api.CreateDomainOutput](w, admin(O), "CreateDomain", &api.CreateDomainInput{Domain: "dom"})
	diff(t, "the account's key", want.EncryptionKey, again.Domain.EncryptionKey)
}

func TestDomainNamesAreUniqueInAnAccountAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	for _, account := range []string{O, T} {
		out := must[api.CreateDomainOutput](w, admin(account), "CreateDomain", &api.CreateDomainInput{Domain: "dom"})
		diff(t, "owner", account, out.Domain.Owner)
	}
	for _, name := range []string{"", "a", "A1", "1a", "my_domain", "a-", strings.Repeat("a", 51)} {
		_, err := w.do(admin(O), "CreateDomain", &api.CreateDomainInput{Domain: name})
		if got := told(err); !strings.HasPrefix(got, "ValidationException|400|FIELD_VALIDATION_FAILED|||domain: ") {
			t.Errorf("a domain named %q: %s, want a fault that names the field", name, got)
		}
	}
}

func TestCreateDomainTakesKMSKeysAndRefusesOtherNames(t *testing.T) {
	t.Parallel()
	const id = "0a1b2c3d-0000-4111-8222-333344445555"
	const own = "arn:aws:kms:us-east-1:111122223333:"
	bad := func(named string) string {
		return fmt.Sprintf("ValidationException|400|ENCRYPTION_KEY_ERROR|||encryptionKey: %q is not a KMS key: expected a key id, a key ARN, alias/NAME or an alias ARN", named)
	}
	tests := []struct{ named, key, refused string }{
		{id, own + "key/" + id, ""},
		{"mrk-" + strings.Repeat("0", 32), own + "key/mrk-" + strings.Repeat("0", 32), ""},
		{own + "key/" + id, own + "key/" + id, ""},
		{"arn:aws:kms:eu-west-1:777788889999:key/" + id, "arn:aws:kms:eu-west-1:777788889999:key/" + id, ""},
		{"alias/mine", own + "alias/mine", ""},
		{own + "alias/a/b", own + "alias/a/b", ""},
		{"key/" + id, "", bad("key/" + id)},
		{"mine", "", bad("mine")},
		{own + id, "", bad(own + id)},
		{own + "key/short", "", bad(own + "key/short")},
		{"arn:aws:s3:us-east-1:111122223333:key/" + id, "", bad("arn:aws:s3:us-east-1:111122223333:key/" + id)},
	}
	for _, test := range tests {
		w := newWorld(t, registry.Limits{})
		out, err := w.do(admin(O), "CreateDomain", &api.CreateDomainInput{Domain: "dom", EncryptionKey: test.named})
		if test.refused != "" {
			diff(t, test.named, test.refused, told(err))
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.named, err)
			continue
		}
		diff(t, test.named, test.key, out.(*api.CreateDomainOutput).Domain.EncryptionKey)
	}
}

func TestAnOwnKeyNeedsPermissionsOnIt(t *testing.T) {
	t.Parallel()
	const key = "arn:aws:kms:us-east-1:111122223333:alias/mine"
	w := newWorld(t, registry.Limits{})
	via := statement("Allow", `,"Condition":{"StringEquals":{"kms:ViaService":"codeartifact.us-east-1.amazonaws.com"}}`, "kms:CreateGrant")
	for _, test := range []struct {
		name     string
		identity []string
		denied   string
	}{
		{"none", []string{allow("codeartifact:*")}, "kms:DescribeKey on resource: " + key},
		{"one", []string{allow("codeartifact:*", "kms:DescribeKey")}, "kms:CreateGrant on resource: " + key},
		{"both, by this service alone", []string{allow("codeartifact:*", "kms:DescribeKey"), via}, ""},
	} {
		_, err := w.do(user(O, test.identity...), "CreateDomain", &api.CreateDomainInput{Domain: "dom", EncryptionKey: "alias/mine"})
		if test.denied == "" && err != nil || test.denied != "" && !strings.Contains(told(err), "is not authorized to perform: "+test.denied) {
			t.Errorf("%s: %v, want refused %q", test.name, err, test.denied)
		}
	}
}

func TestCreateDomainIsRefusedBeyondTheAccountsQuota(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	for i := range 10 {
		must[api.CreateDomainOutput](w, admin(O), "CreateDomain", &api.CreateDomainInput{Domain: fmt.Sprintf("dom%d", i)})
	}
	_, err := w.do(admin(O), "CreateDomain", &api.CreateDomainInput{Domain: "eleventh"})
	diff(t, "the eleventh", "ServiceQuotaExceededException|402||domain|eleventh|The account '111122223333' already has 10 domains, which is its quota", told(err))
	must[api.DeleteDomainOutput](w, admin(O), "DeleteDomain", &api.DeleteDomainInput{Domain: "dom3"})
	must[api.CreateDomainOutput](w, admin(O), "CreateDomain", &api.CreateDomainInput{Domain: "eleventh"})
	must[api.CreateDomainOutput](w, admin(T), "CreateDomain", &api.CreateDomainInput{Domain: "theirs"})
}

func TestListDomainsListsTheAccountsDomainsInPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, registry.Limits{})
	list := func(token string, size *int64) *api.ListDomainsOutput {
		return must[api.ListDomainsOutput](w, admin(O), "ListDomains", &api.ListDomainsInput{NextToken: token, MaxResults: size})
	}
	diff(t, "of an account without domains", &api.ListDomainsOutput{Domains: []api.DomainSummary{}}, list("", nil))
	for _, name := range []string{"ccc", "aaa", "bbb"} {
		must[api.CreateDomainOutput](w, admin(O), "CreateDomain", &api.CreateDomainInput{Domain: name})
	}
	must[api.CreateDomainOutput](w, admin(T), "CreateDomain", &api.CreateDomainInput{Domain: "theirs"})
	w.domainPolicyOf("aaa", to(T, "Allow", "codeartifact:*"))
	one := list("", number(2))
	two := list(one.NextToken, number(2))
	var names []string
	for _, d := range append(one.Domains, two.Domains...) {
		names = append(names, d.Name)
	}
	diff(t, "names over both pages", []string{"aaa", "bbb", "ccc"}, names)
	if one.NextToken == "" || two.NextToken != "" {
		t.Errorf("tokens %q and %q, want one to the last page and none after", one.NextToken, two.NextToken)
	}
	diff(t, "a summary", api.DomainSummary{Name: "ccc", Owner: O, Arn: "arn:aws:codeartifact:us-east-1:111122223333:domain/ccc",
		Status: "Active", CreatedTime: &created, EncryptionKey: two.Domains[0].EncryptionKey}, two.Domains[0])
	for _, bad := range []string{"x", "!!", "WyJyZXBvc2l0b3JpZXMiLCJhIiwiYiJd", "W10", "bnVsbA", "WyJkb21haW5zIiwiXHUwMDAwIl0", strings.Repeat("A", 2001)} {
		_, err := w.do(admin(O), "ListDomains", &api.ListDomainsInput{NextToken: bad})
		if got := told(err); !strings.HasPrefix(got, "ValidationException|400|FIELD_VALIDATION_FAILED|||nextToken: ") {
			t.Errorf("token %.20q: %s, want a fault that names the field", bad, got)
		}
	}
}

func (w *world) domainPolicyOf(domain, document string) {
	w.t.Helper()
	must[api.PutDomainPermissionsPolicyOutput](w, admin(O), "PutDomainPermissionsPolicy", &api.PutDomainPermissionsPolicyInput{Domain: domain, PolicyDocument: document})
}
