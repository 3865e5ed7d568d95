package server

import (
	"net/http"
	"net/url"
	"strings"

	"daypass/api"
	"daypass/internal/arn"
	"daypass/internal/audit"
	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/gate"
	"daypass/internal/printable"
	"daypass/internal/wire"
)

// A subject is what a call was about, for its audit record. The handlers fill it in
// while they serve the call.
type subject struct {
	surface *surface       // of an API call
	op      *api.Operation // nil: the request names none
	in, out any            // nil: the call ended before
	claimed string         // access key id that a refused signature names

	inputSize int        // of the request, in bytes, about
	size      int        // of what the subject keeps in memory, in bytes, about
	made      *[2][]byte // in and out as encoded, where in is larger than maxHeld

	action string        // of a package request; "": no route matches
	pkg    audit.Package // of a package request
	uri    string        // additionalEventData.requestUri
	ref    format.Ref    // package that a package request names, as far as it is known
}

// maxHeld is the largest request, in bytes, whose input is kept for the journal. The
// input of a larger one is encoded at once, and the input is let go.
const maxHeld = 16 << 10

// finish takes from an answered request what its record needs. It drops the rest, so
// that an event in the journal's queue keeps little memory.
func (s *subject) finish(e *event, r *http.Request) {
	s.size = pinned(r)
	if s.surface == nil {
		return
	}
	if e.call.Principal == nil && e.call.AccessKeyID == "" {
		s.claimed = claimed(&e.call, r)
	}
	if s.op == nil {
		s.uri = sentPath(r)
	}
	if s.op == nil || !s.surface.records[s.op.Name].shown || e.fault != nil {
		s.out = nil
	}
	if s.inputSize <= maxHeld {
		s.size += s.inputSize
		return
	}
	s.made = new([2][]byte)
	s.made[0], s.made[1] = s.elements(nil, s.in), s.elements(nil, s.out)
	s.in, s.out = nil, nil
	s.size += len(s.made[0]) + len(s.made[1])
}

// pinned returns how many bytes of a request its event keeps in memory. The event's path
// and key id are substrings of the request's address and headers, and a substring keeps
// the whole string.
func pinned(r *http.Request) int {
	n := len(r.RequestURI)
	for _, name := range [...]string{"Authorization", "X-Amz-Security-Token"} {
		for _, value := range r.Header[name] {
			n += len(value)
		}
	}
	return n
}

// sentPath returns the path of a request as it was sent. A token with an escaped
// character is hidden here, because the masking of the record does not find it.
func sentPath(r *http.Request) string {
	sent := r.URL.EscapedPath()
	if r.URL.RawPath == "" {
		return sent // the default encoding escapes no character of a token
	}
	plain, err := url.PathUnescape(masked(sent))
	hidden := masked(plain)
	if err == nil && hidden == plain {
		return sent
	}
	return (&url.URL{Path: hidden}).EscapedPath()
}

// record fills in the audit record of a request. It encodes the input and the output of
// the call into elements, and the record refers to these.
func (e *event) record(event *audit.Event, elements *[2][]byte) {
	c := &e.call
	event.Time, event.RequestID, event.Address, event.UserAgent, event.Resource = c.Now, c.RequestID, c.SourceIP, e.agent, c.Resource
	event.Caller = audit.Caller{Principal: c.Principal, ARN: e.principal, AccessKeyID: c.AccessKeyID}
	event.Additional.TokenID = c.Issued
	if c.Region != "" {
		event.Region = c.Region
	}
	if c.Principal == nil && c.Token != nil {
		event.Caller.Ref = &c.Token.Principal
	}
	protocol := fault.RestJSON
	switch {
	case e.door == "packages":
		e.subject.packages(event, e.method)
	case e.subject.surface != nil:
		protocol = e.subject.surface.protocol
		e.subject.control(event, e.method, elements)
		if op := e.subject.op; op != nil && op.Unsigned {
			event.Caller.Web = webCaller(op.Name, c.WebIdentity)
		}
		if c.WebIdentity != nil { // the record belongs to the account of the provider
			provider, _ := arn.Parse(c.WebIdentity.Provider)
			event.Account = provider.Account
		}
	default: // it failed before its operation was known
		event.Name = unknownName
	}
	if e.fault != nil {
		event.ErrorCode, event.Error = e.fault.Kind.Code(protocol), e.fault.Message
	}
}

// unknownName is the eventName of a request that matches no operation and no route.
const unknownName = "UnknownOperation"

func (s *subject) control(event *audit.Event, method string, elements *[2][]byte) {
	event.Source = s.surface.api.Source
	event.Additional.UnverifiedAccessKeyID = s.claimed
	if s.op == nil {
		event.Name = unknownName
		event.Additional.HTTPMethod, event.Additional.RequestURI = method, s.uri
		return
	}
	event.Name, event.ReadOnly = s.op.Name, s.surface.records[s.op.Name].reads
	if s.made != nil {
		event.Parameters, event.Response = s.made[0], s.made[1]
		return
	}
	if s.in != nil {
		elements[0] = s.elements(elements[0][:0], s.in)
		event.Parameters = elements[0]
	}
	if s.out != nil {
		elements[1] = s.elements(elements[1][:0], s.out)
		event.Response = elements[1]
	}
}

// elements appends the input or the output of an operation, as the record shows it.
// Neither may be changed once the call is over, since this runs after it.
func (s *subject) elements(b []byte, v any) (made []byte) {
	if v == nil {
		return nil
	}
	defer func() {
		if recover() != nil { // a panic over one part must not lose the record
			made = []byte(`{"omitted":true}`)
		}
	}()
	made, err := wire.AppendRecord(b, s.op, v, s.surface.api.Recorded)
	if err != nil {
		return append(b[:0], "null"...)
	}
	return printable.JSON(maskedLine(made))
}

// webCaller returns the caller of an operation that takes an identity provider's token
// or assertion. The record of a refused call has one too, without the provider and the
// subject unless they were verified.
func webCaller(operation string, v *gate.WebIdentity) *audit.Web {
	web := &audit.Web{Type: "WebIdentityUser"}
	if operation == "AssumeRoleWithSAML" {
		web.Type = "SAMLUser"
	}
	if v != nil {
		web.Provider, web.Audience, web.Subject = v.Provider, v.Audience, v.Subject
	}
	return web
}

// claimed returns the access key id that a refused signature names, or "". An id that
// this server cannot have issued is left out: it may be a secret in the wrong field.
func claimed(call *gate.Call, r *http.Request) string {
	signature, err := call.Signature(r)
	if err != nil || !arn.IsIssuedKeyID(signature.AccessKeyID) {
		return ""
	}
	return strings.Clone(signature.AccessKeyID)
}

func (s *subject) packages(event *audit.Event, method string) {
	service := api.CodeArtifact()
	event.Source, event.Name = service.Source, unknownName
	if s.action != "" {
		_, event.Name, _ = strings.Cut(s.action, ":")
		event.ReadOnly = service.Actions[event.Name]
	}
	event.Package = s.pkg
	event.Package.Namespace, event.Package.Name, event.Package.Version = s.ref.Namespace, s.ref.Name.Name, s.ref.Version
	event.Additional.HTTPMethod, event.Additional.RequestURI = method, s.uri
}

// named records the action that a package request turns out to need, and its package.
func (s *subject) named(verb *format.Verb, ref format.Ref) {
	s.action = verb.Action()
	if ref.Name != (format.Name{}) {
		s.ref = ref
	}
}

// packageRequest records what a package manager asks for, before anything of it is
// checked. requestUri is as in CloudTrail: it has neither the domain, which is part of
// AWS's host name, nor the repository.
func (s *subject) packageRequest(formatName, action string, r *http.Request) {
	s.action, s.pkg.Format = action, formatName
	s.uri = sentPath(r)
	if rest, ok := strings.CutPrefix(s.uri, "/"+formatName+"/d/"); ok {
		_, rest, _ = strings.Cut(rest, "/")
		_, rest, _ = strings.Cut(rest, "/")
		s.uri = "/" + formatName + "/" + rest
	}
}
