package command

import (
	"strings"

	"daypass/internal/cli/argument"
	"daypass/internal/cli/render"
)

// GlobalOptions returns the options that every command takes, before or after its
// name. Options without a help text are accepted for the sake of scripts.
func GlobalOptions() []*argument.Argument {
	option := func(name, dest, placeholder, help string) *argument.Argument {
		return &argument.Argument{Names: []string{"--" + name}, Dest: dest, Placeholder: placeholder, Help: help}
	}
	flag := func(name, dest string, value bool, help string) *argument.Argument {
		return &argument.Argument{Names: []string{"--" + name}, Dest: dest, Count: argument.NoValues, Value: value, Help: help}
	}
	choice := func(name, help string, choices ...string) *argument.Argument {
		return &argument.Argument{Names: []string{"--" + name}, Dest: name, Choices: choices, Placeholder: strings.Join(choices, "|"), Help: help}
	}
	format := choice("output", "how results are printed: "+strings.Join(render.Formats, ", "), render.Formats...)
	format.Placeholder = "FORMAT"
	help := flag("help", "help", true, "print help for the command instead of running it")
	help.Names = append(help.Names, "-h")
	return []*argument.Argument{
		flag("debug", "debug", true, "print what happens to standard error; secrets are masked"),
		option("endpoint-url", "endpoint-url", "URL", "the URL of the service; also AWS_ENDPOINT_URL"),
		flag("no-verify-ssl", "verify-ssl", false, "do not verify certificates"),
		flag("no-paginate", "paginate", false, "print one page of a list instead of all"),
		format,
		option("query", "query", "EXPRESSION", "a JMESPath expression that picks from the result"),
		option("profile", "profile", "NAME", "a profile of the AWS configuration; also AWS_PROFILE"),
		option("region", "region", "REGION", "the AWS Region; also AWS_REGION"),
		flag("version", "version", true, "print the version of this program"),
		choice("color", "colours of tables; NO_COLOR in the environment means off", "on", "off", "auto"),
		flag("no-sign-request", "sign-request", false, "send the request without a signature"),
		option("ca-bundle", "ca-bundle", "FILE", "certificates to trust; also AWS_CA_BUNDLE"),
		option("cli-read-timeout", "read-timeout", "N", "seconds to wait for a response (60); 0 means no limit"),
		option("cli-connect-timeout", "connect-timeout", "N", "seconds to wait for a connection (60); 0 means no limit"),
		choice("cli-binary-format", "", "base64", "raw-in-base64-out"),
		flag("no-cli-pager", "no-cli-pager", true, ""),
		flag("cli-auto-prompt", "cli-auto-prompt", true, ""),
		flag("no-cli-auto-prompt", "no-cli-auto-prompt", true, ""),
		help,
	}
}
