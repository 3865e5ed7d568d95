package policy

import (
	"fmt"
	"strings"
)

const (
	version2008 = "2008-10-17"
	version2012 = "2012-10-17"
)

// Parse checks a document as a policy of a type and compiles it. The name, an
// ARN or the name of an inline policy, is used in explanations alone. Every error
// is a [*SyntaxError].
//
// Source: IAM User Guide, "Grammar of the IAM JSON policy language".
func Parse(name, document string, t Type) (*Policy, error) {
	p := &Policy{name: name, kind: t}
	err := p.parse(document)
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Policy) parse(document string) *SyntaxError {
	err := checkSize(document, p.kind)
	if err != nil {
		return err
	}
	err = checkCharacters(document)
	if err != nil {
		return err
	}
	root, err := readJSON(document)
	if err != nil && p.kind == Trust {
		return err.withPhrase("This policy contains invalid Json")
	}
	if err != nil {
		return err
	}
	if root.shape != isObject {
		return problem("the document is %v: expected an object", root.shape)
	}
	return p.parseDocument(&root, newLineCounter(document))
}

func (p *Policy) parseDocument(root *node, r *lineCounter) *SyntaxError {
	c := compiler{kind: p.kind}
	var list *node
	for i, name := range root.names {
		item := &root.items[i]
		switch {
		case name == "Version":
			if item.shape != isString || item.text != version2008 && item.text != version2012 {
				return within(name, problem("%s is not a version: expected %q or %q", show(item), version2012, version2008))
			}
			c.variables = item.text == version2012
			p.current = c.variables
		case name == "Id":
			if item.shape != isString {
				return within(name, problem("expected a string, not %v", item.shape))
			}
		case name == "Statement":
			list = item
		default:
			return problem("unknown element %s: expected Version, Id or Statement", quote(name))
		}
	}
	if list == nil {
		return problem("Statement is missing")
	}
	return p.parseStatements(&c, list.list(), r)
}

func (p *Policy) parseStatements(c *compiler, list []node, r *lineCounter) *SyntaxError {
	if len(list) == 0 {
		return within("Statement", problem("expected at least one statement"))
	}
	sids := map[string]bool{"": true}
	p.statements = make([]statement, len(list))
	for i := range list {
		s := &p.statements[i]
		s.policy, s.number = p, i+1
		place := fmt.Sprintf("Statement %d", s.number)
		err := c.statement(s, &list[i])
		if err != nil {
			return within(place, err)
		}
		s.start, s.end = r.positionOf(list[i].start), r.positionOf(list[i].end)
		if s.sid != "" && sids[s.sid] {
			return within(place+", Sid", problem("%s stands in an earlier statement: expected a name of its own", quote(s.sid)).withPhrase("Statement IDs (SID) in a single policy must be unique."))
		}
		sids[s.sid] = true
	}
	return nil
}

// A compiler compiles the statements of one document.
type compiler struct {
	kind      Type
	variables bool // the document's version has variables
}

// statementElements are the elements of a statement. An element and its negation,
// such as Action and NotAction, share a field: a statement has only one of the
// two.
type statementElements struct {
	sid, effect, condition      *node
	principal, action, resource *node
	notPrincipal, notAction     bool
	notResource                 bool
}

func (c *compiler) statement(s *statement, n *node) *SyntaxError {
	if n.shape != isObject {
		return problem("expected an object, not %v", n.shape)
	}
	var found statementElements
	err := found.collect(n)
	if err != nil {
		return err
	}
	s.sid, err = c.sid(found.sid)
	if err != nil {
		return within("Sid", err)
	}
	s.deny, err = effect(found.effect)
	if err != nil {
		return err
	}
	s.principals, err = c.principals(&found, s.deny)
	if err != nil {
		return err
	}
	s.actions, err = c.actions(&found)
	if err != nil {
		return err
	}
	s.resources, err = c.resources(&found)
	if err != nil {
		return err
	}
	s.conditions, err = c.conditions(found.condition)
	return within("Condition", err)
}

// collect finds the elements among the members of a statement. Their names are
// case-sensitive.
func (f *statementElements) collect(n *node) *SyntaxError {
	for i, name := range n.names {
		item, slot, not := &n.items[i], (**node)(nil), (*bool)(nil)
		switch name {
		case "Sid":
			slot = &f.sid
		case "Effect":
			slot = &f.effect
		case "Condition":
			slot = &f.condition
		case "Principal":
			slot = &f.principal
		case "NotPrincipal":
			slot, not = &f.principal, &f.notPrincipal
		case "Action":
			slot = &f.action
		case "NotAction":
			slot, not = &f.action, &f.notAction
		case "Resource":
			slot = &f.resource
		case "NotResource":
			slot, not = &f.resource, &f.notResource
		default:
			return problem("unknown element %s: expected Sid, Effect, Principal, NotPrincipal, Action, NotAction, Resource, NotResource or Condition", quote(name))
		}
		if *slot != nil {
			return problem("%s stands beside its opposite: expected one of the two", name)
		}
		*slot = item
		if not != nil {
			*not = true
		}
	}
	return nil
}

// sid reads a statement's name. An empty one counts as none, because the AWS
// console writes such. IAM accepts letters and digits only; the resource-based
// policies of other services accept any text.
func (c *compiler) sid(n *node) (string, *SyntaxError) {
	if n == nil {
		return "", nil
	}
	if n.shape != isString {
		return "", problem("expected a string, not %v", n.shape)
	}
	if c.kind != Resource && !all(n.text, isAlphanumeric) {
		return "", problem("%s is not a name: expected letters and digits only", quote(n.text)).withPhrase("Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*")
	}
	return n.text, nil
}

func effect(n *node) (bool, *SyntaxError) {
	switch {
	case n == nil:
		return false, problem("Effect is missing")
	case n.shape == isString && n.text == "Allow":
		return false, nil
	case n.shape == isString && n.text == "Deny":
		return true, nil
	}
	err := problem("%s is not an effect: expected \"Allow\" or \"Deny\"", show(n))
	if n.shape == isString && (strings.EqualFold(n.text, "Allow") || strings.EqualFold(n.text, "Deny")) {
		err = err.withPhrase(failedLegacyParsing)
	}
	return false, within("Effect", err)
}

// elementName returns the name of an element or of its negation, such as
// NotAction.
func elementName(element string, not bool) string {
	if not {
		return "Not" + element
	}
	return element
}

// texts returns the values of an element that takes one string or several.
func texts(n *node) ([]string, *SyntaxError) {
	list := n.list()
	if len(list) == 0 {
		return nil, problem("the array is empty: expected at least one value")
	}
	values := make([]string, len(list))
	for i := range list {
		if list[i].shape != isString {
			return nil, problem("expected a string, not %v", list[i].shape)
		}
		values[i] = list[i].text
	}
	return values, nil
}

// show returns a wrong value as an error shows it.
func show(n *node) string {
	if n.shape == isString {
		return quote(n.text)
	}
	return n.shape.String()
}

func isAlphanumeric(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9'
}

// all reports whether every byte of s is of a class.
func all(s string, class func(byte) bool) bool {
	for i := range len(s) {
		if !class(s[i]) {
			return false
		}
	}
	return true
}
