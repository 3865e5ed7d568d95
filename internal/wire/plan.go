package wire

import (
	"fmt"
	"io"
	"reflect"
	"sync"
	"time"

	"daypass/api"
)

// A plan binds the shape of an operation's input or output to its Go type. Types
// are reflected on once, here.
type plan struct {
	op      *api.Operation
	root    *node
	hasBody bool // some members are in a document
}

// A node is a shape with its Go type, pointers taken off.
type node struct {
	check
	typ    reflect.Type
	fields []field // of a structure, in the model's order
	elem   *node   // of a list; the values of a map
	key    check   // of a map
}

type field struct {
	*node
	member   *api.Member
	recorded string // its name in a record, quoted, with a colon
	index    int    // in the Go struct
	pointer  bool   // the Go field points to the value
	optional bool   // the value may be left out where it is zero
}

var plans sync.Map // reflect.Type of a generated structure → *plan

// planFor returns the plan of a pointer to an input or output of op. An
// operation has types of its own, so the type finds the plan.
func planFor(op *api.Operation, ptr any) (*plan, error) {
	t := reflect.TypeOf(ptr)
	if p, ok := plans.Load(t); ok && p.(*plan).op == op {
		return p.(*plan), nil
	}
	if t == nil || t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		return nil, fmt.Errorf("wire: %s: %v is no pointer to a structure", op.Name, t)
	}
	sh := op.Input
	if t.Elem().Name() == op.Name+"Output" {
		sh = op.Output
	}
	if sh == nil {
		sh = &api.Shape{Name: op.Name + "Output", Kind: api.Structure}
	}
	c := compiler{}
	root, err := c.node(sh, t.Elem())
	if err != nil {
		return nil, fmt.Errorf("wire: %s: %w", op.Name, err)
	}
	p := &plan{op: op, root: root}
	for _, m := range sh.Members {
		p.hasBody = p.hasBody || m.Location == api.InBody
	}
	plans.Store(t, p)
	return p, nil
}

// A compiler remembers the nodes that it has made, so that a recursive shape
// ends.
type compiler map[compiled]*node

type compiled struct {
	shape *api.Shape
	typ   reflect.Type
}

var (
	timeType   = reflect.TypeFor[time.Time]()
	readerType = reflect.TypeFor[io.Reader]()
	bytesType  = reflect.TypeFor[[]byte]()
)

func (c compiler) node(sh *api.Shape, t reflect.Type) (*node, error) {
	if n := c[compiled{sh, t}]; n != nil {
		return n, nil
	}
	n := &node{typ: t}
	c[compiled{sh, t}] = n
	var err error
	n.check, err = newCheck(sh)
	if err != nil {
		return nil, fmt.Errorf("shape %s: %w", sh.Name, err)
	}
	if !fits(sh, t) {
		return nil, fmt.Errorf("shape %s (%v) does not fit into %v", sh.Name, sh.Kind, t)
	}
	switch sh.Kind {
	case api.Structure:
		err = c.fields(n)
	case api.List:
		n.elem, err = c.node(sh.Elem, t.Elem())
	case api.Map:
		n.key, err = newCheck(sh.Key)
		if err == nil {
			n.elem, err = c.node(sh.Elem, t.Elem())
		}
	}
	return n, err
}

func fits(sh *api.Shape, t reflect.Type) bool {
	switch sh.Kind {
	case api.String:
		return t.Kind() == reflect.String
	case api.Integer, api.Long:
		return t.Kind() == reflect.Int64
	case api.Boolean:
		return t.Kind() == reflect.Bool
	case api.Timestamp:
		return t == timeType
	case api.Blob:
		return t == bytesType || sh.Streaming && t.Implements(readerType)
	case api.Structure:
		return t.Kind() == reflect.Struct
	case api.List:
		return t.Kind() == reflect.Slice
	case api.Map:
		return t.Kind() == reflect.Map && t.Key().Kind() == reflect.String
	}
	return false
}

func (c compiler) fields(n *node) error {
	if len(n.shape.Members) > 64 {
		return fmt.Errorf("shape %s has more members than a word has bits", n.shape.Name)
	}
	n.fields = make([]field, len(n.shape.Members))
	for i, m := range n.shape.Members {
		sf, ok := n.typ.FieldByName(api.GoName(m.Name))
		if !ok {
			return fmt.Errorf("%v has no field for %s", n.typ, m.Name)
		}
		f := field{member: m, recorded: string(appendRecordedName(nil, m.Name)), index: sf.Index[0], pointer: sf.Type.Kind() == reflect.Pointer}
		t := sf.Type
		if f.pointer {
			t = t.Elem()
		}
		// "" is the absence of a string, unless the model demands one.
		f.optional = m.Shape.Kind != api.String || !m.Required
		var err error
		f.node, err = c.node(m.Shape, t)
		if err != nil {
			return err
		}
		n.fields[i] = f
	}
	return nil
}

// settable returns a field's value to set. It allocates the value of a pointer.
func (f *field) settable(structure reflect.Value) reflect.Value {
	v := structure.Field(f.index)
	if !f.pointer {
		return v
	}
	v.Set(reflect.New(f.typ))
	return v.Elem()
}

// value returns a field's value for encoding and whether it is there.
func (f *field) value(structure reflect.Value) (reflect.Value, bool) {
	v := structure.Field(f.index)
	if f.pointer {
		return v.Elem(), !v.IsNil()
	}
	return v, !f.optional || !v.IsZero()
}

// require adds the missing required members of a structure to the problems. Bit i
// of seen stands for member i.
func (n *node) require(seen uint64, at *path, p *problems) {
	for i := range n.fields {
		if m := n.fields[i].member; m.Required && seen&(1<<i) == 0 {
			p.missing(&path{parent: at, name: m.Name})
		}
	}
}
