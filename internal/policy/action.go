package policy

import "strings"

// actions is an Action or NotAction element.
type actions struct {
	patterns []string // in lower case
	not      bool
}

// actions compiles the element. Names of services and actions have no case;
// there are no variables in them.
func (c *compiler) actions(found *parts) (actions, *SyntaxError) {
	element := named("Action", found.notAction)
	if found.action == nil {
		return actions{}, problem("Action is missing: expected Action or NotAction")
	}
	values, err := texts(found.action)
	if err != nil {
		return actions{}, within(element, err)
	}
	for i, v := range values {
		err = c.checkAction(v)
		if err != nil {
			return actions{}, within(element, err)
		}
		values[i] = strings.ToLower(v)
	}
	return actions{patterns: values, not: found.notAction}, nil
}

// checkAction refuses what can't be an action. What merely names no action
// that exists is accepted, as IAM accepts it, and matches nothing.
func (c *compiler) checkAction(v string) *SyntaxError {
	service, _, ok := strings.Cut(v, ":")
	switch {
	case c.kind == Trust && !strings.EqualFold(service, "sts"):
		return problem("%s is not an action on a role: expected one that begins with sts:", quote(v))
	case v == "*" || v == "*:*":
		return nil
	case !ok || service == "":
		return problem("%s names no service: expected service:Action or *", quote(v))
	case strings.ContainsAny(service, "*?"):
		return problem("%s has a wildcard in the name of the service: expected service:Action or *", quote(v))
	}
	return nil
}

func (a *actions) match(action string) bool {
	for _, p := range a.patterns {
		if matchAction(p, action) {
			return !a.not
		}
	}
	return a.not
}

// matchAction matches without regard to the case of ASCII letters; the pattern
// is in lower case. * stands for any run and ? for exactly one character. It
// takes at most len(pattern)*len(action) steps: only the last * is ever
// widened, because an earlier one has nothing to gain from it.
func matchAction(pattern, action string) bool {
	p, a := 0, 0
	star, tried := -1, 0 // the last *, and where what follows it was last tried
	for a < len(action) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			if p == len(pattern)-1 {
				return true
			}
			star, tried = p, a
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == lower(action[a])):
			p++
			a++
		case star >= 0:
			tried++
			p, a = star+1, tried
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

func lower(b byte) byte {
	if b >= 'A' && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}
