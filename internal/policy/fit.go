package policy

// A fit says whether an element of a statement matches the request. It is
// unclear if the request has a condition key in several spellings, see
// [Ambiguous], or the evaluation ran out of steps, see [MaxSteps].
//
// An Allow needs every element to fit. A Deny needs no element to miss. An
// unclear outcome stays unclear under negated operators, IfExists, Null and the
// set operators: so it never allows and never prevents a deny.
type fit uint8

// The values are ordered: "all of" is the minimum of several, "any of" the
// maximum.
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

// satisfied reports whether an element with this fit lets a statement match; deny
// is the statement's effect. A comparison that was made after the steps ran out
// is unclear.
func (e *evaluationState) satisfied(f fit, deny bool) bool {
	if e.steps < 0 {
		f = unclear
	}
	return f == fits || f == unclear && deny
}
