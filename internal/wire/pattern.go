package wire

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"sync"
	"unicode/utf8"
)

// A matcher tells whether a whole value matches a pattern of the model. Most
// of these patterns are a sequence of character classes of which at most one
// may vary in length; such a sequence is decided by position in one pass,
// about ten times faster than a regular expression is. The rest go to package
// regexp.
type matcher struct {
	runs  []run
	fixed int // the minimum number of characters that the runs match
	re    *regexp.Regexp
}

// A run is min to max characters of one class; max -1 is unbounded.
type run struct {
	ascii    [2]uint64
	ranges   []rune // pairs low, high, ascending
	min, max int
}

var matchers sync.Map // pattern in RE2 → *matcher

func matcherFor(re2 string) (*matcher, error) {
	if m, ok := matchers.Load(re2); ok {
		return m.(*matcher), nil
	}
	m, err := compileMatcher(re2)
	if err != nil {
		return nil, err
	}
	kept, _ := matchers.LoadOrStore(re2, m)
	return kept.(*matcher), nil
}

func compileMatcher(re2 string) (*matcher, error) {
	tree, err := syntax.Parse(re2, syntax.Perl)
	if err != nil {
		return nil, err
	}
	m := &matcher{}
	if !m.sequence(tree) {
		m.re, err = regexp.Compile(`\A(?:` + re2 + `)\z`)
	}
	return m, err
}

// sequence fills runs from a tree and reports whether it could.
func (m *matcher) sequence(tree *syntax.Regexp) bool {
	parts := []*syntax.Regexp{tree}
	if tree.Op == syntax.OpConcat {
		parts = slices.Clone(tree.Sub)
	}
	if len(parts) > 0 && parts[0].Op == syntax.OpBeginText {
		parts = parts[1:]
	}
	if n := len(parts); n > 0 && parts[n-1].Op == syntax.OpEndText {
		parts = parts[:n-1]
	}
	vary := 0
	for _, p := range parts {
		low, high := 1, 1
		switch p.Op {
		case syntax.OpStar:
			low, high, p = 0, -1, p.Sub[0]
		case syntax.OpPlus:
			low, high, p = 1, -1, p.Sub[0]
		case syntax.OpQuest:
			low, high, p = 0, 1, p.Sub[0]
		case syntax.OpRepeat:
			low, high, p = p.Min, p.Max, p.Sub[0]
		}
		if !m.append(p, low, high) {
			return false
		}
		if low != high {
			vary++
		}
	}
	return vary <= 1
}

// append adds the characters of one part, repeated low to high times.
func (m *matcher) append(p *syntax.Regexp, low, high int) bool {
	if p.Flags&syntax.FoldCase != 0 {
		return false
	}
	switch {
	case p.Op == syntax.OpCharClass:
		m.runs = append(m.runs, newRun(p.Rune, low, high))
	case p.Op == syntax.OpLiteral && (len(p.Rune) == 1 || low == 1 && high == 1):
		for _, r := range p.Rune {
			m.runs = append(m.runs, newRun([]rune{r, r}, low, high))
		}
		low *= len(p.Rune)
	default:
		return false
	}
	m.fixed += low
	return true
}

func newRun(ranges []rune, low, high int) run {
	r := run{ranges: ranges, min: low, max: high}
	for i := 0; i < len(ranges); i += 2 {
		for c := ranges[i]; c <= ranges[i+1] && c < utf8.RuneSelf; c++ {
			r.ascii[c/64] |= 1 << (c % 64)
		}
	}
	return r
}

func (r *run) has(c rune) bool {
	if c < utf8.RuneSelf {
		return r.ascii[c/64]&(1<<(c%64)) != 0
	}
	low, high := 0, len(r.ranges)/2
	for low < high {
		mid := (low + high) / 2
		switch {
		case c < r.ranges[2*mid]:
			high = mid
		case c > r.ranges[2*mid+1]:
			low = mid + 1
		default:
			return true
		}
	}
	return false
}

// match reports whether all of s, which has length characters, matches.
func (m *matcher) match(s string, length int) bool {
	if m.re != nil {
		return m.re.MatchString(s)
	}
	spare := length - m.fixed
	if spare < 0 {
		return false
	}
	for i := range m.runs {
		r := &m.runs[i]
		count := r.min
		if r.min != r.max {
			count += spare
			spare = 0
			if r.max >= 0 && count > r.max {
				return false
			}
		}
		for ; count > 0; count-- {
			c, size := utf8.DecodeRuneInString(s)
			if !r.has(c) {
				return false
			}
			s = s[size:]
		}
	}
	return spare == 0
}
