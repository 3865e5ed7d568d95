package arn_test

import (
	"testing"

	"daypass/internal/arn"
)

// Expected names are those of the IAM User Guide ("IAM identifiers") and of
// the CodeArtifact User Guide ("Permissions reference").
func TestNamesAreSpelledAsTheUserGuidesSpellThem(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ got, want string }{
		{arn.Root("111122223333"), "arn:aws:iam::111122223333:root"},
		{arn.User("111122223333", "/", "Bob"), "arn:aws:iam::111122223333:user/Bob"},
		{arn.User("111122223333", "/division_abc/subdivision_xyz/", "JaneDoe"), "arn:aws:iam::111122223333:user/division_abc/subdivision_xyz/JaneDoe"},
		{arn.Group("111122223333", "/division_abc/subdivision_xyz/product_A/", "Developers"), "arn:aws:iam::111122223333:group/division_abc/subdivision_xyz/product_A/Developers"},
		{arn.Role("111122223333", "/", "S3Access"), "arn:aws:iam::111122223333:role/S3Access"},
		{arn.MFADevice("111122223333", "/", "BobsMFADevice"), "arn:aws:iam::111122223333:mfa/BobsMFADevice"},
		{arn.ManagedPolicy("aws", "/", "AdministratorAccess"), "arn:aws:iam::aws:policy/AdministratorAccess"},
		{arn.AssumedRole("111122223333", "Accounting-Role", "Mary"), "arn:aws:sts::111122223333:assumed-role/Accounting-Role/Mary"},
		{arn.FederatedUser("111122223333", "Bob"), "arn:aws:sts::111122223333:federated-user/Bob"},
		{arn.Domain("us-west-2", "111122223333", "my-domain"), "arn:aws:codeartifact:us-west-2:111122223333:domain/my-domain"},
		{arn.Repository("us-west-2", "111122223333", "my-domain", "my-repo"), "arn:aws:codeartifact:us-west-2:111122223333:repository/my-domain/my-repo"},
		{arn.Package(arn.PackageID{Region: "us-west-2", Owner: "111122223333", Domain: "d", Repository: "r", Format: "npm", Namespace: "parity", Name: "ui"}), "arn:aws:codeartifact:us-west-2:111122223333:package/d/r/npm/parity/ui"},
		{arn.Package(arn.PackageID{Region: "us-west-2", Owner: "111122223333", Domain: "d", Repository: "r", Format: "pypi", Name: "requests"}), "arn:aws:codeartifact:us-west-2:111122223333:package/d/r/pypi//requests"},
	} {
		if test.got != test.want {
			t.Errorf("got %s, want %s", test.got, test.want)
		}
	}
}

func TestParseNeedsSixPartsAndAResource(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		want arn.ARN
		ok   bool
	}{
		{"arn:aws:iam::111122223333:user/a/b", arn.ARN{Partition: "aws", Service: "iam", Account: "111122223333", Resource: "user/a/b"}, true},
		{"arn:aws:x:eu-west-1:1:a:b:c", arn.ARN{Partition: "aws", Service: "x", Region: "eu-west-1", Account: "1", Resource: "a:b:c"}, true},
		{"", arn.ARN{}, false},
		{"arn:aws:iam::111122223333", arn.ARN{}, false},
		{"arn:aws:iam::111122223333:", arn.ARN{}, false},
		{"arn::iam::111122223333:root", arn.ARN{}, false},
		{"arn:aws:::111122223333:root", arn.ARN{}, false},
		{"nra:aws:iam::111122223333:root", arn.ARN{}, false},
	} {
		got, err := arn.Parse(test.text)
		if got != test.want || (err == nil) != test.ok {
			t.Errorf("Parse(%q) = %+v, %v", test.text, got, err)
		}
	}
}

func TestResourceSplitsIntoTypeAndName(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, kind, name string }{
		{"arn:aws:codeartifact:us-west-2:1:repository/d/r", "repository", "d/r"},
		{"arn:aws:iam::1:root", "root", ""},
	} {
		a, err := arn.Parse(test.text)
		if err != nil || a.Type() != test.kind || a.Name() != test.name {
			t.Errorf("%s: type %q, name %q, %v", test.text, a.Type(), a.Name(), err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("arn:aws:iam::111122223333:user/a")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := arn.Parse(text)
		if err == nil && a.String() != text {
			t.Errorf("Parse(%q).String() = %q", text, a.String())
		}
	})
}
