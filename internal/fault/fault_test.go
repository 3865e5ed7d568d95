package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"daypass/internal/fault"
)

// The codes and statuses come from the service models and from the "Common
// errors" pages of the API references.
func TestKindsHaveTheirCodesAndStatusesOnTheWire(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind        fault.Kind
		json, query string
		jsonStatus  int
		queryStatus int
	}{
		{fault.AccessDenied, "AccessDeniedException", "AccessDenied", 403, 403},
		{fault.NotFound, "ResourceNotFoundException", "NoSuchEntity", 404, 404},
		{fault.Conflict, "ConflictException", "EntityAlreadyExists", 409, 409},
		{fault.Quota, "ServiceQuotaExceededException", "LimitExceeded", 402, 409},
		{fault.Throttling, "ThrottlingException", "Throttling", 429, 400},
		{fault.Validation, "ValidationException", "ValidationError", 400, 400},
		{fault.Internal, "InternalServerException", "InternalFailure", 500, 500},
		{fault.InvalidAuthenticationCode, "AccessDeniedException", "InvalidAuthenticationCode", 403, 403},
		{fault.TemporarilyUnmodifiable, "ConflictException", "EntityTemporarilyUnmodifiable", 409, 409},
		{fault.MissingAuthentication, "MissingAuthenticationTokenException", "MissingAuthenticationToken", 403, 403},
		{fault.IncompleteSignature, "IncompleteSignatureException", "IncompleteSignature", 403, 400},
		{fault.UnknownKey, "UnrecognizedClientException", "InvalidClientTokenId", 403, 403},
		{fault.ExpiredSession, "ExpiredTokenException", "ExpiredToken", 403, 403},
		{fault.ReportNotPresent, "ResourceNotFoundException", "ReportNotPresent", 404, 410},
		{fault.ReportExpired, "ResourceNotFoundException", "ReportExpired", 404, 410},
		{fault.BadSignature, "InvalidSignatureException", "SignatureDoesNotMatch", 403, 403},
	} {
		if got := test.kind.Code(fault.RestJSON); got != test.json {
			t.Errorf("rest-json code = %s, want %s", got, test.json)
		}
		if got := test.kind.Code(fault.Query); got != test.query {
			t.Errorf("query code = %s, want %s", got, test.query)
		}
		if got := test.kind.Status(fault.RestJSON); got != test.jsonStatus {
			t.Errorf("%s: status = %d, want %d", test.json, got, test.jsonStatus)
		}
		if got := test.kind.Status(fault.Query); got != test.queryStatus {
			t.Errorf("%s: status = %d, want %d", test.query, got, test.queryStatus)
		}
	}
}

func TestEveryKindHasBothNamesAndAnErrorStatus(t *testing.T) {
	t.Parallel()
	for _, kind := range fault.Kinds() {
		for _, p := range []fault.Protocol{fault.RestJSON, fault.Query} {
			if kind.Code(p) == "" || kind.Status(p) < 400 || kind.Status(p) > 599 {
				t.Errorf("kind %d, protocol %d: %q %d", kind, p, kind.Code(p), kind.Status(p))
			}
		}
	}
}

func TestFromMakesOtherErrorsInternalAndHidesTheirCause(t *testing.T) {
	t.Parallel()
	cause := errors.New("disk on fire")
	got := fault.From(cause)
	if got.Kind != fault.Internal || strings.Contains(got.Message, "fire") || !errors.Is(got, cause) {
		t.Errorf("From = %+v", got)
	}
	wrapped := fmt.Errorf("while publishing: %w", fault.New(fault.Conflict, "there already"))
	if got := fault.From(wrapped); got.Kind != fault.Conflict || got.Message != "there already" {
		t.Errorf("From(wrapped fault) = %+v", got)
	}
	if fault.Is(cause, fault.Internal) || !fault.Is(wrapped, fault.Conflict) {
		t.Error("Is: want true for faults of the kind alone")
	}
}
