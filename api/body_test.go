package api

import "testing"

func TestMaxBodyFollowsTheBoundsOfTheModel(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		op          *Operation
		least, most int64
	}{
		{CodeArtifact().Operations["GetAuthorizationToken"], 64 << 10, 64 << 10},        // all of it is in the address
		{CodeArtifact().Operations["PublishPackageVersion"], 64 << 10, 64 << 10},        // content is not held
		{CodeArtifact().Operations["PutDomainPermissionsPolicy"], 7168 * 12, 100 << 10}, // and names
		{STS().Operations["GetCallerIdentity"], 64 << 10, 64 << 10},
		{STS().Operations["AssumeRoleWithWebIdentity"], 20_000 * 3, 1 << 20},
		{IAM().Operations["CreatePolicy"], 131_072 * 3, 1 << 20},
		{IAM().Operations["SimulateCustomPolicy"], 1 << 20, 1 << 20}, // lists without a bound
	} {
		if got := test.op.MaxBody(); got < test.least || got > test.most {
			t.Errorf("%s: %d bytes, want %d to %d", test.op.Name, got, test.least, test.most)
		}
	}
	for _, s := range All() {
		for name, op := range s.Operations {
			if op.Streams() != (name == "PublishPackageVersion") {
				t.Errorf("%s streams: %v", name, op.Streams())
			}
		}
	}
}
