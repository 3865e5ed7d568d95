package cli

import (
	"io"

	"daypass/internal/cli/command"
)

const helpIntro = `Daypass gives out temporary tokens for package repositories, in place of AWS
CodeArtifact or together with it.

usage: daypass [options] <command> [<operation>] [parameters]

Commands
`

const helpOptions = `
Options, before or after the command
`

const helpNotes = `  --no-cli-pager, --cli-binary-format, --cli-auto-prompt and --no-cli-auto-prompt
  are accepted for the sake of scripts.

Credentials and settings come from where the AWS CLI finds them: options, the
environment, and the profiles in ~/.aws/config and ~/.aws/credentials. With
AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN every command uses the token of an
identity provider instead of a secret.

An option may be shortened as long as it stays unambiguous, and its value may
follow a space or an equals sign. A value file://PATH is read from that file as
text, fileb://PATH as bytes. Structures are JSON or key=value,key=value.

Exit codes: 0 success, 252 wrong arguments, 253 no Region or credentials, 254 the
service refused, 255 anything else.

"help" after a command or an operation tells more about it. --help and -h do the
same in any place:

  daypass <command> help
  daypass <command> <operation> help
`

func (a *App) help() error {
	_, err := io.WriteString(a.Stdout, helpIntro+command.CommandList(a.table())+helpOptions+command.OptionList(command.GlobalOptions())+helpNotes)
	return err
}
