// Package render owns how a result is printed on standard output: in the formats
// json, text, table, yaml and yaml-stream of the AWS CLI, byte for byte. It knows
// nothing of where a document comes from.
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
	Width  int    // of a table, in columns; rows of a wider one are printed vertically; 0 means 80
}

// Write prints a result. An empty object is printed as nothing in most formats, as in
// the AWS CLI. The error is the writer's, or says why the format cannot show the
// result.
func Write(w io.Writer, v any, o Options) error {
	switch o.Format {
	case "json":
		return writeJSON(w, v)
	case "text":
		return writeText(w, v)
	case "table":
		return writeTable(w, v, o)
	case "yaml":
		if isEmpty(v) {
			return nil
		}
		return writeYAML(w, v)
	case "yaml-stream":
		if isEmpty(v) {
			return nil
		}
		return writeYAML(w, []any{v})
	}
	return document.Messagef("Unknown output type: %s", o.Format)
}

func isEmpty(v any) bool {
	o, ok := v.(*document.Object)
	return ok && o.Len() == 0
}

func writeJSON(w io.Writer, v any) error {
	if isEmpty(v) {
		return nil
	}
	_, err := io.WriteString(w, document.Indented(v)+"\n")
	return err
}
