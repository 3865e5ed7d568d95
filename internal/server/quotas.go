package server

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"daypass/internal/identity"
	"daypass/internal/registry"
)

// A quota is a quota that an operator can set, by its name in --quotas.
type quota struct {
	name  string
	most  int // largest value, which limits the cost of one call
	value func(*Limits) *int
}

// Limits are the quotas of the instance. Zero means AWS's quota.
type Limits struct {
	Registry registry.Limits
	Identity identity.Quotas
}

// settable has every quota that can be set.
//
// Source: CodeArtifact User Guide, "Quotas in AWS CodeArtifact"; IAM User Guide,
// "IAM and STS quotas", for which of them AWS raises.
var settable = []quota{
	{"domains", 10_000, func(q *Limits) *int { return &q.Registry.Domains }},            // of an account in a Region
	{"repositories", 100_000, func(q *Limits) *int { return &q.Registry.Repositories }}, // of a domain
	{"upstreams", 25, func(q *Limits) *int { return &q.Registry.Upstreams }},            // of a repository
	{"assets", 10_000, func(q *Limits) *int { return &q.Registry.Assets }},              // of a package version
	{"users", 100_000, func(q *Limits) *int { return &q.Identity.Users }},               // of an account
	{"groups", 100_000, func(q *Limits) *int { return &q.Identity.Groups }},             // of an account
	{"roles", 100_000, func(q *Limits) *int { return &q.Identity.Roles }},               // of an account
	{"policies", 100_000, func(q *Limits) *int { return &q.Identity.Policies }},         // managed policies of an account
	{"mfa-devices", 100_000, func(q *Limits) *int { return &q.Identity.MFADevices }},    // of an account
	{"oidc-providers", 700, func(q *Limits) *int { return &q.Identity.Providers }},      // of an account
	{"user-policies", 25, func(q *Limits) *int { return &q.Identity.UserPolicies }},     // managed policies attached to a user
	{"group-policies", 25, func(q *Limits) *int { return &q.Identity.GroupPolicies }},   // managed policies attached to a group
	{"role-policies", 25, func(q *Limits) *int { return &q.Identity.RolePolicies }},     // managed policies attached to a role
	{"user-groups", 50, func(q *Limits) *int { return &q.Identity.UserGroups }},         // groups that a user is in
	{"trust-size", 8192, func(q *Limits) *int { return &q.Identity.TrustSize }},         // characters of a trust policy
}

// parseQuotas parses a list such as "domains=50,users=20000". Quotas that it does not
// name are AWS's.
func parseQuotas(text string) (Limits, error) {
	var q Limits
	if text == "" {
		return q, nil
	}
	for item := range strings.SplitSeq(text, ",") {
		name, number, _ := strings.Cut(strings.TrimSpace(item), "=")
		i := slices.IndexFunc(settable, func(s quota) bool { return s.name == name })
		if i < 0 {
			return Limits{}, fmt.Errorf("%q: expected a list of %s, each with =NUMBER", item, quotaNames())
		}
		value := settable[i].value(&q)
		n, err := strconv.Atoi(number)
		switch {
		case err != nil || n < 1 || n > settable[i].most:
			return Limits{}, fmt.Errorf("%q: expected a number from 1 to %d", item, settable[i].most)
		case *value != 0:
			return Limits{}, fmt.Errorf("%q: expected each quota once", item)
		}
		*value = n
	}
	return q, nil
}

func quotaNames() string {
	names := make([]string, len(settable))
	for i := range settable {
		names[i] = settable[i].name
	}
	return strings.Join(names, ", ")
}
