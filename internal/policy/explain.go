package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"daypass/internal/printable"
)

// An Explanation is a decision and, for each statement, why it matches the
// request or not.
type Explanation struct {
	Decision Decision
	Policies []PolicyFindings
	withheld bool
}

// PolicyFindings has one policy's statements, compared with a request.
type PolicyFindings struct {
	Type       Type
	Policy     string // its name
	Statements []Finding
}

// A Finding is one statement, compared with a request.
type Finding struct {
	Number     int    // in its policy, counted from 1
	Sid        string // if it has one
	Deny       bool
	Start, End Position // where the text before the statement ends, and where the statement ends
	Elements   []Element
	// Delegates says that the statement allows the caller's account: that
	// account's own policies decide whether the caller may.
	Delegates bool
	Failures  []Failure // why it does not match; empty if it does
	// Missing are the condition keys that the statement asks for and the request
	// lacks, if the statement is about the action and the resource.
	Missing []string
	// Ambiguous are the keys that the request has in several spellings.
	Ambiguous []string
	// Skipped says that the explanation ran out of steps before this statement.
	// The fields about the comparison are empty then.
	Skipped bool
}

// Matches reports whether the statement matches the request.
func (f *Finding) Matches() bool { return len(f.Failures) == 0 && !f.Skipped }

// Near reports whether the statement nearly matches: it is about the action, or
// everything but the action fits.
func (f *Finding) Near() bool {
	return len(f.Failures) == 1 || len(f.Failures) > 0 && !strings.HasSuffix(f.Failures[0].Name, "Action")
}

// An Element is a part of a statement as it stands in the document.
type Element struct {
	Name          string // Action, NotResource, Condition, …
	Operator, Key string // of a condition
	Values        []string
}

// A Failure is one element of a statement that does not fit a request.
type Failure struct {
	Element
	Request []string // what the request has
	Missing bool     // the request has no such key
	// Ambiguous says that the request has the key, or one that a variable names,
	// in several spellings.
	Ambiguous bool
}

// Explain decides a request as [Evaluate] does, and tells for every statement why
// it matches or not. That may take another [MaxSteps] steps. Unlike Evaluate it
// allocates.
func Explain(req *Request, g *Grants, t *Target) Explanation {
	x := Explanation{Decision: Evaluate(req, g, t)}
	e := evaluationState{req: req, p: req.Principal, steps: MaxSteps}
	e.service, e.name = splitAction(req.Action, nil)
	if g == nil {
		g = &Grants{}
	}
	if t == nil {
		t = &Target{}
	}
	x.addPolicies(&e, g.Identity, false)
	x.addPolicies(&e, t.Policies, true)
	if g.Boundary != nil {
		x.addPolicies(&e, []*Policy{g.Boundary}, false)
	}
	x.addPolicies(&e, g.Session, false)
	return x
}

// addPolicies compares policies with the request; target says that they are the
// resource's, whose statements name principals.
func (x *Explanation) addPolicies(e *evaluationState, policies []*Policy, target bool) {
	for _, p := range policies {
		r := PolicyFindings{Type: p.kind, Policy: p.name, Statements: make([]Finding, len(p.statements))}
		for i := range p.statements {
			r.Statements[i] = p.statements[i].explain(e, target)
		}
		x.Policies = append(x.Policies, r)
	}
}

func (s *statement) explain(e *evaluationState, target bool) Finding {
	f := Finding{Number: s.number, Sid: s.sid, Deny: s.deny, Start: s.start, End: s.end, Elements: s.elements()}
	failures := s.failures(e, target)
	if e.steps < 0 {
		f.Skipped = true
		return f
	}
	f.Failures = failures
	f.Delegates = target && !s.deny && s.namesCaller(e) && s.allowGrade(e) == delegated
	if slices.ContainsFunc(f.Failures, func(f Failure) bool { return f.Operator == "" }) {
		return f
	}
	var missing, ambiguous names
	for _, k := range s.keys() {
		v, ok := e.lookup(k.key)
		switch {
		case !ok:
			missing.addKey(k.spelt)
		case v.ambiguous:
			ambiguous.addKey(k.spelt)
		}
	}
	f.Missing, f.Ambiguous = missing.list, ambiguous.list
	return f
}

// names are texts as they are spelt, each once, in order.
type names struct {
	list []string
	seen map[string]bool
}

func (n *names) add(name string) { n.addAs(name, name) }

// addKey adds a condition key, whose case does not count.
func (n *names) addKey(name string) { n.addAs(name, strings.ToLower(name)) }

func (n *names) addAs(name, key string) {
	if n.seen[key] {
		return
	}
	if n.seen == nil {
		n.seen = make(map[string]bool)
	}
	n.seen[key] = true
	n.list = append(n.list, name)
}

func (s *statement) elements() []Element {
	list := []Element{s.actions.element()}
	if s.principals != nil {
		list = append(list, s.principals.element())
	}
	if !s.resources.implied {
		list = append(list, s.resources.element())
	}
	for i := range s.conditions {
		list = append(list, s.conditions[i].element())
	}
	return list
}

func (a *actions) element() Element {
	return Element{Name: elementName("Action", a.not), Values: a.texts}
}

func (r *resources) element() Element {
	return Element{Name: elementName("Resource", r.not), Values: r.texts}
}

func (c *condition) element() Element {
	return Element{Name: "Condition", Operator: c.name, Key: c.spelt, Values: c.texts}
}

// element returns the Principal or NotPrincipal element, without values if the
// statement has none.
func (ps *principals) element() Element {
	if ps == nil {
		return Element{Name: "Principal"}
	}
	e := Element{Name: elementName("Principal", ps.not), Values: make([]string, len(ps.list))}
	for i := range ps.list {
		e.Values[i] = ps.list[i].text
	}
	return e
}

// A keyName is a condition key in lower case and as it is spelt.
type keyName struct{ key, spelt string }

// keys lists the condition keys that the statement asks for: in conditions, then
// as variables.
func (s *statement) keys() []keyName {
	list := make([]keyName, 0, len(s.conditions))
	for i := range s.conditions {
		list = append(list, keyName{s.conditions[i].key, s.conditions[i].spelt})
	}
	list = appendVariables(list, s.resources.patterns)
	for i := range s.conditions {
		list = appendVariables(list, s.conditions[i].patterns)
	}
	return list
}

func appendVariables(list []keyName, patterns []pattern) []keyName {
	for i := range patterns {
		for _, v := range patterns[i].variables {
			list = append(list, keyName{v.key, v.spelt})
		}
	}
	return list
}

// ContextKeys lists the condition keys that policies ask for, each once, in
// order of their names.
func ContextKeys(policies []*Policy) []string {
	spelt := map[string]string{}
	for _, p := range policies {
		for i := range p.statements {
			for _, k := range p.statements[i].keys() {
				spelt[k.key] = k.spelt
			}
		}
	}
	var list []string
	for _, key := range slices.Sorted(maps.Keys(spelt)) {
		list = append(list, spelt[key])
	}
	return list
}

// failures lists the elements that do not match. It makes the comparisons that
// [statement.applies] and [statement.namesCaller] make.
func (s *statement) failures(e *evaluationState, target bool) []Failure {
	var failed []Failure
	if !e.satisfied(s.actions.match(e), s.deny) {
		failed = append(failed, Failure{Element: s.actions.element(), Request: []string{e.req.Action}})
	}
	if target && !s.namesCaller(e) {
		failed = append(failed, Failure{Element: s.principals.element(), Request: []string{e.caller()}})
	}
	if is := s.resources.match(e); !e.satisfied(is, s.deny) {
		failed = append(failed, Failure{Element: s.resources.element(), Request: []string{e.req.Resource}, Ambiguous: is == unclear})
	}
	for i := range s.conditions {
		c := &s.conditions[i]
		is := c.holds(e)
		if e.satisfied(is, s.deny) {
			continue
		}
		v, ok := e.lookup(c.key)
		failed = append(failed, Failure{Element: c.element(), Request: v.list(ok), Missing: !ok, Ambiguous: ok && is == unclear})
	}
	return failed
}

func (v Value) list(present bool) []string {
	switch {
	case !present || v.ambiguous:
		return nil
	case v.multi:
		return v.many
	}
	return []string{v.one}
}

// caller names the caller in sentences for people.
func (e *evaluationState) caller() string {
	switch {
	case e.p != nil:
		return e.p.ARN()
	case e.req.Provider != "":
		return e.req.Provider
	}
	return anonymous
}

// Missing lists the condition keys that statements about the request ask for and
// that it lacks, each once, in the order in which they come up.
func (x *Explanation) Missing() []string {
	all := names{list: []string{}}
	for _, r := range x.Policies {
		for i := range r.Statements {
			for _, name := range r.Statements[i].Missing {
				all.addKey(name)
			}
		}
	}
	return all.list
}

// Lines returns the explanation as English sentences, one a line: the decision,
// then the statements that match, then those that nearly do.
func (x *Explanation) Lines(req *Request) []string {
	d := &x.Decision
	lines := []string{d.Sentence(req.Action)}
	if x.withheld {
		lines = append(lines, "The policies of the resource belong to another account and are not shown.")
	}
	if len(x.Policies) == 0 {
		lines = append(lines, "There is no policy to look at.")
	}
	rest, skipped := 0, 0
	var near, elsewhere []string
	for i := range x.Policies {
		p := &x.Policies[i]
		for j := range p.Statements {
			switch f := &p.Statements[j]; {
			case f.Matches():
				lines = append(lines, x.matched(p, f))
			case f.Skipped:
				skipped++
			case f.Near():
				near = append(near, "Near miss: "+p.describe(f)+" would "+f.verb()+", but "+f.Why()+".")
			default:
				rest++
				elsewhere = append(elsewhere, policyName(p.Type, p.Policy))
			}
		}
	}
	lines = append(lines, near...)
	if rest > 0 {
		lines = append(lines, plural(rest, "other statement is", "other statements are")+" about something else: in "+enumerated(slices.Compact(elsewhere))+".")
	}
	if skipped > 0 {
		lines = append(lines, plural(skipped, "statement was", "statements were")+" not looked at, as the others took all steps of an explanation.")
	}
	return lines
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Withhold removes the resource's policies from the explanation, for callers who
// may know the decision but not the policies of another account.
func (x *Explanation) Withhold() {
	x.withheld = true
	x.Policies = slices.DeleteFunc(x.Policies, func(r PolicyFindings) bool { return r.Type.namesPrincipals() })
	if x.Decision.Type.namesPrincipals() {
		x.Decision.Policy, x.Decision.Sid, x.Decision.Statement = "", "", 0
	}
}

// Sentence returns the decision as an English sentence.
func (d Decision) Sentence(action string) string {
	by := types[d.Type].article + " " + d.Type.String()
	if d.Statement > 0 {
		by = fmt.Sprintf("statement %s of %s", statementName(d.Statement, d.Sid), policyName(d.Type, d.Policy))
	}
	switch {
	case d.Exhausted:
		return fmt.Sprintf("Denied, because more than %d steps would be taken to match all policies with the request.", MaxSteps)
	case d.Allowed && d.Statement == 0 && d.Type == Identity:
		return "Allowed: the root user may do everything in its own account."
	case d.Allowed:
		return "Allowed by " + by + "."
	case d.Explicit:
		return "Denied explicitly by " + by + "."
	}
	return "Denied, because no " + d.Type.String() + " allows the " + printable.Text(action) + " action."
}

func statementName(number int, sid string) string {
	if sid == "" {
		return fmt.Sprint(number)
	}
	return fmt.Sprintf("%d (%s)", number, sid)
}

func policyName(t Type, name string) string {
	if name == "" {
		return "the " + t.String()
	}
	return "the " + t.String() + " " + name
}

func (r *PolicyFindings) describe(f *Finding) string {
	return fmt.Sprintf("statement %s of %s", statementName(f.Number, f.Sid), policyName(r.Type, r.Policy))
}

func (f *Finding) verb() string {
	if f.Deny {
		return "deny"
	}
	return "allow"
}

func (x *Explanation) matched(r *PolicyFindings, f *Finding) string {
	text := fmt.Sprintf("Matches: %s, which %s", r.describe(f), map[bool]string{false: "allows", true: "denies"}[f.Deny])
	if f.Delegates {
		text += " the caller's account, so that the caller's own policies must allow too"
	}
	if f.Deny && len(f.Ambiguous) > 0 {
		text += ", as the request has several keys that differ from " + enumerated(f.Ambiguous) + " by case alone"
	}
	return text + "."
}

// Why returns in English words which elements do not match.
func (f *Finding) Why() string {
	parts := make([]string, len(f.Failures))
	for i := range f.Failures {
		parts[i] = f.Failures[i].String()
	}
	return strings.Join(parts, "; ")
}

// maxShown is how many values of a list are shown to people.
const maxShown = 5

func (f Failure) String() string {
	element := f.Name
	if f.Operator != "" {
		element = f.Operator + " " + f.Key
	}
	has := "the request has " + listed(f.Request)
	switch {
	case f.Ambiguous:
		has = "which cannot be told of a request that has several keys which differ by case alone"
	case f.Missing:
		has = "the request has no such key"
	case f.Operator == "" && strings.HasPrefix(f.Name, "Not"):
		has = "which excludes " + listed(f.Request)
	}
	return element + " is " + listed(f.Values) + ", " + has
}

func listed(values []string) string {
	if len(values) == 0 {
		return "nothing"
	}
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = quote(v)
	}
	return enumerated(quoted)
}

func enumerated(texts []string) string {
	text := strings.Join(texts[:min(len(texts), maxShown)], ", ")
	if n := len(texts) - maxShown; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}
