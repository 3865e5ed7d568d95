package iam_test

import (
	"net/url"
	"strings"
	"testing"

	api "daypass/api/iam"
)

func TestCreateRoleShowsTheTrustPolicyAndRefusesBadPrincipals(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	two := int64(7200)
	made := ok[api.CreateRoleOutput](d, d.admin, "CreateRole", &api.CreateRoleInput{
		RoleName: "Deploy", Path: "/ci/", Description: "deploys", AssumeRolePolicyDocument: trustAll, MaxSessionDuration: &two, Tags: []api.Tag{{Key: "k", Value: "v"}},
	}).Role
	if !strings.HasPrefix(made.RoleId, "AROA") || len(made.RoleId) != 21 {
		t.Errorf("RoleId = %q, want AROA and 17 more", made.RoleId)
	}
	want := &api.Role{
		Path: "/ci/", RoleName: "Deploy", RoleId: made.RoleId, Arn: "arn:aws:iam::111111111111:role/ci/Deploy", CreateDate: &noon, Description: "deploys",
		AssumeRolePolicyDocument: "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22AWS%22%3A%22%2A%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%7D",
		MaxSessionDuration:       &two, Tags: []api.Tag{{Key: "k", Value: "v"}},
	}
	equal(t, want, made)
	got := ok[api.GetRoleOutput](d, d.admin, "GetRole", &api.GetRoleInput{RoleName: "Deploy"}).Role
	want.RoleLastUsed = &api.RoleLastUsed{}
	equal(t, want, got)
	equal(t, int64(3600), *d.role("plain").MaxSessionDuration)

	_, err := do[api.CreateRoleOutput](d, d.admin, "CreateRole", &api.CreateRoleInput{RoleName: "deploy", AssumeRolePolicyDocument: trustAll})
	refuses(t, err, "EntityAlreadyExists", "Role with name deploy already exists.")
	bad := strings.Replace(trustAll, "*", "arn:aws:iam::111111111111:user/ghost", 1)
	_, err = do[api.CreateRoleOutput](d, d.admin, "CreateRole", &api.CreateRoleInput{RoleName: "x", AssumeRolePolicyDocument: bad})
	refuses(t, err, "MalformedPolicyDocument", `Invalid principal in policy: "AWS":"arn:aws:iam::111111111111:user/ghost"`)
	_, err = do[api.UpdateAssumeRolePolicyOutput](d, d.admin, "UpdateAssumeRolePolicy", &api.UpdateAssumeRolePolicyInput{RoleName: "ghost", PolicyDocument: trustAll})
	refuses(t, err, "NoSuchEntity", "The role with name ghost cannot be found.")
	better := strings.Replace(trustAll, "*", account, 1)
	ok[api.UpdateAssumeRolePolicyOutput](d, d.admin, "UpdateAssumeRolePolicy", &api.UpdateAssumeRolePolicyInput{RoleName: "Deploy", PolicyDocument: better})
	got = ok[api.GetRoleOutput](d, d.admin, "GetRole", &api.GetRoleInput{RoleName: "Deploy"}).Role
	decoded, err := url.PathUnescape(got.AssumeRolePolicyDocument)
	d.must(err)
	equal(t, better, decoded)

	profiles := ok[api.ListInstanceProfilesForRoleOutput](d, d.admin, "ListInstanceProfilesForRole", &api.ListInstanceProfilesForRoleInput{RoleName: "Deploy"})
	equal(t, &api.ListInstanceProfilesForRoleOutput{InstanceProfiles: []api.InstanceProfile{}, IsTruncated: new(bool)}, profiles)
	_, err = do[api.ListInstanceProfilesForRoleOutput](d, d.admin, "ListInstanceProfilesForRole", &api.ListInstanceProfilesForRoleInput{RoleName: "x"})
	refuses(t, err, "NoSuchEntity", "The role with name x cannot be found.")

	ok[api.DeleteRoleOutput](d, d.admin, "DeleteRole", &api.DeleteRoleInput{RoleName: "Deploy"})
	_, err = do[api.GetRoleOutput](d, d.admin, "GetRole", &api.GetRoleInput{RoleName: "Deploy"})
	refuses(t, err, "NoSuchEntity", "The role with name Deploy cannot be found.")
}

func TestInlinePoliciesComeBackEncodedAndPreventDeletion(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.user("u", "")
	d.role("r")
	document := "{\n  \"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Action\": \"s3:*\", \"Resource\": \"arn:aws:s3:::a+b/ü\"}}"
	ok[api.PutUserPolicyOutput](d, d.admin, "PutUserPolicy", &api.PutUserPolicyInput{UserName: "u", PolicyName: "p", PolicyDocument: document})
	ok[api.PutRolePolicyOutput](d, d.admin, "PutRolePolicy", &api.PutRolePolicyInput{RoleName: "r", PolicyName: "p", PolicyDocument: document})
	forUser := ok[api.GetUserPolicyOutput](d, d.admin, "GetUserPolicy", &api.GetUserPolicyInput{UserName: "u", PolicyName: "p"})
	forRole := ok[api.GetRolePolicyOutput](d, d.admin, "GetRolePolicy", &api.GetRolePolicyInput{RoleName: "r", PolicyName: "p"})
	equal(t, forUser.PolicyDocument, forRole.PolicyDocument)
	if strings.ContainsAny(forUser.PolicyDocument, "+ {}\"\n") {
		t.Errorf("not encoded by RFC 3986: %s", forUser.PolicyDocument)
	}
	decoded, err := url.PathUnescape(forUser.PolicyDocument)
	d.must(err)
	equal(t, document, decoded)

	_, err = do[api.GetUserPolicyOutput](d, d.admin, "GetUserPolicy", &api.GetUserPolicyInput{UserName: "u", PolicyName: "q"})
	refuses(t, err, "NoSuchEntity", "The user policy with name q cannot be found.")
	_, err = do[api.GetRolePolicyOutput](d, d.admin, "GetRolePolicy", &api.GetRolePolicyInput{RoleName: "r", PolicyName: "q"})
	refuses(t, err, "NoSuchEntity", "The role policy with name q cannot be found.")
	_, err = do[api.DeleteRoleOutput](d, d.admin, "DeleteRole", &api.DeleteRoleInput{RoleName: "r"})
	refuses(t, err, "DeleteConflict", "Cannot delete entity, must delete policies first.")
	equal(t, []string{"p"}, ok[api.ListRolePoliciesOutput](d, d.admin, "ListRolePolicies", &api.ListRolePoliciesInput{RoleName: "r"}).PolicyNames)
	ok[api.DeleteRolePolicyOutput](d, d.admin, "DeleteRolePolicy", &api.DeleteRolePolicyInput{RoleName: "r", PolicyName: "p"})
	ok[api.DeleteUserPolicyOutput](d, d.admin, "DeleteUserPolicy", &api.DeleteUserPolicyInput{UserName: "u", PolicyName: "p"})
	equal(t, []string{}, ok[api.ListUserPoliciesOutput](d, d.admin, "ListUserPolicies", &api.ListUserPoliciesInput{UserName: "u"}).PolicyNames)
}

func TestManagedPoliciesAreCreatedAttachedAndCounted(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.user("u", "")
	d.role("r")
	made := ok[api.CreatePolicyOutput](d, d.admin, "CreatePolicy", &api.CreatePolicyInput{
		PolicyName: "P", Path: "/x/", Description: "d", PolicyDocument: allowAll, Tags: []api.Tag{{Key: "k", Value: "v"}},
	}).Policy
	zero, one, yes := int64(0), int64(1), true
	want := &api.Policy{
		PolicyName: "P", PolicyId: made.PolicyId, Arn: "arn:aws:iam::111111111111:policy/x/P", Path: "/x/", DefaultVersionId: "v1", AttachmentCount: &zero,
		PermissionsBoundaryUsageCount: &zero, IsAttachable: &yes, Description: "d", CreateDate: &noon, UpdateDate: &noon, Tags: []api.Tag{{Key: "k", Value: "v"}},
	}
	want.Description = "" // CreatePolicy does not return it
	equal(t, want, made)
	want.Description = "d"
	_, err := do[api.CreatePolicyOutput](d, d.admin, "CreatePolicy", &api.CreatePolicyInput{PolicyName: "p", PolicyDocument: allowAll})
	refuses(t, err, "EntityAlreadyExists", "A policy called p already exists. Duplicate names are not allowed.")

	for range 2 { // attaching again is no error
		ok[api.AttachRolePolicyOutput](d, d.admin, "AttachRolePolicy", &api.AttachRolePolicyInput{RoleName: "r", PolicyArn: made.Arn})
	}
	want.AttachmentCount = &one
	equal(t, want, ok[api.GetPolicyOutput](d, d.admin, "GetPolicy", &api.GetPolicyInput{PolicyArn: made.Arn}).Policy)
	attached := ok[api.ListAttachedRolePoliciesOutput](d, d.admin, "ListAttachedRolePolicies", &api.ListAttachedRolePoliciesInput{RoleName: "r"})
	equal(t, []api.AttachedPolicy{{PolicyName: "P", PolicyArn: made.Arn}}, attached.AttachedPolicies)
	attached = ok[api.ListAttachedRolePoliciesOutput](d, d.admin, "ListAttachedRolePolicies", &api.ListAttachedRolePoliciesInput{RoleName: "r", PathPrefix: "/y/"})
	equal(t, 0, len(attached.AttachedPolicies))

	version := ok[api.GetPolicyVersionOutput](d, d.admin, "GetPolicyVersion", &api.GetPolicyVersionInput{PolicyArn: made.Arn, VersionId: "v1"}).PolicyVersion
	decoded, err := url.PathUnescape(version.Document)
	d.must(err)
	equal(t, []any{allowAll, "v1", true}, []any{decoded, version.VersionId, *version.IsDefaultVersion})
	for _, id := range []string{"v2", "v1.x"} {
		_, err = do[api.GetPolicyVersionOutput](d, d.admin, "GetPolicyVersion", &api.GetPolicyVersionInput{PolicyArn: made.Arn, VersionId: id})
		refuses(t, err, "NoSuchEntity", "Policy "+made.Arn+" version "+id+" does not exist or is not attachable.")
	}

	_, err = do[api.DeletePolicyOutput](d, d.admin, "DeletePolicy", &api.DeletePolicyInput{PolicyArn: made.Arn})
	refuses(t, err, "DeleteConflict", "Cannot delete a policy attached to entities.")
	ok[api.DetachRolePolicyOutput](d, d.admin, "DetachRolePolicy", &api.DetachRolePolicyInput{RoleName: "r", PolicyArn: made.Arn})
	_, err = do[api.DetachUserPolicyOutput](d, d.admin, "DetachUserPolicy", &api.DetachUserPolicyInput{UserName: "u", PolicyArn: made.Arn})
	refuses(t, err, "NoSuchEntity", "Policy "+made.Arn+" was not found.")
	ok[api.DeletePolicyOutput](d, d.admin, "DeletePolicy", &api.DeletePolicyInput{PolicyArn: made.Arn})
	_, err = do[api.GetPolicyOutput](d, d.admin, "GetPolicy", &api.GetPolicyInput{PolicyArn: made.Arn})
	refuses(t, err, "NoSuchEntity", "Policy "+made.Arn+" was not found.")
	_, err = do[api.AttachUserPolicyOutput](d, d.admin, "AttachUserPolicy", &api.AttachUserPolicyInput{UserName: "u", PolicyArn: made.Arn})
	refuses(t, err, "NoSuchEntity", "Policy "+made.Arn+" does not exist or is not attachable.")
	_, err = do[api.AttachUserPolicyOutput](d, d.admin, "AttachUserPolicy", &api.AttachUserPolicyInput{UserName: "u", PolicyArn: "arn:aws:iam::aws:role/x"})
	refuses(t, err, "InvalidInput", "ARN arn:aws:iam::aws:role/x is not valid.")
	_, err = do[api.DeletePolicyOutput](d, d.admin, "DeletePolicy", &api.DeletePolicyInput{PolicyArn: "arn:aws:iam::aws:policy/IAMFullAccess"})
	refuses(t, err, "AccessDenied", "Policy arn:aws:iam::aws:policy/IAMFullAccess belongs to the service and cannot be changed.")
	_, err = do[api.GetPolicyOutput](d, d.admin, "GetPolicy", &api.GetPolicyInput{PolicyArn: "arn:aws:iam::222222222222:policy/x"})
	refuses(t, err, "AccessDenied", "User: arn:aws:iam::111111111111:user/admin is not authorized to perform: iam:GetPolicy on resource: arn:aws:iam::222222222222:policy/x")
}
