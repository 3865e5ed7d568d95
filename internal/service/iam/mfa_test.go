package iam_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	api "daypass/api/iam"
	"daypass/internal/principal"
)

// code returns the one-time code of a time step, counted from now.
func (d *door) code(seed []byte, off int) string {
	d.t.Helper()
	code, err := totp.GenerateCode(string(seed), d.now.Add(time.Duration(off)*30*time.Second))
	d.must(err)
	return code
}

func (d *door) virtual(name string) *api.VirtualMFADevice {
	d.t.Helper()
	return ok[api.CreateVirtualMFADeviceOutput](d, d.admin, "CreateVirtualMFADevice", &api.CreateVirtualMFADeviceInput{VirtualMFADeviceName: name}).VirtualMFADevice
}

// enable enables a device for a user.
func (d *door) enable(user string, m *api.VirtualMFADevice) {
	d.t.Helper()
	ok[api.EnableMFADeviceOutput](d, d.admin, "EnableMFADevice", &api.EnableMFADeviceInput{
		UserName: user, SerialNumber: m.SerialNumber,
		AuthenticationCode1: d.code(m.Base32StringSeed, -1), AuthenticationCode2: d.code(m.Base32StringSeed, 0),
	})
}

const mfaARN = "arn:aws:iam::111111111111:mfa/"

func TestAVirtualMFADeviceFromCreationToDeletion(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.user("u", "")
	made := ok[api.CreateVirtualMFADeviceOutput](d, d.admin, "CreateVirtualMFADevice", &api.CreateVirtualMFADeviceInput{
		Path: "/team/", VirtualMFADeviceName: "phone", Tags: []api.Tag{{Key: "b", Value: "2"}, {Key: "A", Value: ""}},
	}).VirtualMFADevice
	equal(t, mfaARN+"team/phone", made.SerialNumber)
	equal(t, []api.Tag{{Key: "A", Value: ""}, {Key: "b", Value: "2"}}, made.Tags)
	if len(made.Base32StringSeed) != 64 || !strings.HasPrefix(string(made.QRCodePNG), "\x89PNG") {
		t.Errorf("a seed of %d characters and a picture that begins with %q, want 64 and a PNG", len(made.Base32StringSeed), made.QRCodePNG[:8])
	}
	list := func(in api.ListVirtualMFADevicesInput) []api.VirtualMFADevice {
		return ok[api.ListVirtualMFADevicesOutput](d, d.admin, "ListVirtualMFADevices", &in).VirtualMFADevices
	}
	equal(t, []api.VirtualMFADevice{{SerialNumber: made.SerialNumber}}, list(api.ListVirtualMFADevicesInput{})) // no seed, ever again
	d.enable("u", made)

	u := ok[api.GetUserOutput](d, d.admin, "GetUser", &api.GetUserInput{UserName: "u"}).User
	equal(t, []api.VirtualMFADevice{{SerialNumber: made.SerialNumber, User: u, EnableDate: &noon}}, list(api.ListVirtualMFADevicesInput{AssignmentStatus: "Assigned"}))
	equal(t, []api.VirtualMFADevice{}, list(api.ListVirtualMFADevicesInput{AssignmentStatus: "Unassigned"}))
	equal(t, 1, len(list(api.ListVirtualMFADevicesInput{AssignmentStatus: "Any"})))
	equal(t, []api.MFADevice{{UserName: "u", SerialNumber: made.SerialNumber, EnableDate: &noon}},
		ok[api.ListMFADevicesOutput](d, d.admin, "ListMFADevices", &api.ListMFADevicesInput{UserName: "u"}).MFADevices)
	equal(t, &api.GetMFADeviceOutput{UserName: "u", SerialNumber: made.SerialNumber, EnableDate: &noon},
		ok[api.GetMFADeviceOutput](d, d.admin, "GetMFADevice", &api.GetMFADeviceInput{UserName: "u", SerialNumber: made.SerialNumber}))

	d.now = d.now.Add(time.Hour)
	_, err := do[api.ResyncMFADeviceOutput](d, d.admin, "ResyncMFADevice", &api.ResyncMFADeviceInput{UserName: "u", SerialNumber: made.SerialNumber, AuthenticationCode1: d.code(made.Base32StringSeed, 0), AuthenticationCode2: d.code(made.Base32StringSeed, 0)})
	refuses(t, err, "InvalidAuthenticationCode", "Authentication code for device is not valid.")
	ok[api.ResyncMFADeviceOutput](d, d.admin, "ResyncMFADevice", &api.ResyncMFADeviceInput{UserName: "u", SerialNumber: made.SerialNumber, AuthenticationCode1: d.code(made.Base32StringSeed, -1), AuthenticationCode2: d.code(made.Base32StringSeed, 0)})

	_, err = do[api.DeleteVirtualMFADeviceOutput](d, d.admin, "DeleteVirtualMFADevice", &api.DeleteVirtualMFADeviceInput{SerialNumber: made.SerialNumber})
	refuses(t, err, "DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.")
	_, err = do[api.DeleteUserOutput](d, d.admin, "DeleteUser", &api.DeleteUserInput{UserName: "u"})
	refuses(t, err, "DeleteConflict", "Cannot delete entity, must delete MFA device first.")
	ok[api.DeactivateMFADeviceOutput](d, d.admin, "DeactivateMFADevice", &api.DeactivateMFADeviceInput{UserName: "u", SerialNumber: made.SerialNumber})
	_, err = do[api.GetMFADeviceOutput](d, d.admin, "GetMFADevice", &api.GetMFADeviceInput{UserName: "u", SerialNumber: made.SerialNumber})
	refuses(t, err, "NoSuchEntity", "MFA Device invalid for user.")
	ok[api.DeleteVirtualMFADeviceOutput](d, d.admin, "DeleteVirtualMFADevice", &api.DeleteVirtualMFADeviceInput{SerialNumber: made.SerialNumber})
	equal(t, []api.VirtualMFADevice{}, list(api.ListVirtualMFADevicesInput{}))
}

func TestAUsersOwnDeviceIsMeantUnlessAnotherIsNamed(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	u := d.user("u", allowAll)
	m := d.virtual("phone")
	d.enable("u", m)
	equal(t, "u", ok[api.GetMFADeviceOutput](d, u, "GetMFADevice", &api.GetMFADeviceInput{SerialNumber: m.SerialNumber}).UserName)
	equal(t, 1, len(ok[api.ListMFADevicesOutput](d, u, "ListMFADevices", &api.ListMFADevicesInput{}).MFADevices))
	equal(t, []api.MFADevice{}, ok[api.ListMFADevicesOutput](d, d.admin, "ListMFADevices", &api.ListMFADevicesInput{}).MFADevices)
	ok[api.DeactivateMFADeviceOutput](d, u, "DeactivateMFADevice", &api.DeactivateMFADeviceInput{SerialNumber: m.SerialNumber})
	equal(t, []api.MFADevice{}, ok[api.ListMFADevicesOutput](d, u, "ListMFADevices", &api.ListMFADevicesInput{}).MFADevices)

	root := principal.Ref{Kind: principal.Root, Account: account, ID: account}
	_, err := do[api.ListMFADevicesOutput](d, root, "ListMFADevices", &api.ListMFADevicesInput{})
	refuses(t, err, "ValidationError", "Must specify userName when calling with non-User credentials")
}

func TestMFAOperationsAreJudgedOnTheUserOrTheDevice(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	caller := d.user("caller", "")
	const user = "arn:aws:iam::111111111111:user/u"
	d.user("u", "")
	m := d.virtual("phone")
	for _, test := range []struct {
		name     string
		in       any
		resource string
	}{
		{"CreateVirtualMFADevice", &api.CreateVirtualMFADeviceInput{Path: "/team/", VirtualMFADeviceName: "x"}, mfaARN + "team/x"},
		{"DeleteVirtualMFADevice", &api.DeleteVirtualMFADeviceInput{SerialNumber: m.SerialNumber}, mfaARN + "phone"},
		{"DeleteVirtualMFADevice", &api.DeleteVirtualMFADeviceInput{SerialNumber: mfaARN + "ghost"}, mfaARN + "ghost"},
		{"ListVirtualMFADevices", &api.ListVirtualMFADevicesInput{}, mfaARN},
		{"EnableMFADevice", &api.EnableMFADeviceInput{UserName: "u", SerialNumber: m.SerialNumber}, user},
		{"ResyncMFADevice", &api.ResyncMFADeviceInput{UserName: "u", SerialNumber: m.SerialNumber}, user},
		{"DeactivateMFADevice", &api.DeactivateMFADeviceInput{UserName: "u", SerialNumber: m.SerialNumber}, user},
		{"ListMFADevices", &api.ListMFADevicesInput{UserName: "u"}, user},
		{"ListMFADevices", &api.ListMFADevicesInput{}, "arn:aws:iam::111111111111:user/caller"},
		{"GetMFADevice", &api.GetMFADeviceInput{UserName: "u", SerialNumber: m.SerialNumber}, user},
		{"TagMFADevice", &api.TagMFADeviceInput{SerialNumber: m.SerialNumber}, mfaARN + "phone"},
		{"UntagMFADevice", &api.UntagMFADeviceInput{SerialNumber: m.SerialNumber}, mfaARN + "phone"},
		{"ListMFADeviceTags", &api.ListMFADeviceTagsInput{SerialNumber: m.SerialNumber}, mfaARN + "phone"},
	} {
		err := d.try(caller, test.name, test.in)
		refuses(t, err, "AccessDenied", "User: arn:aws:iam::111111111111:user/caller is not authorized to perform: iam:"+test.name+
			" on resource: "+test.resource+" because no identity-based policy allows the iam:"+test.name+" action")
	}
	for _, serial := range []string{"GAHT12345678", "arn:aws:iam::222222222222:mfa/phone", "arn:aws:iam::111111111111:user/u"} {
		_, err := do[api.DeleteVirtualMFADeviceOutput](d, d.admin, "DeleteVirtualMFADevice", &api.DeleteVirtualMFADeviceInput{SerialNumber: serial})
		refuses(t, err, "NoSuchEntity", "VirtualMFADevice with serial number "+serial+" doesn't exist.")
	}
}

func TestTagMFADeviceRefusesDuplicatesAndHoldsConditions(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	m := d.virtual("phone")
	set := func(ref principal.Ref, tags ...api.Tag) error {
		_, err := do[api.TagMFADeviceOutput](d, ref, "TagMFADevice", &api.TagMFADeviceInput{SerialNumber: m.SerialNumber, Tags: tags})
		return err
	}
	list := func(in api.ListMFADeviceTagsInput) *api.ListMFADeviceTagsOutput {
		in.SerialNumber = m.SerialNumber
		return ok[api.ListMFADeviceTagsOutput](d, d.admin, "ListMFADeviceTags", &in)
	}
	d.must(set(d.admin, api.Tag{Key: "Team", Value: "a"}, api.Tag{Key: "ключ", Value: "é"}))
	refuses(t, set(d.admin, api.Tag{Key: "team", Value: "b"}), "InvalidInput", twinsText)
	refuses(t, set(d.admin, api.Tag{Key: "КЛЮЧ", Value: "b"}), "InvalidInput", twinsText)
	_, err := do[api.CreateVirtualMFADeviceOutput](d, d.admin, "CreateVirtualMFADevice",
		&api.CreateVirtualMFADeviceInput{VirtualMFADeviceName: "twins", Tags: []api.Tag{{Key: "a"}, {Key: "A"}}})
	refuses(t, err, "InvalidInput", twinsText)
	equal(t, []api.Tag{{Key: "Team", Value: "a"}, {Key: "ключ", Value: "é"}}, list(api.ListMFADeviceTagsInput{}).Tags)
	d.must(d.try(d.admin, "UntagMFADevice", &api.UntagMFADeviceInput{SerialNumber: m.SerialNumber, TagKeys: []string{"Team"}}))
	d.must(set(d.admin, api.Tag{Key: "team", Value: "b"}))
	one := int64(1)
	first := list(api.ListMFADeviceTagsInput{MaxItems: &one})
	equal(t, true, *first.IsTruncated)
	equal(t, []api.Tag{{Key: "ключ", Value: "é"}}, list(api.ListMFADeviceTagsInput{MaxItems: &one, Marker: first.Marker}).Tags)

	var many []api.Tag
	for n := range 49 {
		many = append(many, api.Tag{Key: fmt.Sprint("k", n)})
	}
	refuses(t, set(d.admin, many...), "LimitExceeded", "The number of tags has reached the maximum limit.")
	refuses(t, set(d.admin, api.Tag{Key: "aws:x"}), "InvalidInput", `Tag key "aws:x": keys that begin with aws: are reserved.`)

	caller := d.user("caller", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"iam:TagMFADevice","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/Team":"b","iam:ResourceTag/Team":"b","aws:RequestTag/cost":"1"}}},
		{"Effect":"Allow","Action":"iam:UntagMFADevice","Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["cost"]}}}]}`)
	d.must(set(caller, api.Tag{Key: "cost", Value: "1"}))
	if set(caller, api.Tag{Key: "cost", Value: "2"}) == nil {
		t.Error("a tag was set that the policy's condition excludes")
	}
	untag := func(ref principal.Ref, keys ...string) error {
		return d.try(ref, "UntagMFADevice", &api.UntagMFADeviceInput{SerialNumber: m.SerialNumber, TagKeys: keys})
	}
	if untag(caller, "team") == nil {
		t.Error("a tag was taken away that the policy's condition excludes")
	}
	d.must(untag(caller, "cost"))
	refuses(t, untag(d.admin, "AWS:x"), "InvalidInput", `Tag key "AWS:x": keys that begin with aws: are reserved.`)
	d.must(untag(d.admin, "team", "TEAM", "none"))
	equal(t, []api.Tag{{Key: "ключ", Value: "é"}}, list(api.ListMFADeviceTagsInput{}).Tags)
}

func TestMFADevicesAreListedInPages(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.user("u", "")
	long := strings.Repeat("n", 226) // the longest serial number there can be, whose marker must not be too long
	for _, name := range []string{"c", "a", long} {
		m := d.virtual(name)
		if name != "c" {
			d.enable("u", m)
		}
	}
	var got []string
	one, in := int64(1), api.ListVirtualMFADevicesInput{}
	in.MaxItems = &one
	for more := true; more; {
		out := ok[api.ListVirtualMFADevicesOutput](d, d.admin, "ListVirtualMFADevices", &in)
		for _, m := range out.VirtualMFADevices {
			got = append(got, strings.TrimPrefix(m.SerialNumber, mfaARN))
		}
		in.Marker, more = out.Marker, *out.IsTruncated
		if len(in.Marker) > 320 {
			t.Errorf("a marker of %d characters, want at most 320", len(in.Marker))
		}
	}
	equal(t, []string{"a", "c", long}, got)
	first := ok[api.ListMFADevicesOutput](d, d.admin, "ListMFADevices", &api.ListMFADevicesInput{UserName: "u", MaxItems: &one})
	rest := ok[api.ListMFADevicesOutput](d, d.admin, "ListMFADevices", &api.ListMFADevicesInput{UserName: "u", Marker: first.Marker})
	equal(t, []string{mfaARN + "a", mfaARN + long}, []string{first.MFADevices[0].SerialNumber, rest.MFADevices[0].SerialNumber})
	_, err := do[api.ListVirtualMFADevicesOutput](d, d.admin, "ListVirtualMFADevices", &api.ListVirtualMFADevicesInput{Marker: "!"})
	refuses(t, err, "ValidationError", "Invalid Marker.")
}
