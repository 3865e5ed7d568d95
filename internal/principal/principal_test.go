package principal_test

import (
	"testing"

	"daypass/internal/principal"
)

// Rows of the IAM User Guide's table of principal key values
// ("AWS JSON policy elements: Principal" and "Policy variables").
func TestPrincipalsAreNamedAsInPoliciesAndMessages(t *testing.T) {
	t.Parallel()
	const account = "111122223333"
	for _, test := range []struct {
		name                           string
		who                            principal.Principal
		arn, policyARN, userID, prType string
	}{
		{"root", principal.Principal{Ref: principal.Ref{Kind: principal.Root, Account: account, ID: account}},
			"arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:root", account, "Account"},
		{"user", principal.Principal{Ref: principal.Ref{Kind: principal.User, Account: account, ID: "AIDAX"}, Name: "Alice", Path: "/team/"},
			"arn:aws:iam::111122223333:user/team/Alice", "arn:aws:iam::111122223333:user/team/Alice", "AIDAX", "User"},
		{"role session", principal.Principal{Ref: principal.Ref{Kind: principal.Role, Account: account, ID: "AROAX", SessionName: "ci"}, Name: "Build", Path: "/team/"},
			"arn:aws:sts::111122223333:assumed-role/Build/ci", "arn:aws:iam::111122223333:role/team/Build", "AROAX:ci", "AssumedRole"},
		{"federated user", principal.Principal{Ref: principal.Ref{Kind: principal.Federated, Account: account, ID: "AIDAX", SessionName: "bob"}},
			"arn:aws:sts::111122223333:federated-user/bob", "arn:aws:sts::111122223333:federated-user/bob", "111122223333:bob", "FederatedUser"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := test.who.ARN(); got != test.arn {
				t.Errorf("ARN = %s, want %s", got, test.arn)
			}
			if got := test.who.PolicyARN(); got != test.policyARN {
				t.Errorf("PolicyARN = %s, want %s", got, test.policyARN)
			}
			if got := test.who.UserID(); got != test.userID {
				t.Errorf("UserID = %s, want %s", got, test.userID)
			}
			if got := test.who.Kind.Type(); got != test.prType {
				t.Errorf("Type = %s, want %s", got, test.prType)
			}
		})
	}
}

func TestASessionIsRestrictedByAnySessionPolicy(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		session *principal.Session
		want    bool
	}{
		{nil, false},
		{&principal.Session{}, false},
		{&principal.Session{Policies: []string{"{}"}}, true},
		{&principal.Session{PolicyARNs: []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}}, true},
	} {
		if got := test.session.Restricted(); got != test.want {
			t.Errorf("%+v: Restricted = %v, want %v", test.session, got, test.want)
		}
	}
}
