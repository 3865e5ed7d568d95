package operation

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"daypass/api"
	"daypass/internal/cli/document"
	"daypass/internal/wire"
)

// result turns what the service answered into a document: times become texts as
// the configuration wants them, bytes stay in base64, policies become objects.
func result(op *api.Operation, reply wire.Object, wireTimes bool) any {
	r := reader{op, wireTimes}
	return r.value(op.Output, reply)
}

// A reader makes documents of an operation's answers.
type reader struct {
	op        *api.Operation
	wireTimes bool
}

// value reads a value of a shape, which is nil where the model does not know it.
func (r *reader) value(shape *api.Shape, v any) any {
	switch v := v.(type) {
	case wire.Object:
		o := &document.Object{}
		for _, e := range v {
			o.Set(e.Name, r.value(memberShape(shape, e.Name), e.Value))
		}
		return o
	case []any:
		list := make([]any, len(v))
		var elem *api.Shape
		if shape != nil {
			elem = shape.Elem
		}
		for i := range v {
			list[i] = r.value(elem, v[i])
		}
		return list
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	case string:
		if shape != nil && shape.Name == policyShape && r.op.Service.Name == "iam" {
			return policy(v)
		}
	case time.Time:
		if r.wireTimes {
			return wireTime(r.op, v)
		}
		if r.op.Service.Protocol == api.RESTJSON { // a number on the wire has no zone
			v = v.Local()
		}
		return isoTime(v)
	}
	return v
}

func memberShape(shape *api.Shape, name string) *api.Shape {
	switch {
	case shape == nil:
		return nil
	case shape.Kind == api.Map:
		return shape.Elem
	}
	if m := shape.Member(name); m != nil {
		return m.Shape
	}
	return nil
}

// policyShape is the shape of policies in IAM's answers.
const policyShape = "policyDocumentType"

// policy reads a policy as IAM sends it, percent-encoded JSON. What is none stays
// what it is. The AWS CLI does the same.
func policy(text string) any {
	v, err := document.Decode(unescape(text))
	if err != nil {
		return text
	}
	return v
}

// unescape decodes percent-encoding; a % that begins none stands for itself.
func unescape(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			n, err := strconv.ParseUint(text[i+1:i+3], 16, 8)
			if err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return strings.ToValidUTF8(b.String(), "\uFFFD")
}

// isoTime prints an instant as Python's isoformat() does: six decimals of the
// second or none, and always an offset.
func isoTime(t time.Time) string {
	layout := "2006-01-02T15:04:05-07:00"
	if t.Nanosecond()/1000 != 0 {
		layout = "2006-01-02T15:04:05.000000-07:00"
	}
	return t.Format(layout)
}

// wireTime prints an instant as it came: a number of seconds, or ISO 8601.
func wireTime(op *api.Operation, t time.Time) any {
	if op.Service.Protocol == api.Query {
		return t.UTC().Format("2006-01-02T15:04:05.999Z07:00")
	}
	if t.Nanosecond() == 0 {
		return t.Unix()
	}
	f, err := strconv.ParseFloat(strconv.FormatInt(t.UnixMilli(), 10)+"e-3", 64)
	if err != nil {
		return nil
	}
	return f
}
