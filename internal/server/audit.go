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

// A subject is what a call was about, for its audit record. The doors fill it
// in on the way.
type subject struct {
	surface *surface       // control
	op      *api.Operation // nil: none was meant
	in, out any            // as far as the call came
	claimed string         // the key that a refused signature names

	inputSize int        // of the request, in bytes, about
	size      int        // of what is held of it
	made      *[2][]byte // of in and out, where in is too much to hold

	action string        // packages: what the route asks for; "": no route
	pkg    audit.Package // packages
	uri    string        // as additionalEventData.requestUri
	ref    format.Ref    // packages: what the request names, as far as it got
}

// maxHeld is how large a request may be, in bytes, whose input waits for the
// writer of the trail; of a larger one the record's part is made at once.
const maxHeld = 16 << 10

// finish takes from an answered request what its record needs, and lets go what
// it does not.
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

// pinned is how many bytes of a request stay in memory with the parts of them that its
// event has: its path is a part of its address, its key id one of a header.
func pinned(r *http.Request) int {
	n := len(r.RequestURI)
	for _, name := range [...]string{"Authorization", "X-Amz-Security-Token"} {
		for _, value := range r.Header[name] {
			n += len(value)
		}
	}
	return n
}

// sentPath is the path of a request as it was sent. Where a token is in it of which a
// character was escaped, which nobody would find in the record, it is hidden.
func sentPath(r *http.Request) string {
	sent := r.URL.EscapedPath()
	if r.URL.RawPath == "" {
		return sent // tokens need no escapes
	}
	plain, err := url.PathUnescape(masked(sent))
	hidden := masked(plain)
	if err == nil && hidden == plain {
		return sent
	}
	return (&url.URL{Path: hidden}).EscapedPath()
}

// record fills in the audit record of a request. What the call took and gave is
// encoded into elements, which the record holds then.
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
		if c.WebIdentity != nil { // the record is its account's
			provider, _ := arn.Parse(c.WebIdentity.Provider)
			event.Account = provider.Account
		}
	default: // it broke before it was known what it is
		event.Name = unknownName
	}
	if e.fault != nil {
		event.ErrorCode, event.Error = e.fault.Kind.Code(protocol), e.fault.Message
	}
}

// unknownName is the eventName of what is no operation and no route.
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

// elements appends a part of the record, made from what the operation took or
// gave. No one changes either once the call is over.
func (s *subject) elements(b []byte, v any) (made []byte) {
	if v == nil {
		return nil
	}
	defer func() {
		if recover() != nil { // a mistake in one part must not cost the record
			made = []byte(`{"omitted":true}`)
		}
	}()
	made, err := wire.AppendRecord(b, s.op, v, s.surface.api.Recorded)
	if err != nil {
		return append(b[:0], "null"...)
	}
	return printable.JSON(maskedLine(made))
}

// webCaller is who called an operation that takes an identity provider's word,
// also if it was refused: what it says is known once it is verified.
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

// claimed is the access key id that a refused signature names.
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

// named notes what a package request turns out to do, and with which package.
func (s *subject) named(verb *format.Verb, ref format.Ref) {
	s.action = verb.Action()
	if ref.Name != (format.Name{}) {
		s.ref = ref
	}
}

// packageRequest notes what a package manager asks for, before anything of it
// is checked. The address is told as AWS has it, without the domain, which is in
// the host name there, and without the repository.
func (s *subject) packageRequest(formatName, action string, r *http.Request) {
	s.action, s.pkg.Format = action, formatName
	s.uri = sentPath(r)
	if rest, ok := strings.CutPrefix(s.uri, "/"+formatName+"/d/"); ok {
		_, rest, _ = strings.Cut(rest, "/")
		_, rest, _ = strings.Cut(rest, "/")
		s.uri = "/" + formatName + "/" + rest
	}
}
