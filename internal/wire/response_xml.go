package wire

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"daypass/api"
)

// An element is a parsed XML element, without namespaces and attributes.
type element struct {
	name string
	text string
	kids []*element
}

func (e *element) child(name string) *element {
	for _, k := range e.kids {
		if k.name == name {
			return k
		}
	}
	return nil
}

// path returns the descendant at a path of names, or nil.
func (e *element) path(names ...string) *element {
	for _, n := range names {
		if e == nil {
			return nil
		}
		e = e.child(n)
	}
	return e
}

func (e *element) content() string {
	if e == nil {
		return ""
	}
	return e.text
}

// parseXML reads a document into its root element.
func parseXML(data []byte) (*element, error) {
	d := xml.NewDecoder(strings.NewReader(string(data)))
	root := &element{}
	stack := []*element{root}
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) && len(root.kids) == 1 {
			return root.kids[0], nil
		}
		if err != nil {
			return nil, err
		}
		top := stack[len(stack)-1]
		switch t := tok.(type) {
		case xml.StartElement:
			if len(stack) > maxDepth {
				return nil, fmt.Errorf("nested deeper than %d levels", maxDepth)
			}
			e := &element{name: t.Name.Local}
			top.kids = append(top.kids, e)
			stack = append(stack, e)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top.text += string(t)
		}
	}
}

func readXML(op *api.Operation, out *api.Shape, data []byte) (Object, error) {
	if len(out.Members) == 0 {
		return Object{}, nil
	}
	root, err := parseXML(data)
	if err != nil {
		return nil, fmt.Errorf("reply to %s is not XML: %w", op.Name, err)
	}
	result := root.child(op.Name + "Result")
	if result == nil {
		result = &element{}
	}
	v, err := fromXML(out, result)
	if err != nil {
		return nil, fmt.Errorf("reply to %s: %w", op.Name, err)
	}
	return v.(Object), nil
}

func fromXML(sh *api.Shape, e *element) (any, error) {
	switch sh.Kind {
	case api.Structure:
		result := Object{}
		for _, m := range sh.Members {
			k := e.child(m.LocationName)
			if k == nil {
				continue
			}
			v, err := fromXML(m.Shape, k)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", m.Name, err)
			}
			result = append(result, Entry{m.Name, v})
		}
		return result, nil
	case api.List:
		result := []any{}
		for _, k := range e.kids {
			v, err := fromXML(sh.Elem, k)
			if err != nil {
				return nil, err
			}
			result = append(result, v)
		}
		return result, nil
	case api.Map:
		result := Object{}
		for _, k := range e.kids {
			value := k.child("value")
			if value == nil {
				value = &element{}
			}
			v, err := fromXML(sh.Elem, value)
			if err != nil {
				return nil, err
			}
			result = append(result, Entry{k.child("key").content(), v})
		}
		return result, nil
	}
	return fromText(sh, e.text)
}
