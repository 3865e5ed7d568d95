package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// maxDepth is how deep objects and arrays may nest. The grammar needs six
// levels: document, statements, statement, condition, operator, values.
const maxDepth = 8

// A shape is the kind of a JSON value.
type shape uint8

const (
	isNull shape = iota
	isString
	isNumber
	isBool
	isArray
	isObject
)

var shapes = [...]string{"null", "a string", "a number", "a boolean", "an array", "an object"}

func (s shape) String() string { return shapes[s] }

// A node is one JSON value. Unlike a map it keeps the order of the document.
type node struct {
	shape    shape
	text     string // the value of a string, number or boolean
	*members        // of an array or object; nil for other values, to keep them small
}

// members are the values in an array or object.
type members struct {
	names []string // of an object's members
	items []node

	// Byte offsets of an object: where the text before it ends, and where it ends.
	// IAM counts so too: see the replies of SimulatePrincipalPolicy in the AWS CLI
	// reference.
	start, end int
}

// readJSON reads a document as a tree. It refuses two things that encoding/json
// accepts: members of the same name and deep nesting.
func readJSON(document string) (node, *SyntaxError) {
	var whole json.RawMessage
	var bad *json.SyntaxError
	if errors.As(json.Unmarshal([]byte(document), &whole), &bad) {
		return node{}, problem("not valid JSON at %s: %v", lineAndColumn(document, bad.Offset), bad)
	}
	r := reader{document: document, tokens: json.NewDecoder(strings.NewReader(document))}
	r.tokens.UseNumber()
	return r.value(1)
}

// A reader reads the tokens of a document that is known to be valid JSON, so
// that none of its tokens is an error.
type reader struct {
	document string
	tokens   *json.Decoder
}

func (r *reader) next() json.Token {
	token, _ := r.tokens.Token()
	return token
}

// position tells in words where the last token ends.
func (r *reader) position() string { return lineAndColumn(r.document, r.tokens.InputOffset()) }

// lineAndColumn tells in words where the last of the first n bytes is.
func lineAndColumn(document string, n int64) string {
	at := newLineCounter(document).positionOf(int(max(n-1, 0)))
	return fmt.Sprintf("line %d, column %d", at.Line, at.Column)
}

func (r *reader) value(depth int) (node, *SyntaxError) {
	if depth > maxDepth {
		return node{}, problem("values nest deeper than %d levels at %s", maxDepth, r.position())
	}
	switch v := r.next().(type) {
	case string:
		return node{shape: isString, text: v}, checkCharacters(v)
	case json.Number:
		return node{shape: isNumber, text: v.String()}, nil
	case bool:
		return node{shape: isBool, text: strconv.FormatBool(v)}, nil
	case json.Delim:
		if v == '[' {
			return r.array(depth)
		}
		return r.object(depth)
	}
	return node{shape: isNull}, nil
}

func (r *reader) array(depth int) (node, *SyntaxError) {
	n := node{shape: isArray, members: new(members)}
	for r.tokens.More() {
		item, err := r.value(depth + 1)
		if err != nil {
			return n, err
		}
		n.items = append(n.items, item)
	}
	r.next()
	return n, nil
}

func (r *reader) object(depth int) (node, *SyntaxError) {
	start := len(strings.TrimRight(r.document[:r.tokens.InputOffset()-1], " \t\r\n"))
	n := node{shape: isObject, members: &members{start: start}}
	seen := map[string]bool{}
	for r.tokens.More() {
		name, err := r.value(depth + 1)
		if err != nil {
			return n, err
		}
		if seen[name.text] {
			return n, problem("the name %s stands twice in one object at %s", quote(name.text), r.position())
		}
		item, err := r.value(depth + 1)
		if err != nil {
			return n, err
		}
		seen[name.text] = true
		n.names = append(n.names, name.text)
		n.items = append(n.items, item)
	}
	r.next()
	n.end = int(r.tokens.InputOffset())
	return n, nil
}

// isEmpty reports whether the node is an array without values.
func (n *node) isEmpty() bool { return n.shape == isArray && len(n.items) == 0 }

// list returns the items of an array, or the node itself: several elements of a
// policy take one value or an array of them.
func (n *node) list() []node {
	if n.shape == isArray {
		return n.items
	}
	return []node{*n}
}
