package operation

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"daypass/internal/cli/argument"
	"daypass/internal/cli/command"
	"daypass/internal/cli/document"
	"daypass/internal/cli/exit"
)

// addInputDocuments adds the members of --cli-input-json or --cli-input-yaml to the
// input, unless an option gave them.
func addInputDocuments(values argument.Values, input *document.Object) error {
	// Both files are read before both options together are refused, as in the AWS
	// CLI.
	texts := map[string]string{}
	for _, name := range []string{inputJSON, inputYAML} {
		v, ok := values[name]
		if !ok {
			continue
		}
		content, isFile, err := fileContent(v)
		if err != nil {
			return command.ParameterError("--"+name, "%s", err)
		}
		if isFile {
			v = content
		}
		if data, ok := v.([]byte); ok {
			v = string(data)
		}
		texts[name] = v.(string)
	}
	if len(texts) > 1 {
		return exit.Errorf(exit.Usage, "Only one --cli-input- parameter may be specified.")
	}
	for name, text := range texts {
		v, err := decode(name, text)
		if err != nil {
			return command.ParameterError(name, "%s", err)
		}
		o, ok := v.(*document.Object)
		if !ok {
			return command.ParameterError("--"+name, "Invalid type: expecting map, received %s", document.Class(v))
		}
		for _, m := range o.Members() {
			if !input.Has(m.Name) {
				input.Set(m.Name, m.Value)
			}
		}
	}
	return nil
}

func decode(name, text string) (any, error) {
	if name == inputJSON {
		v, err := document.Decode(text)
		if err != nil {
			return nil, document.Message("Invalid JSON received.")
		}
		return v, nil
	}
	v, err := decodeYAML(text)
	if err != nil {
		return nil, document.Message("Invalid YAML received.")
	}
	return v, nil
}

var errYAML = errors.New("not a document of one value")

// decodeYAML reads one YAML document. An alias becomes a copy of its anchor's value.
func decodeYAML(text string) (any, error) {
	decoder := yaml.NewDecoder(strings.NewReader(text))
	var n, more yaml.Node
	switch err := decoder.Decode(&n); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, err
	}
	err := decoder.Decode(&more)
	if !errors.Is(err, io.EOF) {
		return nil, errors.Join(err, errYAML)
	}
	r := yamlReader{nodes: maxNodes}
	return r.value(&n, 0)
}

// maxNodes bounds how many values a document has with its aliases replaced, since a
// short text with aliases can stand for a very long one.
const maxNodes = 100_000

// A yamlReader makes values from YAML nodes.
type yamlReader struct {
	nodes int // how many more nodes may be read
}

func (r *yamlReader) value(n *yaml.Node, depth int) (any, error) {
	const maxDepth = 200
	r.nodes--
	if depth > maxDepth || r.nodes < 0 {
		return nil, errYAML
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return r.value(n.Content[0], depth+1)
	case yaml.AliasNode:
		return r.value(n.Alias, depth+1)
	case yaml.MappingNode:
		return r.mapping(n, depth)
	case yaml.SequenceNode:
		list := []any{}
		for _, c := range n.Content {
			v, err := r.value(c, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	case yaml.ScalarNode:
		return yamlScalar(n)
	}
	return nil, errYAML
}

// mapping reads a mapping. Members that are merged into it (<<) come first, and its
// own members replace them.
func (r *yamlReader) mapping(n *yaml.Node, depth int) (any, error) {
	o, own := &document.Object{}, &document.Object{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].ShortTag() == "!!merge" {
			v, err := r.value(n.Content[i+1], depth+1)
			if err != nil {
				return nil, err
			}
			err = merge(o, v)
			if err != nil {
				return nil, err
			}
			continue
		}
		name, err := r.value(n.Content[i], depth+1)
		if err != nil {
			return nil, err
		}
		v, err := r.value(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		if !document.IsScalar(name) || own.Has(document.Str(name)) {
			return nil, errYAML
		}
		own.Set(document.Str(name), v)
	}
	for _, m := range own.Members() {
		o.Set(m.Name, m.Value)
	}
	return o, nil
}

// merge adds members that o does not have: those of an object, or of a list of
// objects, of which an earlier one wins.
func merge(o *document.Object, v any) error {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, from := range list {
		object, ok := from.(*document.Object)
		if !ok {
			return errYAML
		}
		for _, m := range object.Members() {
			if !o.Has(m.Name) {
				o.Set(m.Name, m.Value)
			}
		}
	}
	return nil
}

func yamlScalar(n *yaml.Node) (any, error) {
	switch n.ShortTag() {
	case "!!null":
		return nil, nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true"), nil
	case "!!int":
		if v, ok := document.ParseInt(n.Value); ok {
			return v, nil
		}
		var i int64
		err := n.Decode(&i)
		return i, err
	case "!!float":
		var f float64
		err := n.Decode(&f)
		return f, err
	case "!!timestamp":
		var t time.Time
		err := n.Decode(&t)
		return t.UTC(), err
	case "!!binary":
		var data []byte
		var text string
		err := n.Decode(&text)
		if err != nil {
			return nil, err
		}
		data = []byte(text)
		return data, nil
	case "!!str":
		return n.Value, nil
	}
	return nil, fmt.Errorf("%w: tag %s", errYAML, n.Tag)
}
