package operation

import (
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"unicode/utf8"

	"daypass/api"
	"daypass/internal/cli/client"
	"daypass/internal/cli/command"
	"daypass/internal/cli/document"
	"daypass/internal/cli/exit"
	"daypass/internal/cli/profile"
	"daypass/internal/cli/shorthand"
)

// optionValue turns the value on the command line into a value of the option's shape.
// It leaves what it cannot check to the validation of all parameters.
func optionValue(o option, v any) (any, error) {
	name, shape := o.Names[0], o.member.Shape
	if shape.Kind == api.Boolean {
		return v, nil
	}
	content, ok, err := fileContent(v)
	if err != nil {
		return nil, command.ParameterError(name, "%s", err)
	}
	if ok {
		v = content
	}
	if isComplex(shape) && !looksLikeJSON(v) {
		return fromShorthand(name, shape, v)
	}
	return FromText(name, shape, v)
}

// fileContent reads the file that a value file://PATH or fileb://PATH names.
func fileContent(v any) (content any, ok bool, err error) {
	if list, isList := v.([]any); isList && len(list) == 1 {
		v = list[0]
	}
	text, _ := v.(string)
	path, isText := strings.CutPrefix(text, "file://")
	if !isText {
		if path, ok = strings.CutPrefix(text, "fileb://"); !ok {
			return nil, false, nil
		}
	}
	path = profile.Expand(path)
	data, err := readFile(path)
	if err != nil {
		return nil, false, document.Message("Unable to load paramfile " + text + ": " + document.SystemError(err, path))
	}
	if !isText {
		return data, true, nil
	}
	if !utf8.Valid(data) {
		return nil, false, document.Message("Unable to load paramfile (" + path + "), text contents could not be decoded.  If this is a binary file, please use the fileb:// prefix instead of the file:// prefix.")
	}
	return strings.ReplaceAll(strings.ReplaceAll(string(data), "\r\n", "\n"), "\r", "\n"), true, nil
}

// maxParameterFile bounds a file that becomes a parameter, in bytes.
const maxParameterFile = 64 << 20

func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxParameterFile+1))
	if err == nil && len(data) > maxParameterFile {
		err = syscall.EFBIG
	}
	return data, err
}

// isComplex reports whether a shape can be written in shorthand.
func isComplex(s *api.Shape) bool {
	switch s.Kind {
	case api.Structure, api.Map:
		return true
	case api.List:
		return s.Elem.Kind == api.Structure || s.Elem.Kind == api.Map || s.Elem.Kind == api.List
	}
	return false
}

func looksLikeJSON(v any) bool {
	if list, ok := v.([]any); ok && len(list) > 0 {
		v = list[0]
	}
	text, ok := v.(string)
	text = strings.TrimSpace(text)
	return ok && (strings.HasPrefix(text, "{") || strings.HasPrefix(text, "["))
}

func fromShorthand(name string, shape *api.Shape, v any) (any, error) {
	texts, isList := v.([]any)
	if !isList {
		texts = []any{v}
	}
	parsed := make([]any, len(texts))
	for i, text := range texts {
		s, ok := text.(string)
		if !ok {
			return nil, command.ParameterError(name, "Invalid type: expecting text, received %s", document.Class(text))
		}
		o, err := shorthand.Parse(s)
		if err != nil {
			return nil, command.ParameterError(name, "%s", err)
		}
		parsed[i] = o
	}
	if isList {
		return convertTexts(shape, any(parsed))
	}
	return convertTexts(shape, parsed[0])
}

// convertTexts returns a shorthand value with its texts converted to the types of the
// shape. A single value in the place of a list becomes a list of one.
func convertTexts(shape *api.Shape, v any) (any, error) {
	var err error
	switch shape.Kind {
	case api.Structure:
		o, ok := v.(*document.Object)
		if !ok {
			return v, nil
		}
		for _, m := range shape.Members {
			if inner, ok := o.Get(m.Name); ok {
				inner, err = convertTexts(m.Shape, inner)
				if err != nil {
					return nil, err
				}
				o.Set(m.Name, inner)
			}
		}
	case api.Map:
		o, ok := v.(*document.Object)
		if !ok {
			return v, nil
		}
		for _, m := range o.Members() {
			inner, err := convertTexts(shape.Elem, m.Value)
			if err != nil {
				return nil, err
			}
			o.Set(m.Name, inner)
		}
	case api.List:
		list, ok := v.([]any)
		if !ok {
			return []any{v}, nil
		}
		for i := range list {
			list[i], err = convertTexts(shape.Elem, list[i])
			if err != nil {
				return nil, err
			}
		}
	case api.Integer, api.Long:
		return toInt(v)
	case api.Boolean:
		text, ok := v.(string)
		switch {
		case ok && strings.EqualFold(text, "true"):
			return true, nil
		case ok && strings.EqualFold(text, "false"):
			return false, nil
		}
	}
	return v, nil
}

func toInt(v any) (any, error) {
	text, ok := v.(string)
	if !ok {
		return nil, exit.Errorf(exit.General, "int() argument must be a string, a bytes-like object or a real number, not '%s'", document.TypeName(v))
	}
	n, ok := document.ParseInt(text)
	if !ok {
		return nil, exit.NotInt(text)
	}
	return n, nil
}

// FromText turns a text of the command line, or a list of texts, into a value of a
// shape. The name is that of the option, for errors.
func FromText(name string, shape *api.Shape, v any) (any, error) {
	switch shape.Kind {
	case api.Integer:
		if text, ok := v.(string); ok {
			return toInt(text)
		}
	case api.Long:
		if text, ok := v.(string); ok { // a file's content
			return toInt(strings.TrimSpace(text))
		}
	case api.Boolean:
		text, ok := v.(string)
		return !ok || !strings.EqualFold(text, "false") && text != "", nil
	case api.Blob:
		if text, ok := v.(string); ok && shape.Streaming {
			return openPayload(name, text)
		}
	case api.Structure, api.Map:
		text, _ := v.(string)
		if !strings.HasPrefix(strings.TrimSpace(text), "{") {
			return nil, command.ParameterError(name, "Invalid JSON:\n%s", text)
		}
		return fromJSON(name, text)
	case api.List:
		return listFromText(name, shape, v)
	}
	return v, nil
}

func openPayload(name, path string) (any, error) {
	path = profile.Expand(path)
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return nil, command.ParameterError(name, "Blob values must be a path to a file.")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, exit.Errorf(exit.General, "%s", document.SystemError(err, path))
	}
	return client.Payload{File: file}, nil
}

func listFromText(name string, shape *api.Shape, v any) (any, error) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	if len(list) == 1 {
		if text, ok := list[0].(string); ok && strings.HasPrefix(strings.TrimSpace(text), "[") {
			return fromJSON(name, text)
		}
	}
	out := make([]any, len(list))
	for i := range list {
		element, err := FromText(name, shape.Elem, list[i])
		var f *exit.Error
		if errors.As(err, &f) && f.Code == exit.General {
			return nil, command.ParameterError(name, "%s", document.Str(list[0]))
		}
		if err != nil {
			return nil, err
		}
		out[i] = element
	}
	return out, nil
}

func fromJSON(name, text string) (any, error) {
	v, err := document.Decode(text)
	if err != nil {
		return nil, command.ParameterError(name, "Invalid JSON: %s\nJSON received: %s", err, text)
	}
	return v, nil
}
