package identity

import (
	"time"

	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/policy"
)

// limits are the fixed limits of each kind of [Entity].
//
// Source: IAM User Guide, "IAM and STS quotas" and "IAM identifiers".
var limits = map[string]struct {
	prefix string // of unique ids
	inline int    // characters of all inline policies together
}{
	User:  {arn.UserID, policy.MaxUserInline},
	Group: {arn.GroupID, policy.MaxGroupInline},
	Role:  {arn.RoleID, policy.MaxRoleInline},
}

// Quotas that AWS does not raise for any account, other than those of policy
// documents.
//
// Source: IAM User Guide, "IAM and STS quotas".
const (
	maxKeysPerUser       = 2
	maxVersions          = 5 // of a managed policy
	maxTags              = 50
	defaultMaxSession    = time.Hour
	maxMFADevicesPerUser = 8
	maxClientIDs         = 100 // of a provider
	maxThumbprints       = 5   // of a provider
)

// unbounded is the limit of a list that is read whole. It is above every quota.
const unbounded = 1 << 20

// Quotas are the quotas that AWS raises on request. A zero field means AWS's
// default.
//
// Source: IAM User Guide, "IAM and STS quotas".
type Quotas struct {
	Users      int // of an account: 5,000
	Groups     int // of an account: 300
	Roles      int // of an account: 1,000
	Policies   int // managed policies of an account: 1,500
	MFADevices int // of an account, enabled or not: 5,000
	Providers  int // OpenID Connect providers of an account: 100

	UserPolicies  int // managed policies attached to a user: 10
	GroupPolicies int // attached to a group: 10
	RolePolicies  int // attached to a role: 20
	UserGroups    int // that a user is in: 10
	TrustSize     int // characters of a trust policy: 2,048, at most 8,192
}

func (q Quotas) orDefaults() Quotas {
	for _, quota := range []struct {
		value    *int
		standard int
	}{
		{&q.Users, 5000}, {&q.Groups, 300}, {&q.Roles, 1000}, {&q.Policies, 1500}, {&q.MFADevices, 5000}, {&q.Providers, 100},
		{&q.UserPolicies, 10}, {&q.GroupPolicies, 10}, {&q.RolePolicies, 20}, {&q.UserGroups, 10}, {&q.TrustSize, policy.MaxTrustDefault},
	} {
		if *quota.value == 0 {
			*quota.value = quota.standard
		}
	}
	return q
}

// perAccount is how many users, groups or roles an account can have.
func (q *Quotas) perAccount(kind string) int {
	return map[string]int{User: q.Users, Group: q.Groups, Role: q.Roles}[kind]
}

// attached is how many managed policies a user, group or role can have.
func (q *Quotas) attached(kind string) int {
	return map[string]int{User: q.UserPolicies, Group: q.GroupPolicies, Role: q.RolePolicies}[kind]
}

// exceeded returns AWS's fault for a quota that would be exceeded.
func exceeded(quota string, most int) error {
	return fault.New(fault.Quota, "Cannot exceed quota for %s: %d", quota, most)
}

// QuotaSummary returns the quotas of an account by the names that
// GetAccountSummary has for them.
//
// Source: IAM API reference, GetAccountSummary.
func (d *Directory) QuotaSummary() map[string]int64 {
	q := &d.Quotas
	return map[string]int64{
		"UsersQuota": int64(q.Users), "GroupsQuota": int64(q.Groups), "RolesQuota": int64(q.Roles),
		"AttachedPoliciesPerUserQuota": int64(q.UserPolicies), "AttachedPoliciesPerGroupQuota": int64(q.GroupPolicies),
		"AttachedPoliciesPerRoleQuota": int64(q.RolePolicies),
		"UserPolicySizeQuota":          policy.MaxUserInline, "GroupPolicySizeQuota": policy.MaxGroupInline, "RolePolicySizeQuota": policy.MaxRoleInline,
		"PoliciesQuota": int64(q.Policies), "PolicySizeQuota": policy.MaxManaged, "VersionsPerPolicyQuota": maxVersions,
		"AssumeRolePolicySizeQuota": int64(q.TrustSize), "AccessKeysPerUserQuota": maxKeysPerUser, "GroupsPerUserQuota": int64(q.UserGroups),
	}
}
