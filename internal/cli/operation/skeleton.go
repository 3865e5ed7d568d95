package operation

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"daypass/api"
	"daypass/internal/cli/command"
	"daypass/internal/cli/document"
	"daypass/internal/cli/render"
)

// A sampler makes a sample of a shape: of an input with empty values, of an
// output with the names of its members as texts.
type sampler struct {
	names bool
	stack []string
}

func (s *sampler) sample(shape *api.Shape, name string) any {
	s.stack = append(s.stack, shape.Name)
	defer func() { s.stack = s.stack[:len(s.stack)-1] }()
	switch shape.Kind {
	case api.Structure:
		o := &document.Object{}
		if s.recursive(shape) {
			return o
		}
		for _, m := range shape.Members {
			o.Set(m.Name, s.sample(m.Shape, m.Name))
		}
		return o
	case api.List:
		name := ""
		if s.names {
			name = shape.Elem.Name
		}
		return []any{s.sample(shape.Elem, name)}
	case api.Map:
		return document.New(document.Member{Name: "KeyName", Value: s.sample(shape.Elem, "")})
	case api.String:
		switch {
		case s.names:
			return name
		case len(shape.Enum) > 0:
			return shape.Enum[0]
		}
		return ""
	case api.Integer, api.Long:
		return int64(0)
	case api.Boolean:
		return true
	case api.Timestamp:
		return time.Unix(0, 0).UTC()
	}
	return nil
}

func (s *sampler) recursive(shape *api.Shape) bool {
	n := 0
	for _, name := range s.stack {
		if name == shape.Name {
			n++
		}
	}
	return n > 1
}

// inputSkeleton prints a document for --cli-input-json.
func inputSkeleton(w io.Writer, op *api.Operation) error {
	sample := (&sampler{}).sample(op.Input, "")
	_, err := io.WriteString(w, document.Indented(sample)+"\n")
	return err
}

// yamlSkeleton prints a document for --cli-input-yaml with a comment behind each
// member.
func yamlSkeleton(out io.Writer, op *api.Operation) error {
	if len(op.Input.Members) == 0 {
		_, err := io.WriteString(out, "{}\n")
		return err
	}
	var b bytes.Buffer
	w := skeletonWriter{out: &b}
	w.structure(op.Input, 0, false)
	_, err := out.Write(b.Bytes())
	return err
}

type skeletonWriter struct {
	out   *bytes.Buffer
	stack sampler
}

// structure writes the members of a structure; inline tells that the first one
// stands behind the dash of a list.
func (w *skeletonWriter) structure(shape *api.Shape, indent int, inline bool) {
	w.stack.stack = append(w.stack.stack, shape.Name)
	defer func() { w.stack.stack = w.stack.stack[:len(w.stack.stack)-1] }()
	for i, m := range shape.Members {
		if i > 0 || !inline {
			w.out.WriteString(strings.Repeat(" ", indent))
		}
		w.out.WriteString(m.Name + ":")
		w.value(m, indent, i == 0)
	}
}

// value writes what stands behind a member's name. The first comment of a
// structure keeps more distance: the YAML library of the AWS CLI does so.
func (w *skeletonWriter) value(m *api.Member, indent int, first bool) {
	comment := describe(m)
	scalar, ok := w.scalar(m.Shape)
	if !ok {
		w.out.WriteString(comment + "\n")
		w.nested(m.Shape, indent)
		return
	}
	if first && comment != "" {
		comment = " " + comment
	}
	w.out.WriteString(" " + scalar + comment + "\n")
}

// scalar renders a shape that fits behind a name.
func (w *skeletonWriter) scalar(shape *api.Shape) (string, bool) {
	switch shape.Kind {
	case api.Structure:
		return "{}", len(shape.Members) == 0 || slices.Contains(w.stack.stack, shape.Name) && w.deep(shape)
	case api.List, api.Map:
		return "", false
	case api.Blob:
		return "!!binary ''", true
	}
	var b strings.Builder
	err := render.Write(&b, []any{(&sampler{}).sample(shape, "")}, render.Options{Format: "yaml"})
	if err != nil {
		return "", false
	}
	return strings.TrimSuffix(strings.TrimPrefix(b.String(), "- "), "\n"), true
}

func (w *skeletonWriter) deep(shape *api.Shape) bool {
	n := 0
	for _, name := range w.stack.stack {
		if name == shape.Name {
			n++
		}
	}
	return n > 1
}

func (w *skeletonWriter) nested(shape *api.Shape, indent int) {
	pad := strings.Repeat(" ", indent)
	switch shape.Kind {
	case api.Structure:
		w.structure(shape, indent+2, false)
	case api.Map:
		w.out.WriteString(pad + "  KeyName:")
		w.element(shape.Elem, indent+2)
	case api.List:
		w.out.WriteString(pad + "-")
		if _, ok := w.scalar(shape.Elem); !ok && shape.Elem.Kind == api.Structure {
			w.out.WriteString(" ")
			w.structure(shape.Elem, indent+2, true)
			return
		}
		w.element(shape.Elem, indent+2)
	}
}

func (w *skeletonWriter) element(shape *api.Shape, indent int) {
	if scalar, ok := w.scalar(shape); ok {
		w.out.WriteString(" " + scalar + "\n")
		return
	}
	w.out.WriteString("\n")
	w.nested(shape, indent)
}

// describe is the comment behind a member: whether it must be given, what it is
// and which values it may have.
func describe(m *api.Member) string {
	var parts []string
	if m.Required {
		parts = append(parts, "[REQUIRED]")
	}
	if m.Doc != "" {
		sentence, _, more := strings.Cut(m.Doc, ". ")
		if more {
			sentence += "."
		}
		parts = append(parts, sentence)
	}
	if len(m.Shape.Enum) > 0 {
		parts = append(parts, "Valid values are: "+strings.Join(m.Shape.Enum, ", ")+".")
	}
	if len(parts) == 0 {
		return ""
	}
	return " # " + strings.Join(parts, " ")
}

// outputSkeleton checks the parameters as for a call and prints a sample of the
// output in the format asked for; nothing is sent.
func outputSkeleton(ctx context.Context, env *command.Env, op *api.Operation, input *document.Object) error {
	err := env.Session.CheckCall(ctx, op, input)
	if err != nil {
		return err
	}
	var sample any = &document.Object{}
	if op.Output != nil {
		sample = (&sampler{names: true}).sample(op.Output, "")
	}
	return env.Print(op.Name, sample)
}
