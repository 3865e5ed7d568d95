// Package policy owns the IAM policy language: reading a document, checking
// it, compiling it, deciding a request against the policies that apply to it,
// and explaining the decision. It is pure: documents and a request go in, a
// decision comes out. It must never know where policies are stored, how a caller
// was authenticated, or what time it is.
package policy

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Type is the kind of a policy, which decides its part in an evaluation.
type Type uint8

const (
	Identity Type = iota // attached to a user, group or role
	Resource             // attached to a domain or repository
	Trust                // attached to a role: who may assume it
	Boundary             // limits the permissions of a user or role
	Session              // limits the permissions of one session
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

// namesPrincipals reports whether statements of the type have a Principal. The
// other types are about whoever they are attached to.
func (t Type) namesPrincipals() bool { return t == Resource || t == Trust }

// A Policy is one compiled document. It is immutable and safe for use by
// several goroutines.
type Policy struct {
	name       string
	kind       Type
	current    bool // the document's version is 2012-10-17, which has variables
	statements []statement
}

// Name returns the name given to [Parse].
func (p *Policy) Name() string { return p.name }

// Type returns the type given to [Parse].
func (p *Policy) Type() Type { return p.kind }

// A statement is one compiled statement of a document.
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

// A lineCounter converts ascending byte offsets to positions in one pass over the
// document.
type lineCounter struct {
	document string
	offset   int
	position Position
}

func newLineCounter(document string) *lineCounter {
	return &lineCounter{document: document, position: Position{1, 1}}
}

// positionOf returns the position of an offset, which MUST NOT be smaller than
// that of the call before.
func (r *lineCounter) positionOf(offset int) Position {
	passed := r.document[r.offset:offset]
	if lines := strings.Count(passed, "\n"); lines > 0 {
		r.position = Position{r.position.Line + lines, 1}
		passed = passed[strings.LastIndexByte(passed, '\n')+1:]
	}
	r.position.Column += utf8.RuneCountInString(passed)
	r.offset = offset
	return r.position
}

// applies reports whether the statement matches the request, apart from its
// principal. The test that is cheapest and most often fails comes first.
func (s *statement) applies(e *evaluationState) bool {
	e.steps--
	if !e.satisfied(s.actions.match(e), s.deny) || !e.satisfied(s.resources.match(e), s.deny) {
		return false
	}
	for i := range s.conditions {
		if !e.satisfied(s.conditions[i].holds(e), s.deny) {
			return false
		}
	}
	return true
}

// Principals returns whom the policy names under AWS, each once, in the order of
// the document: everybody ("*"), accounts, unique ids, and the ARNs of root
// users, users, roles and sessions. The package that stores a policy must check
// that they exist, and tie them to unique ids with [Policy.Pin].
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

// Resources returns the values of the policy's Resource elements, in the order of
// the document. Those of NotResource elements are left out.
func (p *Policy) Resources() []string {
	var found []string
	for i := range p.statements {
		if !p.statements[i].resources.not {
			found = append(found, p.statements[i].resources.texts...)
		}
	}
	return found
}

// Pin returns a copy of the policy in which the ARNs of users and roles match by
// unique id. ids maps an ARN to its id (AIDA…, AROA…). So a user or role that was
// deleted and created again under the same name gets nothing. An ARN that ids
// lacks still matches by name.
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
