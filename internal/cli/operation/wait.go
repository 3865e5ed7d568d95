package operation

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"daypass/api"
	"daypass/internal/cli/argument"
	"daypass/internal/cli/command"
	"daypass/internal/cli/document"
	"daypass/internal/cli/exit"
	"daypass/internal/wire"
)

// waitCommand returns the command wait of a service, with a command for each waiter.
func waitCommand(service *api.Service) *command.Command {
	commands := func() []*command.Command {
		var list []*command.Command
		for _, w := range service.Waiters {
			list = append(list, waiterCommand(w))
		}
		slices.SortFunc(list, func(a, b *command.Command) int { return strings.Compare(a.Name, b.Name) })
		return list
	}
	return &command.Command{
		Name: "wait", Noun: service.Name + " waiter", Commands: commands,
		Summary: "wait until something exists",
		Text:    "Calls an operation again and again until something exists, and then ends. Nothing is printed.",
	}
}

func waiterCommand(w *api.Waiter) *command.Command {
	op := w.Operation
	return &command.Command{
		Name: commandName(w.Name),
		Text: fmt.Sprintf("Calls %s every %v, %d times at most, until %s.", commandName(op.Name), w.Delay, w.Attempts, waitCondition(w)),
		Parser: func(args []string) argument.Parser {
			return operationParser(op, options(op), args)
		},
		Run: func(ctx context.Context, env *command.Env, values argument.Values) error {
			input, isDone, err := parameters(ctx, env, op, values)
			if err != nil || isDone {
				return err
			}
			return runWaiter(ctx, env, w, input)
		},
	}
}

// waitCondition returns the clause that says what a waiter waits for.
func waitCondition(w *api.Waiter) string {
	for _, a := range w.Acceptors {
		if a.State == api.Success && a.Error != "" {
			return "the error is " + a.Error
		}
		if a.State == api.Success {
			return fmt.Sprintf("the status is %d", a.Status)
		}
	}
	return "never"
}

// runWaiter calls the operation until a response ends the wait.
//
// Source: Waiter of botocore, which has the same messages.
func runWaiter(ctx context.Context, env *command.Env, w *api.Waiter, input *document.Object) error {
	caller, err := env.Session.Caller(ctx, w.Operation)
	if err != nil {
		return err
	}
	defer caller.Close()
	failed := func(format string, args ...any) error {
		return exit.Errorf(exit.General, "Waiter %s failed: %s", w.Name, fmt.Sprintf(format, args...))
	}
	lastAccepted := ""
	for attempt := 1; ; attempt++ {
		_, err := caller.Call(ctx, input)
		var refused *wire.ResponseError
		if err != nil && !errors.As(err, &refused) {
			return err
		}
		accepted := matchAcceptor(w, refused)
		switch {
		case accepted == nil && refused != nil:
			return failed("An error occurred (%s): %s", refused.Code, refused.Message)
		case accepted == nil:
		case accepted.State == api.Success:
			return nil
		case accepted.State == api.Failure:
			return failed("Waiter encountered a terminal failure state: %s", acceptorText(accepted))
		default:
			lastAccepted = ". Previously accepted state: " + acceptorText(accepted)
		}
		if attempt >= w.Attempts {
			return failed("Max attempts exceeded%s", lastAccepted)
		}
		env.Session.Sleep(ctx, w.Delay)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// matchAcceptor returns the acceptor that a response matches, or nil. refused is nil
// for a response without an error.
func matchAcceptor(w *api.Waiter, refused *wire.ResponseError) *api.Acceptor {
	status, code := http.StatusOK, ""
	if refused != nil {
		status, code = refused.Status, refused.Code
	}
	for i, a := range w.Acceptors {
		if a.Error != "" && a.Error == code || a.Error == "" && a.Status == status {
			return &w.Acceptors[i]
		}
	}
	return nil
}

func acceptorText(a *api.Acceptor) string {
	if a.Error != "" {
		return "Matched expected service error code: " + a.Error
	}
	return fmt.Sprintf("Matched expected HTTP status code: %d", a.Status)
}
