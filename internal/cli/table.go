package cli

import (
	"context"
	"io"

	"daypass/api"
	"daypass/internal/cli/command"
	"daypass/internal/cli/exit"
	"daypass/internal/cli/operation"
)

// table lists the commands in the order in which help does. The token command
// stands here and below codeartifact.
func (a *App) table() []*command.Command {
	return []*command.Command{
		tokenCommand(),
		credentialsCommand(),
		ownGroup("token"),
		ownGroup("account"),
		ownGroup("keys"),
		explainCommand(),
		auditCommand(),
		{Name: "serve", Raw: a.serveCommand},
		service("codeartifact", api.CodeArtifact),
		service("sts", api.STS),
		service("iam", api.IAM),
		service("daypass", api.Daypass),
		{Name: "version", Raw: func(context.Context, *command.Env, []string) error { return a.version() }},
		{Name: "help", Raw: func(context.Context, *command.Env, []string) error { return a.help() }},
	}
}

// service returns the command of a service. Models are parsed when asked for,
// so that a command pays only for its own.
func service(name string, model func() *api.Service) *command.Command {
	return &command.Command{
		Name: name, Noun: name + " operation",
		Commands: func() []*command.Command { return operation.Commands(model()) },
		Help:     func(w io.Writer) error { return helpService(w, model()) },
	}
}

func (a *App) serveCommand(ctx context.Context, _ *command.Env, args []string) error {
	if code := a.serve(ctx, args); code != 0 {
		return exit.Errorf(code, "the server stopped")
	}
	return nil
}

func (a *App) help() error {
	_, err := io.WriteString(a.Stdout, helpText)
	return err
}
