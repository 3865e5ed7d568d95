package cli

import (
	"io"

	"daypass/internal/cli/command"
)

const helpBefore = `Daypass gives out temporary tokens for package repositories, in place of AWS
CodeArtifact or together with it.

usage: daypass [options] <command> [<operation>] [parameters]

Commands
`

const helpBetween = `
Options, before or behind the command
`

const helpAfter = `  --no-cli-pager, --cli-binary-format, --cli-auto-prompt and --no-cli-auto-prompt
  are understood for the sake of scripts.

Credentials and settings come from where the AWS CLI finds them: options, the
environment, and the profiles in ~/.aws/config and ~/.aws/credentials. With
AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN every command asks with the token of
an identity provider, instead of a secret.

An option may be shortened as long as it stays unambiguous, and its value may
follow a space or an equals sign. A value file://PATH is read from a file,
fileb://PATH as bytes. Structures are JSON or key=value,key=value.

Exit codes: 0 done, 252 wrong arguments, 253 no Region or credentials, 254 the
service refused, 255 anything else.

"help" behind a command or an operation tells more about it; --help and -h do the
same wherever they stand:

  daypass <command> help
  daypass <command> <operation> help
`

func (a *App) help() error {
	_, err := io.WriteString(a.Stdout, helpBefore+command.List(a.table())+helpBetween+command.Options(command.Globals())+helpAfter)
	return err
}
