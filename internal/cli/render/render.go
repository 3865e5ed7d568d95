// Package render owns how a result looks on standard output: the formats json,
// text, table, yaml and yaml-stream of the AWS CLI, byte for byte. It takes
// documents and knows nothing of where they came from, except that a document
// with nothing in it prints nothing in most formats.
package render

import (
	"io"

	"daypass/internal/cli/document"
)

// Formats are the names of the formats in the order in which messages list them.
var Formats = []string{"json", "text", "table", "yaml", "yaml-stream"}

// Options say how a result is shown.
type Options struct {
	Format string // one of [Formats]
	Title  string // of a table: the name of the operation
	Colour bool   // of a table
	Width  int    // of a table, in columns: a wider one stands upright; 0 means 80
}

// Write prints a result. An error that is not of the writer says what the
// result cannot be in this format.
func Write(w io.Writer, v any, o Options) error {
	switch o.Format {
	case "json":
		return writeJSON(w, v)
	case "text":
		return writeText(w, v)
	case "table":
		return writeTable(w, v, o)
	case "yaml":
		if empty(v) {
			return nil
		}
		return writeYAML(w, v)
	case "yaml-stream":
		if empty(v) {
			return nil
		}
		return writeYAML(w, []any{v})
	}
	return document.Messagef("Unknown output type: %s", o.Format)
}

func empty(v any) bool {
	o, ok := v.(*document.Object)
	return ok && o.Len() == 0
}

func writeJSON(w io.Writer, v any) error {
	if empty(v) {
		return nil
	}
	_, err := io.WriteString(w, document.Indented(v)+"\n")
	return err
}
