package wire

import (
	"reflect"
	"strconv"
	"time"

	"daypass/api"
	"daypass/internal/printable"
)

// Hidden stands in a record for every value that the model calls sensitive.
//
// Source: CodeArtifact User Guide, "Logging CodeArtifact API calls with AWS
// CloudTrail".
const Hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"

const (
	// maxRecorded bounds one text in a record, in bytes: more than the policy
	// documents that the services keep (CodeArtifact 7,168, IAM 10,240).
	maxRecorded = 16 << 10
	// maxElements bounds a record of an input or output. What it says beyond is
	// left out; CloudTrail's bound is 100 KB.
	maxElements = 64 << 10
)

// AppendRecord appends an input or output of op, nil or a pointer to the
// generated type, as a JSON object for people to keep: members as CloudTrail
// spells them (the model's names with a small first letter, texts at the top by
// the name in rename where it has one), what is sensitive [Hidden], times in RFC
// 3339, of content only its size. An object that was cut has a member omitted;
// one without members is null.
func AppendRecord(b []byte, op *api.Operation, v any, rename map[string]string) ([]byte, error) {
	if v == nil || reflect.ValueOf(v).IsNil() {
		return append(b, "null"...), nil
	}
	p, err := planFor(op, v)
	if err != nil {
		return b, err
	}
	r := recorder{bytes: b, limit: len(b) + maxElements, rename: rename}
	r.structure(p.root, reflect.ValueOf(v).Elem(), p.root.shape.Sensitive, true)
	if string(r.bytes[len(b):]) == "{}" {
		return append(r.bytes[:len(b)], "null"...), nil
	}
	return r.bytes, nil
}

type recorder struct {
	bytes   []byte
	limit   int
	rename  map[string]string
	omitted bool
}

// full reports whether the record has its maximum length. It then remembers that
// something is left out.
func (r *recorder) full() bool {
	if len(r.bytes) < r.limit {
		return false
	}
	r.omitted = true
	return true
}

func (r *recorder) structure(n *node, structure reflect.Value, hidden, top bool) {
	r.bytes = append(r.bytes, '{')
	first := true
	for i := range n.fields {
		f := &n.fields[i]
		v, ok := f.value(structure)
		// A stream was never in memory. Of a structure that is hidden as a whole only
		// the texts are named, as in CloudTrail's record of GetAuthorizationToken.
		if !ok || f.shape.Streaming || hidden && f.shape.Kind != api.String && f.shape.Kind != api.Structure || r.full() {
			continue
		}
		if !first {
			r.bytes = append(r.bytes, ',')
		}
		first = false
		if as, ok := r.rename[f.member.Name]; ok && top && f.shape.Kind == api.String {
			r.bytes = appendRecordedName(r.bytes, as)
		} else {
			r.bytes = append(r.bytes, f.recorded...)
		}
		r.value(f.node, v, hidden)
	}
	if top && r.omitted {
		if !first {
			r.bytes = append(r.bytes, ',')
		}
		r.bytes = append(r.bytes, `"omitted":true`...)
	}
	r.bytes = append(r.bytes, '}')
}

func (r *recorder) value(n *node, v reflect.Value, hidden bool) {
	if n.shape.Sensitive && n.shape.Kind != api.Structure {
		r.bytes = append(r.bytes, `"`+Hidden+`"`...)
		return
	}
	hidden = hidden || n.shape.Sensitive
	switch n.shape.Kind {
	case api.Structure:
		r.structure(n, v, hidden, false)
	case api.List:
		r.bytes = append(r.bytes, '[')
		for i := 0; i < v.Len() && !r.full(); i++ {
			if i > 0 {
				r.bytes = append(r.bytes, ',')
			}
			r.value(n.elem, v.Index(i), hidden)
		}
		r.bytes = append(r.bytes, ']')
	case api.Map:
		r.entries(n, v, hidden)
	case api.Integer, api.Long:
		r.bytes = strconv.AppendInt(r.bytes, v.Int(), 10)
	case api.Boolean:
		r.bytes = strconv.AppendBool(r.bytes, v.Bool())
	case api.Timestamp:
		r.bytes = append(v.Interface().(time.Time).UTC().AppendFormat(append(r.bytes, '"'), time.RFC3339), '"')
	case api.Blob:
		r.bytes = append(strconv.AppendInt(append(r.bytes, '"'), int64(v.Len()), 10), ` bytes"`...)
	default:
		r.text(v.String(), hidden)
	}
}

func (r *recorder) entries(n *node, v reflect.Value, hidden bool) {
	r.bytes = append(r.bytes, '{')
	for i, key := range sortedKeys(v) {
		if r.full() {
			break
		}
		if i > 0 {
			r.bytes = append(r.bytes, ',')
		}
		r.text(key.String(), hidden || n.key.shape.Sensitive)
		r.bytes = append(r.bytes, ':')
		r.value(n.elem, v.MapIndex(key), hidden)
	}
	r.bytes = append(r.bytes, '}')
}

func (r *recorder) text(s string, hidden bool) {
	if hidden {
		r.bytes = append(r.bytes, `"`+Hidden+`"`...)
		return
	}
	if len(s) > maxRecorded {
		s, r.omitted = printable.Short(s, maxRecorded), true
	}
	r.bytes = appendString(r.bytes, s)
}

// appendRecordedName appends a member's name as records spell it: with a small
// first letter, quoted and followed by a colon.
func appendRecordedName(b []byte, name string) []byte {
	start := len(b) + 1
	b = append(appendString(b, name), ':')
	if c := b[start]; c >= 'A' && c <= 'Z' {
		b[start] = c - 'A' + 'a'
	}
	return b
}
