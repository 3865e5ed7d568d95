package cli

import (
	"context"

	"daypass/api"
	"daypass/internal/cli/argument"
	"daypass/internal/cli/command"
	"daypass/internal/cli/operation"
)

// table lists the commands in the order in which help does. It is the only list
// of them: dispatch, help and completion read it. The token command stands here
// and below codeartifact.
func (a *App) table() []*command.Command {
	return []*command.Command{
		tokenCommand(),
		credentialsCommand(),
		tokenGroup(),
		accountGroup(),
		keysGroup(),
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

// service returns the command of a service. Models are parsed when asked for,
// so that a command pays only for its own.
func service(name, whose string, model func() *api.Service) *command.Command {
	c := &command.Command{
		Name: name, Noun: name + " operation",
		Summary:  "every operation of " + whose,
		Commands: func() []*command.Command { return operation.Commands(model()) },
	}
	if name != "daypass" {
		c.Text = "Every operation of " + whose + ". Those marked (AWS only) are refused by a Daypass server."
	}
	return c
}
