package cli

import (
	"context"

	"daypass/api"
	"daypass/internal/cli/argument"
	"daypass/internal/cli/client"
	"daypass/internal/cli/command"
	"daypass/internal/cli/operation"
)

// tokenCommand returns the short command for GetAuthorizationToken. It can exchange
// a web identity for the credentials of a role first.
func tokenCommand() *command.Command {
	operationCommand := func() *command.Command { return operation.New(api.CodeArtifact().Operations["GetAuthorizationToken"]) }
	return &command.Command{
		Name:    "get-authorization-token",
		Summary: "a temporary token for the repositories of a domain",
		Text:    "Returns a temporary token for one domain. Package managers read and publish with it in every repository of the domain, as far as the caller's permissions go.",
		Parser: func(args []string) argument.Parser {
			parser := operationCommand().Parser(args)
			parser.Options = append(parser.Options, webIdentityOptions()...)
			return parser
		},
		Run: func(ctx context.Context, env *command.Env, values argument.Values) error {
			file, isFile := values[client.FileOption].(string)
			role, isRole := values[client.RoleOption].(string)
			name, isName := values[client.NameOption].(string)
			if isFile || isRole || isName {
				err := env.Session.UseWebIdentity(client.WebIdentity{File: file, Role: role, SessionName: name})
				if err != nil {
					return err
				}
			}
			return operationCommand().Run(ctx, env, values)
		},
		Notes: func() string { return operationCommand().Notes() },
	}
}

func webIdentityOptions() []*argument.Argument {
	option := func(name, placeholder, help string) *argument.Argument {
		return &argument.Argument{Names: []string{"--" + name}, Dest: name, Placeholder: placeholder, Help: help}
	}
	return []*argument.Argument{
		option(client.FileOption, "FILE", "A file with the token of an identity provider. STS exchanges it for the credentials of a role, which are used instead of others. The variables of the AWS SDKs do the same: AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME."),
		option(client.RoleOption, "ARN", "The role, for --"+client.FileOption+"."),
		option(client.NameOption, "NAME", "A name for the session, which logs and policies see."),
	}
}
