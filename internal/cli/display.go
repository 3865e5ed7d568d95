package cli

import (
	"bytes"
	"encoding/base64"
	"io"
	"os"
	"strconv"
	"time"

	"daypass/api"
	"daypass/internal/cli/document"
	"daypass/internal/cli/render"
	"daypass/internal/wire"
)

// display applies --query and prints a result in the format of --output.
func (s *session) display(op *api.Operation, v any) error {
	format := s.text("output")
	if format == "" {
		config, err := s.config()
		if err != nil {
			return err
		}
		format = config.output()
	}
	if s.query != nil {
		var err error
		if v, err = s.query.Search(v); err != nil {
			return err
		}
	}
	tty, width := terminal(s.app.Stdout)
	colour := s.text("color") == "on" || s.text("color") != "off" && tty
	var out bytes.Buffer
	if err := render.Write(&out, v, render.Options{Format: format, Title: op.Name, Colour: colour, Width: width}); err != nil {
		return err
	}
	_, err := s.app.Stdout.Write(out.Bytes())
	return err
}

// terminal tells whether output goes to a terminal and how wide it is; 0 is
// unknown.
func terminal(w io.Writer) (bool, int) {
	file, ok := w.(*os.File)
	if !ok {
		return false, 0
	}
	return terminalWidth(file)
}

// result turns what the service answered into a document: times become texts as
// the configuration wants them, bytes stay in base64.
func (s *session) result(op *api.Operation, v any, wireTimes bool) any {
	switch v := v.(type) {
	case wire.Object:
		o := &document.Object{}
		for _, e := range v {
			o.Set(e.Name, s.result(op, e.Value, wireTimes))
		}
		return o
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = s.result(op, v[i], wireTimes)
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
