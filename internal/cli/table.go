package cli

import (
	"context"

	"daypass/api"
	"daypass/internal/cli/argument"
	"daypass/internal/cli/command"
	"daypass/internal/cli/operation"
)

// table lists the commands in the order of help. It is the only list of them:
// dispatch, help and completion read it. The command get-authorization-token is
// here and below codeartifact.
func (a *App) table() []*command.Command {
	return []*command.Command{
		tokenCommand(),
		credentialsCommand(),
		tokenCommands(),
		accountCommands(),
		keysCommands(),
		explainCommand(),
		auditCommand(),
		{Name: "serve", Summary: "run the server; \"daypass serve help\" has its options", Hidden: a.Serve == nil, Raw: a.serve},
		service("codeartifact", "AWS CodeArtifact", api.CodeArtifact),
		service("sts", "AWS STS", api.STS),
		service("iam", "AWS IAM", api.IAM),
		service("daypass", "Daypass's own service", api.Daypass),
		a.completionCommand(),
		{Name: completionWord, Hidden: true, Raw: a.complete},
		{Name: "version", Summary: "the version of this program", Run: func(context.Context, *command.Env, argument.Values) error { return a.version() }},
		{Name: "help", Summary: "this text", Run: func(context.Context, *command.Env, argument.Values) error { return a.help() }},
	}
}

// service returns the command of a service. A model is parsed when it is needed, so
// that a run parses only its own.
func service(name, title string, model func() *api.Service) *command.Command {
	c := &command.Command{
		Name: name, Noun: name + " operation",
		Summary:  "every operation of " + title,
		Commands: func() []*command.Command { return operation.Commands(model()) },
	}
	if name != "daypass" {
		c.Text = "Every operation of " + title + ". A Daypass server refuses those that are marked (AWS only)."
	}
	return c
}
