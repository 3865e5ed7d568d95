package operation

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"daypass/internal/cli/argument"
	"daypass/internal/cli/command"
	"daypass/internal/cli/document"
	"daypass/internal/cli/exit"
)

// documents adds the members of --cli-input-json or --cli-input-yaml that no
// option gave.
func documents(values argument.Values, input *document.Object) error {
	// A file is read for either, even where both are refused below.
	texts := map[string]string{}
	for _, name := range []string{inputJSON, inputYAML} {
		v, ok := values[name]
		if !ok {
			continue
		}
		content, isFile, err := contentOf(v)
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

// decodeYAML reads one YAML document. Aliases are refused: no input of a command
// needs them, and they let a short text stand for a long one.
func decodeYAML(text string) (any, error) {
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(text), &n); err != nil {
		return nil, err
	}
	if n.Kind == 0 {
		return nil, nil
	}
	return fromYAML(&n, 0)
}

func fromYAML(n *yaml.Node, depth int) (any, error) {
	const maxDepth = 200
	if depth > maxDepth {
		return nil, errYAML
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return fromYAML(n.Content[0], depth+1)
	case yaml.MappingNode:
		o := &document.Object{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			name, err := fromYAML(n.Content[i], depth+1)
			if err != nil {
				return nil, err
			}
			v, err := fromYAML(n.Content[i+1], depth+1)
			if err != nil || !document.IsScalar(name) || o.Has(document.Str(name)) {
				return nil, errors.Join(err, errYAML)
			}
			o.Set(document.Str(name), v)
		}
		return o, nil
	case yaml.SequenceNode:
		list := []any{}
		for _, c := range n.Content {
			v, err := fromYAML(c, depth+1)
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
		if err := n.Decode(&text); err != nil {
			return nil, err
		}
		data = []byte(text)
		return data, nil
	case "!!str":
		return n.Value, nil
	}
	return nil, fmt.Errorf("%w: tag %s", errYAML, n.Tag)
}
