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

// An Env is the environment that a command runs in.
type Env struct {
	Session *client.Session
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer

	Format string       // value of --output; "" means the configured format
	Query  *query.Query // nil without --query
	Color  string       // value of --color: "on", "off", or anything else for colours only on a terminal

	NoPaginate bool // a list is one page
}

// Print applies --query to a result and prints it in the format of --output. The
// title is that of a table.
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
	tty, width := terminalSize(e.Stdout)
	colour := useColour(e.Color, tty, os.Getenv("NO_COLOR"))
	var out bytes.Buffer
	err = render.Write(&out, v, render.Options{Format: format, Title: title, Colour: colour, Width: width})
	if err != nil {
		return err
	}
	_, err = e.Stdout.Write(out.Bytes())
	return err
}

// OutputFormat returns the format of --output, or else the configured one.
func (e *Env) OutputFormat() (string, error) {
	if e.Format != "" {
		return e.Format, nil
	}
	return e.Session.OutputFormat()
}

// useColour reports whether to use colours: as --color says, or else if the output
// goes to a terminal and NO_COLOR is empty.
//
// Source: https://no-color.org.
func useColour(option string, tty bool, noColor string) bool {
	switch option {
	case "on":
		return true
	case "off":
		return false
	}
	return tty && noColor == ""
}

// terminalSize reports whether output goes to a terminal, and how many columns it
// has; 0 if that is unknown.
func terminalSize(w io.Writer) (bool, int) {
	file, ok := w.(*os.File)
	if !ok {
		return false, 0
	}
	return terminal.Size(file)
}

// maxSecret bounds a secret that is read, in bytes.
const maxSecret = 64 << 10

// Secret returns the secret that is the value of an option: from standard input for
// "-", from a file for file://PATH, or the value itself. White space around it is
// removed.
func (e *Env) Secret(option, v string) (string, error) {
	var reader io.Reader
	switch path, isFile := strings.CutPrefix(v, "file://"); {
	case v == "-":
		reader = e.Stdin
	case isFile:
		path = profile.Expand(path)
		file, err := os.Open(path)
		if err != nil {
			return "", ParameterError(option, "Unable to load paramfile %s: %s", v, document.SystemError(err, path))
		}
		defer file.Close()
		reader = file
	default:
		return v, nil
	}
	if reader == nil {
		return "", ParameterError(option, "there is no standard input")
	}
	data, err := io.ReadAll(io.LimitReader(reader, maxSecret+1))
	if err == nil && len(data) > maxSecret {
		err = errors.New("too long")
	}
	if err != nil {
		return "", ParameterError(option, "%s", err)
	}
	return strings.TrimSpace(string(data)), nil
}
