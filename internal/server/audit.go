package server

import (
	"net/http"
	"strings"

	"daypass/api"
	"daypass/internal/arn"
	"daypass/internal/audit"
	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/gate"
	"daypass/internal/wire"
)

// A subject is what a call was about, for its audit record. The doors fill it
// in on the way.
type subject struct {
	surface *surface       // control
	op      *api.Operation // nil: none was meant
	in, out any            // as far as the call came
	large   bool           // in may be too much to hold until the record is written

	action string        // packages: what the route asks for; "": no route
	pkg    audit.Package // packages
	uri    string        // as additionalEventData.requestUri
	ref    format.Ref    // packages: what the request names, as far as it got
}

// maxHeld is how large a request may be, in bytes, whose input waits for the
// writer of the trail; of a larger one the record's part is made at once.
const maxHeld = 16 << 10

// audit hands the record of an answered request to the trail. Probes and
// metrics have none.
func (s *Server) audit(r *http.Request, e *event) {
	if s.trail == nil || e.door == "" {
		return
	}
	c := &e.call
	event := audit.Event{
		Time: c.Now, RequestID: c.RequestID, Region: c.Region, Account: s.config.AccountID,
		Address: c.SourceIP, UserAgent: r.UserAgent(), Resource: c.Resource,
		Caller:     audit.Caller{Principal: c.Principal, AccessKeyID: c.AccessKeyID},
		Additional: audit.Additional{TokenID: c.Issued},
	}
	if event.Region == "" {
		event.Region = s.config.Region
	}
	if c.Principal == nil && c.Token != nil {
		event.Caller.Ref = &c.Token.Principal
	}
	protocol := fault.RestJSON
	switch {
	case e.door == "packages":
		e.subject.packages(&event, r)
	case e.subject.surface != nil:
		protocol = e.subject.surface.protocol
		e.subject.control(&event, c, r, e.fault == nil)
		if op := e.subject.op; op != nil && op.Unsigned {
			event.Caller.Web = webCaller(op.Name, c.Voucher)
		}
		if c.Voucher != nil { // the record is its account's
			provider, _ := arn.Parse(c.Voucher.Provider)
			event.Account = provider.Account
		}
	default: // it broke before it was known what it is
		event.Name = unknownName
	}
	if e.fault != nil {
		event.ErrorCode, event.Error = e.fault.Kind.Code(protocol), e.fault.Message
	}
	event.Trim(len(r.RequestURI) > maxHeld/4)
	s.trail.Record(&event)
}

// unknownName is the eventName of what is no operation and no route.
const unknownName = "UnknownOperation"

func (s *subject) control(event *audit.Event, call *gate.Call, r *http.Request, answered bool) {
	event.Source = s.surface.api.Source
	if event.Caller.Principal == nil && event.Caller.AccessKeyID == "" {
		event.Additional.UnverifiedAccessKeyID = claimed(call, r)
	}
	if s.op == nil {
		event.Name = unknownName
		event.Additional.HTTPMethod, event.Additional.RequestURI = r.Method, r.URL.EscapedPath()
		return
	}
	how := s.surface.records[s.op.Name]
	event.Name, event.ReadOnly = s.op.Name, how.reads
	event.Parameters = s.elements(s.in)
	if how.shown && answered {
		event.Response = s.elements(s.out)
	}
}

// elements makes a part of the record from what the operation took or gave. No
// one changes either once the call is over.
func (s *subject) elements(v any) audit.Elements {
	if v == nil {
		return nil
	}
	op, names := s.op, s.surface.api.Recorded
	render := func(b []byte) []byte {
		out, err := wire.AppendRecord(b, op, v, names)
		if err != nil {
			return append(b, "null"...)
		}
		return out
	}
	if !s.large {
		return render
	}
	made := render(nil)
	return func(b []byte) []byte { return append(b, made...) }
}

// webCaller is who called an operation that takes an identity provider's word,
// also if it was refused: what it says is known once it is verified.
func webCaller(operation string, v *gate.Voucher) *audit.Web {
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

func (s *subject) packages(event *audit.Event, r *http.Request) {
	service := api.CodeArtifact()
	event.Source, event.Name = service.Source, unknownName
	if s.action != "" {
		_, event.Name, _ = strings.Cut(s.action, ":")
		event.ReadOnly = service.Actions[event.Name]
	}
	event.Package = s.pkg
	event.Package.Namespace, event.Package.Name, event.Package.Version = s.ref.Namespace, s.ref.Name.Name, s.ref.Version
	event.Additional.HTTPMethod, event.Additional.RequestURI = r.Method, s.uri
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
	s.uri = r.URL.EscapedPath()
	if rest, ok := strings.CutPrefix(s.uri, "/"+formatName+"/d/"); ok {
		_, rest, _ = strings.Cut(rest, "/")
		_, rest, _ = strings.Cut(rest, "/")
		s.uri = "/" + formatName + "/" + rest
	}
}
