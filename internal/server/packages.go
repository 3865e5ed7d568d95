package server

import (
	"context"
	"net/http"
	"strings"

	"daypass/api"
	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/gate"
	"daypass/internal/registry"
	"daypass/internal/throttle"
)

// packages is the handler for package managers. It authenticates the caller by the
// authorization token, authorizes the route's action, and gives the format's handler a
// repository that the caller may use.
type packages struct {
	entrance
	registry *registry.Registry
	bodies   *bodies
	maxAsset int64
	pace     pace
	endpoint func(ctx context.Context, formatName, domain, owner, repository string) string
}

// mount adds every route of every format, in path form:
// /{format}/d/{domain}-{owner}/{repository}/…
//
// Source: CodeArtifact User Guide, "Use CodeArtifact from a VPC".
func (p *packages) mount(mux *http.ServeMux, formats []*format.Format) {
	for _, f := range formats {
		prefix := "/" + f.Name + "/d/{domain}/{repository}"
		for _, route := range f.Routes {
			mux.Handle(route.Method+" "+prefix+route.Pattern, p.handler(f, route))
		}
		mux.Handle("/"+f.Name+"/", p.unknown(f))
	}
}

func (p *packages) handler(f *format.Format, route format.Route) http.Handler {
	name := f.Name + " " + route.Method + " " + route.Pattern
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := eventOf(r.Context())
		e.door, e.operation = "packages", name
		e.subject.packageRequest(f.Name, route.Verbs[0].Action(), r)
		if r.Body != http.NoBody {
			r.Body = &patient{ReadCloser: r.Body, control: http.NewResponseController(w), pace: p.pace}
		}
		call, err := p.admit(r, e, f, route)
		if err != nil {
			p.refuse(w, r, e, f, err)
			return
		}
		if r.Body != http.NoBody {
			body := &streamed{held: held{from: p.bodies, client: e.call.SourceIP}}
			defer body.release()
			call.Hold = body.hold
		}
		defer p.throttle.spend(e, limitOfRoute(route)) // the handler reads the rows
		err = route.Handle(w, r, call)
		switch {
		case err == nil:
		case e.answer.status != 0:
			e.fault = fault.From(err)
			panic(http.ErrAbortHandler) // the header is sent: only a cut connection shows the error
		case r.Method == http.MethodGet || r.Method == http.MethodHead:
			p.refuse(w, r, e, f, err)
		default:
			told := &reasoned{to: &e.answer, reason: phrase(harmless(fault.From(err)).Message)}
			defer told.finish()
			p.refuse(told, r, e, f, err)
		}
	})
}

// admit authenticates the caller, and returns the call with the repository as the caller
// may use it.
func (p *packages) admit(r *http.Request, e *event, f *format.Format, route format.Route) (*format.Call, error) {
	err := p.throttle.enter(e)
	if err != nil {
		return nil, err
	}
	domain, owner, err := splitDomain(r.PathValue("domain"))
	if err != nil {
		return nil, err
	}
	name := r.PathValue("repository")
	e.subject.pkg.Domain, e.subject.pkg.Owner, e.subject.pkg.Repository = domain, owner, name
	err = p.gate.Bearer(r.Context(), &e.call, r, domain, owner)
	if err != nil {
		return nil, err
	}
	err = p.throttle.count(e, limitOfRoute(route))
	if err != nil {
		return nil, err
	}
	if !arn.IsRepository(name) { // before policies are evaluated: a long name is expensive to match
		return nil, fault.New(fault.NotFound, "There is no such repository in domain %s: expected a name of 2 to 100 letters, digits and ._-", domain)
	}
	repository, err := p.registry.Resolve(r.Context(), owner, domain, name)
	if err != nil {
		return nil, err
	}
	if d := repository.Domain; d.Exists() {
		err = e.call.CheckDomain(d.ID, d.Created)
		if err != nil {
			return nil, err
		}
	}
	bound, err := repository.Bind(r.Context(), registry.Binding{
		Format: f,
		Verbs:  route.Verbs,
		Now:    e.call.Now,
		Caller: &caller{p, e},
	})
	if err != nil {
		return nil, err
	}
	return &format.Call{
		Repository: bound,
		Base:       p.endpoint(r.Context(), f.Name, domain, owner, name),
		Now:        e.call.Now,
		MaxAsset:   p.maxAsset,
	}, nil
}

// A caller implements [registry.Caller] for a package request.
type caller struct {
	door  *packages
	event *event
}

// Judge implements [registry.Caller].
func (c *caller) Judge(ctx context.Context, actions []string, on registry.Subject) error {
	return allow(ctx, &c.event.call, actions, on)
}

// Again implements [registry.Caller].
func (c *caller) Again(ctx context.Context) error {
	return c.door.gate.Again(ctx, &c.event.call, c.door.now())
}

// Observe implements [registry.Caller].
func (c *caller) Observe(verb *format.Verb, ref format.Ref) { c.event.subject.named(verb, ref) }

// CountRows implements [registry.Caller].
func (c *caller) CountRows(rows int) { c.event.rows += rows }

// limitOfRoute returns the limit that a request of a route counts against.
func limitOfRoute(route format.Route) throttle.Limit {
	_, verb, _ := strings.Cut(route.Verbs[0].Action(), ":")
	return readsOrWrites(api.CodeArtifact().Actions[verb])
}

// allow returns nil if the caller may take all of the actions on a subject.
func allow(ctx context.Context, call *gate.Call, actions []string, on registry.Subject) error {
	subject := gate.Subject{ARN: on.ARN, Account: on.Account, Admin: on.Admin, Policies: on.Policies, Tags: on.Tags}
	for _, action := range actions {
		err := call.Authorize(ctx, action, subject)
		if err != nil {
			return err
		}
	}
	return nil
}

// unknown answers requests that no route of the format matches.
func (p *packages) unknown(f *format.Format) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := eventOf(r.Context())
		e.door, e.operation = "packages", f.Name
		e.subject.packageRequest(f.Name, "", r)
		err := p.throttle.enter(e)
		if err == nil {
			err = fault.New(fault.NotFound, "No such %s address: expected /%s/d/DOMAIN-OWNER/REPOSITORY/ and what the %s format has below it", f.Name, f.Name, f.Name)
		}
		p.refuse(w, r, e, f, err)
	})
}

// refuse answers with an error in the format's own way. A 401 has the challenges that
// make the format's clients send credentials.
func (p *packages) refuse(w http.ResponseWriter, r *http.Request, e *event, f *format.Format, err error) {
	p.turnAway(w, e, err)
	if format.Code(e.fault) == http.StatusUnauthorized {
		realm := strings.TrimSuffix(r.PathValue("domain")+"/"+r.PathValue("repository"), "/")
		for _, scheme := range f.Challenges {
			w.Header().Add("WWW-Authenticate", scheme+` realm="`+quotable(masked(realm))+`"`)
		}
	}
	f.WriteError(w, r, e.fault)
}

// quotable removes the characters that a quoted string in a header cannot have as they
// are.
func quotable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, s)
}

// splitDomain splits {domain}-{owner}. The owner is the 12 digits after the last hyphen,
// because a domain may have hyphens. An invalid name is refused here, because later
// messages have the name in a command to paste.
func splitDomain(s string) (domain, owner string, err error) {
	i := strings.LastIndexByte(s, '-')
	if i < 1 || !arn.IsDomain(s[:i]) || !arn.IsAccount(s[i+1:]) {
		return "", "", fault.New(fault.NotFound, "%q is not a domain and its owner: expected NAME-123456789012", s)
	}
	return s[:i], s[i+1:], nil
}
