package policy

import "strings"

// A family is a way to compare a policy's values with a request's.
type family uint8

const (
	caseSensitive family = iota // patterns, case-sensitive
	ignoringCase                // patterns without wildcards, ignoring case
	arns                        // patterns by the parts of an ARN
	booleans                    // patterns that are true or false
	numbers                     // by size
	dates                       // by time
	binaries                    // bytes
	networks                    // addresses in networks
	presence                    // Null
)

// An order is a set of outcomes of a comparison, such as less or equal.
type order uint8

const (
	less    order = 1
	equal   order = 2
	greater order = 4
)

// has reports whether what a compare function returned is in the set.
func (o order) has(sign int) bool {
	switch {
	case sign < 0:
		return o&less != 0
	case sign > 0:
		return o&greater != 0
	}
	return o&equal != 0
}

// An operator is the meaning of a condition operator's name, without the set
// operator and IfExists around it.
type operator struct {
	family    family
	negated   bool
	wildcards bool
	order     order
}

// operators has every operator by its name in lower case.
//
// Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
var operators = map[string]operator{
	"stringequals":              {family: caseSensitive},
	"stringnotequals":           {family: caseSensitive, negated: true},
	"stringequalsignorecase":    {family: ignoringCase},
	"stringnotequalsignorecase": {family: ignoringCase, negated: true},
	"stringlike":                {family: caseSensitive, wildcards: true},
	"stringnotlike":             {family: caseSensitive, wildcards: true, negated: true},

	"numericequals":            {family: numbers, order: equal},
	"numericnotequals":         {family: numbers, order: equal, negated: true},
	"numericlessthan":          {family: numbers, order: less},
	"numericlessthanequals":    {family: numbers, order: less | equal},
	"numericgreaterthan":       {family: numbers, order: greater},
	"numericgreaterthanequals": {family: numbers, order: greater | equal},

	"dateequals":            {family: dates, order: equal},
	"datenotequals":         {family: dates, order: equal, negated: true},
	"datelessthan":          {family: dates, order: less},
	"datelessthanequals":    {family: dates, order: less | equal},
	"dategreaterthan":       {family: dates, order: greater},
	"dategreaterthanequals": {family: dates, order: greater | equal},

	"bool":         {family: booleans},
	"binaryequals": {family: binaries},
	"ipaddress":    {family: networks},
	"notipaddress": {family: networks, negated: true},

	// ArnEquals and ArnLike are the same.
	"arnequals":    {family: arns, wildcards: true},
	"arnlike":      {family: arns, wildcards: true},
	"arnnotequals": {family: arns, wildcards: true, negated: true},
	"arnnotlike":   {family: arns, wildcards: true, negated: true},

	"null": {family: presence},
}

// A quantifier is a set operator: how many of a multivalued key's values must
// match.
type quantifier uint8

const (
	single quantifier = iota // the key has one value
	forAll
	forAny
)

// parseOperator reads the name of an operator with its set operator and IfExists,
// such as ForAllValues:StringLikeIfExists, without regard to case.
func parseOperator(name string) (op operator, q quantifier, ifExists bool, err *SyntaxError) {
	base := strings.ToLower(name)
	if rest, ok := strings.CutPrefix(base, "forallvalues:"); ok {
		base, q = rest, forAll
	} else if rest, ok := strings.CutPrefix(base, "foranyvalue:"); ok {
		base, q = rest, forAny
	}
	base, ifExists = strings.CutSuffix(base, "ifexists")
	op, ok := operators[base]
	switch {
	case !ok:
		return op, q, ifExists, problem("%s is not a condition operator", quote(name))
	case op.family == presence && (ifExists || q != single):
		return op, q, ifExists, problem("%s is not a condition operator: Null goes with neither IfExists nor a set operator", quote(name))
	}
	return op, q, ifExists, nil
}
