package cli

import (
	"fmt"
	"io"
	"strings"

	"daypass/api"
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

func (a *App) help() error {
	_, err := io.WriteString(a.Stdout, helpText)
	return err
}

func (a *App) helpService(name string, model *api.Service, names []string) error {
	var b strings.Builder
	if model.Doc != "" {
		b.WriteString(wrap(model.Doc, 0) + "\n\n")
	}
	fmt.Fprintf(&b, "usage: daypass [options] %s <operation> [parameters]\n\nOperations\n", name)
	for _, n := range names {
		b.WriteString("  " + n + "\n")
	}
	_, err := io.WriteString(a.Stdout, b.String())
	return err
}

// helpOperation explains the command of an operation; more is about parameters
// that are not the operation's.
func (a *App) helpOperation(op *api.Operation, more string) error {
	var b strings.Builder
	if op.Doc != "" {
		b.WriteString(wrap(op.Doc, 0) + "\n\n")
	}
	fmt.Fprintf(&b, "usage: daypass [options] %s %s", op.Service.Name, kebab(op.Name))
	if streams(op) {
		b.WriteString(" <outfile>")
	}
	b.WriteString(" [parameters]\n\nParameters\n")
	seen := map[string]bool{}
	for _, o := range options(op) {
		if seen[o.Dest] {
			continue
		}
		seen[o.Dest] = true
		fmt.Fprintf(&b, "  %s (%s)%s\n", spelling(o), o.member.Shape.Kind, map[bool]string{true: ", required"}[o.member.Required])
		if o.member.Doc != "" {
			b.WriteString(wrap(o.member.Doc, 6) + "\n")
		}
		if enum := o.member.Shape.Enum; len(enum) > 0 {
			b.WriteString(wrap("One of "+strings.Join(enum, ", ")+".", 6) + "\n")
		}
	}
	if streams(op) {
		b.WriteString("  <outfile>, required\n      The file that takes the content.\n")
	} else {
		if op.Name == bootstrapOperation {
			b.WriteString(bootstrapHelp)
		}
		b.WriteString(documentHelp)
	}
	b.WriteString(more)
	if op.Output != nil {
		b.WriteString("\nResult\n")
		for _, m := range op.Output.Members {
			fmt.Fprintf(&b, "  %s (%s)\n", m.Name, m.Shape.Kind)
			if m.Doc != "" {
				b.WriteString(wrap(m.Doc, 6) + "\n")
			}
		}
	}
	_, err := io.WriteString(a.Stdout, b.String())
	return err
}

const documentHelp = `  --cli-input-json TEXT | --cli-input-yaml TEXT
      The parameters as a document, itself or as file://PATH. Options win over
      it. Only one of the two may be given.
  --generate-cli-skeleton [input | yaml-input | output]
      Sends nothing: prints a document to fill in (input, as JSON; it is the
      default), the same as YAML, or, after a check of the parameters, a sample
      of the result.
`

func spelling(o option) string {
	name := o.Names[0]
	switch o.member.Shape.Kind {
	case api.Boolean:
		return name + " | --no-" + name[2:]
	case api.List:
		return name + " VALUE ..."
	}
	return name + " VALUE"
}

// wrap breaks a text into lines of at most 80 columns with an indent.
func wrap(text string, indent int) string {
	const columns = 80
	pad := strings.Repeat(" ", indent)
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && indent+len(line)+1+len(word) > columns {
			lines = append(lines, pad+line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return strings.Join(append(lines, pad+line), "\n")
}
