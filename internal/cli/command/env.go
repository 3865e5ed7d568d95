package command

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"

	"daypass/internal/cli/client"
	"daypass/internal/cli/document"
	"daypass/internal/cli/profile"
	"daypass/internal/cli/query"
	"daypass/internal/cli/render"
	"daypass/internal/cli/terminal"
)

// An Env is what a command works with.
type Env struct {
	Session *client.Session
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer

	Format string       // of --output; "" is the configured one
	Query  *query.Query // nil without --query
	Color  string       // on, off, or anything else for what the terminal is

	NoPaginate bool // one page is enough
}

// Print applies --query and prints a result in the format of --output.
func (e *Env) Print(title string, v any) error {
	format, err := e.OutputFormat()
	if err != nil {
		return err
	}
	if e.Query != nil {
		v, err = e.Query.Search(v)
		if err != nil {
			return err
		}
	}
	tty, width := size(e.Stdout)
	colour := inColour(e.Color, tty, os.Getenv("NO_COLOR"))
	var out bytes.Buffer
	err = render.Write(&out, v, render.Options{Format: format, Title: title, Colour: colour, Width: width})
	if err != nil {
		return err
	}
	_, err = e.Stdout.Write(out.Bytes())
	return err
}

// OutputFormat is the format of --output, else the configured one.
func (e *Env) OutputFormat() (string, error) {
	if e.Format != "" {
		return e.Format, nil
	}
	return e.Session.OutputFormat()
}

// inColour decides by --color, which wins, by NO_COLOR, which counts unless it is
// empty, and by whether output goes to a terminal.
//
// Source: https://no-color.org.
func inColour(option string, tty bool, noColor string) bool {
	switch option {
	case "on":
		return true
	case "off":
		return false
	}
	return tty && noColor == ""
}

// size tells whether output goes to a terminal and how wide it is; 0 is
// unknown.
func size(w io.Writer) (bool, int) {
	file, ok := w.(*os.File)
	if !ok {
		return false, 0
	}
	return terminal.Size(file)
}

// maxSecret bounds a token that is read, in bytes.
const maxSecret = 64 << 10

// Secret returns a value that may stand on standard input or in a file. Space
// around it is dropped.
func (e *Env) Secret(option, v string) (string, error) {
	var from io.Reader
	switch path, isFile := strings.CutPrefix(v, "file://"); {
	case v == "-":
		from = e.Stdin
	case isFile:
		path = profile.Expand(path)
		file, err := os.Open(path)
		if err != nil {
			return "", ParameterError(option, "Unable to load paramfile %s: %s", v, document.SystemError(err, path))
		}
		defer file.Close()
		from = file
	default:
		return v, nil
	}
	if from == nil {
		return "", ParameterError(option, "there is no standard input")
	}
	data, err := io.ReadAll(io.LimitReader(from, maxSecret+1))
	if err == nil && len(data) > maxSecret {
		err = errors.New("too long")
	}
	if err != nil {
		return "", ParameterError(option, "%s", err)
	}
	return strings.TrimSpace(string(data)), nil
}
