package format_test

import (
	"testing"

	"daypass/internal/fault"
	"daypass/internal/format"
)

func TestWhoIsNotEstablishedGets401AndTheRestTheStatusOfTheAPI(t *testing.T) {
	t.Parallel()
	for kind, want := range map[fault.Kind]int{
		fault.MissingAuthentication: 401, fault.UnknownKey: 401, fault.ExpiredSession: 401, fault.BadSignature: 401, fault.IncompleteSignature: 401,
		fault.AccessDenied: 403, fault.NotFound: 404, fault.Conflict: 409, fault.Validation: 400, fault.BodyTooLarge: 413,
		fault.Throttling: 429, fault.Internal: 500, fault.Unavailable: 503,
	} {
		if got := format.Code(fault.New(kind, "x")); got != want {
			t.Errorf("kind %d: %d, want %d", kind, got, want)
		}
	}
}

// The table is that of the CodeArtifact User Guide, "Package version status".
func TestWhatPackageManagersSeeOfEachStatus(t *testing.T) {
	t.Parallel()
	for status, want := range map[format.Status][2]bool{
		format.Published: {true, true}, format.Unlisted: {false, true}, format.Archived: {false, false},
		format.Disposed: {false, false}, format.Unfinished: {false, false},
	} {
		if got := [2]bool{status.Listed(), status.Downloadable()}; got != want {
			t.Errorf("%s: listed, downloadable are %v", status, got)
		}
	}
}

func TestTheActionOfAVerbIsThatOnThePackageFirst(t *testing.T) {
	t.Parallel()
	for want, verb := range map[string]format.Verb{
		format.Read:    {Repository: []string{format.Read, format.ListPackages}},
		format.Publish: {Repository: []string{format.Read}, Package: []string{format.Publish, format.PutMetadata}},
	} {
		if got := verb.Action(); got != want {
			t.Errorf("%+v: %s, want %s", verb, got, want)
		}
	}
}
