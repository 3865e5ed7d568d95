package policy

import (
	"iter"
	"strings"
	"unicode/utf8"
)

// A pattern is a compiled string of a Resource element or of a condition. It
// takes hardly more memory than the string does in the document.
type pattern struct {
	form form
	arn  bool   // wildcards stay within the colon-separated parts of an ARN
	tail uint32 // length of the text that ends the code, in bytes
	// code is the text if the form is exact or prefix. If the form is general, it
	// is a sequence of tokens. A token is a mark of one byte; the mark literal is
	// followed by the text's length in three bytes and the text.
	code      string
	variables []variable // in the order of their marks
}

// A mark is the kind of a token.
type mark byte

const (
	literal mark = iota
	anyRun       // *
	anyOne       // ?
	varMark      // ${key}
	// anyParts is a * at the end of an ARN with too few parts: it also stands for
	// the missing parts.
	anyParts
)

// A variable is a ${key, 'text'}.
type variable struct {
	key       string // the condition key, in lower case
	spelt     string // the same as in the document
	text      string // the default
	defaulted bool   // there is a default
}

// A form is how a pattern is matched. Only the form general needs a walk over
// the code.
type form uint8

const (
	general  form = iota
	exact         // a text, which may be empty
	prefix        // a text and then *
	anything      // *
	nothing       // can't match
)

// arnColons is the number of colons before the last part of an ARN, the only
// part that may hold colons itself.
const arnColons = 5

// A patternSyntax says what is special in a pattern. All other text is literal.
type patternSyntax struct {
	wildcards bool // * and ?
	variables bool // ${name}
}

// parsePattern compiles a string.
//
// Source for variables, defaults and the escapes ${*}, ${?} and ${$}: IAM User
// Guide, "IAM policy elements: Variables and tags".
func parsePattern(s string, syntax patternSyntax) (pattern, *SyntaxError) {
	var e encoder
	for rest := s; rest != ""; {
		switch {
		case syntax.variables && strings.HasPrefix(rest, "${"):
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
		case syntax.wildcards && rest[0] == '*':
			e.mark(anyRun)
		case syntax.wildcards && rest[0] == '?':
			e.mark(anyOne)
		default:
			e.text = append(e.text, rest[0])
		}
		rest = rest[1:]
	}
	return e.pattern(s), nil
}

// An encoder builds the code of a pattern.
type encoder struct {
	code, text []byte // text is not yet in code
	marks      int    // how many code has, not counting those of texts
	last       mark   // the last one counted
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

// pattern returns the pattern once the whole string was read.
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

// next splits a code into its first token and the rest.
func next(code string) (m mark, text, rest string) {
	m = mark(code[0])
	if m != literal {
		return m, "", code[1:]
	}
	end := literalStart + literalLen(code)
	return m, code[literalStart:end], code[end:]
}

// literalStart is the offset of a text in its token.
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

// parseVariable reads one ${…} from the start of s. If it is an escape, such as
// ${*}, escape is the character that it stands for.
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
	// unresolved means that a variable has no single value and no default.
	unresolved
	// malformed means that the pattern, with its variables resolved, is no ARN.
	malformed
	// unknown means that a variable's value is ambiguous, or that the steps ran
	// out.
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
func (p *pattern) match(e *evaluationState, s string) result {
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
	values, resolved := p.resolve(e, space[:0])
	if resolved != matches {
		return resolved
	}
	if p.arn && len(values) > 0 && p.colons(values) < arnColons {
		return malformed
	}
	return p.glob(e, values, s)
}

// resolve appends the values of the pattern's variables to values. It returns
// matches if it found all of them. A multivalued key has no value here.
func (p *pattern) resolve(e *evaluationState, values []string) ([]string, result) {
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
func (p *pattern) expand(e *evaluationState) (string, result) {
	e.steps--
	if p.form == exact {
		return p.code, matches
	}
	values, resolved := p.resolve(e, nil)
	if resolved != matches {
		return "", resolved
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

// glob matches s against the code. values are the values of the variables, in
// order; they are literal text. It never goes back further than to the last *, so
// that it takes at most len(s) times the pattern's length in steps. The outcome
// is unknown if the evaluation runs out of steps.
//
// In an ARN a wildcard before the last part does not match a colon. So a * of an
// earlier part need not be tried again: every match ends that part at the same
// colon of s.
func (p *pattern) glob(e *evaluationState, values []string, s string) result {
	is, steps := p.walk(values, s, e.steps)
	e.steps -= steps
	return is
}

// walk is glob with the number of steps left; it returns how many it took.
func (p *pattern) walk(values []string, s string, left int) (is result, steps int) {
	code := p.code
	if !strings.HasSuffix(s, code[len(code)-int(p.tail):]) {
		return differs, 1 // most patterns that don't match end here
	}
	var now, last cursor
	widen := false // last is the state after a *, which may match more of s
	for now.code < len(code) || now.offset < len(s) {
		steps++
		if steps > left {
			return unknown, steps
		}
		if now.code < len(code) && (mark(code[now.code]) == anyRun || mark(code[now.code]) == anyParts) {
			now.bounded = p.arn && now.colons < arnColons && mark(code[now.code]) == anyRun
			now.code++
			if now.code == len(code) {
				return outcome(!now.bounded || strings.IndexByte(s[now.offset:], ':') < 0), steps
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
	value   int  // index of the next variable's value
	offset  int  // in s
	colons  int  // how many were passed before the last part of an ARN
	bounded bool // the * before the cursor does not match a colon
}

// bytesAStep is how many bytes a search passes in the time of one step.
const bytesAStep = 8

// seek widens the * before the cursor up to the next place where the cursor's
// token can match. It returns how many bytes it passed.
func (c *cursor) seek(code, s string) (found bool, passed int) {
	if mark(code[c.code]) != literal {
		return true, 0
	}
	_, text, _ := next(code[c.code:])
	n := strings.Index(s[c.offset:], text)
	if n < 0 {
		return false, len(s) - c.offset
	}
	if c.bounded && strings.IndexByte(s[c.offset:c.offset+n], ':') >= 0 {
		return false, n
	}
	c.offset += n
	return true, n
}

// step matches one token that is not *.
func (c *cursor) step(code string, values []string, s string, arn bool) bool {
	text, size := "", 1
	switch mark(code[c.code]) {
	case anyOne:
		if c.offset == len(s) || arn && c.colons < arnColons && s[c.offset] == ':' {
			return false
		}
		_, wide := utf8.DecodeRuneInString(s[c.offset:])
		c.offset += wide
		c.code++
		return true
	case varMark:
		text = values[c.value]
		c.value++
	default:
		size = literalStart + literalLen(code[c.code:])
		text = code[c.code+literalStart : c.code+size]
	}
	if !strings.HasPrefix(s[c.offset:], text) {
		return false
	}
	if arn && c.colons < arnColons {
		c.colons += strings.Count(text, ":")
	}
	c.offset += len(text)
	c.code += size
	return true
}

// skip gives one more character to the * before the cursor.
func (c *cursor) skip(s string) bool {
	if c.offset == len(s) || c.bounded && s[c.offset] == ':' {
		return false
	}
	_, size := utf8.DecodeRuneInString(s[c.offset:])
	c.offset += size
	return true
}
