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

// A shapeStack is the names of the shapes that surround a value.
type shapeStack []string

func (s *shapeStack) push(shape *api.Shape) { *s = append(*s, shape.Name) }
func (s *shapeStack) pop()                  { *s = (*s)[:len(*s)-1] }

// repeats reports whether a shape is on the stack more than once: samples of a
// recursive shape end there.
func (s shapeStack) repeats(shape *api.Shape) bool {
	i := slices.Index(s, shape.Name)
	return i >= 0 && slices.Contains(s[i+1:], shape.Name)
}

// A sampler makes samples of shapes. Strings are empty, or the names of their
// members.
type sampler struct {
	useNames bool
	stack    shapeStack
}

func (s *sampler) sampleOf(shape *api.Shape, name string) any {
	s.stack.push(shape)
	defer s.stack.pop()
	switch shape.Kind {
	case api.Structure:
		o := &document.Object{}
		if s.stack.repeats(shape) {
			return o
		}
		for _, m := range shape.Members {
			o.Set(m.Name, s.sampleOf(m.Shape, m.Name))
		}
		return o
	case api.List:
		name := ""
		if s.useNames {
			name = shape.Elem.Name
		}
		return []any{s.sampleOf(shape.Elem, name)}
	case api.Map:
		return document.New(document.Member{Name: "KeyName", Value: s.sampleOf(shape.Elem, "")})
	case api.String:
		switch {
		case s.useNames:
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

// inputSkeleton prints a document for --cli-input-json.
func inputSkeleton(w io.Writer, op *api.Operation) error {
	sample := (&sampler{}).sampleOf(op.Input, "")
	_, err := io.WriteString(w, document.Indented(sample)+"\n")
	return err
}

// yamlSkeleton prints a document for --cli-input-yaml with a comment after each
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
	stack shapeStack
}

// structure writes the members of a structure. inline says that the first one is on
// the line of a list's dash.
func (w *skeletonWriter) structure(shape *api.Shape, indent int, inline bool) {
	w.stack.push(shape)
	defer w.stack.pop()
	for i, m := range shape.Members {
		if i > 0 || !inline {
			w.out.WriteString(strings.Repeat(" ", indent))
		}
		w.out.WriteString(m.Name + ":")
		w.value(m, indent, i == 0)
	}
}

// value writes what follows a member's name. The first comment of a structure has a
// blank more before it, as the YAML library of the AWS CLI writes it.
func (w *skeletonWriter) value(m *api.Member, indent int, first bool) {
	comment := memberComment(m)
	scalar, ok := w.scalar(m.Shape)
	if !ok {
		w.out.WriteString(comment + "\n")
		w.writeNested(m.Shape, indent)
		return
	}
	if first && comment != "" {
		comment = " " + comment
	}
	w.out.WriteString(" " + scalar + comment + "\n")
}

// scalar returns the sample of a shape that fits on the line of its name.
func (w *skeletonWriter) scalar(shape *api.Shape) (string, bool) {
	switch shape.Kind {
	case api.Structure:
		return "{}", len(shape.Members) == 0 || w.stack.repeats(shape)
	case api.List, api.Map:
		return "", false
	case api.Blob:
		return "!!binary ''", true
	}
	var b strings.Builder
	err := render.Write(&b, []any{(&sampler{}).sampleOf(shape, "")}, render.Options{Format: "yaml"})
	if err != nil {
		return "", false
	}
	return strings.TrimSuffix(strings.TrimPrefix(b.String(), "- "), "\n"), true
}

func (w *skeletonWriter) writeNested(shape *api.Shape, indent int) {
	pad := strings.Repeat(" ", indent)
	switch shape.Kind {
	case api.Structure:
		w.structure(shape, indent+2, false)
	case api.Map:
		w.out.WriteString(pad + "  KeyName:")
		w.writeElement(shape.Elem, indent+2)
	case api.List:
		w.out.WriteString(pad + "-")
		if _, ok := w.scalar(shape.Elem); !ok && shape.Elem.Kind == api.Structure {
			w.out.WriteString(" ")
			w.structure(shape.Elem, indent+2, true)
			return
		}
		w.writeElement(shape.Elem, indent+2)
	}
}

func (w *skeletonWriter) writeElement(shape *api.Shape, indent int) {
	if scalar, ok := w.scalar(shape); ok {
		w.out.WriteString(" " + scalar + "\n")
		return
	}
	w.out.WriteString("\n")
	w.writeNested(shape, indent)
}

// memberComment returns the comment after a member: whether it is required, what it
// is and which values it may have.
func memberComment(m *api.Member) string {
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

// outputSkeleton checks the parameters as for a call, sends nothing, and prints a
// sample of the output.
func outputSkeleton(ctx context.Context, env *command.Env, op *api.Operation, input *document.Object) error {
	err := env.Session.CheckCall(ctx, op, input)
	if err != nil {
		return err
	}
	var sample any = &document.Object{}
	if op.Output != nil {
		sample = (&sampler{useNames: true}).sampleOf(op.Output, "")
	}
	return env.Print(op.Name, sample)
}
