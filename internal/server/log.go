package server

import (
	"io"
	"log/slog"

	"daypass/internal/printable"
	"daypass/internal/token"
	"daypass/internal/wire"
)

// masked hides a token that a client put where no one expects one, such as a
// path: it stays out of logs and of answers.
func masked(text string) string { return token.Hide(text, wire.Hidden) }

// maskedLine is masked for what is encoded already.
func maskedLine(line []byte) []byte { return token.HideBytes(line, wire.Hidden) }

// An escaper writes lines without characters that a terminal obeys. Those of
// [slog.TextHandler] have none.
type escaper struct{ w io.Writer }

func (e escaper) Write(line []byte) (int, error) {
	_, err := e.w.Write(printable.JSON(line))
	return len(line), err
}

// A Logger is what the server says of itself, and where: the lines of requests,
// which a [journal] writes, go there too, in the same form.
type Logger struct {
	*slog.Logger
	out  *output
	text bool
}

// NewLogger returns one that writes JSON, or text.
func NewLogger(format string, w io.Writer) Logger {
	out := &output{w: w}
	if format == "text" {
		return Logger{slog.New(slog.NewTextHandler(out, nil)), out, true}
	}
	return Logger{slog.New(slog.NewJSONHandler(escaper{out}, nil)), out, false}
}
