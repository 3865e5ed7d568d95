package wire

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"daypass/api"
	"daypass/internal/fault"
	"daypass/internal/printable"
)

// A check holds the constraints of a shape.
type check struct {
	shape   *api.Shape
	pattern *matcher // nil without one
}

func newCheck(sh *api.Shape) (check, error) {
	c := check{shape: sh}
	if sh.RE2 == "" {
		return c, nil
	}
	var err error
	c.pattern, err = matcherFor(sh.RE2)
	return c, err
}

// text checks a string's length, pattern and enumeration.
func (c *check) text(s string, at *path, p *problems) {
	sh := c.shape
	length := utf8.RuneCountInString(s)
	if !utf8.ValidString(s) {
		p.parse(sh, at, s, "Member must be UTF-8 text")
		return
	}
	if strings.IndexByte(s, 0) >= 0 { // no database of ours stores it, and no name needs it
		p.violation(sh, at, s, "Member must not have the character U+0000")
		return
	}
	if sh.Min != nil && int64(length) < *sh.Min {
		p.violation(sh, at, s, "Member must have length greater than or equal to "+decimal(*sh.Min))
	}
	if sh.Max != nil && int64(length) > *sh.Max {
		p.violation(sh, at, s, "Member must have length less than or equal to "+decimal(*sh.Max))
	}
	if c.pattern != nil && !c.pattern.match(s, length) {
		p.againstPattern(sh, at, s)
	}
	if sh.Enum != nil && !slices.Contains(sh.Enum, s) {
		p.violation(sh, at, s, "Member must satisfy enum value set: ["+strings.Join(sh.Enum, ", ")+"]")
	}
}

// number checks that an integer is in its range.
func (c *check) number(n int64, at *path, p *problems) {
	if c.shape.Min != nil && n < *c.shape.Min {
		p.violation(c.shape, at, decimal(n), "Member must have value greater than or equal to "+decimal(*c.shape.Min))
	}
	if c.shape.Max != nil && n > *c.shape.Max {
		p.violation(c.shape, at, decimal(n), "Member must have value less than or equal to "+decimal(*c.shape.Max))
	}
}

// size checks the number of entries of a list or map.
func (c *check) size(n int, at *path, p *problems) {
	if c.shape.Min != nil && int64(n) < *c.shape.Min {
		p.problem("Value at '" + at.String() + "' failed to satisfy constraint: Member must have length greater than or equal to " + decimal(*c.shape.Min))
	}
	if limit := c.limit(); n > limit {
		p.problem("Value at '" + at.String() + "' failed to satisfy constraint: Member must have length less than or equal to " + strconv.Itoa(limit))
	}
}

// limit returns the maximum number of entries that are kept in memory.
func (c *check) limit() int {
	if c.shape.Max != nil && *c.shape.Max < maxItems {
		return int(*c.shape.Max)
	}
	return maxItems
}

// A path is the position of a value in the input. It is a linked list on the stack, so
// that a valid request allocates no text for it.
type path struct {
	parent *path
	name   string // of a member or of a map's entry
	index  int    // of a list's entry, from 1; else 0
}

// String renders a path as AWS does: members begin in lower case, an entry of
// a list or map is its position or key and the word member, as in
// "tags.1.member.key".
func (at *path) String() string {
	var s string
	switch {
	case at.index > 0:
		return at.parent.String() + "." + strconv.Itoa(at.index) + ".member"
	case at.parent != nil && at.parent.name == entries:
		return at.parent.parent.String() + "." + echo(at.name) + ".member"
	case at.parent != nil:
		s = at.parent.String() + "."
	}
	return s + strings.ToLower(at.name[:1]) + at.name[1:]
}

// entries is the path element between a map and an entry's key.
const entries = "\x00"

// problems collects the problems of an input.
type problems struct {
	list       []string
	more       int // the number of problems beyond those in list
	broken     bool
	ownMessage string // the service's own message about the first value that has one
	hint       string // describes that value
}

func (p *problems) problem(text string) {
	if len(p.list) == maxProblems {
		p.more++
		return
	}
	p.list = append(p.list, text)
}

func (p *problems) violation(sh *api.Shape, at *path, value, constraint string) {
	told := "'" + echo(value) + "' "
	if sh.Sensitive {
		told = "" // a secret: not even its first characters are shown
	}
	p.problem("Value " + told + "at '" + at.String() + "' failed to satisfy constraint: " + constraint)
}

// againstPattern adds a value that does not match its shape's pattern. For some
// patterns a service has its own message. It reports these only if nothing else is
// wrong.
//
// Source: replies of IAM in public issue trackers.
func (p *problems) againstPattern(sh *api.Shape, at *path, value string) {
	switch {
	case sh.Says == "" || sh.Sensitive:
		p.violation(sh, at, value, "Member must satisfy regular expression pattern: "+sh.Pattern)
	case p.ownMessage == "":
		p.ownMessage = "The specified value for " + at.String() + " is invalid. " + sh.Says
		p.hint = "'" + echo(value) + "' does not satisfy the pattern " + sh.Pattern
	}
}

// parse adds a value that is not of its shape's type.
func (p *problems) parse(sh *api.Shape, at *path, value, constraint string) {
	p.broken = true
	p.violation(sh, at, value, constraint)
}

// kind is like parse, for an object or a list, which have no short text.
func (p *problems) kind(at *path, constraint string) {
	p.broken = true
	p.problem("Value at '" + at.String() + "' failed to satisfy constraint: " + constraint)
}

func (p *problems) missing(at *path) {
	p.problem("Value null at '" + at.String() + "' failed to satisfy constraint: Member must not be null")
}

// fault returns the problems as one fault, or nil. The text is that of AWS's
// services: "2 validation errors detected: …; …".
func (p *problems) fault() error {
	n := len(p.list) + p.more
	switch {
	case n == 0 && p.ownMessage == "":
		return nil
	case n == 0:
		return fault.New(fault.Validation, "%s", p.ownMessage).Hinted("%s", p.hint)
	}
	plural := "s"
	if n == 1 {
		plural = ""
	}
	f := fault.New(fault.Validation, "%d validation error%s detected: %s", n, plural, strings.Join(p.list, "; "))
	f.Reason = "FIELD_VALIDATION_FAILED"
	if p.broken {
		f.Reason = "CANNOT_PARSE"
	}
	return f
}

// unparsed returns the fault of an input that cannot be parsed.
func unparsed(format string, args ...any) *fault.Error {
	f := fault.New(fault.Validation, format, args...)
	f.Reason = "CANNOT_PARSE"
	return f
}

// echo returns a client's text for a message: one line without control characters,
// of about maxEcho bytes.
func echo(s string) string { return printable.Text(printable.Short(s, maxEcho)) }

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
