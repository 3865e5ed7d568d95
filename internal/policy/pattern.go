package policy

import (
	"strings"
	"unicode/utf8"
)

// A tokenKind is one kind of piece that patterns are made of.
type tokenKind uint8

const (
	literal tokenKind = iota
	anyRun            // *
	anyOne            // ?
	variable
)

type token struct {
	kind      tokenKind
	text      string // of a literal; of a variable: its default
	key       string // of a variable: the condition key, in lower case
	spelt     string // and as in the document
	defaulted bool   // the variable has a default
	// crossing marks the * that ends an ARN of too few parts: it stands for
	// the parts that are missing too.
	crossing bool
}

// A form is a shape of pattern that is matched without walking its tokens.
type form uint8

const (
	general  form = iota
	exact         // one literal or nothing
	prefix        // a literal and then anything
	anything      // *
	nothing       // can't match
)

// A pattern is a compiled string of a Resource element or of a condition.
type pattern struct {
	form   form
	text   string // of exact and prefix
	tokens []token
	arn    bool // wildcards stay within the colon-separated parts of an ARN
	vars   int  // how many variables
}

// arnColons is how many colons stand before the last part of an ARN, the only
// part that may hold colons itself.
const arnColons = 5

// parsePattern splits a string into tokens. Wildcards and variables that are
// not wanted are literal text.
//
// Source for variables, defaults and the escapes ${*}, ${?} and ${$}: IAM User
// Guide, "IAM policy elements: Variables and tags".
func parsePattern(s string, wildcards, variables bool) (pattern, *SyntaxError) {
	var p pattern
	for s != "" {
		switch {
		case variables && strings.HasPrefix(s, "${"):
			t, rest, err := parseVariable(s)
			if err != nil {
				return pattern{}, err
			}
			p.add(t)
			s = rest
		case wildcards && s[0] == '*':
			p.add(token{kind: anyRun})
			s = s[1:]
		case wildcards && s[0] == '?':
			p.add(token{kind: anyOne})
			s = s[1:]
		default:
			n := 1
			for n < len(s) && !(wildcards && (s[n] == '*' || s[n] == '?')) && !(variables && s[n] == '$') {
				n++
			}
			p.add(token{text: s[:n]})
			s = s[n:]
		}
	}
	p.classify()
	return p, nil
}

// parseVariable reads one ${…} from the start of s.
func parseVariable(s string) (token, string, *SyntaxError) {
	end := strings.IndexAny(s, ",}")
	if end < 0 {
		return token{}, "", problem("the variable %s does not end: expected }", quote(s))
	}
	key, rest := strings.TrimSpace(s[2:end]), s[end+1:]
	t := token{kind: variable, key: strings.ToLower(key), spelt: key}
	if s[end] == ',' {
		rest = strings.TrimLeft(rest, " ")
		after, opened := strings.CutPrefix(rest, "'")
		text, after, closed := strings.Cut(after, "'")
		after, ended := strings.CutPrefix(strings.TrimLeft(after, " "), "}")
		if !opened || !closed || !ended {
			return token{}, "", problem("the default of the variable %s is not in quotes: expected ${key, 'default'}", quote(s))
		}
		t.text, t.defaulted, rest = text, true, after
	}
	if !t.defaulted && (key == "*" || key == "?" || key == "$") {
		return token{text: key}, rest, nil
	}
	if !isKey(key) {
		return token{}, "", problem("the variable ${%s} is not a condition key: expected a name such as aws:username", key)
	}
	return t, rest, nil
}

// isKey reports whether s has the shape of a condition key, service:name.
func isKey(s string) bool {
	colon := strings.IndexByte(s, ':')
	return colon > 0 && colon < len(s)-1
}

// add appends a token, joining it to the last one where it can.
func (p *pattern) add(t token) {
	if len(p.tokens) > 0 {
		last := &p.tokens[len(p.tokens)-1]
		switch {
		case t.kind == literal && last.kind == literal:
			last.text += t.text
			return
		case t.kind == anyRun && last.kind == anyRun:
			return
		}
	}
	if t.kind == variable {
		p.vars++
	}
	p.tokens = append(p.tokens, t)
}

// classify finds the pattern's form.
func (p *pattern) classify() {
	kind := func(i int) tokenKind { return p.tokens[i].kind }
	switch n := len(p.tokens); {
	case n == 0:
		p.form = exact
	case n == 1 && kind(0) == literal:
		p.form, p.text = exact, p.tokens[0].text
	case n == 1 && kind(0) == anyRun:
		p.form = anything
	case n == 2 && kind(0) == literal && kind(1) == anyRun:
		p.form, p.text = prefix, p.tokens[0].text
	}
}

// A result is the outcome of matching one pattern.
type result uint8

const (
	differs result = iota
	matches
	// unresolved: a variable has no single value and no default.
	unresolved
	// malformed: with its variables resolved the pattern is no ARN.
	malformed
	// unknown: a variable's value is ambiguous.
	unknown
)

func outcome(ok bool) result {
	if ok {
		return matches
	}
	return differs
}

// inlineVars is how many variables a pattern can have before matching it
// allocates.
const inlineVars = 8

// match matches s. It allocates only for many variables.
func (p *pattern) match(e *env, s string) result {
	switch p.form {
	case exact:
		return outcome(s == p.text)
	case prefix:
		return outcome(strings.HasPrefix(s, p.text))
	case anything:
		return matches
	case nothing:
		return differs
	}
	var space [inlineVars]string
	values, is := p.resolve(e, space[:0])
	if is != matches {
		return is
	}
	if p.arn && p.vars > 0 && p.colons(values) < arnColons {
		return malformed
	}
	return outcome(glob(p.tokens, values, s, p.arn))
}

// resolve appends the values of the pattern's variables to values, and returns
// matches if it found all. Only keys with a single value have one.
func (p *pattern) resolve(e *env, values []string) ([]string, result) {
	if p.vars == 0 {
		return values, matches
	}
	found := matches
	for i := range p.tokens {
		t := &p.tokens[i]
		if t.kind != variable {
			continue
		}
		v, ok := e.lookup(t.key)
		switch {
		case v.ambiguous:
			found = unknown
		case ok && !v.multi:
			values = append(values, v.one)
		case !ok && t.defaulted:
			values = append(values, t.text)
		default:
			return nil, unresolved
		}
	}
	return values, found
}

// colons counts the colons of the pattern with its variables resolved.
func (p *pattern) colons(values []string) int {
	n := 0
	for i := range p.tokens {
		switch t := &p.tokens[i]; t.kind {
		case literal:
			n += strings.Count(t.text, ":")
		case variable:
			n += strings.Count(values[0], ":")
			values = values[1:]
		}
	}
	return n
}

// expand returns the text of a pattern without wildcards.
func (p *pattern) expand(e *env) (string, result) {
	if p.form == exact {
		return p.text, matches
	}
	values, is := p.resolve(e, nil)
	if is != matches {
		return "", is
	}
	var b strings.Builder
	for i := range p.tokens {
		if t := &p.tokens[i]; t.kind == literal {
			b.WriteString(t.text)
			continue
		}
		b.WriteString(values[0])
		values = values[1:]
	}
	return b.String(), matches
}

// glob matches s against tokens. values are those of the variables, in order;
// what stands in them is literal. It never goes back further than to the last
// *, so that it takes at most len(s) times the pattern's length steps.
//
// In an ARN a wildcard before the last part does not match a colon. Nothing
// needs to be undone once such a part is left: the same colon of s ends it in
// every way to match.
func glob(tokens []token, values []string, s string, arn bool) bool {
	end := len(tokens)
	if end > 0 && tokens[end-1].kind == literal && !strings.HasSuffix(s, tokens[end-1].text) {
		return false // most patterns that don't match end here
	}
	var now, last cursor
	widen := false // last is a state after a *, to which there is a way back
	for now.token < end || now.at < len(s) {
		if now.token < end && tokens[now.token].kind == anyRun {
			now.bounded = arn && now.colons < arnColons && !tokens[now.token].crossing
			now.token++
			if now.token == end {
				return !now.bounded || strings.IndexByte(s[now.at:], ':') < 0
			}
			if !now.seek(&tokens[now.token], s) {
				return false
			}
			last, widen = now, true
			continue
		}
		if now.token < end {
			before := now.colons
			if now.step(&tokens[now.token], values, s, arn) {
				widen = widen && now.colons == before
				continue
			}
		}
		if !widen || !last.skip(s) || !last.seek(&tokens[last.token], s) {
			return false
		}
		now = last
	}
	return true
}

// A cursor is a state of glob.
type cursor struct {
	token   int
	value   int  // the next variable's
	at      int  // in s
	colons  int  // passed before the last part of an ARN
	bounded bool // the * before the token does not match a colon
}

// seek widens the * before the cursor up to where the token can match.
func (c *cursor) seek(t *token, s string) bool {
	if t.kind != literal {
		return true
	}
	n := strings.Index(s[c.at:], t.text)
	if n < 0 || c.bounded && strings.IndexByte(s[c.at:c.at+n], ':') >= 0 {
		return false
	}
	c.at += n
	return true
}

// step matches one token that is not *.
func (c *cursor) step(t *token, values []string, s string, arn bool) bool {
	if t.kind == anyOne {
		if c.at == len(s) || arn && c.colons < arnColons && s[c.at] == ':' {
			return false
		}
		_, size := utf8.DecodeRuneInString(s[c.at:])
		c.at += size
		c.token++
		return true
	}
	text := t.text
	if t.kind == variable {
		text = values[c.value]
	}
	if !strings.HasPrefix(s[c.at:], text) {
		return false
	}
	if t.kind == variable {
		c.value++
	}
	if arn && c.colons < arnColons {
		c.colons += strings.Count(text, ":")
	}
	c.at += len(text)
	c.token++
	return true
}

// skip gives one more character to the * before the cursor.
func (c *cursor) skip(s string) bool {
	if c.at == len(s) || c.bounded && s[c.at] == ':' {
		return false
	}
	_, size := utf8.DecodeRuneInString(s[c.at:])
	c.at += size
	return true
}
