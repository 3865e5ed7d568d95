// Package policy owns the IAM policy language: reading a document, checking
// it, compiling it, deciding a request against the policies that apply to it,
// and saying why. It is pure: documents and a request go in, a decision comes
// out. It must never know where policies are stored, how a caller proved who
// it is, or what the clock says.
package policy

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Type is the place that a policy has in an evaluation.
type Type uint8

const (
	Identity Type = iota // attached to a user, group or role
	Resource             // attached to a domain or repository
	Trust                // says who may assume a role
	Boundary             // the most that a user or role can be given
	Session              // narrows one session
)

var types = [...]struct{ article, phrase string }{
	Identity: {"an", "identity-based policy"},
	Resource: {"a", "resource-based policy"},
	Trust:    {"a", "role trust policy"},
	Boundary: {"a", "permissions boundary"},
	Session:  {"a", "session policy"},
}

// String returns the words for the type in access-denied messages.
//
// Source: IAM User Guide, "Troubleshoot access denied error messages".
func (t Type) String() string {
	if int(t) < len(types) {
		return types[t].phrase
	}
	return fmt.Sprintf("policy type %d", uint8(t))
}

// namesPrincipals reports whether statements of the type say whom they are
// about; in the other types that is whoever the policy is attached to.
func (t Type) namesPrincipals() bool { return t == Resource || t == Trust }

// A Policy is one compiled document. It is immutable and safe for use by
// several goroutines.
type Policy struct {
	name       string
	kind       Type
	current    bool // of the version 2012-10-17, whose documents have variables
	statements []statement
}

// Name returns the name given to [Parse].
func (p *Policy) Name() string { return p.name }

// Type returns the type given to [Parse].
func (p *Policy) Type() Type { return p.kind }

// A statement is one compiled element of Statement.
type statement struct {
	policy     *Policy
	number     int // counted from 1
	start, end Position
	sid        string
	deny       bool
	principals *principals // nil where the policy type has none
	actions    actions
	resources  resources
	conditions []condition
}

// A Position is a place in a document. Lines and the characters in them count
// from 1.
type Position struct{ Line, Column int }

// A ruler finds positions in the order of the document, so that all of them
// together cost one pass.
type ruler struct {
	document string
	at       int
	position Position
}

func newRuler(document string) *ruler { return &ruler{document: document, position: Position{1, 1}} }

// to returns the position of a byte that is not before the one asked for last.
func (r *ruler) to(offset int) Position {
	passed := r.document[r.at:offset]
	if lines := strings.Count(passed, "\n"); lines > 0 {
		r.position = Position{r.position.Line + lines, 1}
		passed = passed[strings.LastIndexByte(passed, '\n')+1:]
	}
	r.position.Column += utf8.RuneCountInString(passed)
	r.at = offset
	return r.position
}

// applies reports whether the statement is about the request, whoever makes
// it. The cheapest test that most often fails stands first.
func (s *statement) applies(e *env) bool {
	e.steps--
	if !e.settles(s.actions.match(e), s.deny) || !e.settles(s.resources.match(e), s.deny) {
		return false
	}
	for i := range s.conditions {
		if !e.settles(s.conditions[i].holds(e), s.deny) {
			return false
		}
	}
	return true
}

// Principals returns whom the policy names under AWS, each once, in the order of
// the document: everybody ("*"), accounts, unique ids, and the ARNs of root
// users, users, roles and sessions. Whoever stores a policy checks that they
// exist and ties them to unique ids with [Policy.Pin].
func (p *Policy) Principals() []string {
	var found names
	for i := range p.statements {
		if p.statements[i].principals == nil {
			continue
		}
		for _, w := range p.statements[i].principals.list {
			if w.kind != provider && w.kind != service {
				found.add(w.text)
			}
		}
	}
	return found.list
}

// Resources returns what the policy's Resource elements name, in the order of
// the document. What NotResource elements leave out is not among it.
func (p *Policy) Resources() []string {
	var found []string
	for i := range p.statements {
		if !p.statements[i].resources.not {
			found = append(found, p.statements[i].resources.texts...)
		}
	}
	return found
}

// Pin returns the policy with the ARNs of users and roles tied to the unique
// ids (AIDA…, AROA…) that ids gives for them, so that a deleted and re-created
// namesake gets nothing. An ARN that ids lacks goes on matching by name.
//
// Source: IAM User Guide, "AWS JSON policy elements: Principal": on saving,
// the ARN of a user or role becomes its unique id.
func (p *Policy) Pin(ids map[string]string) *Policy {
	pinned := &Policy{name: p.name, kind: p.kind, current: p.current, statements: make([]statement, len(p.statements))}
	for i, s := range p.statements {
		s.policy = pinned
		if s.principals != nil {
			s.principals = s.principals.pin(ids)
		}
		pinned.statements[i] = s
	}
	return pinned
}
