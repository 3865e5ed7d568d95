package sts

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	api "daypass/api/sts"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
	"daypass/internal/oidc"
)

// Claims that say what the session is to be.
//
// Sources: IAM User Guide, "Pass session tags in AWS STS", "Monitor and control
// actions taken with assumed roles", and "IAM and AWS STS condition context
// keys" on sts:RoleAuthorizedByIdp.
const (
	tagsClaim           = "https://aws.amazon.com/tags"
	rolesClaim          = "https://aws.amazon.com/roles"
	sourceIdentityClaim = "https://aws.amazon.com/source_identity"
)

const (
	maxClaim   = 255 // characters of sub, as the output's model has it, and of others that are kept
	maxMethods = 10  // authentication methods in amr
	maxTags    = 50
)

// claimKeys are the claims that trust policies may ask for besides those of
// every token. AWS has a list for each provider that it knows; here the names
// are good for every issuer, since such a system may be one's own.
//
// Sources: Service Authorization Reference, AWS Security Token Service; the
// documentation of GitHub, GitLab, CircleCI, Buildkite and Google on the claims
// of their tokens.
var claimKeys = [...]string{
	// GitHub Actions
	"actor", "actor_id", "base_ref", "enterprise", "enterprise_id", "environment", "event_name", "head_ref", "job_workflow_ref", "job_workflow_sha",
	"ref", "ref_protected", "ref_type", "repository", "repository_id", "repository_owner", "repository_owner_id", "repository_visibility",
	"run_attempt", "run_id", "run_number", "runner_environment", "sha", "workflow", "workflow_ref", "workflow_sha",
	// GitLab CI
	"ci_config_ref_uri", "ci_config_sha", "deployment_tier", "environment_protected", "job_id", "namespace_id", "namespace_path", "pipeline_id",
	"pipeline_source", "project_id", "project_path", "project_visibility", "ref_path", "runner_id", "user_access_level", "user_id", "user_login",
	// CircleCI
	"oidc.circleci.com/project-id", "oidc.circleci.com/ssh-rerun", "oidc.circleci.com/vcs-origin", "oidc.circleci.com/vcs-ref",
	// Buildkite; job_id and pipeline_id are above
	"agent_id", "build_branch", "build_commit", "build_number", "build_source", "build_tag", "cluster_id", "cluster_name", "organization_id",
	"organization_slug", "pipeline_slug", "queue_id", "queue_key", "step_key",
	// Google
	"google/organization_number",
}

// audiences returns the audiences of a token: the claim azp if it has one, else the
// claim aud.
func audiences(claims oidc.Claims) []string {
	if party, ok := claims.Text("azp"); ok {
		return []string{party}
	}
	list, _ := claims.List("aud")
	return list
}

// preferKnown moves an audience that is a client id of the provider to the front,
// because only the first one is used.
func preferKnown(claims oidc.Claims, p *identity.OIDCProvider) {
	list, ok := claims.List("aud")
	if !ok {
		return
	}
	slices.SortStableFunc(list, func(a, b string) int {
		return rank(slices.Contains(p.ClientIDs, a)) - rank(slices.Contains(p.ClientIDs, b))
	})
	claims["aud"], _ = json.Marshal(list) // strings do not fail
}

func rank(known bool) int {
	if known {
		return 0
	}
	return 1
}

// authorizes reports whether the provider allows the token for a role. Without the
// claim it allows every role.
func authorizes(claims oidc.Claims, roleARN string) bool {
	if _, ok := claims[rolesClaim]; !ok {
		return true
	}
	roles, _ := claims.List(rolesClaim)
	for _, list := range roles {
		for role := range strings.SplitSeq(list, ";") {
			if strings.TrimSpace(role) == roleARN {
				return true
			}
		}
	}
	return false
}

// lastingKeys are the condition keys that the session keeps.
//
// Source: IAM User Guide, "IAM and AWS STS condition context keys", on OIDC
// federation: "Available in session".
func lastingKeys(v *gate.WebIdentity) map[string][]string {
	claims, prefix := oidc.Claims(v.Claims), hostPath(v)
	keys := map[string][]string{prefix + "sub": {v.Subject}, prefix + "aud": audiences(claims)[:1]}
	methods, _ := claims.List("amr")
	long := slices.ContainsFunc(methods, func(m string) bool { return len(m) > maxClaim })
	if len(methods) > 0 && len(methods) <= maxMethods && !long {
		keys[prefix+"amr"] = methods
	}
	return keys
}

// trustKeys are the condition keys that trust policies alone can ask for.
func trustKeys(v *gate.WebIdentity) map[string]string {
	claims, prefix := oidc.Claims(v.Claims), hostPath(v)
	keys := make(map[string]string)
	if list, ok := claims.List("aud"); ok {
		keys[prefix+"oaud"] = list[0]
	}
	if email, ok := claims.Text("email"); ok {
		keys[prefix+"email"] = email
	}
	for _, name := range claimKeys {
		value, ok := claims.Text(name)
		if group, member, nested := strings.Cut(name, "/"); !ok && nested {
			var inner oidc.Claims
			_, err := claims.Decode(group, &inner)
			value, ok = inner.Text(member)
			ok = ok && err == nil
		}
		if ok {
			keys[prefix+name] = value
		}
	}
	return keys
}

// A request is what a token asks for its session.
type request struct {
	tags           []api.Tag
	transitive     []string
	sourceIdentity string
}

// parseRequest reads the tags and the source identity in a token. The model does not
// check them, so that parseRequest applies its rules.
func parseRequest(claims oidc.Claims) (*request, error) {
	r := new(request)
	var nested struct {
		Principal  oidc.Claims `json:"principal_tags"`
		Transitive []string    `json:"transitive_tag_keys"`
	}
	_, err := claims.Decode(tagsClaim, &nested)
	if err != nil {
		return nil, fault.New(fault.InvalidIdentityToken, `The claim %s is not of the form {"principal_tags": {"KEY": ["VALUE"]}, "transitive_tag_keys": ["KEY"]}`, tagsClaim)
	}
	tags := maps.Clone(nested.Principal)
	if tags == nil {
		tags = oidc.Claims{}
	}
	// Providers that cannot nest claims write the path into the name.
	for name, value := range claims {
		key, ok := strings.CutPrefix(name, tagsClaim+"/principal_tags/")
		if !ok {
			continue
		}
		if _, twice := tags[key]; twice {
			return nil, fault.New(fault.InvalidIdentityToken, "The claim %s has a tag that %s/principal_tags/ gives again", tagsClaim, tagsClaim)
		}
		tags[key] = value
	}
	flat, _ := claims.List(tagsClaim + "/transitive_tag_keys")
	r.transitive = append(nested.Transitive, flat...)
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		values, ok := tags.List(key)
		if !ok || len(values) != 1 || !validTag(key, values[0]) {
			return nil, fault.New(fault.InvalidIdentityToken, "The claim %s has a tag that is not one: expected a key of 1 to 128 and one value of up to 256 letters, digits, spaces and _.:/=+-@", tagsClaim)
		}
		r.tags = append(r.tags, api.Tag{Key: key, Value: values[0]})
	}
	if len(r.tags) > maxTags || len(r.transitive) > maxTags {
		return nil, fault.New(fault.InvalidIdentityToken, "The claim %s has more than %d tags", tagsClaim, maxTags)
	}
	if _, ok := claims[sourceIdentityClaim]; ok {
		who, _ := claims.Text(sourceIdentityClaim)
		if !namePattern().MatchString(who) || strings.HasPrefix(strings.ToLower(who), "aws:") {
			return nil, fault.New(fault.InvalidIdentityToken, "The claim %s is not a source identity: expected 2 to 64 letters, digits and _+=,.@-", sourceIdentityClaim)
		}
		r.sourceIdentity = who
	}
	return r, nil
}

// The patterns are those of the STS model, for tags and for source identities.
var (
	tagPattern  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`) })
	namePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w+=,.@-]{2,64}$`) })
)

func validTag(key, value string) bool {
	letters := len([]rune(key))
	return letters >= 1 && letters <= 128 && len([]rune(value)) <= 256 && tagPattern().MatchString(key) && tagPattern().MatchString(value)
}
