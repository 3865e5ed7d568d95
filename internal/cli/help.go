package cli

import (
	"fmt"
	"io"
	"strings"

	"daypass/api"
	"daypass/internal/cli/command"
	"daypass/internal/cli/operation"
)

const helpText = `Daypass gives out temporary tokens for package repositories, in place of AWS
CodeArtifact or together with it.

usage: daypass [options] <command> [<operation>] [parameters]

Commands
  get-authorization-token   a temporary token for the repositories of a domain
  credentials               credentials for other programs, with a one-time code
                            where the profile has an MFA device
  token                     revoke and describe tokens of a Daypass server
  account                   create and list accounts of a Daypass server
  keys                      rotate and list the keys that seal tokens
  explain                   tell why something is allowed or denied
  audit                     read the audit trail of a server, on its machine
  serve                     run the server; "daypass serve help" has its options
  codeartifact, sts, iam    every operation of these services, as in the AWS CLI
  daypass                   every operation of Daypass's own service
  version                   the version of this program
  help                      this text

Options, before or behind the command
  --output FORMAT           json, text, table, yaml or yaml-stream
  --query EXPRESSION        a JMESPath expression that picks from the result
  --endpoint-url URL        where the service is; also AWS_ENDPOINT_URL
  --region REGION           also AWS_REGION
  --profile NAME            a profile of the AWS configuration; also AWS_PROFILE
  --no-sign-request         send the request without a signature
  --ca-bundle FILE          certificates to trust; also AWS_CA_BUNDLE
  --no-verify-ssl           do not check certificates
  --cli-connect-timeout N   seconds to wait for a connection, 60; 0 waits for ever
  --cli-read-timeout N      seconds to wait for an answer, 60; 0 waits for ever
  --color on|off|auto       colours of tables
  --debug                   tell on standard error what happens; secrets are masked
  --version                 the version of this program
  --no-paginate, --no-cli-pager, --cli-binary-format, --cli-auto-prompt and
  --no-cli-auto-prompt are understood for the sake of scripts.

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

// text writes a help text that is fixed.
func text(help string) func(w io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, help)
		return err
	}
}

func helpService(w io.Writer, model *api.Service) error {
	var b strings.Builder
	if model.Doc != "" {
		b.WriteString(command.Wrap(model.Doc, 0) + "\n\n")
	}
	fmt.Fprintf(&b, "usage: daypass [options] %s <operation> [parameters]\n\nOperations\n", model.Name)
	for _, c := range operation.Commands(model) {
		b.WriteString("  " + c.Name + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
