package policy

import (
	"bytes"
	"strings"
)

// actions is an Action or NotAction element.
type actions struct {
	patterns []action
	not      bool
	texts    []string // as in the document
}

// An action is one pattern, in lower case. The service * stands for all.
type action struct{ service, name string }

// actions compiles the element. Names of services and actions are matched
// without regard to case. They hold no variables.
func (c *compiler) actions(found *statementElements) (actions, *SyntaxError) {
	element := elementName("Action", found.notAction)
	const sentence = "Policy statement must contain actions."
	if found.action == nil {
		return actions{}, problem("Action is missing: expected Action or NotAction").withPhrase(sentence)
	}
	values, err := texts(found.action)
	if err != nil && found.action.isEmpty() {
		err = err.withPhrase(sentence)
	}
	if err != nil {
		return actions{}, within(element, err)
	}
	compiled := actions{patterns: make([]action, len(values)), not: found.notAction, texts: values}
	for i, v := range values {
		err = c.checkAction(v)
		if err != nil {
			return actions{}, within(element, err)
		}
		p := &compiled.patterns[i]
		p.service, p.name, _ = strings.Cut(strings.ToLower(v), ":")
	}
	return compiled, nil
}

// checkAction refuses what can't be an action. A well-formed name of an action
// that does not exist is accepted, as IAM accepts it, and matches nothing.
func (c *compiler) checkAction(v string) *SyntaxError {
	service, _, ok := strings.Cut(v, ":")
	switch {
	case c.kind == Trust && !strings.EqualFold(service, "sts"):
		return problem("%s is not an action on a role: expected one that begins with sts:", quote(v)).withPhrase(otherThanAssumeRole)
	case v == "*" || v == "*:*":
		return nil
	case !ok || service == "":
		return problem("%s names no service: expected service:Action or *", quote(v)).withPhrase("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
	case strings.ContainsAny(service, "*?"):
		return problem("%s has a wildcard in the name of the service: expected service:Action or *", quote(v)).withPhrase(invalidVendor(service))
	}
	return nil
}

// invalidVendor is IAM's sentence on the part of an action before its colon.
func invalidVendor(service string) string {
	return "Vendor " + oneLine(service) + " is not valid"
}

func (a *actions) match(e *evaluationState) fit {
	for i := range a.patterns {
		p := &a.patterns[i]
		e.steps--
		matched := p.service == "*"
		if !matched && p.service == string(e.service) {
			var steps int
			matched, steps = matchName(p.name, e.name, e.steps)
			e.steps -= steps
		}
		if matched {
			return fitOf(!a.not)
		}
	}
	return fitOf(a.not)
}

// actionSpace is how long a request's action can be before evaluating it
// allocates. No action of AWS is as long.
const actionSpace = 128

// splitAction takes an action apart, in lower case, using space.
func splitAction(action string, space []byte) (service, name []byte) {
	space = space[:0]
	for i := range len(action) {
		space = append(space, lower(action[i]))
	}
	colon := bytes.IndexByte(space, ':')
	if colon < 0 {
		return nil, space
	}
	return space[:colon], space[colon+1:]
}

func lower(b byte) byte {
	if b >= 'A' && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

// matchName matches an action's name. * stands for any run of characters, ? for
// exactly one. It takes at most len(pattern)*len(name) steps, because only the
// last * is ever widened. It returns the number of steps taken. It stops at
// left+1 steps: the answer is meaningless then.
func matchName(pattern string, name []byte, left int) (matched bool, steps int) {
	p, n := 0, 0
	star, tried := -1, 0 // the last *, and where what follows it was last tried
	for n < len(name) {
		steps++
		switch {
		case steps > left:
			return false, steps
		case p < len(pattern) && pattern[p] == '*':
			if p == len(pattern)-1 {
				return true, steps
			}
			star, tried = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p++
			n++
		case star >= 0:
			tried++
			p, n = star+1, tried
		default:
			return false, steps
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern), steps
}
