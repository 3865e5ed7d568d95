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

// global are the values of the options that every command takes.
type global argument.Values

func (g global) text(name string) string {
	v, _ := g[name].(string)
	return v
}

// set reports whether a switch was given.
func (g global) set(name string) bool { _, ok := g[name]; return ok }

func (a *App) run(ctx context.Context) error {
	word := &argument.Argument{Names: []string{"command"}, Dest: "command", Required: true}
	parser := argument.Parser{Options: command.Globals(), Positionals: []*argument.Argument{word}}
	if slices.Contains(a.Args, "--help") || slices.Contains(a.Args, "-h") || slices.Contains(a.Args, "--version") {
		word.Required, word.Count = false, argument.Maybe
	}
	values, rest, err := parser.Parse(a.Args)
	if err != nil {
		if len(a.Args) == 0 {
			return exit.Errorf(exit.Usage, "%s\nCommands\n%s\ndaypass: error: %s\n", exit.HowToUse, command.List(a.table()), err)
		}
		return command.GrammarError(err, nil)
	}
	given := global(values)
	if given.set("version") {
		return a.version()
	}
	table := a.table()
	name := given.text("command")
	if given.set("help") {
		rest = append(topic(table, name, rest), "help")
	}
	env, err := a.env(given)
	if err != nil {
		return err
	}
	a.debugArguments(env.Session, table, name)
	if name == "help" && len(rest) > 0 { // "help iam create-user" is "iam create-user help"
		name, rest = rest[0], append(topic(table, rest[0], rest[1:]), "help")
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

// topic is what of the words behind a command help is wanted about: the
// operation, where the command has any. What else stands there are options and
// their values, whatever they are.
func topic(table []*command.Command, name string, rest []string) []string {
	c := command.Find(table, name)
	if c != nil && c.Commands != nil && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		return []string{rest[0]}
	}
	return nil
}

// env checks the global options whose values have a form of their own, and makes
// what the command works with.
func (a *App) env(given global) (*command.Env, error) {
	env := &command.Env{Stdin: a.Stdin, Stdout: a.Stdout, Stderr: a.Stderr, Format: given.text("output"), Color: given.text("color"), NoPaginate: given.set("paginate")}
	if text, ok := given["query"].(string); ok {
		q, err := query.Compile(text)
		if err != nil {
			return nil, exit.Errorf(exit.Usage, "Bad value for --query %s: %s", text, err)
		}
		env.Query = q
	}
	if endpoint, ok := given["endpoint-url"].(string); ok {
		if scheme, _, ok := strings.Cut(endpoint, ":"); !ok || !isScheme(scheme) {
			return nil, exit.Errorf(exit.Usage, "Bad value for --endpoint-url \"%s\": scheme is missing.  Must be of the form http://<hostname>/ or https://<hostname>/", endpoint)
		}
	}
	options := client.Options{
		EndpointURL: given.text("endpoint-url"),
		Region:      given.text("region"),
		Profile:     given.text("profile"),
		CABundle:    given.text("ca-bundle"),
		NoVerify:    given.set("verify-ssl"),
		NoSign:      given.set("sign-request"),
		Debug:       given.set("debug"),
	}
	var err error
	options.ReadTimeout, err = given.timeout("read-timeout")
	if err != nil {
		return nil, err
	}
	options.ConnectTimeout, err = given.timeout("connect-timeout")
	if err != nil {
		return nil, err
	}
	env.Session = &client.Session{Options: options, Agent: a.agent(), Stderr: a.Stderr, Now: a.Now, Sleep: a.Sleep, Random: a.Random, Ask: a.Ask}
	return env, nil
}

func isScheme(s string) bool {
	return s != "" && strings.ContainsFunc(s[:1], func(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' }) &&
		!strings.ContainsFunc(s, func(r rune) bool {
			return !(r|0x20 >= 'a' && r|0x20 <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("+-.", r))
		})
}

// timeout reads a number of seconds; 0 waits for ever, the default is a minute.
func (g global) timeout(name string) (time.Duration, error) {
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
