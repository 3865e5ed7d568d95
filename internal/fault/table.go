package fault

// A Kind is one way to fail. The table below gives its names on the wire.
type Kind int

const (
	Internal Kind = iota // the zero value: a fault without a kind is a bug

	// The caller is not authenticated.
	MissingAuthentication
	IncompleteSignature
	UnknownKey // also an inactive key, or another key's session token
	ExpiredSession
	BadSignature // wrong signature, stale date, wrong scope

	// The caller is known.
	AccessDenied
	Throttling
	Validation
	UnknownOperation
	BodyTooLarge
	MalformedRequest

	// Resources.
	NotFound
	Conflict
	Quota
	DeleteConflict

	// IAM and STS alone.
	MalformedPolicy
	InvalidInput
	Unmodifiable
	PackedPolicyTooLarge
	InvalidAuthenticationCode
	TemporarilyUnmodifiable
	InvalidAuthorizationMessage
	InvalidAction
	MissingAction
	MissingParameter
	UnsupportedOperation
	Unavailable
	ReportNotPresent
	ReportExpired

	// Identity tokens of OpenID Connect providers, in STS.
	InvalidIdentityToken
	ExpiredIdentityToken
	ProviderUnreachable
)

type wire struct {
	code   string
	status int
}

// table is the one place that maps a kind to its wire names.
//
// Sources: CodeArtifact, STS and IAM service models; the "Common Errors" pages
// of their API references; replies pasted in public issue trackers. DIVERGENCES.md
// says which was taken where they contradict each other.
var table = [...]struct{ json, query wire }{
	Internal:                    {wire{"InternalServerException", 500}, wire{"InternalFailure", 500}},
	MissingAuthentication:       {wire{"MissingAuthenticationTokenException", 403}, wire{"MissingAuthenticationToken", 403}},
	IncompleteSignature:         {wire{"IncompleteSignatureException", 403}, wire{"IncompleteSignature", 400}},
	UnknownKey:                  {wire{"UnrecognizedClientException", 403}, wire{"InvalidClientTokenId", 403}},
	ExpiredSession:              {wire{"ExpiredTokenException", 403}, wire{"ExpiredToken", 403}},
	BadSignature:                {wire{"InvalidSignatureException", 403}, wire{"SignatureDoesNotMatch", 403}},
	AccessDenied:                {wire{"AccessDeniedException", 403}, wire{"AccessDenied", 403}},
	Throttling:                  {wire{"ThrottlingException", 429}, wire{"Throttling", 400}},
	Validation:                  {wire{"ValidationException", 400}, wire{"ValidationError", 400}},
	UnknownOperation:            {wire{"UnknownOperationException", 404}, wire{"InvalidAction", 400}},
	BodyTooLarge:                {wire{"RequestEntityTooLargeException", 413}, wire{"RequestEntityTooLarge", 413}},
	MalformedRequest:            {wire{"MalformedHttpRequestException", 400}, wire{"MalformedQueryString", 404}},
	NotFound:                    {wire{"ResourceNotFoundException", 404}, wire{"NoSuchEntity", 404}},
	Conflict:                    {wire{"ConflictException", 409}, wire{"EntityAlreadyExists", 409}},
	Quota:                       {wire{"ServiceQuotaExceededException", 402}, wire{"LimitExceeded", 409}},
	DeleteConflict:              {wire{"ConflictException", 409}, wire{"DeleteConflict", 409}},
	MalformedPolicy:             {wire{"ValidationException", 400}, wire{"MalformedPolicyDocument", 400}},
	InvalidInput:                {wire{"ValidationException", 400}, wire{"InvalidInput", 400}},
	Unmodifiable:                {wire{"ConflictException", 409}, wire{"UnmodifiableEntity", 400}},
	PackedPolicyTooLarge:        {wire{"ValidationException", 400}, wire{"PackedPolicyTooLarge", 400}},
	InvalidAction:               {wire{"UnknownOperationException", 404}, wire{"InvalidAction", 400}},
	MissingAction:               {wire{"UnknownOperationException", 404}, wire{"MissingAction", 400}},
	MissingParameter:            {wire{"ValidationException", 400}, wire{"MissingParameter", 400}},
	UnsupportedOperation:        {wire{"ValidationException", 400}, wire{"UnsupportedOperation", 400}},
	Unavailable:                 {wire{"ServiceUnavailable", 503}, wire{"ServiceUnavailable", 503}},
	ReportNotPresent:            {wire{"ResourceNotFoundException", 404}, wire{"ReportNotPresent", 410}},
	ReportExpired:               {wire{"ResourceNotFoundException", 404}, wire{"ReportExpired", 410}},
	InvalidIdentityToken:        {wire{"ValidationException", 400}, wire{"InvalidIdentityToken", 400}},
	ExpiredIdentityToken:        {wire{"ValidationException", 400}, wire{"ExpiredTokenException", 400}},
	ProviderUnreachable:         {wire{"ValidationException", 400}, wire{"IDPCommunicationError", 400}},
	InvalidAuthenticationCode:   {wire{"AccessDeniedException", 403}, wire{"InvalidAuthenticationCode", 403}},
	TemporarilyUnmodifiable:     {wire{"ConflictException", 409}, wire{"EntityTemporarilyUnmodifiable", 409}},
	InvalidAuthorizationMessage: {wire{"ValidationException", 400}, wire{"InvalidAuthorizationMessageException", 400}},
}
