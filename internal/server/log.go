package server

import (
	"io"
	"log/slog"

	"daypass/internal/printable"
	"daypass/internal/token"
	"daypass/internal/wire"
)

// masked hides tokens in a text. Clients put tokens in unexpected places, such as paths,
// and these must not reach logs and answers.
func masked(text string) string { return token.Hide(text, wire.Hidden) }

// maskedLine is masked for text that is encoded as JSON.
func maskedLine(line []byte) []byte { return token.HideBytes(line, wire.Hidden) }

// An escaper escapes control characters for terminals in lines of JSON. The lines of
// [slog.TextHandler] do not need it.
type escaper struct{ w io.Writer }

func (e escaper) Write(line []byte) (int, error) {
	_, err := e.w.Write(printable.JSON(line))
	return len(line), err
}

// A Logger writes the server's log. The lines of requests, which a [journal] makes, go to
// the same writer in the same form.
type Logger struct {
	*slog.Logger
	out  *output
	text bool
}

// NewLogger returns a Logger that writes lines to w, one write at a time. The format is
// "text" for key=value pairs. Anything else means JSON.
func NewLogger(format string, w io.Writer) Logger {
	out := &output{w: w}
	if format == "text" {
		return Logger{slog.New(slog.NewTextHandler(out, nil)), out, true}
	}
	return Logger{slog.New(slog.NewJSONHandler(escaper{out}, nil)), out, false}
}
