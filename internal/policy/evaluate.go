package policy

import (
	"time"

	"daypass/internal/principal"
)

// A Request says who asks for which action on which resource.
type Request struct {
	Principal *principal.Principal // nil for anonymous
	// Provider is the ARN of the identity provider that authenticated a caller
	// who has no principal yet (AssumeRoleWithWebIdentity); else empty.
	Provider string
	Action   string  // service:Name
	Resource string  // ARN, or * where the action has no resource type
	Context  Context // nil: no keys but those of the principal
	// MFAAt is when a one-time code that came with the request itself was
	// accepted; zero if none came. It overrides that of the principal's session.
	MFAAt time.Time
	// Simulated says that all keys come from Context, also those that otherwise
	// follow from the principal. No real request sets it.
	Simulated bool
}

// Grants is what the principal's own account lets it do.
type Grants struct {
	Identity []*Policy // of the user and its groups, or of the role
	Boundary *Policy   // nil: none, if the principal says so too
	Session  []*Policy
	// Restricted says that session policies apply, even when Session is empty
	// because they are gone; then none of them allows anything.
	Restricted bool
}

// Target is the resource's owner and the policies attached to the resource.
type Target struct {
	Account string // 12 digits: the resource's owner. If empty, it is in no caller's account
	// Admin is the repository administrator's account: its principals are treated
	// as the owner's. Empty if there is none.
	Admin    string
	Policies []*Policy // resource-based, or the trust policy
	// Trust says that Policies are a role's trust policy, which must allow
	// even what identity-based policies allow.
	Trust bool
}

// Evaluate decides a request in at most [MaxSteps] steps. A nil Grants grants
// nothing. A nil Target stands for the principal's own account without
// resource-based policies, as for actions that have no resource.
//
// Source: IAM User Guide, "Policy evaluation logic" and "Cross-account policy
// evaluation logic"; for the second account of a target the CodeArtifact User
// Guide, "Repository policies".
func Evaluate(req *Request, g *Grants, t *Target) Decision {
	e := evaluationState{req: req, p: req.Principal, steps: MaxSteps}
	var space [actionSpace]byte
	e.service, e.name = splitAction(req.Action, space[:])
	if g == nil {
		g = &Grants{}
	}
	if t == nil {
		t = &Target{Account: e.account()}
	}
	d := e.decide(g, t)
	d.Exhausted = e.steps < 0 && !d.Allowed
	return d
}

func (e *evaluationState) decide(g *Grants, t *Target) Decision {
	f, d := e.findStatements(g, t)
	switch {
	case d.Explicit:
		return d
	case e.p == nil && f.grade == namedItself:
		return allowed(t.kind(), f.resource)
	case e.p == nil:
		return Decision{Type: t.kind()}
	}
	return e.combine(&f, g, t)
}

// allowingStatements are the statements that allow, by the kind of policy, and how
// closely the resource's side names the principal.
type allowingStatements struct {
	identity, boundary, session, resource *statement
	grade                                 grade
}

// findStatements looks through all policies. An explicit deny in any of them ends it.
func (e *evaluationState) findStatements(g *Grants, t *Target) (allowingStatements, Decision) {
	var f allowingStatements
	var deny *statement
	f.identity, deny = e.scan(g.Identity)
	if deny != nil {
		return f, denied(Identity, deny)
	}
	f.resource, f.grade, deny = e.scanTarget(t.Policies)
	if deny != nil {
		return f, denied(t.kind(), deny)
	}
	if g.Boundary != nil {
		f.boundary, deny = e.scanOne(g.Boundary, nil)
		if deny != nil {
			return f, denied(Boundary, deny)
		}
	}
	f.session, deny = e.scan(g.Session)
	if deny != nil {
		return f, denied(Session, deny)
	}
	return f, Decision{}
}

// combine decides a request that no statement denies explicitly.
func (e *evaluationState) combine(f *allowingStatements, g *Grants, t *Target) Decision {
	own := e.p.Account != "" && (e.p.Account == t.Account || e.p.Account == t.Admin)
	overcomes := f.grade
	if !own {
		overcomes = unnamed // a resource's policy can't override the policies of another account
	}
	bounded := g.Boundary != nil || e.p.Boundary
	restricted := len(g.Session) > 0 || g.Restricted || e.p.Session.Restricted() || e.p.Kind == principal.Federated
	switch {
	case f.identity == nil && !e.unlimited() && overcomes < namedRole:
		return Decision{Type: Identity}
	case bounded && f.boundary == nil && overcomes < namedUser:
		return Decision{Type: Boundary}
	case restricted && f.session == nil && overcomes < namedItself:
		return Decision{Type: Session}
	case f.grade == unnamed && (t.Trust || !own):
		return Decision{Type: t.kind()}
	case f.identity == nil && f.resource != nil:
		return allowed(t.kind(), f.resource)
	}
	return allowed(Identity, f.identity)
}

// unlimited reports whether the principal has full access in its account without
// any policy: root, or a federated session that root made.
func (e *evaluationState) unlimited() bool {
	return e.p.Kind == principal.Root || e.p.Kind == principal.Federated && e.p.ID == e.p.Account
}

func (t *Target) kind() Type {
	if t.Trust {
		return Trust
	}
	return Resource
}

// scan returns the first statement of the policies that denies the request; if
// there is none, the first that allows it.
func (e *evaluationState) scan(policies []*Policy) (allow, deny *statement) {
	for _, p := range policies {
		allow, deny = e.scanOne(p, allow)
		if deny != nil {
			return nil, deny
		}
	}
	return allow, nil
}

func (e *evaluationState) scanOne(p *Policy, allow *statement) (*statement, *statement) {
	for i := range p.statements {
		s := &p.statements[i]
		if !s.deny && allow != nil || !s.applies(e) {
			continue
		}
		if s.deny {
			return nil, s
		}
		allow = s
	}
	return allow, nil
}

// scanTarget is scan for policies that name principals. Of the statements that
// allow, it returns the one that names the caller most closely. A statement
// without a principal never matches.
func (e *evaluationState) scanTarget(policies []*Policy) (allow *statement, best grade, deny *statement) {
	for _, p := range policies {
		for i := range p.statements {
			s := &p.statements[i]
			switch {
			case s.principals == nil:
			case s.deny:
				if s.denyNamesCaller(e) && s.applies(e) {
					return nil, unnamed, s
				}
			default:
				named := s.allowGrade(e)
				if named > best && s.applies(e) {
					allow, best = s, named
				}
			}
		}
	}
	return allow, best, nil
}

// namesCaller reports whether a statement that names principals is about the
// caller.
func (s *statement) namesCaller(e *evaluationState) bool {
	switch {
	case s.principals == nil:
		return false
	case s.deny:
		return s.denyNamesCaller(e)
	}
	return s.allowGrade(e) != unnamed
}

// allowGrade tells how an Allow names the caller. A caller authenticated by an
// identity provider must be named by the provider's ARN: "*" in a trust policy
// would open the role to every user of every provider of the account. A Deny to
// "*" does include such callers.
func (s *statement) allowGrade(e *evaluationState) grade {
	if e.p == nil && e.req.Provider != "" && !s.principals.names(e.req.Provider) {
		return unnamed
	}
	return s.principals.grade(e)
}

// denyNamesCaller reports whether a Deny is about the caller.
func (s *statement) denyNamesCaller(e *evaluationState) bool {
	if s.principals.not {
		return !s.principals.exempts(e)
	}
	return s.principals.grade(e) != unnamed
}
