package iam_test

import (
	"strings"
	"testing"

	api "daypass/api/iam"
	"daypass/internal/principal"
)

func TestCreateUserRefusesTakenNamesAndBadTags(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	made := ok[api.CreateUserOutput](d, d.admin, "CreateUser", &api.CreateUserInput{
		UserName: "Alice", Path: "/team/", PermissionsBoundary: "arn:aws:iam::aws:policy/ReadOnlyAccess",
		Tags: []api.Tag{{Key: "b", Value: "2"}, {Key: "A", Value: ""}},
	}).User
	if !strings.HasPrefix(made.UserId, "AIDA") || len(made.UserId) != 21 {
		t.Errorf("UserId = %q, want AIDA and 17 more", made.UserId)
	}
	want := &api.User{
		Path: "/team/", UserName: "Alice", UserId: made.UserId, Arn: "arn:aws:iam::111111111111:user/team/Alice", CreateDate: &noon,
		PermissionsBoundary: &api.AttachedPermissionsBoundary{PermissionsBoundaryType: "Policy", PermissionsBoundaryArn: "arn:aws:iam::aws:policy/ReadOnlyAccess"},
		Tags:                []api.Tag{{Key: "A", Value: ""}, {Key: "b", Value: "2"}},
	}
	equal(t, want, made)
	equal(t, want, ok[api.GetUserOutput](d, d.admin, "GetUser", &api.GetUserInput{UserName: "Alice"}).User)

	_, err := do[api.CreateUserOutput](d, d.admin, "CreateUser", &api.CreateUserInput{UserName: "alice"})
	refuses(t, err, "EntityAlreadyExists", "User with name alice already exists.")
	_, err = do[api.GetUserOutput](d, d.admin, "GetUser", &api.GetUserInput{UserName: "Bob"})
	refuses(t, err, "NoSuchEntity", "The user with name Bob cannot be found.")
	_, err = do[api.CreateUserOutput](d, d.admin, "CreateUser", &api.CreateUserInput{UserName: "x", Tags: []api.Tag{{Key: "k"}, {Key: "K"}}})
	refuses(t, err, "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
	_, err = do[api.CreateUserOutput](d, d.admin, "CreateUser", &api.CreateUserInput{UserName: "x", Tags: []api.Tag{{Key: "AWS:x"}}})
	refuses(t, err, "InvalidInput", `Tag key "AWS:x": keys that begin with aws: are reserved.`)

	ok[api.DeleteUserOutput](d, d.admin, "DeleteUser", &api.DeleteUserInput{UserName: "Alice"})
	_, err = do[api.DeleteUserOutput](d, d.admin, "DeleteUser", &api.DeleteUserInput{UserName: "Alice"})
	refuses(t, err, "NoSuchEntity", "The user with name Alice cannot be found.")
}

func TestGetUserWithoutANameIsTheCaller(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	equal(t, "admin", ok[api.GetUserOutput](d, d.admin, "GetUser", &api.GetUserInput{}).User.UserName)

	root := principal.Ref{Kind: principal.Root, Account: account, ID: account}
	equal(t, &api.User{Path: "/", UserId: account, Arn: "arn:aws:iam::111111111111:root", CreateDate: &noon},
		ok[api.GetUserOutput](d, root, "GetUser", &api.GetUserInput{}).User)

	r := d.role("r")
	session := principal.Ref{Kind: principal.Role, Account: account, ID: r.RoleId, SessionName: "s", Session: &principal.Session{}}
	_, err := do[api.GetUserOutput](d, session, "GetUser", &api.GetUserInput{})
	refuses(t, err, "ValidationError", "Must specify userName when calling with non-User credentials")
}

func TestListsAreSortedAndReturnedInPages(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for _, name := range []string{"d", "B", "a"} {
		ok[api.CreateUserOutput](d, d.admin, "CreateUser", &api.CreateUserInput{UserName: name, Path: "/x/", Tags: []api.Tag{{Key: "k"}}})
		ok[api.CreateRoleOutput](d, d.admin, "CreateRole", &api.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: trustAll})
		ok[api.PutUserPolicyOutput](d, d.admin, "PutUserPolicy", &api.PutUserPolicyInput{UserName: "admin", PolicyName: name, PolicyDocument: allowAll})
		arn := ok[api.CreatePolicyOutput](d, d.admin, "CreatePolicy", &api.CreatePolicyInput{PolicyName: name, PolicyDocument: allowAll}).Policy.Arn
		ok[api.AttachUserPolicyOutput](d, d.admin, "AttachUserPolicy", &api.AttachUserPolicyInput{UserName: "admin", PolicyArn: arn})
	}
	two := int64(2)
	for name, page := range map[string]func(marker string) ([]string, string, *bool){
		"ListUsers: a B d": func(marker string) ([]string, string, *bool) {
			out := ok[api.ListUsersOutput](d, d.admin, "ListUsers", &api.ListUsersInput{PathPrefix: "/x", Marker: marker, MaxItems: &two})
			for _, u := range out.Users {
				equal(t, 0, len(u.Tags))
			}
			return names(out.Users, func(u api.User) string { return u.UserName }), out.Marker, out.IsTruncated
		},
		"ListRoles: a B d": func(marker string) ([]string, string, *bool) {
			out := ok[api.ListRolesOutput](d, d.admin, "ListRoles", &api.ListRolesInput{Marker: marker, MaxItems: &two})
			return names(out.Roles, func(r api.Role) string { return r.RoleName }), out.Marker, out.IsTruncated
		},
		"ListUserPolicies: B a d": func(marker string) ([]string, string, *bool) {
			out := ok[api.ListUserPoliciesOutput](d, d.admin, "ListUserPolicies", &api.ListUserPoliciesInput{UserName: "admin", Marker: marker, MaxItems: &two})
			return out.PolicyNames, out.Marker, out.IsTruncated
		},
		"ListAttachedUserPolicies: B a d AdministratorAccess": func(marker string) ([]string, string, *bool) {
			out := ok[api.ListAttachedUserPoliciesOutput](d, d.admin, "ListAttachedUserPolicies", &api.ListAttachedUserPoliciesInput{UserName: "admin", Marker: marker, MaxItems: &two})
			return names(out.AttachedPolicies, func(p api.AttachedPolicy) string { return p.PolicyName }), out.Marker, out.IsTruncated
		},
		"ListPolicies: AdministratorAccess AWSCodeArtifactAdminAccess AWSCodeArtifactReadOnlyAccess IAMFullAccess IAMReadOnlyAccess PowerUserAccess ReadOnlyAccess a B d": func(marker string) ([]string, string, *bool) {
			out := ok[api.ListPoliciesOutput](d, d.admin, "ListPolicies", &api.ListPoliciesInput{Marker: marker, MaxItems: &two})
			return names(out.Policies, func(p api.Policy) string { return p.PolicyName }), out.Marker, out.IsTruncated
		},
	} {
		op, want, _ := strings.Cut(name, ": ")
		var all []string
		marker := ""
		for range 10 {
			found, next, truncated := page(marker)
			all = append(all, found...)
			marker = next
			if truncated == nil || *truncated != (next != "") {
				t.Fatalf("%s: IsTruncated and Marker disagree", op)
			}
			if next == "" {
				break
			}
			equal(t, 2, len(found))
		}
		if got := strings.Join(all, " "); got != want {
			t.Errorf("%s = %s, want %s", op, got, want)
		}
	}
	for _, marker := range []string{"!", "AA", "_w"} { // no base64; U+0000; no UTF-8
		_, err := do[api.ListUsersOutput](d, d.admin, "ListUsers", &api.ListUsersInput{Marker: marker})
		refuses(t, err, "ValidationError", "Invalid Marker.")
	}
}

func names[T any](items []T, name func(T) string) []string {
	var found []string
	for _, item := range items {
		found = append(found, name(item))
	}
	return found
}

func TestAUserHasTwoAccessKeysAtMostAndTheRootKeyIsFixed(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.user("u", "")
	key := ok[api.CreateAccessKeyOutput](d, d.admin, "CreateAccessKey", &api.CreateAccessKeyInput{UserName: "u"}).AccessKey
	equal(t, []any{"u", "Active", 20, 40, "AKIA"}, []any{key.UserName, key.Status, len(key.AccessKeyId), len(key.SecretAccessKey), key.AccessKeyId[:4]})
	ok[api.CreateAccessKeyOutput](d, d.admin, "CreateAccessKey", &api.CreateAccessKeyInput{UserName: "u"})
	_, err := do[api.CreateAccessKeyOutput](d, d.admin, "CreateAccessKey", &api.CreateAccessKeyInput{UserName: "u"})
	refuses(t, err, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")

	ok[api.UpdateAccessKeyOutput](d, d.admin, "UpdateAccessKey", &api.UpdateAccessKeyInput{UserName: "u", AccessKeyId: key.AccessKeyId, Status: "Inactive"})
	_, err = do[api.UpdateAccessKeyOutput](d, d.admin, "UpdateAccessKey", &api.UpdateAccessKeyInput{UserName: "u", AccessKeyId: key.AccessKeyId, Status: "Expired"})
	refuses(t, err, "InvalidInput", "Status: Expired cannot be set: expected Active or Inactive.")
	status := map[string]string{}
	for _, k := range ok[api.ListAccessKeysOutput](d, d.admin, "ListAccessKeys", &api.ListAccessKeysInput{UserName: "u"}).AccessKeyMetadata {
		status[k.AccessKeyId] = k.UserName + " " + k.Status
	}
	equal(t, 2, len(status))
	equal(t, "u Inactive", status[key.AccessKeyId])

	ok[api.DeleteAccessKeyOutput](d, d.admin, "DeleteAccessKey", &api.DeleteAccessKeyInput{UserName: "u", AccessKeyId: key.AccessKeyId})
	_, err = do[api.DeleteAccessKeyOutput](d, d.admin, "DeleteAccessKey", &api.DeleteAccessKeyInput{UserName: "u", AccessKeyId: key.AccessKeyId})
	refuses(t, err, "NoSuchEntity", "The Access Key with id "+key.AccessKeyId+" cannot be found.")

	// Without a user name the caller's own keys are listed.
	own := ok[api.ListAccessKeysOutput](d, d.admin, "ListAccessKeys", &api.ListAccessKeysInput{}).AccessKeyMetadata
	equal(t, []string{"admin"}, names(own, func(k api.AccessKeyMetadata) string { return k.UserName }))
	root := principal.Ref{Kind: principal.Root, Account: account, ID: account}
	own = ok[api.ListAccessKeysOutput](d, root, "ListAccessKeys", &api.ListAccessKeysInput{}).AccessKeyMetadata
	equal(t, []string{rootKey.AccessKeyID}, names(own, func(k api.AccessKeyMetadata) string { return k.AccessKeyId }))
	_, err = do[api.CreateAccessKeyOutput](d, root, "CreateAccessKey", &api.CreateAccessKeyInput{})
	refuses(t, err, "UnsupportedOperation", "The access key of the root user is set in the configuration of the server.")
}
