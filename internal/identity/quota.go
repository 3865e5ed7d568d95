package identity

import (
	"time"

	"daypass/internal/policy"
)

// Quotas that are not a policy document's.
//
// Source: IAM User Guide, "IAM and STS quotas".
const (
	maxAttachedUser      = 10
	maxAttachedRole      = 20
	maxKeysPerUser       = 2
	maxMFADevicesPerUser = 8
	maxMFADevices        = 5000 // enabled or not: as many as users
	maxPoliciesListed    = 5000 // customer managed policies in an account, at AWS's ceiling
	defaultMaxSession    = time.Hour
)

func maxInline(kind string) int {
	if kind == Role {
		return policy.MaxRoleInline
	}
	return policy.MaxUserInline
}

func maxAttached(kind string) int {
	if kind == Role {
		return maxAttachedRole
	}
	return maxAttachedUser
}
