package identity

import (
	"slices"
	"time"

	"daypass/internal/arn"
	"daypass/internal/store"
)

// builtinAccount is the account in the ARNs of AWS's own managed policies.
const builtinAccount = "aws"

var administratorAccess = arn.ManagedPolicy(builtinAccount, "/", "AdministratorAccess")

// A builtin is a managed policy that every account can attach and none can change.
type builtin struct {
	name, description, document string
}

// Sources: AWS Managed Policy Reference for names and what they cover;
// CodeArtifact User Guide, "Identity-based policy examples". What covers
// services that Daypass does not have is left out. They are in the order of
// names without regard to case, like all lists of policies.
var builtins = []builtin{
	{"AdministratorAccess", "Full access to everything.",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`},
	{"AWSCodeArtifactAdminAccess", "Full access to CodeArtifact.",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["codeartifact:*"],"Resource":"*"},` + bearerStatement + `]}`},
	{"AWSCodeArtifactReadOnlyAccess", "Read access to CodeArtifact.",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["codeartifact:Describe*","codeartifact:Get*","codeartifact:List*","codeartifact:ReadFromRepository"],"Resource":"*"},` + bearerStatement + `]}`},
	{"IAMFullAccess", "Full access to identities and their policies.",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*"],"Resource":"*"}]}`},
	{"IAMReadOnlyAccess", "Read access to identities and their policies.",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:GenerateCredentialReport","iam:GenerateServiceLastAccessedDetails","iam:Get*","iam:List*","iam:SimulateCustomPolicy","iam:SimulatePrincipalPolicy"],"Resource":"*"}]}`},
	{"PowerUserAccess", "Full access to everything but identities and accounts.",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*","daypass:CreateAccount","daypass:RotateKeys"],"Resource":"*"},{"Effect":"Allow","Action":"iam:ListRoles","Resource":"*"}]}`},
	{"ReadOnlyAccess", "Read access to everything.",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["codeartifact:Describe*","codeartifact:Get*","codeartifact:List*","codeartifact:ReadFromRepository","iam:GenerateCredentialReport","iam:GenerateServiceLastAccessedDetails","iam:Get*","iam:List*","iam:Simulate*","sts:GetAccessKeyInfo","sts:GetCallerIdentity","sts:GetSessionToken","daypass:List*"],"Resource":"*"}]}`},
}

const bearerStatement = `{"Effect":"Allow","Action":"sts:GetServiceBearerToken","Resource":"*","Condition":{"StringEquals":{"sts:AWSServiceName":"codeartifact.amazonaws.com"}}}`

// builtinsDate is the creation date of the builtins; any constant would do.
var builtinsDate = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// builtinPolicy returns the builtin with an ARN, or nil.
func builtinPolicy(policyARN string) *builtin {
	i := slices.IndexFunc(builtins, func(b builtin) bool { return b.arn() == policyARN })
	if i < 0 {
		return nil
	}
	return &builtins[i]
}

func (b *builtin) arn() string { return arn.ManagedPolicy(builtinAccount, "/", b.name) }

// row returns the builtin in the form of a stored policy. The unique id is made
// from the name, so that it is the same on every start and replica.
func (b *builtin) row() store.ManagedPolicy {
	return store.ManagedPolicy{
		ID: builtinID(b.name), ARN: b.arn(), Account: builtinAccount, Name: b.name, Path: "/",
		Description: b.description, Default: 1, Created: builtinsDate, Updated: builtinsDate,
	}
}

// builtinID spells a name in the alphabet of unique ids, cut or filled to length.
func builtinID(name string) string {
	id := []byte(arn.ManagedPolicyID)
	for i := range uniqueTail {
		b := byte(0)
		if i < len(name) {
			b = name[i]
		}
		id = append(id, base32Alphabet[b&31])
	}
	return string(id)
}
