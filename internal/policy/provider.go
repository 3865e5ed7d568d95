package policy

import "strings"

// Unasked looks for a statement that lets in whomever an identity provider
// vouches for. Which key a statement must ask for is told by must, from a
// provider's ARN; "" means none. It returns the first provider and key that a
// statement misses, or "".
//
// A condition counts when it holds for some values of the key only: one that is
// negated, that holds without the key, or whose value has only wildcards does
// not.
func (p *Policy) Unasked(must func(provider string) string) (providerARN, key string) {
	for i := range p.statements {
		s := &p.statements[i]
		if s.deny || s.principals == nil {
			continue
		}
		for _, w := range s.principals.list {
			if w.kind != provider {
				continue
			}
			key := must(w.text)
			if key != "" && !s.asks(strings.ToLower(key)) {
				return w.text, key
			}
		}
	}
	return "", ""
}

// asks reports whether a statement holds for some values of a key only.
func (s *statement) asks(key string) bool {
	for i := range s.conditions {
		c := &s.conditions[i]
		if c.key != key || c.negated || c.ifExists || c.quantifier == forAll || c.family != texting && c.family != folding {
			continue
		}
		open := false
		for _, pattern := range c.patterns {
			open = open || pattern.open()
		}
		if !open {
			return true
		}
	}
	return false
}

// open reports whether a pattern is made of wildcards alone, which "?*" is too.
func (p *pattern) open() bool {
	for m := range p.tokens() {
		if m != anyRun && m != anyOne {
			return false
		}
	}
	return p.code != ""
}
