package policy

import "strings"

// UnrestrictedProvider looks for an Allow that names an identity provider without
// a condition on the key that requiredKey returns for the provider's ARN; "" means
// that none is needed. It returns the ARN and key of the first such statement, or
// "".
//
// A condition counts if it holds for some values of the key only. A condition
// that is negated, that holds without the key, or whose value has only wildcards
// does not count.
func (p *Policy) UnrestrictedProvider(requiredKey func(provider string) string) (providerARN, key string) {
	for i := range p.statements {
		s := &p.statements[i]
		if s.deny || s.principals == nil {
			continue
		}
		for _, w := range s.principals.list {
			if w.kind != provider {
				continue
			}
			key := requiredKey(w.text)
			if key != "" && !s.restricts(strings.ToLower(key)) {
				return w.text, key
			}
		}
	}
	return "", ""
}

// restricts reports whether a statement matches for some values of a key only.
func (s *statement) restricts(key string) bool {
	for i := range s.conditions {
		c := &s.conditions[i]
		if c.key != key || c.negated || c.ifExists || c.quantifier == forAll || c.family != caseSensitive && c.family != ignoringCase {
			continue
		}
		anyValue := false
		for _, pattern := range c.patterns {
			anyValue = anyValue || pattern.onlyWildcards()
		}
		if !anyValue {
			return true
		}
	}
	return false
}

// onlyWildcards reports whether a pattern consists of wildcards alone, such as *
// or ?*.
func (p *pattern) onlyWildcards() bool {
	for m := range p.tokens() {
		if m != anyRun && m != anyOne {
			return false
		}
	}
	return p.code != ""
}
