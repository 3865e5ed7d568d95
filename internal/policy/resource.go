package policy

import "strings"

// resources is a Resource or NotResource element. Trust policies have none: their
// resource is the role that they are attached to.
type resources struct {
	patterns []pattern
	not      bool
	implied  bool     // the element is that of a trust policy
	texts    []string // as in the document
}

func (c *compiler) resources(found *statementElements) (resources, *SyntaxError) {
	const sentence = "Policy statement must contain resources."
	element := elementName("Resource", found.notResource)
	switch {
	case c.kind == Trust && found.resource != nil:
		return resources{}, problem("%s is not allowed in a %v", element, c.kind).withPhrase("Has prohibited field " + element)
	case c.kind == Trust:
		return resources{implied: true}, nil
	case found.resource == nil:
		return resources{}, problem("Resource is missing: expected Resource or NotResource").withPhrase(sentence)
	}
	values, err := texts(found.resource)
	if err != nil && found.resource.isEmpty() {
		err = err.withPhrase(sentence)
	}
	if err != nil {
		return resources{}, within(element, err)
	}
	r := resources{patterns: make([]pattern, len(values)), not: found.notResource, texts: values}
	for i, v := range values {
		r.patterns[i], err = c.resource(v)
		if err != nil {
			return resources{}, within(element, err)
		}
	}
	return r, nil
}

// resource compiles one pattern: an ARN, or wildcards alone.
//
// Source: IAM User Guide, "IAM JSON policy elements: Resource".
func (c *compiler) resource(v string) (pattern, *SyntaxError) {
	p, err := parsePattern(v, patternSyntax{wildcards: true, variables: c.variables})
	if err != nil {
		return pattern{}, err
	}
	if v != "" && strings.Trim(v, "*?") == "" {
		return p, nil
	}
	if !strings.HasPrefix(v, "arn:") {
		err := problem("%s is not a resource: expected an ARN or *", quote(v)).withPhrase("Resource " + oneLine(v) + " must be in ARN format or \"*\".")
		if sentence := invalidPartition(v); sentence != "" { // IAM takes any text with colons for an ARN
			err = err.withPhrase(sentence)
		}
		return pattern{}, err
	}
	p.arn = true
	colons := 0
	endsInStar := false
	for m, text := range p.tokens() {
		colons += strings.Count(text, ":")
		endsInStar = m == anyRun
		switch {
		case m == varMark && colons < arnColons:
			return pattern{}, problem("%s has a variable before the last part: expected variables after the fifth colon only", quote(v))
		case m != literal && colons == 2: // in the name of the service
			p.form = nothing
		}
	}
	if colons < arnColons {
		if !endsInStar {
			err := problem("%s has too few parts: expected arn:partition:service:region:account:resource, or a * at its end", quote(v))
			if sentence := invalidARN(v); sentence != "" {
				err = err.withPhrase(sentence)
			}
			return pattern{}, err
		}
		if p.form == general {
			p.code = p.code[:len(p.code)-1] + string(rune(anyParts))
		}
		if colons < 3 { // the * would stand for the service too
			p.form = nothing
		}
	}
	return p, nil
}

// match compares the element with the request's resource. A variable without a
// value prevents a match, also for NotResource.
func (r *resources) match(e *evaluationState) fit {
	if r.implied {
		return fits
	}
	total := fitOf(r.not)
	for i := range r.patterns {
		switch r.patterns[i].match(e, e.req.Resource) {
		case matches:
			return fitOf(!r.not)
		case unresolved:
			if r.not {
				return misses
			}
		case unknown:
			total = unclear
		}
	}
	return total
}
