package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"

	"daypass/internal/cli/argument"
	"daypass/internal/cli/client"
	"daypass/internal/cli/command"
	"daypass/internal/cli/exit"
)

// The formats in which credentials are printed. They are those of the AWS CLI's
// "configure export-credentials".
const (
	formatProcess    = "process"
	formatEnv        = "env"
	formatNoExport   = "env-no-export"
	formatPowerShell = "powershell"
	formatCmd        = "windows-cmd"
)

// lineFormats are the formats that have a variable in each line.
var lineFormats = map[string]string{
	formatEnv: "export %s=%s\n", formatNoExport: "%s=%s\n", formatPowerShell: "$Env:%s=%s\n", formatCmd: "set %s=%s\n",
}

func credentialsCommand() *command.Command {
	formats := []string{formatProcess, formatEnv, formatNoExport, formatPowerShell, formatCmd}
	return &command.Command{
		Name:    "credentials",
		Summary: "print credentials for other programs, asking for a one-time code if the profile has an MFA device",
		Text:    "Prints the credentials that the other commands would use, for programs that take them from credential_process in the AWS configuration or from the environment. For a profile with mfa_serial it asks for a one-time code at the terminal. The session that the code opens is kept until shortly before its end.",
		Parser: func([]string) argument.Parser {
			return argument.Parser{Options: []*argument.Argument{
				{
					Names: []string{"--format"}, Dest: "format", Choices: formats, Placeholder: strings.Join(formats, " | "),
					Help: "JSON for credential_process (the default), or variables for a shell.",
				},
				{
					Names: []string{"--token-code"}, Dest: "token-code", Placeholder: "CODE | - | file://PATH",
					Help: "The one-time code, from standard input for -, or from a file. It is not asked for then.",
				},
				{
					Names: []string{"--refresh"}, Dest: "refresh", Count: argument.NoValues, Value: true,
					Help: "Opens a new session even if one is kept.",
				},
			}}
		},
		Run: runCredentials,
	}
}

// runCredentials runs the command credentials.
func runCredentials(ctx context.Context, env *command.Env, values argument.Values) error {
	code := ""
	if given, ok := values["token-code"].(string); ok {
		var err error
		code, err = env.Secret("--token-code", given)
		if err != nil {
			return err
		}
		if !client.IsCode(code) {
			return command.ParameterError("--token-code", "expected six digits")
		}
	}
	_, refresh := values["refresh"]
	found, err := env.Session.Export(ctx, code, refresh)
	if err != nil {
		return err
	}
	format, _ := values["format"].(string)
	return printCredentials(env.Stdout, cmp.Or(format, formatProcess), found)
}

// printCredentials prints credentials in a format. It refuses values with control
// or non-ASCII characters, so that a shell reads each of them as a value and
// nothing else.
func printCredentials(w io.Writer, format string, c aws.Credentials) error {
	for _, v := range []string{c.AccessKeyID, c.SecretAccessKey, c.SessionToken} {
		if strings.ContainsFunc(v, func(r rune) bool { return unicode.IsControl(r) || r > unicode.MaxASCII }) {
			return exit.Errorf(exit.General, "The credentials contain characters that no credentials can have. They are not printed.")
		}
	}
	if format == formatProcess {
		text, err := json.MarshalIndent(client.NewProcessDocument(c), "", "  ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s\n", text)
		return err
	}
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, lineFormats[format], name, shellValue(format, value))
		}
	}
	line("AWS_ACCESS_KEY_ID", c.AccessKeyID)
	line("AWS_SECRET_ACCESS_KEY", c.SecretAccessKey)
	line("AWS_SESSION_TOKEN", c.SessionToken)
	if c.SessionToken == "" && format == formatEnv {
		b.WriteString("unset AWS_SESSION_TOKEN\n") // else the token of an earlier session stays in use
	}
	if c.CanExpire {
		line("AWS_CREDENTIAL_EXPIRATION", c.Expires.UTC().Format(time.RFC3339))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// shellValue quotes a value for the shell of a format if it needs that. Values of
// AWS and Daypass do not, and stay as other programs expect them.
func shellValue(format, value string) string {
	plain := strings.Trim(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_.:,@-") == ""
	switch {
	case format == formatEnv && !plain:
		return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
	case format == formatPowerShell && !plain:
		return "'" + strings.ReplaceAll(value, "'", "''") + "'"
	case format == formatPowerShell:
		return `"` + value + `"`
	}
	return value
}
