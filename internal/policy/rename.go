package policy

import (
	"encoding/json"
	"strings"

	"daypass/internal/printable"
)

// Rename returns a document that was parsed with other names for some of its
// principals, which are given as [Policy.Principals] has them. Everything else
// stays as it was written.
func Rename(document string, names map[string]string) string {
	r := renamer{reader: reader{document: document, tokens: json.NewDecoder(strings.NewReader(document))}, names: names}
	r.value(aDocument)
	return r.renamed.String() + document[r.done:]
}

// An element is what a value of a document stands in.
type element uint8

const (
	otherElement element = iota
	aDocument
	aStatement
	aPrincipal
	principalsOfAWS
)

// member is the element that the member of an object is.
func (e element) member(name string) element {
	switch {
	case e == aDocument && name == "Statement":
		return aStatement
	case e == aStatement && (name == "Principal" || name == "NotPrincipal"):
		return aPrincipal
	case e == aPrincipal && name == "AWS":
		return principalsOfAWS
	}
	return otherElement
}

// A renamer copies a document up to where it has read.
type renamer struct {
	reader
	names   map[string]string
	renamed strings.Builder
	done    int // bytes of the document that are copied or replaced
}

// value reads one value. The values of an array are what the array is.
func (r *renamer) value(in element) {
	before := int(r.tokens.InputOffset())
	switch v := r.next().(type) {
	case string:
		name, ok := r.names[v]
		if in == principalsOfAWS && ok {
			start := before + strings.IndexByte(r.document[before:], '"')
			r.renamed.WriteString(r.document[r.done:start])
			r.renamed.Write(printable.AppendJSON(nil, name))
			r.done = int(r.tokens.InputOffset())
		}
	case json.Delim:
		for r.tokens.More() {
			within := in
			if v == '{' {
				name, _ := r.next().(string)
				within = in.member(name)
			}
			r.value(within)
		}
		r.next()
	}
}
