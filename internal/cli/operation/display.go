package operation

import (
	"encoding/base64"
	"strconv"
	"time"

	"daypass/api"
	"daypass/internal/cli/document"
	"daypass/internal/wire"
)

// result turns what the service answered into a document: times become texts as
// the configuration wants them, bytes stay in base64.
func result(op *api.Operation, v any, wireTimes bool) any {
	switch v := v.(type) {
	case wire.Object:
		o := &document.Object{}
		for _, e := range v {
			o.Set(e.Name, result(op, e.Value, wireTimes))
		}
		return o
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = result(op, v[i], wireTimes)
		}
		return list
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	case time.Time:
		if wireTimes {
			return wireTime(op, v)
		}
		if op.Service.Protocol == api.RESTJSON { // a number on the wire has no zone
			v = v.Local()
		}
		return isoTime(v)
	}
	return v
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
