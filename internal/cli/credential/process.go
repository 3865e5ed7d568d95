package credential

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"

	"daypass/internal/cli/document"
	"daypass/internal/cli/profile"
)

const (
	processSetting  = "credential_process"
	processProvider = "custom-process"

	// maxProcess bounds what is read of a program's standard output and error, in
	// bytes.
	maxProcess = 64 << 10
	// maxChatter bounds what is shown of its standard error, in bytes.
	maxChatter = 4 << 10
	// processGrace is how long the pipes of a program stay open after it ended or was
	// interrupted: a program that it left behind may hold them for ever.
	processGrace = 5 * time.Second
)

// process looks for a program that prints the credentials of a profile. It is
// started without a shell.
func (c *Chain) process(name string) (Source, error) {
	p := c.Files.Profiles[name]
	if !p.Has(processSetting) {
		return nil, nil
	}
	words, err := profile.Command(p.Value(processSetting))
	if err != nil {
		return nil, document.Messagef("%s of the profile (%s): %s", processSetting, name, err)
	}
	if len(words) == 0 {
		return nil, document.Messagef("%s of the profile (%s) is empty: expected a command", processSetting, name)
	}
	return func(ctx context.Context) (aws.Credentials, error) {
		output, err := run(ctx, words)
		if err != nil {
			return aws.Credentials{}, err
		}
		return parseProcess(output, c.Now())
	}, nil
}

// run starts a program and returns its standard output. Its standard input is
// ours. Its standard error is shown only where it fails.
func run(ctx context.Context, words []string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	var output, chatter limited
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, &output, &chatter
	cmd.WaitDelay = processGrace
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, &exit):
		return nil, retrieval(processProvider, "%s", shown(chatter.kept))
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		return nil, notStarted(err, words[0])
	case output.cut:
		return nil, retrieval(processProvider, "the output is longer than %d bytes", maxProcess)
	}
	return output.kept, nil
}

// limited keeps the first maxProcess bytes of what is written to it.
type limited struct {
	kept []byte
	cut  bool // more was written
}

func (l *limited) Write(data []byte) (int, error) {
	n := min(len(data), maxProcess-len(l.kept))
	l.kept = append(l.kept, data[:n]...)
	l.cut = l.cut || n < len(data)
	return len(data), nil
}

// notStarted tells why a program does not run, as Python does.
func notStarted(err error, name string) error {
	if errors.Is(err, exec.ErrNotFound) {
		err = syscall.ENOENT
	}
	return document.Message(document.SystemError(err, name))
}

// secretNames stand beside secrets in the output of programs for credentials.
var secretNames = []string{"secretaccesskey", "sessiontoken", "secret_access_key", "session_token"}

// shown makes a program's complaint fit for a terminal. A complaint that may have
// a secret in it is not shown.
func shown(chatter []byte) string {
	text := string(chatter[:min(len(chatter), maxChatter)])
	lower := strings.ToLower(string(chatter))
	for _, name := range secretNames {
		if strings.Contains(lower, name) {
			return "(what it wrote to standard error is not shown: it names a secret)"
		}
	}
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// parseProcess reads what a program printed. No message has anything of it.
//
// Source: AWS SDKs and Tools Reference Guide, "Process credential provider"; the
// messages are the AWS CLI's where it has some.
func parseProcess(output []byte, now time.Time) (aws.Credentials, error) {
	if !utf8.Valid(output) {
		return aws.Credentials{}, retrieval(processProvider, "the output is not UTF-8")
	}
	v, err := document.Decode(string(output))
	if err != nil {
		return aws.Credentials{}, retrieval(processProvider, "the output is not JSON: %s", err)
	}
	o, ok := v.(*document.Object)
	if !ok {
		return aws.Credentials{}, retrieval(processProvider, "the output is not a JSON object")
	}
	if version, has := o.Get("Version"); !isOne(version) {
		return aws.Credentials{}, retrieval(processProvider, "Unsupported version '%s' for credential process provider, supported versions: 1", versionText(version, has))
	}
	found := aws.Credentials{Source: "a process"}
	for _, member := range []struct {
		name     string
		to       *string
		required bool
	}{{"AccessKeyId", &found.AccessKeyID, true}, {"SecretAccessKey", &found.SecretAccessKey, true}, {"SessionToken", &found.SessionToken, false}} {
		v, has := o.Get(member.name)
		if !has && member.required {
			return aws.Credentials{}, retrieval(processProvider, "Missing required key in response: '%s'", member.name)
		}
		text, isText := v.(string)
		if !isText && (v != nil || member.required) {
			return aws.Credentials{}, retrieval(processProvider, "%s is not a string", member.name)
		}
		if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > unicode.MaxASCII || unicode.IsControl(r) }) || text == "" && member.required {
			return aws.Credentials{}, retrieval(processProvider, "%s is not one word of ASCII", member.name)
		}
		*member.to = text
	}
	end, _ := o.Get("Expiration")
	if end == nil {
		return found, nil
	}
	text, isText := end.(string)
	if !isText {
		return aws.Credentials{}, retrieval(processProvider, "Expiration is not a string")
	}
	var problem string
	found.Expires, problem = expiration(text)
	found.CanExpire = true
	if problem != "" {
		return aws.Credentials{}, retrieval(processProvider, "Expiration %s", problem)
	}
	if !now.Before(found.Expires) {
		return aws.Credentials{}, errExpired
	}
	return found, nil
}

// isOne reports whether Python finds a value equal to 1.
func isOne(v any) bool { return v == int64(1) || v == float64(1) || v == true }

// versionText is a version for a message. Only what can be no secret is shown.
func versionText(v any, has bool) string {
	const longest = 8
	text := document.Str(v)
	switch {
	case !has:
		return "<Version key not provided>"
	case len(text) > longest || strings.Trim(text, "0123456789.") != "":
		return "<not shown>"
	}
	return text
}
