package cli

import (
	"context"
	"io"

	"daypass/api"
	"daypass/internal/cli/argument"
	"daypass/internal/cli/client"
	"daypass/internal/cli/command"
	"daypass/internal/cli/operation"
)

const webIdentityHelp = `  --web-identity-token-file FILE
      Ask with the token of an identity provider that is in the file, instead of
      with credentials: STS gives those of a role for it first. The settings of
      AWS SDKs do the same: AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN and
      AWS_ROLE_SESSION_NAME.
  --role-arn ARN
      The role, for --web-identity-token-file.
  --role-session-name NAME
      A name for the session, which logs and policies see.
`

// tokenCommand is the short spelling of GetAuthorizationToken. It can ask for the
// credentials of a role first.
func tokenCommand() *command.Command {
	op := func() *api.Operation { return api.CodeArtifact().Operations["GetAuthorizationToken"] }
	return &command.Command{
		Name: "get-authorization-token",
		Parser: func(args []string) argument.Parser {
			parser := operation.New(op()).Parser(args)
			for _, name := range []string{client.FileOption, client.RoleOption, client.NameOption} {
				parser.Options = append(parser.Options, &argument.Argument{Names: []string{"--" + name}, Dest: name})
			}
			return parser
		},
		Run: func(ctx context.Context, env *command.Env, values argument.Values) error {
			file, isFile := values[client.FileOption].(string)
			role, isRole := values[client.RoleOption].(string)
			name, isName := values[client.NameOption].(string)
			if isFile || isRole || isName {
				web, err := client.NewWebIdentity(file, role, name)
				if err != nil {
					return err
				}
				env.Session.As(web)
			}
			return operation.New(op()).Run(ctx, env, values)
		},
		Help: func(w io.Writer) error { return operation.Help(w, op(), webIdentityHelp) },
	}
}
