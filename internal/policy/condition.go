package policy

import (
	"encoding/base64"
	"net/netip"
	"strings"
	"time"
)

// A condition is one key under one operator. All conditions of a statement
// must hold; of one condition's values one must match.
type condition struct {
	operator
	quantifier  quantifier
	ifExists    bool
	key         string   // in lower case
	name, spelt string   // the operator's name and the key, as in the document
	texts       []string // of the values

	// The values, in the form that the operator's family compares.
	patterns []pattern
	decimals []decimal
	times    []time.Time
	networks []netip.Prefix
	absent   bool // Null: true is among the values
	present  bool // Null: false is among the values
}

// conditions compiles a Condition element.
func (c *compiler) conditions(n *node) ([]condition, *SyntaxError) {
	if n == nil {
		return nil, nil
	}
	if n.shape != isObject {
		return nil, problem("expected an object, not %v", n.shape)
	}
	var list []condition
	for i, name := range n.names {
		op, q, ifExists, err := parseOperator(name)
		if err != nil {
			return nil, err
		}
		keys := &n.items[i]
		if keys.shape != isObject {
			return nil, within(name, problem("expected an object of condition keys, not %v", keys.shape))
		}
		for j, key := range keys.names {
			cond := condition{operator: op, quantifier: q, ifExists: ifExists, key: strings.ToLower(key), name: name, spelt: key}
			if !isKey(key) {
				return nil, within(name, problem("%s is not a condition key: expected a name such as aws:username", quote(key)))
			}
			err = c.values(&cond, &keys.items[j])
			if err != nil {
				return nil, within(name+", "+quote(key), err)
			}
			list = append(list, cond)
		}
	}
	return list, nil
}

// values compiles the values of a key. They may be written as strings, numbers
// or booleans.
func (c *compiler) values(cond *condition, n *node) *SyntaxError {
	list := n.list()
	if len(list) == 0 {
		return problem("the array is empty: expected at least one value")
	}
	cond.texts = make([]string, len(list))
	cond.allocateValues(len(list))
	for i := range list {
		cond.texts[i] = list[i].text
		switch list[i].shape {
		case isString, isNumber, isBool:
		default:
			return problem("expected a string, number or boolean, not %v", list[i].shape)
		}
		err := c.value(cond, list[i].text)
		if err != nil {
			return err
		}
	}
	return nil
}

// allocateValues allocates the list of the operator's family with room for
// exactly n values: policies stay in caches, so that spare room would add up.
func (c *condition) allocateValues(n int) {
	switch c.family {
	case numbers:
		c.decimals = make([]decimal, 0, n)
	case dates:
		c.times = make([]time.Time, 0, n)
	case networks:
		c.networks = make([]netip.Prefix, 0, n)
	case presence:
	default:
		c.patterns = make([]pattern, 0, n)
	}
}

// value compiles one value. A value that no request can equal is refused: a
// typing mistake in a Deny statement would let through what it should stop.
func (c *compiler) value(cond *condition, text string) *SyntaxError {
	expected := ""
	ok := true
	switch cond.family {
	case caseSensitive, ignoringCase, arns, booleans:
		return c.pattern(cond, text)
	case numbers:
		var d decimal
		d, ok = parseDecimal(text)
		cond.decimals = append(cond.decimals, d)
		expected = "an integer or decimal"
	case dates:
		var t time.Time
		t, ok = parseDate(text)
		cond.times = append(cond.times, t)
		expected = "a date such as 2030-01-31T12:00:00Z, or seconds since 1970"
	case binaries:
		content, err := base64.StdEncoding.DecodeString(text)
		ok = err == nil
		canonical := base64.StdEncoding.EncodeToString(content)
		cond.patterns = append(cond.patterns, pattern{form: exact, code: canonical})
		expected = "base64"
	case networks:
		var network netip.Prefix
		network, ok = parseNetwork(text)
		cond.networks = append(cond.networks, network)
		expected = "an address or a network such as 192.0.2.0/24"
	case presence:
		isTrue, isFalse := strings.EqualFold(text, "true"), strings.EqualFold(text, "false")
		cond.absent, cond.present = cond.absent || isTrue, cond.present || isFalse
		ok = isTrue || isFalse
		expected = "true or false"
	}
	if !ok {
		err := problem("%s can't be compared: expected %s", quote(text), expected)
		if cond.family == dates {
			err = err.withPhrase(failedLegacyParsing)
		}
		return err
	}
	return nil
}

func (c *compiler) pattern(cond *condition, text string) *SyntaxError {
	p, err := parsePattern(text, patternSyntax{wildcards: cond.wildcards, variables: c.variables})
	if err != nil {
		return err
	}
	p.arn = cond.family == arns
	switch {
	case p.arn && len(p.variables) == 0 && p.colons(nil) < arnColons:
		return problem("%s is not an ARN: expected arn:partition:service:region:account:resource", quote(text))
	case cond.family == booleans && len(p.variables) == 0 && !isBoolean(p.code):
		return problem("%s can't be compared: expected true or false", quote(text))
	}
	cond.patterns = append(cond.patterns, p)
	return nil
}

func isBoolean(s string) bool {
	return strings.EqualFold(s, "true") || strings.EqualFold(s, "false")
}

// holds tells whether the condition is true of the request. For ForAnyValue with
// IfExists and a missing key AWS's pages differ: false by the set operator, true
// by IfExists. Here the outcome is unclear, which refuses.
//
// Source: IAM User Guide, "Set operators for multivalued context keys" and
// "Condition operators", on keys that are missing.
func (c *condition) holds(e *evaluationState) fit {
	v, ok := e.lookup(c.key)
	switch {
	case v.ambiguous:
		return unclear
	case c.family == presence:
		return fitOf(ok && c.present || !ok && c.absent)
	case !ok && c.ifExists && c.quantifier == forAny:
		return unclear
	case !ok:
		return fitOf(c.ifExists || c.quantifier == forAll || c.quantifier == single && c.negated)
	case c.quantifier == single && v.multi:
		return misses
	case !v.multi:
		return c.accepts(e, v.one)
	case c.quantifier == forAll:
		return c.acceptsAll(e, v.many)
	}
	return c.acceptsAny(e, v.many)
}

func (c *condition) acceptsAll(e *evaluationState, values []string) fit {
	total := fits
	for i := 0; i < len(values) && e.steps >= 0; i++ {
		total = min(total, c.accepts(e, values[i]))
	}
	return total
}

func (c *condition) acceptsAny(e *evaluationState, values []string) fit {
	total := misses
	for i := 0; i < len(values) && e.steps >= 0; i++ {
		total = max(total, c.accepts(e, values[i]))
	}
	return total
}

// accepts compares one value of the request. A malformed value, such as a word
// where the operator compares numbers, satisfies no operator, not even a negated
// one.
func (c *condition) accepts(e *evaluationState, value string) fit {
	var compared result
	switch c.family {
	case caseSensitive, binaries:
		compared = c.matchText(e, value)
	case arns:
		compared = c.matchARN(e, value)
	case ignoringCase:
		compared = c.matchFolded(e, value)
	case booleans:
		compared = c.matchBoolean(e, value)
	case numbers:
		compared = c.matchNumber(e, value)
	case dates:
		compared = c.matchDate(e, value)
	case networks:
		compared = c.matchAddress(e, value)
	}
	if compared == unknown {
		return unclear
	}
	return fitOf(compared != malformed && (compared == matches) != c.negated)
}

// matchText tries each pattern. A pattern with a variable that has no value
// differs from every text.
func (c *condition) matchText(e *evaluationState, value string) result {
	total := differs
	for i := 0; i < len(c.patterns) && e.steps >= 0; i++ {
		switch one := c.patterns[i].match(e, value); one {
		case matches:
			return matches
		case malformed, unknown:
			total = max(total, one)
		}
	}
	return total
}

func (c *condition) matchARN(e *evaluationState, value string) result {
	e.steps -= len(value) / bytesAStep
	if strings.Count(value, ":") < arnColons {
		return malformed
	}
	return c.matchText(e, value)
}

func (c *condition) matchFolded(e *evaluationState, value string) result {
	total := differs
	for i := 0; i < len(c.patterns) && e.steps >= 0; i++ {
		text, is := c.patterns[i].expand(e)
		e.steps -= len(value) / bytesAStep
		switch {
		case is == matches && strings.EqualFold(text, value):
			return matches
		case is == unknown:
			total = unknown
		}
	}
	return total
}

func (c *condition) matchBoolean(e *evaluationState, value string) result {
	if !isBoolean(value) {
		return malformed
	}
	return c.matchFolded(e, value)
}

// parseSteps is the cost, in steps, of reading a number, a date or an address.
const parseSteps = 64

func (c *condition) matchNumber(e *evaluationState, value string) result {
	e.steps -= parseSteps + len(value)/bytesAStep + len(c.decimals)
	d, ok := parseDecimal(value)
	if !ok {
		return malformed
	}
	for i := range c.decimals {
		if c.order.has(d.compare(c.decimals[i])) {
			return matches
		}
	}
	return differs
}

func (c *condition) matchDate(e *evaluationState, value string) result {
	e.steps -= parseSteps + len(value)/bytesAStep + len(c.times)
	t, ok := parseDate(value)
	if !ok {
		return malformed
	}
	for i := range c.times {
		if c.order.has(t.Compare(c.times[i])) {
			return matches
		}
	}
	return differs
}

func (c *condition) matchAddress(e *evaluationState, value string) result {
	e.steps -= parseSteps + len(value)/bytesAStep + len(c.networks)
	address, ok := parseAddress(value)
	if !ok {
		return malformed
	}
	for i := range c.networks {
		if c.networks[i].Contains(address) {
			return matches
		}
	}
	return differs
}
