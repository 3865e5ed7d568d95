package iam_test

import (
	"testing"
	"time"

	api "daypass/api/iam"
	"daypass/internal/identity"
	"daypass/internal/principal"
)

func TestTheLastUseOfKeysAndRoles(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	caller := d.user("u", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:GetAccessKeyLastUsed","Resource":"arn:aws:iam::111111111111:user/u"}}`)
	key := ok[api.CreateAccessKeyOutput](d, d.admin, "CreateAccessKey", &api.CreateAccessKeyInput{UserName: "u"}).AccessKey.AccessKeyId
	last := func() *api.GetAccessKeyLastUsedOutput {
		return ok[api.GetAccessKeyLastUsedOutput](d, caller, "GetAccessKeyLastUsed", &api.GetAccessKeyLastUsedInput{AccessKeyId: key})
	}
	equal(t, &api.GetAccessKeyLastUsedOutput{UserName: "u", AccessKeyLastUsed: &api.AccessKeyLastUsed{ServiceName: "N/A", Region: "N/A"}}, last())
	used := identity.Use{At: noon.Add(1500 * time.Millisecond), Service: "codeartifact", Region: "eu-west-1"}
	shown := noon.Add(time.Second)
	d.directory.Used(key, caller, used)
	equal(t, &api.GetAccessKeyLastUsedOutput{UserName: "u", AccessKeyLastUsed: &api.AccessKeyLastUsed{LastUsedDate: &shown, ServiceName: "codeartifact", Region: "eu-west-1"}}, last())

	role := d.role("r")
	d.directory.Used("ASIAX", principal.Ref{Kind: principal.Role, Account: account, ID: role.RoleId, Session: &principal.Session{}}, used)
	got := ok[api.GetRoleOutput](d, d.admin, "GetRole", &api.GetRoleInput{RoleName: "r"}).Role
	equal(t, &api.RoleLastUsed{LastUsedDate: &shown, Region: "eu-west-1"}, got.RoleLastUsed)

	of := func(ref principal.Ref, id string) error {
		return d.try(ref, "GetAccessKeyLastUsed", &api.GetAccessKeyLastUsedInput{AccessKeyId: id})
	}
	const denied = "User: arn:aws:iam::111111111111:user/u is not authorized to perform: iam:GetAccessKeyLastUsed on resource: arn:aws:iam::111111111111:"
	const because = " because no identity-based policy allows the iam:GetAccessKeyLastUsed action"
	check(t, []try{
		{"the root user's", of(d.admin, rootKey.AccessKeyID), "", ""},
		{"the root user's, not allowed", of(caller, rootKey.AccessKeyID), "AccessDenied", denied + "root" + because},
		{"nobody's", of(d.admin, "AKIANOBODYNOBODYNOBO"), "NoSuchEntity", "The Access Key with id AKIANOBODYNOBODYNOBO cannot be found."},
		{"nobody's, not allowed", of(caller, "AKIANOBODYNOBODYNOBO"), "AccessDenied", denied + "user/*" + because},
	})
}
