package identity

import (
	"time"

	"daypass/internal/fault"
	"daypass/internal/policy"
)

// limits are what differs from one kind of identity to the next.
//
// Source: IAM User Guide, "IAM and STS quotas" and "IAM identifiers".
var limits = map[string]struct {
	prefix     string // of unique ids
	perAccount int64
	attached   int // managed policies
	inline     int // characters of all inline policies together
}{
	User:  {prefixUser, 5000, 10, policy.MaxUserInline},
	Group: {prefixGroup, 300, 10, policy.MaxGroupInline},
	Role:  {prefixRole, 1000, 20, policy.MaxRoleInline},
}

// Quotas that are no one kind's nor a policy document's.
//
// Source: IAM User Guide, "IAM and STS quotas".
const (
	maxKeysPerUser       = 2
	maxGroupsPerUser     = 10
	maxPolicies          = 1500 // customer managed policies in an account
	maxVersions          = 5    // of a managed policy
	maxTags              = 50
	defaultMaxSession    = time.Hour
	maxMFADevicesPerUser = 8
	maxMFADevices        = 5000 // enabled or not: as many as users
	maxProviders         = 100  // OpenID Connect
	maxClientIDs         = 100  // of a provider
	maxThumbprints       = 5    // of a provider
)

// exceeded is the refusal of what would go beyond a quota, in AWS's words.
func exceeded[N int | int64](quota string, most N) error {
	return fault.New(fault.Quota, "Cannot exceed quota for %s: %d", quota, most)
}

// Quotas returns the quotas of an account by the names that GetAccountSummary
// has for them.
//
// Source: IAM API reference, GetAccountSummary.
func Quotas() map[string]int64 {
	return map[string]int64{
		"UsersQuota": limits[User].perAccount, "GroupsQuota": limits[Group].perAccount, "RolesQuota": limits[Role].perAccount,
		"AttachedPoliciesPerUserQuota": int64(limits[User].attached), "AttachedPoliciesPerGroupQuota": int64(limits[Group].attached),
		"AttachedPoliciesPerRoleQuota": int64(limits[Role].attached),
		"UserPolicySizeQuota":          policy.MaxUserInline, "GroupPolicySizeQuota": policy.MaxGroupInline, "RolePolicySizeQuota": policy.MaxRoleInline,
		"PoliciesQuota": maxPolicies, "PolicySizeQuota": policy.MaxManaged, "VersionsPerPolicyQuota": maxVersions,
		"AssumeRolePolicySizeQuota": policy.MaxTrustDefault, "AccessKeysPerUserQuota": maxKeysPerUser, "GroupsPerUserQuota": maxGroupsPerUser,
	}
}
