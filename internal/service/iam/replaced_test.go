package iam_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	api "daypass/api/iam"
	"daypass/internal/fault"
)

const (
	ownPolicy = "arn:aws:iam::111111111111:policy/mine"
	oneDevice = mfaARN + "phone"
)

// resources makes one resource of each kind with its policies and tags. The names
// are always the same. All other text that the API shows of them holds mark.
func (d *door) resources(mark string) {
	d.t.Helper()
	document := strings.Replace(allowAll, `{"Effect"`, `{"Sid":"`+mark+`","Effect"`, 1)
	tags := []api.Tag{{Key: "k", Value: mark}}
	ok[api.CreatePolicyOutput](d, d.admin, "CreatePolicy", &api.CreatePolicyInput{PolicyName: "mine", PolicyDocument: document, Description: mark, Tags: tags})
	ok[api.CreatePolicyVersionOutput](d, d.admin, "CreatePolicyVersion", &api.CreatePolicyVersionInput{PolicyArn: ownPolicy, PolicyDocument: document})
	d.user(mark, "")
	ok[api.AttachUserPolicyOutput](d, d.admin, "AttachUserPolicy", &api.AttachUserPolicyInput{UserName: mark, PolicyArn: ownPolicy})

	ok[api.CreateUserOutput](d, d.admin, "CreateUser", &api.CreateUserInput{UserName: "u", Tags: tags, PermissionsBoundary: readOnly})
	ok[api.PutUserPolicyOutput](d, d.admin, "PutUserPolicy", &api.PutUserPolicyInput{UserName: "u", PolicyName: "p", PolicyDocument: document})
	ok[api.PutUserPolicyOutput](d, d.admin, "PutUserPolicy", &api.PutUserPolicyInput{UserName: "u", PolicyName: mark, PolicyDocument: document})
	ok[api.AttachUserPolicyOutput](d, d.admin, "AttachUserPolicy", &api.AttachUserPolicyInput{UserName: "u", PolicyArn: readOnly})
	ok[api.CreateGroupOutput](d, d.admin, "CreateGroup", &api.CreateGroupInput{GroupName: "g"})
	ok[api.CreateGroupOutput](d, d.admin, "CreateGroup", &api.CreateGroupInput{GroupName: mark})
	ok[api.PutGroupPolicyOutput](d, d.admin, "PutGroupPolicy", &api.PutGroupPolicyInput{GroupName: "g", PolicyName: "p", PolicyDocument: document})
	ok[api.AttachGroupPolicyOutput](d, d.admin, "AttachGroupPolicy", &api.AttachGroupPolicyInput{GroupName: "g", PolicyArn: readOnly})
	for _, group := range []string{"g", mark} {
		for _, user := range []string{"u", mark} {
			ok[api.AddUserToGroupOutput](d, d.admin, "AddUserToGroup", &api.AddUserToGroupInput{GroupName: group, UserName: user})
		}
	}
	ok[api.CreateRoleOutput](d, d.admin, "CreateRole", &api.CreateRoleInput{RoleName: "r", AssumeRolePolicyDocument: trustAll, Description: mark, Tags: tags, PermissionsBoundary: readOnly})
	ok[api.PutRolePolicyOutput](d, d.admin, "PutRolePolicy", &api.PutRolePolicyInput{RoleName: "r", PolicyName: "p", PolicyDocument: document})
	ok[api.AttachRolePolicyOutput](d, d.admin, "AttachRolePolicy", &api.AttachRolePolicyInput{RoleName: "r", PolicyArn: readOnly})

	ok[api.CreateVirtualMFADeviceOutput](d, d.admin, "CreateVirtualMFADevice", &api.CreateVirtualMFADeviceInput{VirtualMFADeviceName: "phone", Tags: tags})
	d.enable("u", d.virtual(mark))
	ok[api.CreateOpenIDConnectProviderOutput](d, d.admin, "CreateOpenIDConnectProvider", &api.CreateOpenIDConnectProviderInput{Url: githubURL, ClientIDList: []string{mark}, Tags: tags})
}

// clear deletes what resources made.
func (d *door) clear(mark string) {
	d.t.Helper()
	for _, step := range []struct {
		name string
		in   any
	}{
		{"DeactivateMFADevice", &api.DeactivateMFADeviceInput{UserName: "u", SerialNumber: mfaARN + mark}},
		{"DeleteVirtualMFADevice", &api.DeleteVirtualMFADeviceInput{SerialNumber: mfaARN + mark}},
		{"DeleteVirtualMFADevice", &api.DeleteVirtualMFADeviceInput{SerialNumber: oneDevice}},
		{"DeleteOpenIDConnectProvider", &api.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: githubARN}},
		{"DetachUserPolicy", &api.DetachUserPolicyInput{UserName: mark, PolicyArn: ownPolicy}},
		{"DeletePolicyVersion", &api.DeletePolicyVersionInput{PolicyArn: ownPolicy, VersionId: "v2"}},
		{"DeletePolicy", &api.DeletePolicyInput{PolicyArn: ownPolicy}},
		{"RemoveUserFromGroup", &api.RemoveUserFromGroupInput{GroupName: "g", UserName: "u"}},
		{"RemoveUserFromGroup", &api.RemoveUserFromGroupInput{GroupName: "g", UserName: mark}},
		{"RemoveUserFromGroup", &api.RemoveUserFromGroupInput{GroupName: mark, UserName: "u"}},
		{"RemoveUserFromGroup", &api.RemoveUserFromGroupInput{GroupName: mark, UserName: mark}},
		{"DetachUserPolicy", &api.DetachUserPolicyInput{UserName: "u", PolicyArn: readOnly}},
		{"DetachGroupPolicy", &api.DetachGroupPolicyInput{GroupName: "g", PolicyArn: readOnly}},
		{"DetachRolePolicy", &api.DetachRolePolicyInput{RoleName: "r", PolicyArn: readOnly}},
		{"DeleteUserPolicy", &api.DeleteUserPolicyInput{UserName: "u", PolicyName: "p"}},
		{"DeleteUserPolicy", &api.DeleteUserPolicyInput{UserName: "u", PolicyName: mark}},
		{"DeleteGroupPolicy", &api.DeleteGroupPolicyInput{GroupName: "g", PolicyName: "p"}},
		{"DeleteRolePolicy", &api.DeleteRolePolicyInput{RoleName: "r", PolicyName: "p"}},
		{"DeleteUser", &api.DeleteUserInput{UserName: mark}},
		{"DeleteUser", &api.DeleteUserInput{UserName: "u"}},
		{"DeleteGroup", &api.DeleteGroupInput{GroupName: mark}},
		{"DeleteGroup", &api.DeleteGroupInput{GroupName: "g"}},
		{"DeleteRole", &api.DeleteRoleInput{RoleName: "r"}},
	} {
		d.must(d.try(d.admin, step.name, step.in))
	}
}

// state returns everything that the API shows of the account.
func (d *door) state() string {
	d.t.Helper()
	var all []any
	for _, step := range []struct {
		name string
		in   any
	}{
		{"GetAccountAuthorizationDetails", &api.GetAccountAuthorizationDetailsInput{}},
		{"ListVirtualMFADevices", &api.ListVirtualMFADevicesInput{}},
		{"ListMFADeviceTags", &api.ListMFADeviceTagsInput{SerialNumber: oneDevice}},
		{"ListPolicyTags", &api.ListPolicyTagsInput{PolicyArn: ownPolicy}},
		{"ListAccessKeys", &api.ListAccessKeysInput{UserName: "u"}},
		{"GetOpenIDConnectProvider", &api.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: githubARN}},
	} {
		out, err := d.run(d.admin, step.name, step.in)
		d.must(err)
		all = append(all, out)
	}
	text, err := json.Marshal(all)
	d.must(err)
	return string(text)
}

// named fills an operation's input, and reports whether the input names one of the
// resources.
func named(op string, in any) bool {
	resource := map[string]any{
		"UserName": "u", "GroupName": "g", "RoleName": "r", "PolicyArn": ownPolicy, "SerialNumber": oneDevice, "OpenIDConnectProviderArn": githubARN,
		"PolicySourceArn": "arn:aws:iam::111111111111:user/u",
	}
	other := map[string]any{
		"PolicyName": "p", "PolicyDocument": allowAll, "PermissionsBoundary": readOnly, "NewUserName": "moved", "NewGroupName": "moved", "Description": "changed",
		"VersionId": "v2", "Status": "Inactive", "AccessKeyId": "AKIAAAAAAAAAAAAAAAAA", "AuthenticationCode1": "123456", "AuthenticationCode2": "654321",
		"ClientID": "changed", "ThumbprintList": []string{strings.Repeat("ab", 20)}, "ActionNames": []string{"s3:GetObject"},
		"Tags": []api.Tag{{Key: "k", Value: "changed"}}, "TagKeys": []string{"k"},
	}
	found := false
	fields := reflect.ValueOf(in).Elem()
	for i := range fields.NumField() {
		name := fields.Type().Field(i).Name
		value, names := resource[name]
		if !names {
			value, _ = other[name]
		}
		switch {
		case name == "PolicyArn" && (strings.HasPrefix(op, "Attach") || strings.HasPrefix(op, "Detach")):
			value = readOnly // the operation is authorized on the policy's owner
		case op == "UpdateAssumeRolePolicy" && name == "PolicyDocument":
			value = trustAll
		}
		if value != nil {
			fields.Field(i).Set(reflect.ValueOf(value))
		}
		found = found || names
	}
	return found
}

func TestAnOperationTouchesNothingThatTookTheNameOfWhatWasJudged(t *testing.T) {
	t.Parallel()
	tried := 0
	for name, op := range newDoor(t).operations {
		if !named(name, op.New()) || strings.HasPrefix(name, "Create") && name != "CreatePolicyVersion" && name != "CreateAccessKey" {
			continue
		}
		tried++
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t)
			op, in := d.operations[name], d.operations[name].New()
			named(name, in)
			d.resources("first")
			var before string
			c := d.call(d.admin)
			c.BeforeRun = func() {
				d.clear("first")
				d.resources("second")
				before = d.state()
			}
			out, err := op.Do(t.Context(), c, "iam:"+name, in)
			if err != nil && !fault.Is(err, fault.NotFound) {
				t.Errorf("refused with %v, want what judged to be gone", err)
			}
			if before == "" {
				t.Fatal("it did not come to run")
			}
			equal(t, before, d.state())
			shown, err := json.Marshal(out)
			d.must(err)
			if strings.Contains(string(shown), "second") {
				t.Errorf("it tells of what came after: %s", shown)
			}
		})
	}
	if tried < 70 {
		t.Errorf("only %d operations name a resource", tried)
	}
}
