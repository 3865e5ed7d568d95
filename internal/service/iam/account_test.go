package iam_test

import (
	"encoding/csv"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	api "daypass/api/iam"
	"daypass/internal/identity"
	"daypass/internal/principal"
)

// adminOf returns the first user of another account.
func (d *door) adminOf(account string) principal.Ref {
	d.t.Helper()
	e, err := d.directory.Find(d.t.Context(), account, identity.User, identity.AdminUser)
	d.must(err)
	return principal.Ref{Kind: principal.User, Account: account, ID: e.ID}
}

func TestCreateAccountAliasReplacesAndIsUniqueOverAccounts(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	stranger := d.adminOf(other)
	create := func(ref principal.Ref, alias string) error {
		return d.try(ref, "CreateAccountAlias", &api.CreateAccountAliasInput{AccountAlias: alias})
	}
	remove := func(alias string) error {
		return d.try(d.admin, "DeleteAccountAlias", &api.DeleteAccountAliasInput{AccountAlias: alias})
	}
	list := func() []string {
		return ok[api.ListAccountAliasesOutput](d, d.admin, "ListAccountAliases", &api.ListAccountAliasesInput{}).AccountAliases
	}
	equal(t, []string{}, list())
	check(t, []try{
		{"the first", create(d.admin, "acme"), "", ""},
		{"the same again", create(d.admin, "acme"), "EntityAlreadyExists", "The account alias acme already exists."},
		{"another account's", create(stranger, "acme"), "EntityAlreadyExists", "The account alias acme already exists."},
		{"another in its place", create(d.admin, "acme-2"), "", ""},
		{"what is free again", create(stranger, "acme"), "", ""},
		{"one to go that is not the account's", remove("acme"), "NoSuchEntity", "The account alias acme cannot be found."},
	})
	equal(t, []string{"acme-2"}, list())
	d.must(remove("acme-2"))
	equal(t, []string{}, list())
}

func TestTheSummaryCountsAndNamesQuotas(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.user("u", "")
	d.group("g")
	d.role("r")
	arn := ok[api.CreatePolicyOutput](d, d.admin, "CreatePolicy", &api.CreatePolicyInput{PolicyName: "p", PolicyDocument: allowAll}).Policy.Arn
	ok[api.CreatePolicyVersionOutput](d, d.admin, "CreatePolicyVersion", &api.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: allowAll})
	d.virtual("spare")
	d.enable("u", d.virtual("phone"))
	d.provider(githubURL)
	got := ok[api.GetAccountSummaryOutput](d, d.admin, "GetAccountSummary", &api.GetAccountSummaryInput{}).SummaryMap
	equal(t, map[string]int64{
		"Users": 2, "Groups": 1, "Roles": 1, "Policies": 1, "PolicyVersionsInUse": 2, "MFADevices": 2, "MFADevicesInUse": 1, "Providers": 1,
		"AccountMFAEnabled": 0, "AccountPasswordPresent": 0, "AccountSigningCertificatesPresent": 0, "AccountAccessKeysPresent": 1,
		"InstanceProfiles": 0, "ServerCertificates": 0,
		"UsersQuota": 5000, "GroupsQuota": 300, "RolesQuota": 1000, "PoliciesQuota": 1500, "GroupsPerUserQuota": 10, "AccessKeysPerUserQuota": 2,
		"AttachedPoliciesPerUserQuota": 10, "AttachedPoliciesPerGroupQuota": 10, "AttachedPoliciesPerRoleQuota": 20,
		"UserPolicySizeQuota": 2048, "GroupPolicySizeQuota": 5120, "RolePolicySizeQuota": 10240, "AssumeRolePolicySizeQuota": 2048,
		"PolicySizeQuota": 6144, "VersionsPerPolicyQuota": 5,
	}, got)
	got = ok[api.GetAccountSummaryOutput](d, d.adminOf(other), "GetAccountSummary", &api.GetAccountSummaryInput{}).SummaryMap
	equal(t, []int64{1, 0, 0, 0, 0}, []int64{got["Users"], got["Policies"], got["AccountAccessKeysPresent"], got["MFADevices"], got["Providers"]})
}

func TestGetAccountAuthorizationDetailsShowsAllInPages(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	ref := d.user("u", allowAll)
	d.group("g", "u")
	role := d.role("r")
	arn := ok[api.CreatePolicyOutput](d, d.admin, "CreatePolicy", &api.CreatePolicyInput{PolicyName: "p", PolicyDocument: allowAll}).Policy.Arn
	ok[api.CreatePolicyVersionOutput](d, d.admin, "CreatePolicyVersion", &api.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: allowAll})
	ok[api.AttachGroupPolicyOutput](d, d.admin, "AttachGroupPolicy", &api.AttachGroupPolicyInput{GroupName: "g", PolicyArn: arn})
	ok[api.TagUserOutput](d, d.admin, "TagUser", &api.TagUserInput{UserName: "u", Tags: []api.Tag{{Key: "k", Value: "v"}}})
	ok[api.PutUserPermissionsBoundaryOutput](d, d.admin, "PutUserPermissionsBoundary", &api.PutUserPermissionsBoundaryInput{UserName: "u", PermissionsBoundary: readOnly})
	all := ok[api.GetAccountAuthorizationDetailsOutput](d, d.admin, "GetAccountAuthorizationDetails", &api.GetAccountAuthorizationDetailsInput{})

	equal(t, []string{"admin", "u"}, names(all.UserDetailList, func(u api.UserDetail) string { return u.UserName }))
	equal(t, api.UserDetail{
		Path: "/", UserName: "u", UserId: ref.ID, Arn: "arn:aws:iam::111111111111:user/u", CreateDate: &noon, GroupList: []string{"g"},
		UserPolicyList:          []api.PolicyDetail{{PolicyName: "p", PolicyDocument: strings.ReplaceAll(url.QueryEscape(allowAll), "+", "%20")}},
		AttachedManagedPolicies: []api.AttachedPolicy{}, Tags: []api.Tag{{Key: "k", Value: "v"}},
		PermissionsBoundary: &api.AttachedPermissionsBoundary{PermissionsBoundaryType: "Policy", PermissionsBoundaryArn: readOnly},
	}, all.UserDetailList[1])
	equal(t, []api.AttachedPolicy{{PolicyName: "p", PolicyArn: arn}}, all.GroupDetailList[0].AttachedManagedPolicies)
	equal(t, []any{role.RoleId, role.AssumeRolePolicyDocument, 0}, []any{all.RoleDetailList[0].RoleId, all.RoleDetailList[0].AssumeRolePolicyDocument, len(all.RoleDetailList[0].InstanceProfileList)})
	equal(t, []string{"p 2 1 0", "AdministratorAccess 1 1 0", "ReadOnlyAccess 1 0 1"}, names(all.Policies, func(p api.ManagedPolicyDetail) string {
		return fmt.Sprint(p.PolicyName, " ", len(p.PolicyVersionList), " ", *p.AttachmentCount, " ", *p.PermissionsBoundaryUsageCount)
	}))

	for _, test := range []struct {
		filter []string
		want   string
	}{
		{nil, "admin u g r p AdministratorAccess ReadOnlyAccess"},
		{[]string{"Role", "User"}, "admin u r"},
		{[]string{"AWSManagedPolicy", "Group"}, "g AdministratorAccess ReadOnlyAccess"},
		{[]string{"LocalManagedPolicy"}, "p"},
	} {
		for size := int64(1); size <= 8; size++ {
			in := &api.GetAccountAuthorizationDetailsInput{Filter: test.filter, MaxItems: &size}
			var found []string
			for range 9 {
				out := ok[api.GetAccountAuthorizationDetailsOutput](d, d.admin, "GetAccountAuthorizationDetails", in)
				found = append(found, names(out.UserDetailList, func(u api.UserDetail) string { return u.UserName })...)
				found = append(found, names(out.GroupDetailList, func(g api.GroupDetail) string { return g.GroupName })...)
				found = append(found, names(out.RoleDetailList, func(r api.RoleDetail) string { return r.RoleName })...)
				found = append(found, names(out.Policies, func(p api.ManagedPolicyDetail) string { return p.PolicyName })...)
				in.Marker = out.Marker
				if in.Marker == "" {
					break
				}
			}
			if got := strings.Join(found, " "); got != test.want {
				t.Errorf("%v in pages of %d: %s, want %s", test.filter, size, got, test.want)
			}
		}
	}
}

func TestACredentialReportIsKeptForFourHours(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	get := func() error {
		return d.try(d.admin, "GetCredentialReport", &api.GetCredentialReportInput{})
	}
	state := func() string {
		return ok[api.GenerateCredentialReportOutput](d, d.admin, "GenerateCredentialReport", &api.GenerateCredentialReportInput{}).State
	}
	check(t, []try{{"none yet", get(), "ReportNotPresent", "There is no credential report of this account: make one with GenerateCredentialReport."}})
	ref := d.user("u,v", "")
	d.enable("u,v", d.virtual("phone"))
	d.virtual("spare")
	key := ok[api.CreateAccessKeyOutput](d, d.admin, "CreateAccessKey", &api.CreateAccessKeyInput{UserName: "u,v"}).AccessKey.AccessKeyId
	d.directory.Used(key, ref, identity.Use{At: noon.Add(time.Minute), Service: "codeartifact", Region: "eu-west-1"})
	d.directory.Used(rootKey.AccessKeyID, principal.Ref{Kind: principal.Root, Account: account, ID: account}, identity.Use{At: noon, Service: "iam", Region: "us-east-1"})
	equal(t, []string{"STARTED", "COMPLETE"}, []string{state(), state()})
	d.user("later", "") // does not change the report
	out := ok[api.GetCredentialReportOutput](d, d.admin, "GetCredentialReport", &api.GetCredentialReportInput{})
	equal(t, []any{"text/csv", noon}, []any{out.ReportFormat, *out.GeneratedTime})
	rows, err := csv.NewReader(strings.NewReader(string(out.Content))).ReadAll()
	d.must(err)
	const at = "2026-11-01T12:00:00+00:00"
	const none = "false,N/A,N/A,N/A,N/A"
	joined := func(row []string) string { return strings.Join(row, ",") }
	equal(t, []string{
		"user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active," +
			"access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service," +
			"access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service," +
			"cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated",
		"<root_account>,arn:aws:iam::111111111111:root," + at + ",not_supported,no_information,not_supported,not_supported,false,true," + at + "," + at + ",us-east-1,iam," + none + ",false,N/A,false,N/A",
		"admin,arn:aws:iam::111111111111:user/admin," + at + ",false,N/A,N/A,N/A,false,true," + at + ",N/A,N/A,N/A," + none + ",false,N/A,false,N/A",
		"u,v,arn:aws:iam::111111111111:user/u,v," + at + ",false,N/A,N/A,N/A,true,true," + at + ",2026-11-01T12:01:00+00:00,eu-west-1,codeartifact," + none + ",false,N/A,false,N/A",
	}, names(rows, joined))

	d.now = d.now.Add(4*time.Hour - time.Second)
	check(t, []try{{"almost four hours old", get(), "", ""}})
	d.now = d.now.Add(time.Second)
	check(t, []try{{"four hours old", get(), "ReportExpired", "The credential report of this account is older than 4 hours: make another one with GenerateCredentialReport."}})
	equal(t, []string{"STARTED", "COMPLETE"}, []string{state(), state()})
	out = ok[api.GetCredentialReportOutput](d, d.admin, "GetCredentialReport", &api.GetCredentialReportInput{})
	equal(t, 5, strings.Count(string(out.Content), "\n"))
}

func TestWhatNoAccountHasIsAbsent(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.user("u", "")
	nobody := d.user("nobody", "")
	root := principal.Ref{Kind: principal.Root, Account: account, ID: account}
	yes := true
	no := new(bool)
	equal(t, &api.ListSSHPublicKeysOutput{SSHPublicKeys: []api.SSHPublicKeyMetadata{}, IsTruncated: no}, ok[api.ListSSHPublicKeysOutput](d, d.admin, "ListSSHPublicKeys", &api.ListSSHPublicKeysInput{UserName: "u"}))
	equal(t, &api.ListSigningCertificatesOutput{Certificates: []api.SigningCertificate{}, IsTruncated: no}, ok[api.ListSigningCertificatesOutput](d, root, "ListSigningCertificates", &api.ListSigningCertificatesInput{}))
	for _, in := range []*api.ListServiceSpecificCredentialsInput{{UserName: "u"}, {}, {AllUsers: &yes}} {
		equal(t, &api.ListServiceSpecificCredentialsOutput{ServiceSpecificCredentials: []api.ServiceSpecificCredentialMetadata{}, IsTruncated: no}, ok[api.ListServiceSpecificCredentialsOutput](d, d.admin, "ListServiceSpecificCredentials", in))
	}
	equal(t, &api.ListInstanceProfilesOutput{InstanceProfiles: []api.InstanceProfile{}, IsTruncated: no}, ok[api.ListInstanceProfilesOutput](d, d.admin, "ListInstanceProfiles", &api.ListInstanceProfilesInput{}))
	equal(t, &api.ListSAMLProvidersOutput{SAMLProviderList: []api.SAMLProviderListEntry{}}, ok[api.ListSAMLProvidersOutput](d, d.admin, "ListSAMLProviders", &api.ListSAMLProvidersInput{}))
	equal(t, &api.ListServerCertificatesOutput{ServerCertificateMetadataList: []api.ServerCertificateMetadata{}, IsTruncated: no}, ok[api.ListServerCertificatesOutput](d, d.admin, "ListServerCertificates", &api.ListServerCertificatesInput{}))

	denied := func(action, resource string) string {
		return "User: arn:aws:iam::111111111111:user/nobody is not authorized to perform: iam:" + action + " on resource: " + resource + " because no identity-based policy allows the iam:" + action + " action"
	}
	const missing = "The user with name x cannot be found."
	check(t, []try{
		{"a password", d.try(d.admin, "GetLoginProfile", &api.GetLoginProfileInput{UserName: "u"}), "NoSuchEntity", "Login Profile for User u cannot be found."},
		{"a password to delete", d.try(d.admin, "DeleteLoginProfile", &api.DeleteLoginProfileInput{UserName: "u"}), "NoSuchEntity", "Login Profile for User u cannot be found."},
		{"nobody's password", d.try(d.admin, "GetLoginProfile", &api.GetLoginProfileInput{UserName: "x"}), "NoSuchEntity", missing},
		{"a password policy", d.try(d.admin, "GetAccountPasswordPolicy", &api.GetAccountPasswordPolicyInput{}), "NoSuchEntity", "The Password Policy with domain name 111111111111 cannot be found."},
		{"nobody's keys", d.try(d.admin, "ListSSHPublicKeys", &api.ListSSHPublicKeysInput{UserName: "x"}), "NoSuchEntity", missing},
		{"nobody's certificates", d.try(d.admin, "ListSigningCertificates", &api.ListSigningCertificatesInput{UserName: "x"}), "NoSuchEntity", missing},
		{"nobody's credentials", d.try(d.admin, "ListServiceSpecificCredentials", &api.ListServiceSpecificCredentialsInput{UserName: "x"}), "NoSuchEntity", missing},
		{"keys, not allowed", d.try(nobody, "ListSSHPublicKeys", &api.ListSSHPublicKeysInput{UserName: "u"}), "AccessDenied", denied("ListSSHPublicKeys", "arn:aws:iam::111111111111:user/u")},
		{"a password, not allowed", d.try(nobody, "GetLoginProfile", &api.GetLoginProfileInput{UserName: "u"}), "AccessDenied", denied("GetLoginProfile", "arn:aws:iam::111111111111:user/u")},
		{"all credentials, not allowed", d.try(nobody, "ListServiceSpecificCredentials", &api.ListServiceSpecificCredentialsInput{AllUsers: &yes}), "AccessDenied", denied("ListServiceSpecificCredentials", "*")},
		{"profiles, not allowed", d.try(nobody, "ListInstanceProfiles", &api.ListInstanceProfilesInput{}), "AccessDenied", denied("ListInstanceProfiles", "arn:aws:iam::111111111111:instance-profile/")},
		{"the summary, not allowed", d.try(nobody, "GetAccountSummary", &api.GetAccountSummaryInput{}), "AccessDenied", denied("GetAccountSummary", "*")},
	})
}
