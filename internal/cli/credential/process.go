package credential

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"

	"daypass/internal/arn"
	"daypass/internal/cli/document"
	"daypass/internal/cli/profile"
	"daypass/internal/printable"
)

const (
	processSetting  = "credential_process"
	processProvider = "custom-process"

	// maxProcess bounds what is read of a program's standard output, and of its
	// standard error, in bytes.
	maxProcess = 64 << 10
	// maxShownStderr bounds what is shown of its standard error, in bytes.
	maxShownStderr = 4 << 10
	// processGrace is how long the pipes of a program are read after it ended or was
	// interrupted. A program that it started may keep them open for ever.
	processGrace = 5 * time.Second
)

// process looks for a credential_process of a profile. The program is started
// without a shell.
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
		output, err := runProcess(ctx, words)
		if err != nil {
			return aws.Credentials{}, err
		}
		return parseProcess(output, c.Now())
	}, nil
}

// runProcess runs a program and returns its standard output. The program has the
// standard input of this process. Its standard error is shown only if it fails.
func runProcess(ctx context.Context, words []string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	var output, stderr limitedBuffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, &output, &stderr
	cmd.WaitDelay = processGrace
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, &exit):
		return nil, retrievalError(processProvider, "%s", printableStderr(stderr.data))
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		return nil, startError(err, words[0])
	case output.truncated:
		return nil, retrievalError(processProvider, "the output is longer than %d bytes", maxProcess)
	}
	return output.data, nil
}

// A limitedBuffer keeps the first maxProcess bytes that are written to it.
type limitedBuffer struct {
	data      []byte
	truncated bool // more bytes were written
}

func (l *limitedBuffer) Write(data []byte) (int, error) {
	n := min(len(data), maxProcess-len(l.data))
	l.data = append(l.data, data[:n]...)
	l.truncated = l.truncated || n < len(data)
	return len(data), nil
}

// startError says why a program did not start, in Python's words.
func startError(err error, name string) error {
	if errors.Is(err, exec.ErrNotFound) {
		err = syscall.ENOENT
	}
	return document.Message(document.SystemError(err, name))
}

// secretNames are the names of secrets in the output of a credential_process.
var secretNames = []string{"secretaccesskey", "sessiontoken", "secret_access_key", "session_token"}

// printableStderr returns what a terminal may show of a program's standard error. It
// shows nothing of it if the name of a secret is in it.
func printableStderr(stderr []byte) string {
	lower := strings.ToLower(string(stderr))
	for _, name := range secretNames {
		if strings.Contains(lower, name) {
			return "(what it wrote to standard error is not shown: it names a secret)"
		}
	}
	text, _ := printable.Cut(string(stderr), maxShownStderr)
	return printable.Lines(text)
}

// parseProcess reads what a program printed. No error shows any of it, but for a
// version number.
//
// Source: AWS SDKs and Tools Reference Guide, "Process credential provider"; the
// messages are the AWS CLI's where it has some.
func parseProcess(output []byte, now time.Time) (aws.Credentials, error) {
	if !utf8.Valid(output) {
		return aws.Credentials{}, retrievalError(processProvider, "the output is not UTF-8")
	}
	v, err := document.Decode(string(output))
	if err != nil {
		return aws.Credentials{}, retrievalError(processProvider, "the output is not JSON: %s", err)
	}
	o, ok := v.(*document.Object)
	if !ok {
		return aws.Credentials{}, retrievalError(processProvider, "the output is not a JSON object")
	}
	if version, has := o.Get("Version"); !equalsOne(version) {
		return aws.Credentials{}, retrievalError(processProvider, "Unsupported version '%s' for credential process provider, supported versions: 1", versionText(version, has))
	}
	found := aws.Credentials{Source: "a process"}
	for _, member := range []struct {
		name     string
		to       *string
		required bool
	}{{"AccessKeyId", &found.AccessKeyID, true}, {"SecretAccessKey", &found.SecretAccessKey, true}, {"SessionToken", &found.SessionToken, false}} {
		v, has := o.Get(member.name)
		if !has && member.required {
			return aws.Credentials{}, retrievalError(processProvider, "Missing required key in response: '%s'", member.name)
		}
		text, isText := v.(string)
		if !isText && (v != nil || member.required) {
			return aws.Credentials{}, retrievalError(processProvider, "%s is not a string", member.name)
		}
		if !arn.IsWord(text) && (text != "" || member.required) {
			return aws.Credentials{}, retrievalError(processProvider, "%s is not one word of ASCII", member.name)
		}
		*member.to = text
	}
	end, _ := o.Get("Expiration")
	if end == nil {
		return found, nil
	}
	text, isText := end.(string)
	if !isText {
		return aws.Credentials{}, retrievalError(processProvider, "Expiration is not a string")
	}
	var problem string
	found.Expires, problem = expiration(text)
	found.CanExpire = true
	if problem != "" {
		return aws.Credentials{}, retrievalError(processProvider, "Expiration %s", problem)
	}
	if !now.Before(found.Expires) {
		return aws.Credentials{}, errExpired
	}
	return found, nil
}

// equalsOne reports whether a value equals 1 in Python.
func equalsOne(v any) bool { return v == int64(1) || v == float64(1) || v == true }

// versionText returns a version for a message. It shows only what cannot be a secret:
// a short number.
func versionText(v any, has bool) string {
	const maxLength = 8
	text := document.Str(v)
	switch {
	case !has:
		return "<Version key not provided>"
	case len(text) > maxLength || strings.Trim(text, "0123456789.") != "":
		return "<not shown>"
	}
	return text
}
