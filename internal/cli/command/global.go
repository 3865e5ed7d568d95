package command

import (
	"daypass/internal/cli/argument"
	"daypass/internal/cli/render"
)

// Globals are the options that every command takes, before or behind its name.
func Globals() []*argument.Argument {
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
