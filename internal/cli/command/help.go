package command

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"daypass/internal/cli/argument"
)

// columns is how wide help is at most, but for words that are longer.
const columns = 80

// help writes what the command does and what may stand behind it; path are the
// words that lead to it.
func (c *Command) help(w io.Writer, path string) error {
	var b strings.Builder
	if text := c.text(); text != "" {
		b.WriteString(wrap(text, 0) + "\n\n")
	}
	switch {
	case c.Commands == nil:
		parser := c.parser(nil)
		b.WriteString(usageLine(path, c.usage()) + "\n")
		b.WriteString(helpOf(append(slices.Clone(parser.Options), parser.Positionals...)))
	case len(c.Commands()) <= fewCommands:
		for i, sub := range c.Commands() {
			if i > 0 {
				b.WriteString("\n")
			}
			b.WriteString(usageLine(path+" "+sub.Name, sub.usage()) + "\n" + wrap(sub.text(), 6) + "\n")
		}
	default:
		b.WriteString(usageLine(path, "<operation> [parameters]") + "\n\nOperations\n" + List(c.Commands()))
	}
	if c.Notes != nil {
		b.WriteString(c.Notes())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// text says what the command does, in sentences.
func (c *Command) text() string {
	if c.Text != "" || c.Summary == "" {
		return c.Text
	}
	return strings.ToUpper(c.Summary[:1]) + c.Summary[1:] + "."
}

// usage is what may stand behind the name.
func (c *Command) usage() string {
	parser := c.parser(nil)
	if c.Usage != "" || len(parser.Options)+len(parser.Positionals) == 0 {
		return c.Usage
	}
	return "[parameters]"
}

// fewCommands is how many are explained in full in the help of their group.
const fewCommands = 5

func usageLine(path, rest string) string {
	const hang = 4
	line := wrap("usage: daypass [options] "+path+" "+rest, hang)
	return line[hang:]
}

// List tells the commands with their summaries, a line each if it fits.
func List(commands []*Command) string {
	var b strings.Builder
	for _, c := range commands {
		if !c.Hidden {
			b.WriteString(entry(c.Name, c.Summary))
		}
	}
	return b.String()
}

// Options tells options in two columns.
func Options(options []*argument.Argument) string {
	var b strings.Builder
	for _, o := range options {
		if o.Help != "" {
			b.WriteString(entry(strings.TrimSpace(strings.Join(o.Names, ", ")+" "+placeholder(o)), o.Help))
		}
	}
	return b.String()
}

// entry is a name and what it means, beside it or below.
func entry(name, meaning string) string {
	const left = 28
	if meaning == "" {
		return "  " + name + "\n"
	}
	text := wrap(meaning, left)
	if n := utf8.RuneCountInString(name) + 2; n < left-1 {
		return "  " + name + strings.Repeat(" ", left-n) + text[left:] + "\n"
	}
	return "  " + name + "\n" + text + "\n"
}

// helpOf explains arguments, each with its text below it. Those that give the
// same value are one entry.
func helpOf(arguments []*argument.Argument) string {
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
		head := strings.Join(names, " | ") + placeholderOf(a)
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

func placeholderOf(a *argument.Argument) string {
	if p := placeholder(a); p != "" {
		return " " + p
	}
	return ""
}

// placeholder is what stands for the value of an argument.
func placeholder(a *argument.Argument) string {
	switch {
	case a.Placeholder != "":
		return a.Placeholder
	case a.Count == argument.NoValues || !strings.HasPrefix(a.Names[0], "-"):
		return ""
	}
	return "VALUE"
}

// Usage makes the line of what may stand behind a command from its options; only
// one of them where oneOf is set.
func Usage(options []*argument.Argument, oneOf bool) string {
	var parts []string
	for _, o := range options {
		text := o.Names[0] + placeholderOf(o)
		if !o.Required && !oneOf {
			text = "[" + text + "]"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, map[bool]string{true: " | ", false: " "}[oneOf])
}

// An Entry is a name in help and what it means.
type Entry struct{ Name, Help string }

// Section is a heading and what stands below it, for [Command.Notes].
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

// wrap breaks a text into lines with an indent. A paragraph ends with an empty
// line.
func wrap(text string, indent int) string {
	pad := strings.Repeat(" ", indent)
	var lines []string
	for i, paragraph := range strings.Split(text, "\n\n") {
		if i > 0 {
			lines = append(lines, "")
		}
		line := ""
		for word := range strings.FieldsSeq(paragraph) {
			if line != "" && indent+utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > columns {
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
