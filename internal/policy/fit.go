package policy

// A fit says whether an element of a statement is about the request. It is
// unclear where the request has a condition key several times over, see
// [Ambiguous], and where the evaluation has no steps left, see [MaxSteps].
//
// All elements of a statement must fit for it to allow, and none miss for it to
// deny. That holds for negated operators, IfExists, Null and the set operators
// alike, since unclear is what each makes of unclear: nothing that cannot be
// told opens anything.
type fit uint8

// They are in order: all of several are the least of them, any of several the
// greatest.
const (
	misses fit = iota
	unclear
	fits
)

func fitOf(b bool) fit {
	if b {
		return fits
	}
	return misses
}

// settles reports whether an element that fits so lets a statement with an
// effect be about the request. Of nothing that was looked at after the last step
// can it be told.
func (e *env) settles(f fit, deny bool) bool {
	if e.steps < 0 {
		f = unclear
	}
	return f == fits || f == unclear && deny
}
