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

// resultDocument returns the result of an operation as a document. Times become texts
// in the configured format, bytes become base64, and policies become objects.
func resultDocument(op *api.Operation, reply wire.Object, wireTimes bool) any {
	d := decoder{op, wireTimes}
	return d.value(op.Output, reply)
}

// A decoder makes documents from the results of an operation.
type decoder struct {
	op        *api.Operation
	wireTimes bool
}

// value returns a value of a shape as a document. The shape is nil if the model does
// not have it.
func (r *decoder) value(shape *api.Shape, v any) any {
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
			return decodePolicy(v)
		}
	case time.Time:
		if r.wireTimes {
			return wireTime(r.op, v)
		}
		if r.op.Service.Protocol == api.RESTJSON { // a number on the wire has no time zone
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

// policyShape is the shape of policies in IAM's results.
const policyShape = "policyDocumentType"

// decodePolicy returns a policy that IAM sent as percent-encoded JSON. Any other text
// stays as it is, as in the AWS CLI.
func decodePolicy(text string) any {
	v, err := document.Decode(unescape(text))
	if err != nil {
		return text
	}
	return v
}

// unescape decodes percent-encoding. A % that is not followed by two hexadecimal
// digits stays.
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

// isoTime returns an instant as Python's isoformat() does: with six decimals of the
// second or none, and always with an offset.
func isoTime(t time.Time) string {
	layout := "2006-01-02T15:04:05-07:00"
	if t.Nanosecond()/1000 != 0 {
		layout = "2006-01-02T15:04:05.000000-07:00"
	}
	return t.Format(layout)
}

// wireTime returns an instant as the service sent it: a number of seconds, or ISO
// 8601.
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
