package command

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"daypass/internal/cli/argument"
)

// maxColumns is the width of help. Only a longer word exceeds it.
const maxColumns = 80

// help writes the help of the command. path is the names of the commands that lead to
// it.
func (c *Command) help(w io.Writer, path string) error {
	var b strings.Builder
	if text := c.sentences(); text != "" {
		b.WriteString(wrap(text, 0) + "\n\n")
	}
	switch {
	case c.Commands == nil:
		parser := c.parser(nil)
		b.WriteString(usageLine(path, c.usage()) + "\n")
		b.WriteString(argumentsHelp(append(slices.Clone(parser.Options), parser.Positionals...)))
	case len(c.Commands()) <= maxExplained:
		for i, sub := range c.Commands() {
			if i > 0 {
				b.WriteString("\n")
			}
			b.WriteString(usageLine(path+" "+sub.Name, sub.usage()) + "\n" + wrap(sub.sentences(), 6) + "\n")
		}
	default:
		b.WriteString(usageLine(path, "<operation> [parameters]") + "\n\nOperations\n" + CommandList(c.Commands()))
	}
	if c.Notes != nil {
		b.WriteString(c.Notes())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// sentences returns what the command does, in sentences.
func (c *Command) sentences() string {
	if c.Text != "" || c.Summary == "" {
		return c.Text
	}
	return strings.ToUpper(c.Summary[:1]) + c.Summary[1:] + "."
}

// usage returns what may follow the command's name.
func (c *Command) usage() string {
	parser := c.parser(nil)
	if c.Usage != "" || len(parser.Options)+len(parser.Positionals) == 0 {
		return c.Usage
	}
	return "[parameters]"
}

// maxExplained is how many commands the help of their group explains in full. More
// are listed with their summaries.
const maxExplained = 5

func usageLine(path, rest string) string {
	const hang = 4
	line := wrap("usage: daypass [options] "+path+" "+rest, hang)
	return line[hang:]
}

// CommandList returns the commands that are not hidden, with their summaries.
func CommandList(commands []*Command) string {
	var b strings.Builder
	for _, c := range commands {
		if !c.Hidden {
			b.WriteString(listEntry(c.Name, c.Summary))
		}
	}
	return b.String()
}

// OptionList returns the options that have a help text, in two columns.
func OptionList(options []*argument.Argument) string {
	var b strings.Builder
	for _, o := range options {
		if o.Help != "" {
			b.WriteString(listEntry(strings.TrimSpace(strings.Join(o.Names, ", ")+" "+placeholder(o)), o.Help))
		}
	}
	return b.String()
}

// listEntry returns a name and what it means, in the second column or below.
func listEntry(name, meaning string) string {
	const indent = 28
	if meaning == "" {
		return "  " + name + "\n"
	}
	text := wrap(meaning, indent)
	if n := utf8.RuneCountInString(name) + 2; n < indent-1 {
		return "  " + name + strings.Repeat(" ", indent-n) + text[indent:] + "\n"
	}
	return "  " + name + "\n" + text + "\n"
}

// argumentsHelp returns the arguments, each with its help below it. Arguments with
// the same Dest are one entry.
func argumentsHelp(arguments []*argument.Argument) string {
	var b strings.Builder
	for i := 0; i < len(arguments); i++ {
		a := arguments[i]
		if a.Dest == HelpArgument {
			continue
		}
		if section := cmp.Or(a.Section, map[bool]string{true: "Parameters"}[i == 0]); section != "" {
			b.WriteString("\n" + section + "\n")
		}
		names := a.Names
		for i+1 < len(arguments) && arguments[i+1].Dest == a.Dest {
			i++
			names = append(slices.Clone(names), arguments[i].Names...)
		}
		head := strings.Join(names, " | ") + spacedPlaceholder(a)
		if !strings.HasPrefix(head, "-") {
			head = "<" + head + ">"
		}
		if a.Required {
			head += ", required"
		}
		b.WriteString(wrap(head, 2) + "\n")
		if a.Help != "" {
			b.WriteString(wrap(a.Help, 6) + "\n")
		}
		if values := slices.Concat(a.Choices, a.Likely); len(values) > 0 && !strings.Contains(a.Placeholder, values[0]) {
			b.WriteString(wrap("One of "+strings.Join(values, ", ")+".", 6) + "\n")
		}
	}
	return b.String()
}

func spacedPlaceholder(a *argument.Argument) string {
	if p := placeholder(a); p != "" {
		return " " + p
	}
	return ""
}

// placeholder returns what stands for the value of an argument in help.
func placeholder(a *argument.Argument) string {
	switch {
	case a.Placeholder != "":
		return a.Placeholder
	case a.Count == argument.NoValues || !strings.HasPrefix(a.Names[0], "-"):
		return ""
	}
	return "VALUE"
}

// Usage returns the usage of a command with options. With oneOf it takes exactly one
// of them.
func Usage(options []*argument.Argument, oneOf bool) string {
	var parts []string
	for _, o := range options {
		text := o.Names[0] + spacedPlaceholder(o)
		if !o.Required && !oneOf {
			text = "[" + text + "]"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, map[bool]string{true: " | ", false: " "}[oneOf])
}

// An Entry is a name in help or completion and what it means.
type Entry struct{ Name, Help string }

// Section returns a heading with entries below it, for [Command.Notes].
func Section(heading string, entries []Entry) string {
	var b strings.Builder
	b.WriteString("\n" + heading + "\n")
	for _, e := range entries {
		b.WriteString("  " + e.Name + "\n")
		if e.Help != "" {
			b.WriteString(wrap(e.Help, 6) + "\n")
		}
	}
	return b.String()
}

// wrap breaks a text into lines with an indent. Empty lines separate paragraphs.
func wrap(text string, indent int) string {
	pad := strings.Repeat(" ", indent)
	var lines []string
	for i, paragraph := range strings.Split(text, "\n\n") {
		if i > 0 {
			lines = append(lines, "")
		}
		line := ""
		for word := range strings.FieldsSeq(paragraph) {
			if line != "" && indent+utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > maxColumns {
				lines = append(lines, pad+line)
				line = ""
			}
			if line != "" {
				line += " "
			}
			line += word
		}
		lines = append(lines, pad+line)
	}
	return strings.Join(lines, "\n")
}
