package cli

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"daypass/internal/cli/argument"
)

// Forms in which credentials are printed, as the AWS CLI's "configure
// export-credentials" has them.
const (
	formatProcess    = "process"
	formatEnv        = "env"
	formatNoExport   = "env-no-export"
	formatPowerShell = "powershell"
	formatCmd        = "windows-cmd"
)

// lineFormats are the forms with a variable in each line.
var lineFormats = map[string]string{
	formatEnv: "export %s=%s\n", formatNoExport: "%s=%s\n", formatPowerShell: "$Env:%s=%s\n", formatCmd: "set %s=%s\n",
}

const credentialsHelp = `Prints the credentials that the other commands would use, for programs that take
them from credential_process in the AWS configuration or from the environment. A
profile with mfa_serial asks for a one-time code at the terminal; the session that
it opens is kept until shortly before its end.

usage: daypass [options] credentials [parameters]

Parameters
  --format process | env | env-no-export | powershell | windows-cmd
      JSON for credential_process (the default), or variables for a shell.
  --token-code CODE | - | file://PATH
      The code, instead of asking: itself, from standard input or from a file.
  --refresh
      Opens a new session even if one is kept.
`

func credentialsParser() argument.Parser {
	return argument.Parser{Options: []*argument.Argument{
		{Names: []string{"--format"}, Dest: "format", Choices: []string{formatProcess, formatEnv, formatNoExport, formatPowerShell, formatCmd}},
		{Names: []string{"--token-code"}, Dest: "token-code"},
		{Names: []string{"--refresh"}, Dest: "refresh", Count: argument.NoValues, Value: true},
	}}
}

// export runs "daypass credentials".
func (s *session) export(ctx context.Context, args []string) error {
	if len(args) == 1 && args[0] == "help" {
		_, err := io.WriteString(s.app.Stdout, credentialsHelp)
		return err
	}
	parser := credentialsParser()
	values, rest, err := parser.Parse(args)
	if err != nil {
		return grammarError(err)
	}
	if len(rest) > 0 {
		return unknownOptions(rest, parser.Options)
	}
	if code, ok := values["token-code"].(string); ok {
		if s.tokenCode, err = s.app.secret("--token-code", code); err != nil {
			return err
		}
		if !isCode(s.tokenCode) {
			return parameterError("--token-code", "expected six digits")
		}
	}
	_, s.refresh = values["refresh"]
	c, err := s.config()
	if err != nil {
		return err
	}
	if err := barrier(either(c.name, "default")); err != nil {
		return err
	}
	found, err := s.exported(ctx, c)
	if err != nil {
		return err
	}
	format, _ := values["format"].(string)
	return printCredentials(s.app.Stdout, either(format, formatProcess), found)
}

// chainVariable lists the profiles whose processes led here, as the AWS CLI's
// own export-credentials keeps it, so that a circle through both is found too.
const (
	chainVariable = "_AWS_CLI_PROFILE_CHAIN"
	maxChain      = 4
)

// barrier refuses a profile that gets its credentials from a process that asks
// for those of the same profile: each would start another one for ever.
func barrier(name string) error {
	var chain []string
	if list := os.Getenv(chainVariable); list != "" {
		var err error
		if chain, err = csv.NewReader(strings.NewReader(list)).Read(); err != nil {
			return fail(exitConfig, "%s is not a list of profiles", chainVariable)
		}
	}
	again := slices.Contains(chain, name)
	chain = append(chain, name)
	switch {
	case again:
		return fail(exitConfig, "Credential process resolution detected an infinite loop, profile cycle: %s", strings.Join(chain, " -> "))
	case len(chain) > maxChain:
		return fail(exitConfig, "Maximum recursive credential process resolution reached (%d).\nProfiles seen: %s", maxChain, strings.Join(chain[:maxChain], " -> "))
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	if err := w.Write(chain); err != nil {
		return err
	}
	w.Flush()
	return os.Setenv(chainVariable, strings.TrimSpace(b.String())) // what the SDK starts inherits it
}

// exported finds the credentials. Those of a profile with keys and an mfa_serial,
// but no role, are a session with a second factor: nobody asks for the keys
// themselves by way of this command.
func (s *session) exported(ctx context.Context, c *settings) (aws.Credentials, error) {
	region, err := s.region(ctx, c)
	if err != nil {
		return aws.Credentials{}, err
	}
	stsURL := s.stsEndpoint(c, s.text("endpoint-url"))
	found, err := s.credentials(c, region, stsURL)
	if err != nil {
		return aws.Credentials{}, err
	}
	p := c.profile
	isKeys := p.Value("aws_access_key_id") != "" && p.Value("aws_session_token") == "" && p.Value("role_arn") == ""
	fromEnvironment := os.Getenv("AWS_ACCESS_KEY_ID") != "" && !c.explicit
	if serial := p.Value("mfa_serial"); serial != "" && isKeys && !fromEnvironment {
		return s.keeping(c, "GetSessionToken", stsURL, func() (aws.Credentials, error) { return s.sessionToken(ctx, c, region, stsURL, serial) })
	}
	return found.find(ctx)
}

// sessionToken opens a session of a user with a second factor.
func (s *session) sessionToken(ctx context.Context, c *settings, region, stsURL, serial string) (aws.Credentials, error) {
	in := &sts.GetSessionTokenInput{SerialNumber: &serial}
	if text := c.profile.Value("duration_seconds"); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return aws.Credentials{}, fail(exitConfig, "duration_seconds of the profile (%s): %q is not a number of seconds", either(c.name, "default"), text)
		}
		in.DurationSeconds = aws.Int32(int32(seconds))
	}
	config, err := s.load(ctx, c, region, stsURL)
	if err != nil {
		return aws.Credentials{}, err
	}
	code, err := s.code(ctx, serial)
	if err != nil {
		return aws.Credentials{}, err
	}
	in.TokenCode = &code
	out, err := moved(sts.NewFromConfig(config), stsURL).GetSessionToken(ctx, in)
	if err != nil {
		return aws.Credentials{}, err
	}
	return aws.Credentials{
		AccessKeyID: aws.ToString(out.Credentials.AccessKeyId), SecretAccessKey: aws.ToString(out.Credentials.SecretAccessKey),
		SessionToken: aws.ToString(out.Credentials.SessionToken), CanExpire: true, Expires: aws.ToTime(out.Credentials.Expiration), Source: "GetSessionToken",
	}, nil
}

// printCredentials prints nothing that could be more than a value where a shell
// reads it.
func printCredentials(w io.Writer, format string, c aws.Credentials) error {
	for _, v := range []string{c.AccessKeyID, c.SecretAccessKey, c.SessionToken} {
		if strings.ContainsFunc(v, func(r rune) bool { return unicode.IsControl(r) || r > unicode.MaxASCII }) {
			return fail(exitGeneral, "The credentials have characters that no credentials have, and are not printed.")
		}
	}
	if format == formatProcess {
		text, err := json.MarshalIndent(newDocument(c), "", "  ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s\n", text)
		return err
	}
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, lineFormats[format], name, quoted(format, value))
		}
	}
	line("AWS_ACCESS_KEY_ID", c.AccessKeyID)
	line("AWS_SECRET_ACCESS_KEY", c.SecretAccessKey)
	line("AWS_SESSION_TOKEN", c.SessionToken)
	if c.SessionToken == "" && format == formatEnv {
		b.WriteString("unset AWS_SESSION_TOKEN\n") // else that of another session stays in force
	}
	if c.CanExpire {
		line("AWS_CREDENTIAL_EXPIRATION", c.Expires.UTC().Format(time.RFC3339))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// quoted protects a value from the shell where that needs it; those of AWS and
// Daypass never do, and stay as other programs expect them.
func quoted(format, value string) string {
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
