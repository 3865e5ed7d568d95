package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"daypass/internal/cli/argument"
	"daypass/internal/cli/client"
	"daypass/internal/cli/command"
	"daypass/internal/cli/document"
	"daypass/internal/cli/exit"
	"daypass/internal/cli/query"
)

// globalValues are the values of [command.GlobalOptions].
type globalValues argument.Values

func (g globalValues) text(name string) string {
	v, _ := g[name].(string)
	return v
}

// has reports whether an option was given.
func (g globalValues) has(name string) bool { _, ok := g[name]; return ok }

func (a *App) run(ctx context.Context) error {
	word := &argument.Argument{Names: []string{"command"}, Dest: "command", Required: true}
	parser := argument.Parser{Options: command.GlobalOptions(), Positionals: []*argument.Argument{word}}
	if slices.Contains(a.Args, "--help") || slices.Contains(a.Args, "-h") || slices.Contains(a.Args, "--version") {
		word.Required, word.Count = false, argument.Maybe
	}
	values, rest, err := parser.Parse(a.Args)
	if err != nil {
		if len(a.Args) == 0 {
			return exit.Errorf(exit.Usage, "%s\nCommands\n%s\ndaypass: error: %s\n", exit.HowToUse, command.CommandList(a.table()), err)
		}
		return command.GrammarError(err, nil)
	}
	globals := globalValues(values)
	if globals.has("version") {
		return a.version()
	}
	table := a.table()
	name := globals.text("command")
	if globals.has("help") {
		rest = append(operationOf(table, name, rest), "help")
	}
	env, err := a.env(globals)
	if err != nil {
		return err
	}
	a.debugArguments(env.Session, table, name)
	if name == "help" && len(rest) > 0 { // "help iam create-user" is "iam create-user help"
		name, rest = rest[0], append(operationOf(table, rest[0], rest[1:]), "help")
	}
	if name == "" {
		name, rest = "help", nil
	}
	err = env.Session.Check()
	if err != nil {
		return err
	}
	chosen := command.Find(table, name)
	if chosen == nil {
		return command.Unknown("command", name, command.Names(table))
	}
	return chosen.Do(ctx, env, rest)
}

// operationOf returns the word after a command's name that is its operation, if the
// command has operations. Help ignores the other words, which are options and their
// values.
func operationOf(table []*command.Command, name string, rest []string) []string {
	c := command.Find(table, name)
	if c != nil && c.Commands != nil && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		return []string{rest[0]}
	}
	return nil
}

// env makes what a command works with from the global options. It checks the values
// that have a format of their own.
func (a *App) env(globals globalValues) (*command.Env, error) {
	env := &command.Env{Stdin: a.Stdin, Stdout: a.Stdout, Stderr: a.Stderr, Format: globals.text("output"), Color: globals.text("color"), NoPaginate: globals.has("paginate")}
	if text, ok := globals["query"].(string); ok {
		q, err := query.Compile(text)
		if err != nil {
			return nil, exit.Errorf(exit.Usage, "Bad value for --query %s: %s", text, err)
		}
		env.Query = q
	}
	if endpoint, ok := globals["endpoint-url"].(string); ok {
		if scheme, _, ok := strings.Cut(endpoint, ":"); !ok || !isURLScheme(scheme) {
			return nil, exit.Errorf(exit.Usage, "Bad value for --endpoint-url \"%s\": scheme is missing.  Must be of the form http://<hostname>/ or https://<hostname>/", endpoint)
		}
	}
	options := client.Options{
		EndpointURL: globals.text("endpoint-url"),
		Region:      globals.text("region"),
		Profile:     globals.text("profile"),
		CABundle:    globals.text("ca-bundle"),
		NoVerify:    globals.has("verify-ssl"),
		NoSign:      globals.has("sign-request"),
		Debug:       globals.has("debug"),
	}
	var err error
	options.ReadTimeout, err = globals.timeout("read-timeout")
	if err != nil {
		return nil, err
	}
	options.ConnectTimeout, err = globals.timeout("connect-timeout")
	if err != nil {
		return nil, err
	}
	env.Session = &client.Session{Options: options, Agent: a.agent(), Stderr: a.Stderr, Now: a.Now, Sleep: a.Sleep, Random: a.Random, Ask: a.Ask}
	return env, nil
}

func isURLScheme(s string) bool {
	return s != "" && strings.ContainsFunc(s[:1], func(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' }) &&
		!strings.ContainsFunc(s, func(r rune) bool {
			return !(r|0x20 >= 'a' && r|0x20 <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("+-.", r))
		})
}

// timeout returns an option that is a number of seconds. 0 means no timeout, and
// the default is a minute.
func (g globalValues) timeout(name string) (time.Duration, error) {
	text, ok := g[name].(string)
	if !ok {
		return time.Minute, nil
	}
	v, ok := document.ParseInt(text)
	if !ok {
		return 0, exit.NotInt(text)
	}
	seconds, ok := v.(int64)
	if !ok || seconds < 0 || seconds > 1<<31 {
		return 0, exit.Errorf(exit.General, "Timeout value is out of range: %s", text)
	}
	return time.Duration(seconds) * time.Second, nil
}
