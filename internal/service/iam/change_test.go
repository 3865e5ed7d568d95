package iam_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	api "daypass/api/iam"
	"daypass/internal/fault"
	"daypass/internal/principal"
)

const readOnly = "arn:aws:iam::aws:policy/ReadOnlyAccess"

// A try is the result of a call. It must be success or, with a code, a refusal.
type try struct {
	name       string
	err        error
	code, text string
}

func check(t *testing.T, tries []try) {
	t.Helper()
	for _, c := range tries {
		t.Run(c.name, func(t *testing.T) {
			t.Helper()
			if c.code != "" {
				refuses(t, c.err, c.code, c.text)
			} else if c.err != nil {
				t.Errorf("refused: %v", c.err)
			}
		})
	}
}

func TestUpdateUserKeepsTheIDAndTheCredentials(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	ref := d.user("old", allowAll)
	d.user("Taken", "")
	update := func(in api.UpdateUserInput) error {
		return d.try(d.admin, "UpdateUser", &in)
	}
	check(t, []try{
		{"to a name that is free", update(api.UpdateUserInput{UserName: "old", NewUserName: "new", NewPath: "/x/"}), "", ""},
		{"to the same name in other case", update(api.UpdateUserInput{UserName: "new", NewUserName: "New"}), "", ""},
		{"to nothing else", update(api.UpdateUserInput{UserName: "New"}), "", ""},
		{"to a name that is taken, case aside", update(api.UpdateUserInput{UserName: "New", NewUserName: "taken"}), "EntityAlreadyExists", "User with name taken already exists."},
		{"from a name that is gone", update(api.UpdateUserInput{UserName: "old", NewUserName: "x"}), "NoSuchEntity", "The user with name old cannot be found."},
	})
	got := ok[api.GetUserOutput](d, ref, "GetUser", &api.GetUserInput{}).User // its credentials still work
	equal(t, []string{ref.ID, "New", "/x/", "arn:aws:iam::111111111111:user/x/New"}, []string{got.UserId, got.UserName, got.Path, got.Arn})
}

func TestAMoveIsJudgedUnderBothNames(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.user("a-one", "")
	caller := d.user("caller", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:UpdateUser","Resource":"arn:aws:iam::111111111111:user/a-*"}}`)
	move := func(from, to string) error {
		return d.try(caller, "UpdateUser", &api.UpdateUserInput{UserName: from, NewUserName: to})
	}
	denied := func(name string) string {
		return "User: arn:aws:iam::111111111111:user/caller is not authorized to perform: iam:UpdateUser on resource: arn:aws:iam::111111111111:user/" + name + " because no identity-based policy allows the iam:UpdateUser action"
	}
	check(t, []try{
		{"within what is allowed", move("a-one", "a-two"), "", ""},
		{"out of it", move("a-two", "b-two"), "AccessDenied", denied("b-two")},
		{"into it", move("caller", "a-caller"), "AccessDenied", denied("caller")},
	})
}

func TestARenamedPrincipalKeepsWhatPoliciesGiveItAndANamesakeGetsNothing(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	ref := d.user("friend", "")
	trust := strings.Replace(trustAll, "*", "arn:aws:iam::111111111111:user/friend", 1)
	ok[api.CreateRoleOutput](d, d.admin, "CreateRole", &api.CreateRoleInput{RoleName: "r", AssumeRolePolicyDocument: trust})
	shown := func() string {
		role := ok[api.GetRoleOutput](d, d.admin, "GetRole", &api.GetRoleInput{RoleName: "r"}).Role
		decoded, err := url.PathUnescape(role.AssumeRolePolicyDocument)
		d.must(err)
		return decoded
	}
	assumable := func(ref principal.Ref) bool {
		role, err := d.directory.AssumableRole(t.Context(), "arn:aws:iam::111111111111:role/r")
		d.must(err)
		c := d.call(ref)
		return c.Authorize(t.Context(), "sts:AssumeRole", subjectOf(role)) == nil
	}
	equal(t, true, assumable(ref))
	ok[api.UpdateUserOutput](d, d.admin, "UpdateUser", &api.UpdateUserInput{UserName: "friend", NewUserName: "pal"})
	namesake := d.user("friend", "")
	equal(t, []bool{true, false}, []bool{assumable(ref), assumable(namesake)})
	equal(t, strings.Replace(trust, "friend", "pal", 1), shown())
	ok[api.DeleteUserOutput](d, d.admin, "DeleteUser", &api.DeleteUserInput{UserName: "pal"})
	equal(t, strings.Replace(trust, "arn:aws:iam::111111111111:user/friend", ref.ID, 1), shown())
	equal(t, false, assumable(d.user("pal", "")))
}

func TestUpdateRoleKeepsTheDescriptionAndResetsTheDuration(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.role("r")
	two := int64(7200)
	get := func() []any {
		role := ok[api.GetRoleOutput](d, d.admin, "GetRole", &api.GetRoleInput{RoleName: "r"}).Role
		return []any{role.Description, *role.MaxSessionDuration}
	}
	ok[api.UpdateRoleOutput](d, d.admin, "UpdateRole", &api.UpdateRoleInput{RoleName: "r", Description: "d", MaxSessionDuration: &two})
	equal(t, []any{"d", two}, get())
	ok[api.UpdateRoleOutput](d, d.admin, "UpdateRole", &api.UpdateRoleInput{RoleName: "r"}) // the description stays, the duration becomes the default
	equal(t, []any{"d", int64(3600)}, get())
	ok[api.UpdateRoleOutput](d, d.admin, "UpdateRole", &api.UpdateRoleInput{RoleName: "r", MaxSessionDuration: &two})
	role := ok[api.UpdateRoleDescriptionOutput](d, d.admin, "UpdateRoleDescription", &api.UpdateRoleDescriptionInput{RoleName: "r", Description: "e"}).Role
	equal(t, []any{"e", "arn:aws:iam::111111111111:role/r"}, []any{role.Description, role.Arn})
	ok[api.UpdateRoleDescriptionOutput](d, d.admin, "UpdateRoleDescription", &api.UpdateRoleDescriptionInput{RoleName: "r"})
	equal(t, []any{"", two}, get())
	check(t, []try{
		{"UpdateRole of nobody", d.try(d.admin, "UpdateRole", &api.UpdateRoleInput{RoleName: "x"}), "NoSuchEntity", "The role with name x cannot be found."},
		{"UpdateRoleDescription of nobody", d.try(d.admin, "UpdateRoleDescription", &api.UpdateRoleDescriptionInput{RoleName: "x"}), "NoSuchEntity", "The role with name x cannot be found."},
	})
}

func TestAPermissionsBoundaryLimitsItsUserUntilItIsRemoved(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	ref := d.user("u", allowAll)
	d.role("r")
	put := func(policy string) error {
		return d.try(d.admin, "PutUserPermissionsBoundary", &api.PutUserPermissionsBoundaryInput{UserName: "u", PermissionsBoundary: policy})
	}
	remove := func() error {
		return d.try(d.admin, "DeleteUserPermissionsBoundary", &api.DeleteUserPermissionsBoundaryInput{UserName: "u"})
	}
	createUser := func(name string) error {
		return d.try(ref, "CreateUser", &api.CreateUserInput{UserName: name})
	}
	check(t, []try{
		{"none to take away", remove(), "NoSuchEntity", "The user with name u has no permissions boundary."},
		{"one that does not exist", put("arn:aws:iam::111111111111:policy/x"), "NoSuchEntity", "Scope ARN: arn:aws:iam::111111111111:policy/x does not exist or is not attachable."},
		{"no policy at all", put("arn:aws:iam::111111111111:user/admin"), "InvalidInput", "ARN arn:aws:iam::111111111111:user/admin is not valid."},
		{"the service's own", put(readOnly), "", ""},
		{"and it bounds", createUser("a"), "AccessDenied", "User: arn:aws:iam::111111111111:user/u is not authorized to perform: iam:CreateUser on resource: arn:aws:iam::111111111111:user/a because no permissions boundary allows the iam:CreateUser action"},
		{"another one", put("arn:aws:iam::aws:policy/AdministratorAccess"), "", ""},
		{"and it does not bound", createUser("b"), "", ""},
		{"taken away", remove(), "", ""},
		{"twice", remove(), "NoSuchEntity", "The user with name u has no permissions boundary."},
		{"of a role", d.try(d.admin, "PutRolePermissionsBoundary", &api.PutRolePermissionsBoundaryInput{RoleName: "r", PermissionsBoundary: readOnly}), "", ""},
	})
	got := ok[api.GetRoleOutput](d, d.admin, "GetRole", &api.GetRoleInput{RoleName: "r"}).Role
	equal(t, readOnly, got.PermissionsBoundary.PermissionsBoundaryArn)
	ok[api.DeleteRolePermissionsBoundaryOutput](d, d.admin, "DeleteRolePermissionsBoundary", &api.DeleteRolePermissionsBoundaryInput{RoleName: "r"})
	equal(t, true, ok[api.GetRoleOutput](d, d.admin, "GetRole", &api.GetRoleInput{RoleName: "r"}).Role.PermissionsBoundary == nil)
}

func TestADelegateMaySetNoBoundaryButOne(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.user("u", "")
	delegate := d.user("delegate", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["iam:PutUserPermissionsBoundary","iam:DeleteUserPermissionsBoundary","iam:PutUserPolicy"],"Resource":"*",
		"Condition":{"StringEquals":{"iam:PermissionsBoundary":"`+readOnly+`"}}}}`)
	put := func(policy string) error {
		return d.try(delegate, "PutUserPermissionsBoundary", &api.PutUserPermissionsBoundaryInput{UserName: "u", PermissionsBoundary: policy})
	}
	for _, step := range []struct {
		name string
		err  error
		want bool
	}{
		{"another one", put("arn:aws:iam::aws:policy/AdministratorAccess"), false},
		{"the one", put(readOnly), true},
		{"another one over it", put("arn:aws:iam::aws:policy/AdministratorAccess"), false},
		{"and act on who has it", d.try(delegate, "PutUserPolicy", &api.PutUserPolicyInput{UserName: "u", PolicyName: "p", PolicyDocument: allowAll}), true},
		{"but on nobody else", d.try(delegate, "PutUserPolicy", &api.PutUserPolicyInput{UserName: "admin", PolicyName: "p", PolicyDocument: allowAll}), false},
	} {
		if allowed := !fault.Is(step.err, fault.AccessDenied); allowed != step.want {
			t.Errorf("%s: %v, want allowed = %v", step.name, step.err, step.want)
		}
	}
}

const twinsText = "Duplicate tag keys found. Please note that Tag keys are case insensitive."

func TestTagsAreAddedListedAndRemovedCaseAside(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.user("u", "")
	d.role("r")
	policy := ok[api.CreatePolicyOutput](d, d.admin, "CreatePolicy", &api.CreatePolicyInput{PolicyName: "p", PolicyDocument: allowAll}).Policy.Arn
	many := make([]api.Tag, 50)
	for i := range many {
		many[i] = api.Tag{Key: fmt.Sprintf("k%02d", i), Value: "v"}
	}
	type family struct {
		tag   func(...api.Tag) error
		untag func(...string) error
		list  func(marker string, maxItems *int64) ([]api.Tag, string)
	}
	families := map[string]family{
		"user": {
			func(tags ...api.Tag) error {
				return d.try(d.admin, "TagUser", &api.TagUserInput{UserName: "u", Tags: tags})
			},
			func(keys ...string) error {
				return d.try(d.admin, "UntagUser", &api.UntagUserInput{UserName: "u", TagKeys: keys})
			},
			func(marker string, maxItems *int64) ([]api.Tag, string) {
				out := ok[api.ListUserTagsOutput](d, d.admin, "ListUserTags", &api.ListUserTagsInput{UserName: "u", Marker: marker, MaxItems: maxItems})
				return out.Tags, out.Marker
			},
		},
		"role": {
			func(tags ...api.Tag) error {
				return d.try(d.admin, "TagRole", &api.TagRoleInput{RoleName: "r", Tags: tags})
			},
			func(keys ...string) error {
				return d.try(d.admin, "UntagRole", &api.UntagRoleInput{RoleName: "r", TagKeys: keys})
			},
			func(marker string, maxItems *int64) ([]api.Tag, string) {
				out := ok[api.ListRoleTagsOutput](d, d.admin, "ListRoleTags", &api.ListRoleTagsInput{RoleName: "r", Marker: marker, MaxItems: maxItems})
				return out.Tags, out.Marker
			},
		},
		"policy": {
			func(tags ...api.Tag) error {
				return d.try(d.admin, "TagPolicy", &api.TagPolicyInput{PolicyArn: policy, Tags: tags})
			},
			func(keys ...string) error {
				return d.try(d.admin, "UntagPolicy", &api.UntagPolicyInput{PolicyArn: policy, TagKeys: keys})
			},
			func(marker string, maxItems *int64) ([]api.Tag, string) {
				out := ok[api.ListPolicyTagsOutput](d, d.admin, "ListPolicyTags", &api.ListPolicyTagsInput{PolicyArn: policy, Marker: marker, MaxItems: maxItems})
				return out.Tags, out.Marker
			},
		},
	}
	for kind, f := range families {
		check(t, []try{
			{kind + ": two", f.tag(api.Tag{Key: "Team", Value: "a"}, api.Tag{Key: "b", Value: ""}), "", ""},
			{kind + ": a new value", f.tag(api.Tag{Key: "b", Value: "c"}), "", ""},
			{kind + ": reserved", f.tag(api.Tag{Key: "AWS:x"}), "InvalidInput", `Tag key "AWS:x": keys that begin with aws: are reserved.`},
			{kind + ": a reserved value", f.tag(api.Tag{Key: "x", Value: "aws:x"}), "InvalidInput", `Tag value "aws:x": values that begin with aws: are reserved.`},
			{kind + ": reserved to go", f.untag("aws:x"), "InvalidInput", `Tag key "aws:x": keys that begin with aws: are reserved.`},
			{kind + ": one that is not there to go", f.untag("none"), "", ""},
			{kind + ": too many", f.tag(many...), "LimitExceeded", "The number of tags has reached the maximum limit."},
		})
		one := int64(1)
		all, _ := f.list("", nil)
		equal(t, []api.Tag{{Key: "Team", Value: "a"}, {Key: "b", Value: "c"}}, all)
		first, marker := f.list("", &one)
		second, end := f.list(marker, &one)
		equal(t, []any{all[:1], all[1:], ""}, []any{first, second, end})
		if kind == "policy" {
			check(t, []try{{kind + ": another spelling of what is there", f.tag(api.Tag{Key: "team", Value: "x"}), "InvalidInput", twinsText}})
			d.must(f.untag("TEAM")) // a policy's keys are case-sensitive here: Team stays
			all, _ = f.list("", nil)
			equal(t, []api.Tag{{Key: "Team", Value: "a"}, {Key: "b", Value: "c"}}, all)
			d.must(f.untag("Team"))
			d.must(f.tag(api.Tag{Key: "team", Value: "x"}))
		}
		check(t, []try{
			{kind + ": duplicate", f.tag(api.Tag{Key: "a"}, api.Tag{Key: "a"}), "InvalidInput", twinsText},
			{kind + ": duplicate, case aside", f.tag(api.Tag{Key: "a"}, api.Tag{Key: "A"}), "InvalidInput", twinsText},
		})
		if kind == "policy" {
			continue
		}
		d.must(f.tag(api.Tag{Key: "TEAM", Value: "x"})) // replaces Team
		d.must(f.untag("B"))
		all, _ = f.list("", nil)
		equal(t, []api.Tag{{Key: "TEAM", Value: "x"}}, all)
		d.must(f.untag("team"))
		d.must(f.tag(many...)) // exactly the quota
	}
	_, err := do[api.ListUserTagsOutput](d, d.admin, "ListUserTags", &api.ListUserTagsInput{UserName: "u", Marker: "eA"})
	refuses(t, err, "ValidationError", "Invalid Marker.")
}

func TestConditionsOnTagsHoldForTagUntagAndGetPolicy(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.user("u", "")
	policy := ok[api.CreatePolicyOutput](d, d.admin, "CreatePolicy", &api.CreatePolicyInput{PolicyName: "p", PolicyDocument: allowAll, Tags: []api.Tag{{Key: "own", Value: "yes"}}}).Policy.Arn
	caller := d.user("caller", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["iam:TagUser","iam:UntagUser"],"Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["team"]},"StringEqualsIfExists":{"aws:RequestTag/team":"a"}}},
		{"Effect":"Allow","Action":"iam:GetPolicy","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/own":"yes"}}},
		{"Effect":"Allow","Action":"iam:ListPolicyVersions","Resource":"*","Condition":{"StringEquals":{"iam:ResourceTag/own":"no"}}}]}`)
	tag := func(key, value string) error {
		return d.try(caller, "TagUser", &api.TagUserInput{UserName: "u", Tags: []api.Tag{{Key: key, Value: value}}})
	}
	untag := func(keys ...string) error {
		return d.try(caller, "UntagUser", &api.UntagUserInput{UserName: "u", TagKeys: keys})
	}
	for _, step := range []struct {
		name string
		err  error
		want bool
	}{
		{"tag with the key and value", tag("team", "a"), true},
		{"tag with another value", tag("team", "b"), false},
		{"tag with another key", tag("x", "a"), false},
		{"untag the key", untag("team"), true},
		{"untag another key too", untag("team", "x"), false},
		{"get a policy by its tag", d.try(caller, "GetPolicy", &api.GetPolicyInput{PolicyArn: policy}), true},
		{"get one without", d.try(caller, "GetPolicy", &api.GetPolicyInput{PolicyArn: readOnly}), false},
		{"list versions by another value", d.try(caller, "ListPolicyVersions", &api.ListPolicyVersionsInput{PolicyArn: policy}), false},
	} {
		if (step.err == nil) != step.want {
			t.Errorf("%s: %v, want allowed = %v", step.name, step.err, step.want)
		}
	}
}

func TestTagsAtBirthTakeThePermissionToTag(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	caller := d.user("caller", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["iam:Create*","iam:Tag*"],"Resource":"*"},
		{"Effect":"Deny","Action":"iam:Tag*","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/team":"admin"}}}]}`)
	for _, kind := range []struct {
		name, action, arn string
		make              func(name string, tags []api.Tag) error
	}{
		{"a user", "iam:TagUser", "user/refused", func(name string, tags []api.Tag) error {
			return d.try(caller, "CreateUser", &api.CreateUserInput{UserName: name, Tags: tags})
		}},
		{"a role", "iam:TagRole", "role/refused", func(name string, tags []api.Tag) error {
			return d.try(caller, "CreateRole", &api.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: trustAll, Tags: tags})
		}},
		{"a policy", "iam:TagPolicy", "policy/refused", func(name string, tags []api.Tag) error {
			return d.try(caller, "CreatePolicy", &api.CreatePolicyInput{PolicyName: name, PolicyDocument: allowAll, Tags: tags})
		}},
		{"a provider", "iam:TagOpenIDConnectProvider", "oidc-provider/refused.example", func(name string, tags []api.Tag) error {
			return d.try(caller, "CreateOpenIDConnectProvider", &api.CreateOpenIDConnectProviderInput{Url: "https://" + name + ".example", Tags: tags})
		}},
		{"a device", "iam:TagMFADevice", "mfa/refused", func(name string, tags []api.Tag) error {
			return d.try(caller, "CreateVirtualMFADevice", &api.CreateVirtualMFADeviceInput{VirtualMFADeviceName: name, Tags: tags})
		}},
	} {
		check(t, []try{
			{kind.name + " with a tag that may be set", kind.make("fine", []api.Tag{{Key: "team", Value: "a"}}), "", ""},
			{kind.name + " with one that may not", kind.make("refused", []api.Tag{{Key: "team", Value: "admin"}}), "AccessDenied",
				"User: arn:aws:iam::" + account + ":user/caller is not authorized to perform: " + kind.action + " on resource: arn:aws:iam::" + account + ":" + kind.arn + " with an explicit deny in an identity-based policy"},
			{kind.name + " without tags, of the same name", kind.make("refused", nil), "", ""}, // the refused call made nothing
		})
	}
}

func TestTheDefaultPolicyVersionDecidesAndCannotBeDeleted(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	arn := ok[api.CreatePolicyOutput](d, d.admin, "CreatePolicy", &api.CreatePolicyInput{PolicyName: "p", PolicyDocument: allowAll}).Policy.Arn
	ref := d.user("u", "")
	ok[api.AttachUserPolicyOutput](d, d.admin, "AttachUserPolicy", &api.AttachUserPolicyInput{UserName: "u", PolicyArn: arn})
	denyAll := strings.Replace(allowAll, "Allow", "Deny", 1)
	yes := true
	add := func(document string, current *bool) error {
		return d.try(d.admin, "CreatePolicyVersion", &api.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: document, SetAsDefault: current})
	}
	remove := func(id string) error {
		return d.try(d.admin, "DeletePolicyVersion", &api.DeletePolicyVersionInput{PolicyArn: arn, VersionId: id})
	}
	set := func(id string) error {
		return d.try(d.admin, "SetDefaultPolicyVersion", &api.SetDefaultPolicyVersionInput{PolicyArn: arn, VersionId: id})
	}
	act := func() error { return d.try(ref, "GetUser", &api.GetUserInput{}) }
	const denied = "User: arn:aws:iam::111111111111:user/u is not authorized to perform: iam:GetUser on resource: arn:aws:iam::111111111111:user/u with an explicit deny in an identity-based policy: arn:aws:iam::111111111111:policy/p"
	const missing = "Policy arn:aws:iam::111111111111:policy/p version v9 does not exist or is not attachable."
	d.now = d.now.Add(time.Hour)
	check(t, []try{
		{"v2, not in force", add(denyAll, nil), "", ""},
		{"which changes nothing", act(), "", ""},
		{"v2 put into force", set("v2"), "", ""},
		{"denies", act(), "AccessDenied", denied},
		{"v3, in force", add(allowAll, &yes), "", ""},
		{"allows", act(), "", ""},
		{"broken text", add("{", nil), "MalformedPolicyDocument", "Syntax errors in policy."},
		{"the one in force to go", remove("v3"), "DeleteConflict", "Cannot delete the default version of a policy."},
		{"one that is not there to go", remove("v9"), "NoSuchEntity", missing},
		{"one that is not there into force", set("v9"), "NoSuchEntity", missing},
		{"what is no number", set("v1.x"), "NoSuchEntity", strings.Replace(missing, "v9", "v1.x", 1)},
		{"v4", add(allowAll, nil), "", ""},
		{"v5", add(allowAll, nil), "", ""},
		{"one too many", add(allowAll, nil), "LimitExceeded", "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version."},
		{"v5 to go", remove("v5"), "", ""},
		{"v6", add(allowAll, nil), "", ""}, // the number 5 is not used again
	})
	var ids []string
	marker := ""
	two := int64(2)
	for range 9 {
		out := ok[api.ListPolicyVersionsOutput](d, d.admin, "ListPolicyVersions", &api.ListPolicyVersionsInput{PolicyArn: arn, MaxItems: &two, Marker: marker})
		for _, v := range out.Versions {
			ids = append(ids, fmt.Sprint(v.VersionId, *v.IsDefaultVersion, v.Document))
		}
		marker = out.Marker
		if marker == "" {
			break
		}
	}
	equal(t, []string{"v6false", "v4false", "v3true", "v2false", "v1false"}, ids)
	later := noon.Add(time.Hour)
	got := ok[api.GetPolicyOutput](d, d.admin, "GetPolicy", &api.GetPolicyInput{PolicyArn: arn}).Policy
	equal(t, []any{"v3", noon, later}, []any{got.DefaultVersionId, *got.CreateDate, *got.UpdateDate})

	ok[api.DetachUserPolicyOutput](d, d.admin, "DetachUserPolicy", &api.DetachUserPolicyInput{UserName: "u", PolicyArn: arn})
	destroy := func() error {
		return d.try(d.admin, "DeletePolicy", &api.DeletePolicyInput{PolicyArn: arn})
	}
	check(t, []try{{"the policy to go with versions left", destroy(), "DeleteConflict", "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy."}})
	for _, id := range []string{"v1", "v2", "v4", "v6"} {
		d.must(remove(id))
	}
	d.must(destroy())

	const own = "Policy " + readOnly + " belongs to the service and cannot be changed."
	check(t, []try{
		{"the service's own gets no version", d.try(d.admin, "CreatePolicyVersion", &api.CreatePolicyVersionInput{PolicyArn: readOnly, PolicyDocument: allowAll}), "AccessDenied", own},
		{"nor tags", d.try(d.admin, "TagPolicy", &api.TagPolicyInput{PolicyArn: readOnly, Tags: []api.Tag{{Key: "k"}}}), "AccessDenied", own},
		{"a policy that is gone", add(allowAll, nil), "NoSuchEntity", "Policy " + arn + " was not found."},
	})
	out := ok[api.ListPolicyVersionsOutput](d, d.admin, "ListPolicyVersions", &api.ListPolicyVersionsInput{PolicyArn: readOnly})
	equal(t, []string{"v1"}, names(out.Versions, func(v api.PolicyVersion) string { return v.VersionId }))
}
