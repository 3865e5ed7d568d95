package iam_test

import (
	"fmt"
	"strings"
	"testing"

	api "daypass/api/iam"
	"daypass/internal/principal"
)

func (d *door) group(name string, members ...string) *api.Group {
	d.t.Helper()
	out := ok[api.CreateGroupOutput](d, d.admin, "CreateGroup", &api.CreateGroupInput{GroupName: name})
	for _, member := range members {
		d.must(d.join(name, member))
	}
	return out.Group
}

func (d *door) join(group, user string) error {
	d.t.Helper()
	return d.try(d.admin, "AddUserToGroup", &api.AddUserToGroupInput{GroupName: group, UserName: user})
}

func (d *door) leave(group, user string) error {
	d.t.Helper()
	return d.try(d.admin, "RemoveUserFromGroup", &api.RemoveUserFromGroupInput{GroupName: group, UserName: user})
}

func TestGroupsAreCreatedMovedAndDeletedUniqueCaseAside(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	made := ok[api.CreateGroupOutput](d, d.admin, "CreateGroup", &api.CreateGroupInput{GroupName: "Devs", Path: "/x/"}).Group
	if !strings.HasPrefix(made.GroupId, "AGPA") || len(made.GroupId) != 21 {
		t.Errorf("GroupId = %q, want AGPA and 17 more", made.GroupId)
	}
	want := &api.Group{Path: "/x/", GroupName: "Devs", GroupId: made.GroupId, Arn: "arn:aws:iam::111111111111:group/x/Devs", CreateDate: &noon}
	equal(t, want, made)
	d.user("Devs", "") // users and groups do not share names
	get := func(name string) error {
		return d.try(d.admin, "GetGroup", &api.GetGroupInput{GroupName: name})
	}
	update := func(in api.UpdateGroupInput) error {
		return d.try(d.admin, "UpdateGroup", &in)
	}
	d.group("other")
	check(t, []try{
		{"the same name, case aside", d.try(d.admin, "CreateGroup", &api.CreateGroupInput{GroupName: "devs"}), "EntityAlreadyExists", "Group with name devs already exists."},
		{"none by that name", get("none"), "NoSuchEntity", "The group with name none cannot be found."},
		{"a look-up in other case", get("devs"), "NoSuchEntity", "The group with name devs cannot be found."},
		{"a move", update(api.UpdateGroupInput{GroupName: "Devs", NewGroupName: "Ops", NewPath: "/"}), "", ""},
		{"to a name that is taken", update(api.UpdateGroupInput{GroupName: "Ops", NewGroupName: "OTHER"}), "EntityAlreadyExists", "Group with name OTHER already exists."},
		{"of none", update(api.UpdateGroupInput{GroupName: "Devs"}), "NoSuchEntity", "The group with name Devs cannot be found."},
	})
	moved := ok[api.GetGroupOutput](d, d.admin, "GetGroup", &api.GetGroupInput{GroupName: "Ops"})
	want.Path, want.GroupName, want.Arn = "/", "Ops", "arn:aws:iam::111111111111:group/Ops"
	equal(t, &api.GetGroupOutput{Group: want, Users: []api.User{}, IsTruncated: new(bool)}, moved)
	listed := ok[api.ListGroupsOutput](d, d.admin, "ListGroups", &api.ListGroupsInput{})
	equal(t, []string{"Ops", "other"}, names(listed.Groups, func(g api.Group) string { return g.GroupName }))
	ok[api.DeleteGroupOutput](d, d.admin, "DeleteGroup", &api.DeleteGroupInput{GroupName: "Ops"})
	equal(t, true, get("Ops") != nil)
}

func TestAUserIsInTenGroupsAtMostAndMembersComeInPages(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for _, name := range []string{"b", "A", "c"} {
		d.user(name, "")
	}
	d.group("g", "b", "A", "c")
	one, two := int64(1), int64(2)
	first := ok[api.GetGroupOutput](d, d.admin, "GetGroup", &api.GetGroupInput{GroupName: "g", MaxItems: &two})
	rest := ok[api.GetGroupOutput](d, d.admin, "GetGroup", &api.GetGroupInput{GroupName: "g", MaxItems: &two, Marker: first.Marker})
	userName := func(u api.User) string { return u.UserName }
	equal(t, []any{[]string{"A", "b"}, true, []string{"c"}, false}, []any{names(first.Users, userName), *first.IsTruncated, names(rest.Users, userName), *rest.IsTruncated})

	check(t, []try{
		{"once more is no error", d.join("g", "b"), "", ""},
		{"nobody", d.join("g", "x"), "NoSuchEntity", "The user with name x cannot be found."},
		{"into no group", d.join("x", "b"), "NoSuchEntity", "The group with name x cannot be found."},
		{"out of a group", d.leave("g", "b"), "", ""},
		{"twice", d.leave("g", "b"), "NoSuchEntity", "The user with name b is not in the group with name g."},
	})
	for i := range 9 {
		d.group(fmt.Sprintf("G%d", i), "A")
	}
	d.group("G9")
	check(t, []try{{"an eleventh group", d.join("G9", "A"), "LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10"}})
	var groups []string
	marker := ""
	for range 12 {
		out := ok[api.ListGroupsForUserOutput](d, d.admin, "ListGroupsForUser", &api.ListGroupsForUserInput{UserName: "A", MaxItems: &one, Marker: marker})
		groups = append(groups, names(out.Groups, func(g api.Group) string { return g.GroupName })...)
		marker = out.Marker
		if marker == "" {
			break
		}
	}
	equal(t, "g G0 G1 G2 G3 G4 G5 G6 G7 G8", strings.Join(groups, " "))
	_, err := do[api.ListGroupsForUserOutput](d, d.admin, "ListGroupsForUser", &api.ListGroupsForUserInput{UserName: "x"})
	refuses(t, err, "NoSuchEntity", "The user with name x cannot be found.")
}

func TestAUserHasThePoliciesOfItsGroups(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	ref := d.user("u", "")
	d.group("g", "u")
	g := principal.Ref{Kind: principal.User, Account: account, ID: d.group("h", "u").GroupId}
	list := func() error { return d.try(ref, "ListUsers", &api.ListUsersInput{}) }
	const none = "User: arn:aws:iam::111111111111:user/u is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::111111111111:user/ because no identity-based policy allows the iam:ListUsers action"
	const denied = "User: arn:aws:iam::111111111111:user/u is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::111111111111:user/ with an explicit deny in an identity-based policy"
	deny := ok[api.CreatePolicyOutput](d, d.admin, "CreatePolicy", &api.CreatePolicyInput{PolicyName: "deny", PolicyDocument: strings.Replace(allowAll, "Allow", "Deny", 1)}).Policy.Arn
	check(t, []try{
		{"none", list(), "AccessDenied", none},
		{"one in line", d.try(d.admin, "PutGroupPolicy", &api.PutGroupPolicyInput{GroupName: "g", PolicyName: "p", PolicyDocument: allowAll}), "", ""},
		{"allows", list(), "", ""},
		{"one attached to another group", d.try(d.admin, "AttachGroupPolicy", &api.AttachGroupPolicyInput{GroupName: "h", PolicyArn: deny}), "", ""},
		{"denies, and is named", list(), "AccessDenied", denied + ": " + deny},
		{"out of that group", d.leave("h", "u"), "", ""},
		{"allows again", list(), "", ""},
		{"out of the other", d.leave("g", "u"), "", ""},
		{"none again", list(), "AccessDenied", none},
	})
	_, _, err := d.directory.Principal(t.Context(), g) // a group is no principal
	if err == nil {
		t.Error("a group was taken for a user")
	}
}

func TestDeleteGroupIsRefusedWithPoliciesOrMembers(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.user("u", "")
	d.group("g")
	put := func(document string) error {
		return d.try(d.admin, "PutGroupPolicy", &api.PutGroupPolicyInput{GroupName: "g", PolicyName: "p", PolicyDocument: document})
	}
	sized := func(n int) string {
		return strings.Replace(allowAll, `"*"}`, `"`+strings.Repeat("a", n-len(allowAll)+1)+`*"}`, 1)
	}
	attach := func(arn string) error {
		return d.try(d.admin, "AttachGroupPolicy", &api.AttachGroupPolicyInput{GroupName: "g", PolicyArn: arn})
	}
	remove := func() error {
		return d.try(d.admin, "DeleteGroup", &api.DeleteGroupInput{GroupName: "g"})
	}
	check(t, []try{
		{"too large", put(sized(5122)), "LimitExceeded", "Maximum policy size of 5120 bytes exceeded for group g"},
		{"just not", put(allowAll), "", ""},
		{"one that is not there", d.try(d.admin, "GetGroupPolicy", &api.GetGroupPolicyInput{GroupName: "g", PolicyName: "x"}), "NoSuchEntity", "The group policy with name x cannot be found."},
		{"one to attach that is not there", attach("arn:aws:iam::111111111111:policy/x"), "NoSuchEntity", "Policy arn:aws:iam::111111111111:policy/x does not exist or is not attachable."},
		{"one attached", attach(readOnly), "", ""},
		{"deletion with one attached", remove(), "DeleteConflict", "Cannot delete entity, must detach all policies first."},
	})
	got := ok[api.GetGroupPolicyOutput](d, d.admin, "GetGroupPolicy", &api.GetGroupPolicyInput{GroupName: "g", PolicyName: "p"})
	equal(t, "g", got.GroupName)
	equal(t, []string{"p"}, ok[api.ListGroupPoliciesOutput](d, d.admin, "ListGroupPolicies", &api.ListGroupPoliciesInput{GroupName: "g"}).PolicyNames)
	attached := ok[api.ListAttachedGroupPoliciesOutput](d, d.admin, "ListAttachedGroupPolicies", &api.ListAttachedGroupPoliciesInput{GroupName: "g"})
	equal(t, []api.AttachedPolicy{{PolicyName: "ReadOnlyAccess", PolicyArn: readOnly}}, attached.AttachedPolicies)
	ok[api.DetachGroupPolicyOutput](d, d.admin, "DetachGroupPolicy", &api.DetachGroupPolicyInput{GroupName: "g", PolicyArn: readOnly})
	d.must(d.join("g", "u"))
	deleteUser := func() error {
		return d.try(d.admin, "DeleteUser", &api.DeleteUserInput{UserName: "u"})
	}
	check(t, []try{
		{"deletion with one in line", remove(), "DeleteConflict", "Cannot delete entity, must delete policies first."},
		{"that one to go", d.try(d.admin, "DeleteGroupPolicy", &api.DeleteGroupPolicyInput{GroupName: "g", PolicyName: "p"}), "", ""},
		{"deletion with a member", remove(), "DeleteConflict", "Cannot delete entity, must remove users from group first."},
		{"deletion of a member", deleteUser(), "DeleteConflict", "Cannot delete entity, must remove users from group first."},
		{"the member to go", d.leave("g", "u"), "", ""},
		{"deletion", remove(), "", ""},
		{"deletion of who was one", deleteUser(), "", ""},
		{"deletion twice", remove(), "NoSuchEntity", "The group with name g cannot be found."},
	})
	d.group("many")
	for i := range 10 {
		arn := ok[api.CreatePolicyOutput](d, d.admin, "CreatePolicy", &api.CreatePolicyInput{PolicyName: fmt.Sprint("p", i), PolicyDocument: allowAll}).Policy.Arn
		ok[api.AttachGroupPolicyOutput](d, d.admin, "AttachGroupPolicy", &api.AttachGroupPolicyInput{GroupName: "many", PolicyArn: arn})
	}
	_, err := do[api.AttachGroupPolicyOutput](d, d.admin, "AttachGroupPolicy", &api.AttachGroupPolicyInput{GroupName: "many", PolicyArn: readOnly})
	refuses(t, err, "LimitExceeded", "Cannot exceed quota for PoliciesPerGroup: 10")
}

func TestListEntitiesForPolicyFiltersAndPages(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.user("b", "")
	d.user("A", "")
	d.role("r")
	d.group("g")
	ok[api.CreateUserOutput](d, d.admin, "CreateUser", &api.CreateUserInput{UserName: "bound", Path: "/x/", PermissionsBoundary: readOnly})
	for _, name := range []string{"A", "b"} {
		ok[api.AttachUserPolicyOutput](d, d.admin, "AttachUserPolicy", &api.AttachUserPolicyInput{UserName: name, PolicyArn: readOnly})
	}
	ok[api.AttachRolePolicyOutput](d, d.admin, "AttachRolePolicy", &api.AttachRolePolicyInput{RoleName: "r", PolicyArn: readOnly})
	ok[api.AttachGroupPolicyOutput](d, d.admin, "AttachGroupPolicy", &api.AttachGroupPolicyInput{GroupName: "g", PolicyArn: readOnly})
	for _, test := range []struct {
		name string
		in   api.ListEntitiesForPolicyInput
		want string
	}{
		{"all", api.ListEntitiesForPolicyInput{}, "g r A b bound"},
		{"one kind", api.ListEntitiesForPolicyInput{EntityFilter: "User"}, "A b bound"},
		{"a kind of policies", api.ListEntitiesForPolicyInput{EntityFilter: "AWSManagedPolicy"}, ""},
		{"what it permits", api.ListEntitiesForPolicyInput{PolicyUsageFilter: "PermissionsPolicy"}, "g r A b"},
		{"what it bounds", api.ListEntitiesForPolicyInput{PolicyUsageFilter: "PermissionsBoundary"}, "bound"},
		{"a path", api.ListEntitiesForPolicyInput{PathPrefix: "/x/"}, "bound"},
	} {
		for size := int64(1); size <= 6; size++ {
			in := test.in
			in.PolicyArn, in.MaxItems = readOnly, &size
			var all []string
			for range 9 {
				out := ok[api.ListEntitiesForPolicyOutput](d, d.admin, "ListEntitiesForPolicy", &in)
				all = append(all, names(out.PolicyGroups, func(p api.PolicyGroup) string { return p.GroupName })...)
				all = append(all, names(out.PolicyRoles, func(p api.PolicyRole) string { return p.RoleName })...)
				all = append(all, names(out.PolicyUsers, func(p api.PolicyUser) string { return p.UserName })...)
				if *out.IsTruncated != (out.Marker != "") {
					t.Errorf("%s: IsTruncated and Marker disagree", test.name)
				}
				in.Marker = out.Marker
				if in.Marker == "" {
					break
				}
			}
			if got := strings.Join(all, " "); got != test.want {
				t.Errorf("%s in pages of %d: %q, want %q", test.name, size, got, test.want)
			}
		}
	}
	entities := func(in api.ListEntitiesForPolicyInput) error {
		return d.try(d.admin, "ListEntitiesForPolicy", &in)
	}
	check(t, []try{
		{"no such policy", entities(api.ListEntitiesForPolicyInput{PolicyArn: "arn:aws:iam::111111111111:policy/x"}), "NoSuchEntity", "Policy arn:aws:iam::111111111111:policy/x was not found."},
		{"a marker that is none", entities(api.ListEntitiesForPolicyInput{PolicyArn: readOnly, Marker: "eA"}), "ValidationError", "Invalid Marker."},
	})
}
