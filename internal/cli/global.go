package cli

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"daypass/internal/cli/argument"
	"daypass/internal/cli/document"
	"daypass/internal/cli/query"
	"daypass/internal/cli/render"
)

// globals are the options that every command takes, before or behind its name.
func globals() []*argument.Argument {
	text := func(name, dest string) *argument.Argument {
		return &argument.Argument{Names: []string{"--" + name}, Dest: dest}
	}
	flag := func(name, dest string, value bool) *argument.Argument {
		return &argument.Argument{Names: []string{"--" + name}, Dest: dest, Count: argument.NoValues, Value: value}
	}
	choice := func(name string, choices ...string) *argument.Argument {
		return &argument.Argument{Names: []string{"--" + name}, Dest: name, Choices: choices}
	}
	help := flag("help", "help", true)
	help.Names = append(help.Names, "-h")
	return []*argument.Argument{
		flag("debug", "debug", true),
		text("endpoint-url", "endpoint-url"),
		flag("no-verify-ssl", "verify-ssl", false),
		flag("no-paginate", "paginate", false),
		choice("output", render.Formats...),
		text("query", "query"),
		text("profile", "profile"),
		text("region", "region"),
		flag("version", "version", true),
		choice("color", "on", "off", "auto"),
		flag("no-sign-request", "sign-request", false),
		text("ca-bundle", "ca-bundle"),
		text("cli-read-timeout", "read-timeout"),
		text("cli-connect-timeout", "connect-timeout"),
		choice("cli-binary-format", "base64", "raw-in-base64-out"),
		flag("no-cli-pager", "no-cli-pager", true),
		flag("cli-auto-prompt", "cli-auto-prompt", true),
		flag("no-cli-auto-prompt", "no-cli-auto-prompt", true),
		help,
	}
}

// A session is what one run knows from its global options.
type session struct {
	app    *App
	values argument.Values
	query  *query.Query // nil without --query

	readTimeout, connectTimeout time.Duration // 0: none

	web      *webIdentity // given on the command line, or nil
	settings *settings    // of the configuration files; see [session.config]

	tokenCode string         // a one-time code that was given, until it is used
	bootstrap *bootstrapFile // takes the secret of an MFA device; nil for other commands

	refresh bool // a session that is kept is not good enough
}

func (s *session) text(name string) string {
	v, _ := s.values[name].(string)
	return v
}

// set reports whether a switch was given.
func (s *session) set(name string) bool { _, ok := s.values[name]; return ok }

func (a *App) run(ctx context.Context) error {
	command := &argument.Argument{Names: []string{"command"}, Dest: "command", Required: true}
	parser := argument.Parser{Options: globals(), Positionals: []*argument.Argument{command}}
	if slices.Contains(a.Args, "--help") || slices.Contains(a.Args, "-h") || slices.Contains(a.Args, "--version") {
		command.Required, command.Count = false, argument.Maybe
	}
	values, rest, err := parser.Parse(a.Args)
	if err != nil {
		return grammarError(err)
	}
	s := &session{app: a, values: values}
	if s.set("version") {
		return a.version()
	}
	if s.set("help") {
		rest = append(topic(s.text("command"), rest), "help")
	}
	if err := s.resolve(); err != nil {
		return err
	}
	s.debugArguments()
	name := s.text("command")
	if name == "help" && len(rest) > 0 { // "help iam create-user" is "iam create-user help"
		name, rest = rest[0], append(topic(rest[0], rest[1:]), "help")
	}
	if name == "" {
		name, rest = "help", nil
	}
	if err := s.configured(); err != nil {
		return err
	}
	return s.dispatch(ctx, name, rest)
}

// topic is what of the words behind a command help is wanted about: the
// operation, where the command has any. What else stands there are options and
// their values, whatever they are.
func topic(command string, rest []string) []string {
	if len(rest) > 0 && hasOperations(command) && !strings.HasPrefix(rest[0], "-") {
		return []string{rest[0]}
	}
	return nil
}

// resolve checks the global options whose values have a form of their own.
func (s *session) resolve() error {
	if text, ok := s.values["query"].(string); ok {
		q, err := query.Compile(text)
		if err != nil {
			return fail(exitUsage, "Bad value for --query %s: %s", text, err)
		}
		s.query = q
	}
	if endpoint, ok := s.values["endpoint-url"].(string); ok {
		if scheme, _, ok := strings.Cut(endpoint, ":"); !ok || !isScheme(scheme) {
			return fail(exitUsage, "Bad value for --endpoint-url \"%s\": scheme is missing.  Must be of the form http://<hostname>/ or https://<hostname>/", endpoint)
		}
	}
	var err error
	if s.readTimeout, err = s.timeout("read-timeout"); err != nil {
		return err
	}
	s.connectTimeout, err = s.timeout("connect-timeout")
	return err
}

func isScheme(s string) bool {
	return s != "" && strings.ContainsFunc(s[:1], func(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' }) &&
		!strings.ContainsFunc(s, func(r rune) bool {
			return !(r|0x20 >= 'a' && r|0x20 <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("+-.", r))
		})
}

// timeout reads a number of seconds; 0 waits for ever, the default is a minute.
func (s *session) timeout(name string) (time.Duration, error) {
	text, ok := s.values[name].(string)
	if !ok {
		return time.Minute, nil
	}
	v, ok := document.ParseInt(text)
	if !ok {
		return 0, notInt(text)
	}
	seconds, ok := v.(int64)
	if !ok || seconds < 0 || seconds > 1<<31 {
		return 0, fail(exitGeneral, "Timeout value is out of range: %s", text)
	}
	return time.Duration(seconds) * time.Second, nil
}

// notInt is what Python says of a text that is no integer.
func notInt(text string) error {
	return fail(exitGeneral, "invalid literal for int() with base 10: %s", document.Repr(text))
}

// isEndpoint reports whether a URL can be called: it has a host name of letters,
// digits, hyphens and underscores, or an address.
func isEndpoint(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	host := u.Hostname()
	if host == "" || len(host) > 255 {
		return false
	}
	if strings.Contains(host, ":") {
		return true
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.ContainsFunc(label, func(r rune) bool {
			return !(r|0x20 >= 'a' && r|0x20 <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_')
		}) {
			return false
		}
	}
	return true
}
