package iam_test

import (
	"testing"

	api "daypass/api/iam"
)

// Whatever a marker is, a list answers with a page or refuses the marker.
func FuzzMarkers(f *testing.F) {
	d := newDoor(f)
	d.group("g")
	ok[api.AttachGroupPolicyOutput](d, d.admin, "AttachGroupPolicy", &api.AttachGroupPolicyInput{GroupName: "g", PolicyArn: readOnly})
	for _, marker := range []string{"", "!", "AA", "eA", "dXNlcjp4", "VXNlcjo", "LTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk"} {
		f.Add(marker, uint16(0))
	}
	f.Fuzz(func(t *testing.T, marker string, more uint16) {
		size := int64(more%1000) + 1 // what the model lets through
		d.t = t
		for name, err := range map[string]error{
			"ListEntitiesForPolicy":          d.try(d.admin, "ListEntitiesForPolicy", &api.ListEntitiesForPolicyInput{PolicyArn: readOnly, Marker: marker, MaxItems: &size}),
			"GetAccountAuthorizationDetails": d.try(d.admin, "GetAccountAuthorizationDetails", &api.GetAccountAuthorizationDetailsInput{Marker: marker, MaxItems: &size}),
			"ListUserTags":                   d.try(d.admin, "ListUserTags", &api.ListUserTagsInput{UserName: "admin", Marker: marker, MaxItems: &size}),
			"ListPolicyVersions":             d.try(d.admin, "ListPolicyVersions", &api.ListPolicyVersionsInput{PolicyArn: readOnly, Marker: marker, MaxItems: &size}),
			"GetGroup":                       d.try(d.admin, "GetGroup", &api.GetGroupInput{GroupName: "g", Marker: marker, MaxItems: &size}),
		} {
			if err != nil && err.Error() != "Invalid Marker." {
				t.Errorf("%s with marker %q: %v", name, marker, err)
			}
		}
	})
}
