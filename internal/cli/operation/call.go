package operation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"daypass/api"
	"daypass/internal/cli/command"
	"daypass/internal/cli/document"
	"daypass/internal/cli/exit"
	"daypass/internal/wire"
)

// A call is a call of an operation, with what the command line says about it.
type call struct {
	op        *api.Operation
	input     *document.Object
	window    *window        // the part of a list to print; nil prints one response as it is
	file      string         // path of the file for streaming output
	bootstrap *bootstrapFile // file for the secret of an MFA device; nil for other operations
}

// Call calls an operation and prints its result.
func Call(ctx context.Context, env *command.Env, op *api.Operation, input *document.Object) error {
	c := call{op: op, input: input}
	var err error
	c.window, err = readWindow(env, op, nil, input)
	if err != nil {
		return err
	}
	return c.run(ctx, env)
}

func (c *call) run(ctx context.Context, env *command.Env) error {
	if c.window != nil {
		return c.runPages(ctx, env)
	}
	reply, err := env.Session.Call(ctx, c.op, c.input)
	if c.bootstrap != nil && err != nil {
		c.bootstrap.discard()
	}
	if err != nil {
		return err
	}
	if c.bootstrap != nil {
		err = c.bootstrap.save(reply)
		if err != nil {
			return err
		}
	}
	if hasStreamingOutput(c.op) {
		reply, err = saveContent(c.op, reply, c.file)
		if err != nil {
			return err
		}
	}
	wireTimes, err := env.Session.WireTimes()
	if err != nil {
		return err
	}
	return env.Print(c.op.Name, resultDocument(c.op, reply, wireTimes))
}

// saveContent writes the streaming payload of a result to a file. It returns the
// result without the payload.
func saveContent(op *api.Operation, result wire.Object, file string) (wire.Object, error) {
	name := op.Output.Payload.Name
	content, ok := result.Get(name)
	body, isStream := content.(io.ReadCloser)
	if !ok || !isStream {
		return result, nil
	}
	defer body.Close()
	out, err := os.Create(file)
	if err != nil {
		return nil, exit.Errorf(exit.General, "%s", document.SystemError(err, file))
	}
	_, err = io.Copy(out, body)
	err = errors.Join(err, out.Close())
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", file, err)
	}
	return slices.DeleteFunc(slices.Clone(result), func(e wire.Entry) bool { return e.Name == name }), nil
}
