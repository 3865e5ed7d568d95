package policy

import (
	"iter"
	"strings"
	"unicode/utf8"
)

// A pattern is a compiled string of a Resource element or of a condition. It
// takes hardly more memory than the document does.
type pattern struct {
	form form
	arn  bool   // wildcards stay within the colon-separated parts of an ARN
	tail uint32 // length of the text that ends a code
	// code is the text of the forms exact and prefix. Of the form general it is a
	// row of tokens, each a mark of one byte; behind that of a text stand its length
	// in three bytes and the text.
	code      string
	variables []variable // in the order of their marks
}

// A mark says what kind a token is of.
type mark byte

const (
	literal mark = iota
	anyRun       // *
	anyOne       // ?
	varMark      // ${key}
	// crossing is the * that ends an ARN of too few parts: it stands for the parts
	// that are missing too.
	crossing
)

// A variable is a ${key, 'text'}.
type variable struct {
	key       string // the condition key, in lower case
	spelt     string // and as in the document
	text      string // the default
	defaulted bool   // there is a default
}

// A form is a shape of pattern that is matched without walking its code.
type form uint8

const (
	general  form = iota
	exact         // text alone, or nothing
	prefix        // a text and then anything
	anything      // *
	nothing       // can't match
)

// arnColons is how many colons stand before the last part of an ARN, the only
// part that may hold colons itself.
const arnColons = 5

// parsePattern compiles a string. Wildcards and variables that are not wanted
// are text.
//
// Source for variables, defaults and the escapes ${*}, ${?} and ${$}: IAM User
// Guide, "IAM policy elements: Variables and tags".
func parsePattern(s string, wildcards, variables bool) (pattern, *SyntaxError) {
	var e encoder
	for rest := s; rest != ""; {
		switch {
		case variables && strings.HasPrefix(rest, "${"):
			v, escaped, after, err := parseVariable(rest)
			if err != nil {
				return pattern{}, err
			}
			rest = after
			if escaped != "" {
				e.text = append(e.text, escaped...)
				continue
			}
			e.mark(varMark)
			e.variables = append(e.variables, v)
			continue
		case wildcards && rest[0] == '*':
			e.mark(anyRun)
		case wildcards && rest[0] == '?':
			e.mark(anyOne)
		default:
			e.text = append(e.text, rest[0])
		}
		rest = rest[1:]
	}
	return e.pattern(s), nil
}

// An encoder makes the code of a pattern.
type encoder struct {
	code, text []byte // text is what is not in code yet
	marks      int    // in code, besides those of texts
	last       mark   // of these
	variables  []variable
}

func (e *encoder) mark(m mark) {
	if m == anyRun && e.last == anyRun && len(e.text) == 0 {
		return // ** is *
	}
	e.flush()
	e.code = append(e.code, byte(m))
	e.last = m
	e.marks++
}

func (e *encoder) flush() {
	n := len(e.text)
	if n > 0 {
		e.code = append(e.code, byte(literal), byte(n>>16), byte(n>>8), byte(n))
		e.code = append(e.code, e.text...)
		e.text = e.text[:0]
	}
}

// pattern returns the pattern of a string that was read to its end.
func (e *encoder) pattern(s string) pattern {
	ending := e.marks == 1 && e.last == anyRun && len(e.text) == 0
	switch {
	case e.marks == 0 && len(e.text) == len(s):
		return pattern{form: exact, code: s} // it shares the document's memory
	case e.marks == 0:
		return pattern{form: exact, code: string(e.text)}
	case ending && len(e.code) == 1:
		return pattern{form: anything, code: string(e.code)}
	case ending:
		_, text, _ := next(string(e.code))
		return pattern{form: prefix, code: strings.Clone(text)}
	}
	tail := uint32(len(e.text))
	e.flush()
	return pattern{tail: tail, code: string(e.code), variables: e.variables}
}

// next takes the first token off a code.
func next(code string) (m mark, text, rest string) {
	m = mark(code[0])
	if m != literal {
		return m, "", code[1:]
	}
	end := literalStart + literalLen(code)
	return m, code[literalStart:end], code[end:]
}

// literalStart is where the text begins that stands behind its mark.
const literalStart = 4

func literalLen(code string) int { return int(code[1])<<16 | int(code[2])<<8 | int(code[3]) }

// tokens lists the tokens of a pattern of any form.
func (p *pattern) tokens() iter.Seq2[mark, string] {
	return func(yield func(mark, string) bool) {
		if p.form == exact || p.form == prefix {
			_ = (p.code == "" || yield(literal, p.code)) && (p.form == exact || yield(anyRun, ""))
			return
		}
		for code := p.code; code != ""; {
			m, text, rest := next(code)
			if !yield(m, text) {
				return
			}
			code = rest
		}
	}
}

// parseVariable reads one ${…} from the start of s. An escape is the character
// that it stands for.
func parseVariable(s string) (v variable, escape, rest string, err *SyntaxError) {
	end := strings.IndexAny(s, ",}")
	if end < 0 {
		return v, "", "", problem("the variable %s does not end: expected }", quote(s))
	}
	key := strings.TrimSpace(s[2:end])
	rest = s[end+1:]
	v = variable{key: strings.ToLower(key), spelt: key}
	if s[end] == ',' {
		rest = strings.TrimLeft(rest, " ")
		after, opened := strings.CutPrefix(rest, "'")
		text, after, closed := strings.Cut(after, "'")
		after, ended := strings.CutPrefix(strings.TrimLeft(after, " "), "}")
		if !opened || !closed || !ended {
			return v, "", "", problem("the default of the variable %s is not in quotes: expected ${key, 'default'}", quote(s))
		}
		v.text, v.defaulted, rest = text, true, after
	}
	if !v.defaulted && (key == "*" || key == "?" || key == "$") {
		return v, key, rest, nil
	}
	if !isKey(key) {
		return v, "", "", problem("the variable ${%s} is not a condition key: expected a name such as aws:username", key)
	}
	return v, "", rest, nil
}

// isKey reports whether s has the shape of a condition key, service:name.
func isKey(s string) bool {
	colon := strings.IndexByte(s, ':')
	return colon > 0 && colon < len(s)-1
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
	// unknown: a variable's value is ambiguous, or the steps ran out.
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
	e.steps--
	switch p.form {
	case exact:
		return outcome(s == p.code)
	case prefix:
		return outcome(strings.HasPrefix(s, p.code))
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
	if p.arn && len(values) > 0 && p.colons(values) < arnColons {
		return malformed
	}
	return p.glob(e, values, s)
}

// resolve appends the values of the pattern's variables to values, and returns
// matches if it found all. Only keys with a single value have one.
func (p *pattern) resolve(e *env, values []string) ([]string, result) {
	found := matches
	for i := range p.variables {
		variable := &p.variables[i]
		v, ok := e.lookup(variable.key)
		switch {
		case v.ambiguous || e.steps < 0:
			found = unknown
		case ok && !v.multi:
			values = append(values, v.one)
		case !ok && variable.defaulted:
			values = append(values, variable.text)
		default:
			return nil, unresolved
		}
	}
	return values, found
}

// colons counts the colons of the pattern with its variables resolved.
func (p *pattern) colons(values []string) int {
	n := 0
	for _, text := range p.tokens() {
		n += strings.Count(text, ":")
	}
	for _, value := range values {
		n += strings.Count(value, ":")
	}
	return n
}

// expand returns the text of a pattern without wildcards.
func (p *pattern) expand(e *env) (string, result) {
	e.steps--
	if p.form == exact {
		return p.code, matches
	}
	values, is := p.resolve(e, nil)
	if is != matches {
		return "", is
	}
	var b strings.Builder
	for m, text := range p.tokens() {
		if m == varMark {
			text, values = values[0], values[1:]
		}
		b.WriteString(text)
	}
	e.steps -= b.Len()
	return b.String(), matches
}

// glob matches s against the code. values are those of the variables, in order;
// what stands in them is text. It never goes back further than to the last *, so
// that it takes at most len(s) times the pattern's length steps, and no more
// than the evaluation has left: then the outcome is unknown.
//
// In an ARN a wildcard before the last part does not match a colon. Nothing
// needs to be undone once such a part is left: the same colon of s ends it in
// every way to match.
func (p *pattern) glob(e *env, values []string, s string) result {
	is, steps := p.walk(values, s, e.steps)
	e.steps -= steps
	return is
}

// walk is glob with the steps that are left, and returns how many it took.
func (p *pattern) walk(values []string, s string, left int) (is result, steps int) {
	code := p.code
	if !strings.HasSuffix(s, code[len(code)-int(p.tail):]) {
		return differs, 1 // most patterns that don't match end here
	}
	var now, last cursor
	widen := false // last is a state after a *, to which there is a way back
	for now.code < len(code) || now.at < len(s) {
		steps++
		if steps > left {
			return unknown, steps
		}
		if now.code < len(code) && (mark(code[now.code]) == anyRun || mark(code[now.code]) == crossing) {
			now.bounded = p.arn && now.colons < arnColons && mark(code[now.code]) == anyRun
			now.code++
			if now.code == len(code) {
				return outcome(!now.bounded || strings.IndexByte(s[now.at:], ':') < 0), steps
			}
			found, passed := now.seek(code, s)
			steps += passed / bytesAStep
			if !found {
				return differs, steps
			}
			last, widen = now, true
			continue
		}
		if now.code < len(code) {
			before := now.colons
			if now.step(code, values, s, p.arn) {
				widen = widen && now.colons == before
				continue
			}
		}
		if !widen || !last.skip(s) {
			return differs, steps
		}
		found, passed := last.seek(code, s)
		steps += passed / bytesAStep
		if !found {
			return differs, steps
		}
		now = last
	}
	return matches, steps
}

// A cursor is a state of glob.
type cursor struct {
	code    int  // in the pattern's code
	value   int  // the next variable's
	at      int  // in s
	colons  int  // passed before the last part of an ARN
	bounded bool // the * before the cursor does not match a colon
}

// bytesAStep is how many bytes are looked through in the time of a step.
const bytesAStep = 8

// seek widens the * before the cursor up to where its token can match, and
// returns how many bytes it looked through.
func (c *cursor) seek(code, s string) (found bool, passed int) {
	if mark(code[c.code]) != literal {
		return true, 0
	}
	_, text, _ := next(code[c.code:])
	n := strings.Index(s[c.at:], text)
	if n < 0 {
		return false, len(s) - c.at
	}
	if c.bounded && strings.IndexByte(s[c.at:c.at+n], ':') >= 0 {
		return false, n
	}
	c.at += n
	return true, n
}

// step matches one token that is not *.
func (c *cursor) step(code string, values []string, s string, arn bool) bool {
	text, size := "", 1
	switch mark(code[c.code]) {
	case anyOne:
		if c.at == len(s) || arn && c.colons < arnColons && s[c.at] == ':' {
			return false
		}
		_, wide := utf8.DecodeRuneInString(s[c.at:])
		c.at += wide
		c.code++
		return true
	case varMark:
		text = values[c.value]
		c.value++
	default:
		size = literalStart + literalLen(code[c.code:])
		text = code[c.code+literalStart : c.code+size]
	}
	if !strings.HasPrefix(s[c.at:], text) {
		return false
	}
	if arn && c.colons < arnColons {
		c.colons += strings.Count(text, ":")
	}
	c.at += len(text)
	c.code += size
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
