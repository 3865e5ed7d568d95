package policy

import (
	"strings"

	"daypass/internal/printable"
)

// A Decision is the answer to a request, with what decided it.
type Decision struct {
	Allowed  bool
	Explicit bool // a statement denies; an implicit deny is the absence of an Allow
	Type     Type // the kind of policy that decided
	// Policy is the name of the policy that decided. It is empty for implicit
	// denies and for the root user's full access.
	Policy string
	Sid    string // of the statement that decided, if it has one
	// Statement is that statement's number in its policy, counted from 1; 0
	// when no statement decided.
	Statement int
	// Exhausted says that the request is denied because the evaluation ran out of
	// steps.
	Exhausted bool
}

func allowed(t Type, s *statement) Decision {
	if s == nil {
		return Decision{Allowed: true, Type: t}
	}
	return Decision{Allowed: true, Type: t, Policy: s.policy.name, Sid: s.sid, Statement: s.number}
}

func denied(t Type, s *statement) Decision {
	return Decision{Explicit: true, Type: t, Policy: s.policy.name, Sid: s.sid, Statement: s.number}
}

// Because returns the end of an access-denied message for the action. For an
// explicit deny it names the policy, if that has an ARN of its own: inline
// policies have none, and neither do those of resources and roles. For an allowed
// request it is empty.
//
// Source: IAM User Guide, "Troubleshoot access denied error messages".
func (d Decision) Because(action string) string {
	switch {
	case d.Allowed:
		return ""
	case !d.Explicit:
		return "because no " + d.Type.String() + " allows the " + printable.Text(action) + " action"
	}
	because := "with an explicit deny in " + types[d.Type].article + " " + d.Type.String()
	if !d.Type.namesPrincipals() && strings.HasPrefix(d.Policy, "arn:") {
		because += ": " + d.Policy
	}
	return because
}
