package query

import (
	"fmt"
	"strings"

	"daypass/internal/cli/document"
)

// maxDepth bounds the nesting of an expression.
const maxDepth = 500

type op int

const (
	opField op = iota
	opIdentity
	opLiteral
	opSub      // children one after the other: subexpression, pipe, index expression
	opIndex    // value: the index
	opSlice    // value: [3]any
	opFlatten  // child
	opProject  // base, each
	opValues   // base, each
	opFilter   // base, each, condition
	opCompare  // value: kind; left, right
	opOr       // left, right
	opAnd      // left, right
	opNot      // child
	opList     // children
	opHash     // value: []string; children
	opFunction // value: name; arguments
	opExpref   // child
)

type node struct {
	op       op
	value    any
	children []*node
}

var identity = &node{op: opIdentity}

// bindingPower returns how tightly a token binds the expression on its left. A token
// with at least projectionStop continues a projection.
func bindingPower(k kind) int {
	switch k {
	case pipe:
		return 1
	case orToken:
		return 2
	case andToken:
		return 3
	case eqToken, neToken, gtToken, gteToken, ltToken, lteToken:
		return 5
	case flatten:
		return 9
	case star:
		return 20
	case filter:
		return 21
	case dot:
		return 40
	case notToken:
		return 45
	case lbrace:
		return 50
	case lbracket:
		return 55
	case lparen:
		return 60
	}
	return 0
}

const projectionStop = 10

type parser struct {
	text   string
	tokens []token
	pos    int
	depth  int
}

func (p *parser) kind() kind { return p.tokens[p.pos].kind }

func (p *parser) peek(n int) token { return p.tokens[min(p.pos+n, len(p.tokens)-1)] }

// A failure carries a syntax error up through the recursive descent, as a panic.
type failure struct{ error }

func (p *parser) fail(t token, message string) {
	if t.kind == eof && message == "" {
		length := len([]rune(p.text))
		panic(failure{document.Messagef("Invalid jmespath expression: Incomplete expression:\n\"%s\"\n%s^", p.text, strings.Repeat(" ", length+1))})
	}
	panic(failure{fmt.Errorf("%s: Parse error at column %d, token \"%s\" (%s), for expression:\n\"%s\"\n%s^",
		message, t.start, document.Str(t.value), strings.ToUpper(string(t.kind)), p.text, strings.Repeat(" ", t.start+1))})
}

// match reads a token that must be of a kind.
func (p *parser) match(k kind) {
	t := p.peek(0)
	switch {
	case t.kind == k:
		p.pos++
	case t.kind == eof:
		p.fail(t, "")
	default:
		p.fail(t, fmt.Sprintf("Expecting: %s, got: %s", k, t.kind))
	}
}

func parse(expression string) (n *node, err error) {
	tokens, err := tokenize(expression)
	if err != nil {
		return nil, err
	}
	p := &parser{text: expression, tokens: tokens}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case failure:
			err = r.error
		default:
			panic(r)
		}
	}()
	n = p.expression(0)
	if t := p.peek(0); t.kind != eof {
		p.fail(t, "Unexpected token: "+document.Str(t.value))
	}
	return n, nil
}

func (p *parser) expression(binding int) *node {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		p.fail(p.peek(0), "too deeply nested")
	}
	t := p.peek(0)
	p.pos = min(p.pos+1, len(p.tokens)-1)
	left := p.prefix(t)
	for binding < bindingPower(p.kind()) {
		left = p.infix(left)
	}
	return left
}

// prefix reads an expression that begins with t.
func (p *parser) prefix(t token) *node {
	switch t.kind {
	case literal:
		return &node{op: opLiteral, value: t.value}
	case unquoted:
		return &node{op: opField, value: t.value}
	case quoted:
		if next := p.peek(0); next.kind == lparen {
			next.start = 0
			p.fail(next, "Quoted identifier not allowed for function names.")
		}
		return &node{op: opField, value: t.value}
	case star:
		right := identity
		if p.kind() != rbracket {
			right = p.projection(bindingPower(star))
		}
		return &node{op: opValues, children: []*node{identity, right}}
	case filter:
		return p.filter(identity)
	case lbrace:
		return p.hash()
	case lparen:
		n := p.expression(0)
		p.match(rparen)
		return n
	case flatten:
		return p.flatten(identity)
	case notToken:
		return &node{op: opNot, children: []*node{p.expression(bindingPower(notToken))}}
	case lbracket:
		return p.bracket()
	case current:
		return identity
	case expref:
		return &node{op: opExpref, children: []*node{p.expression(0)}}
	case eof:
		p.fail(t, "")
	}
	p.fail(t, "invalid token")
	return nil
}

// infix reads an operator and the expression on its right.
func (p *parser) infix(left *node) *node {
	t := p.peek(0)
	p.pos++
	binary := func(o op) *node {
		return &node{op: o, children: []*node{left, p.expression(bindingPower(t.kind))}}
	}
	switch t.kind {
	case dot:
		if p.kind() == star {
			p.pos++
			return &node{op: opValues, children: []*node{left, p.projection(bindingPower(dot))}}
		}
		return &node{op: opSub, children: []*node{left, p.afterDot(bindingPower(dot))}}
	case pipe:
		return binary(opSub)
	case orToken:
		return binary(opOr)
	case andToken:
		return binary(opAnd)
	case eqToken, neToken, gtToken, gteToken, ltToken, lteToken:
		n := binary(opCompare)
		n.value = t.kind
		return n
	case lparen:
		return p.function(left)
	case filter:
		return p.filter(left)
	case flatten:
		return p.flatten(left)
	case lbracket:
		if k := p.kind(); k == number || k == colon {
			return p.sliced(left, p.index())
		}
		p.match(star)
		p.match(rbracket)
		return &node{op: opProject, children: []*node{left, p.projection(bindingPower(star))}}
	}
	p.pos--
	p.fail(t, "invalid token")
	return nil
}

func (p *parser) bracket() *node {
	switch k := p.kind(); {
	case k == number || k == colon:
		return p.sliced(identity, p.index())
	case k == star && p.peek(1).kind == rbracket:
		p.pos += 2
		return &node{op: opProject, children: []*node{identity, p.projection(bindingPower(star))}}
	}
	return p.list()
}

func (p *parser) index() *node {
	if p.kind() == colon || p.peek(1).kind == colon {
		return p.slice()
	}
	n := &node{op: opIndex, value: p.peek(0).value}
	p.pos++
	p.match(rbracket)
	return n
}

func (p *parser) slice() *node {
	var parts [3]any
	for i := 0; p.kind() != rbracket && i < 3; {
		switch t := p.peek(0); t.kind {
		case colon:
			if i++; i == 3 {
				p.fail(t, "syntax error")
			}
		case number:
			parts[i] = t.value
		default:
			p.fail(t, "syntax error")
		}
		p.pos++
	}
	p.match(rbracket)
	return &node{op: opSlice, value: parts}
}

func (p *parser) sliced(left, right *node) *node {
	n := &node{op: opSub, children: []*node{left, right}}
	if right.op == opSlice {
		return &node{op: opProject, children: []*node{n, p.projection(bindingPower(star))}}
	}
	return n
}

func (p *parser) flatten(left *node) *node {
	base := &node{op: opFlatten, children: []*node{left}}
	return &node{op: opProject, children: []*node{base, p.projection(bindingPower(flatten))}}
}

func (p *parser) filter(left *node) *node {
	condition := p.expression(0)
	p.match(rbracket)
	right := identity
	if p.kind() != flatten {
		right = p.projection(bindingPower(filter))
	}
	return &node{op: opFilter, children: []*node{left, right, condition}}
}

func (p *parser) function(left *node) *node {
	if left.op != opField {
		t := p.tokens[p.pos-2]
		p.fail(t, fmt.Sprintf("Invalid function name '%s'", document.Str(t.value)))
	}
	n := &node{op: opFunction, value: left.value}
	for p.kind() != rparen {
		argument := p.expression(0)
		if p.kind() == comma {
			p.pos++
		}
		n.children = append(n.children, argument)
	}
	p.match(rparen)
	return n
}

func (p *parser) list() *node {
	n := &node{op: opList}
	for {
		n.children = append(n.children, p.expression(0))
		if p.kind() == rbracket {
			p.pos++
			return n
		}
		p.match(comma)
	}
}

func (p *parser) hash() *node {
	n := &node{op: opHash}
	var names []string
	for {
		t := p.peek(0)
		if t.kind != quoted && t.kind != unquoted {
			if t.kind == eof {
				p.fail(t, "")
			}
			p.fail(t, fmt.Sprintf("Expecting: ['quoted_identifier', 'unquoted_identifier'], got: %s", t.kind))
		}
		p.pos++
		p.match(colon)
		names = append(names, t.value.(string))
		n.children = append(n.children, p.expression(0))
		switch p.kind() { // the reference implementation needs no comma between pairs
		case comma:
			p.pos++
		case rbrace:
			p.pos++
			n.value = names
			return n
		}
	}
}

// projection reads the expression that a projection applies to each element.
func (p *parser) projection(binding int) *node {
	switch t := p.peek(0); {
	case bindingPower(t.kind) < projectionStop:
		return identity
	case t.kind == lbracket || t.kind == filter:
		return p.expression(binding)
	case t.kind == dot:
		p.pos++
		return p.afterDot(binding)
	default:
		p.fail(t, "syntax error")
		return nil
	}
}

func (p *parser) afterDot(binding int) *node {
	switch t := p.peek(0); t.kind {
	case quoted, unquoted, star:
		return p.expression(binding)
	case lbracket:
		p.pos++
		return p.list()
	case lbrace:
		p.pos++
		return p.hash()
	default:
		p.fail(t, fmt.Sprintf("Expecting: ['quoted_identifier', 'unquoted_identifier', 'lbracket', 'lbrace'], got: %s", t.kind))
		return nil
	}
}
