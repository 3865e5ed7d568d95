package command

import (
	"slices"
	"strings"

	"daypass/internal/cli/argument"
)

// Complete returns the candidates for the last of the words, which is being typed:
// commands, options that were not given yet, or the values of an option. It returns
// none if only the user knows the word, or if it is the name of a file.
func Complete(table []*Command, words []string) []Entry {
	if len(words) == 0 {
		return nil
	}
	typed := strings.TrimPrefix(words[len(words)-1], "=")
	// bash makes three words of --output=json.
	words = slices.DeleteFunc(slices.Clone(words[:len(words)-1]), func(w string) bool { return w == "=" })
	command, arguments := descend(table, words)
	options := GlobalOptions()
	var commands []*Command
	switch {
	case command == nil:
		commands = table
	case command.Commands != nil:
		commands = command.Commands()
	case command.Raw == nil:
		options = append(command.parser(nil).Options, options...)
	}
	if name, value, ok := strings.Cut(typed, "="); ok && strings.HasPrefix(name, "--") {
		values, _ := optionValues(options, []string{name}, value)
		for i := range values {
			values[i].Name = name + "=" + values[i].Name
		}
		return values
	}
	if values, ok := optionValues(options, arguments, typed); ok {
		return values
	}
	if strings.HasPrefix(typed, "-") {
		return unusedOptions(options, arguments, typed)
	}
	var found []Entry
	for _, c := range commands {
		if strings.HasPrefix(c.Name, typed) && !c.Hidden {
			found = append(found, Entry{c.Name, c.Summary})
		}
	}
	if len(commands) == 0 && typed == "" {
		return unusedOptions(options, arguments, typed)
	}
	return found
}

// descend follows the commands among the words as far as they go. It returns the last
// command, or nil, and the other words, which are its arguments.
func descend(table []*Command, words []string) (command *Command, arguments []string) {
	level := table
	globals := GlobalOptions()
	for i := 0; i < len(words); i++ {
		word := words[i]
		if strings.HasPrefix(word, "-") {
			arguments = append(arguments, word)
			if o := findOption(globals, word); o != nil && o.Count != argument.NoValues && i+1 < len(words) && command.isGroup() {
				i++
				arguments = append(arguments, words[i])
			}
			continue
		}
		if next := Find(level, word); next != nil && command.isGroup() {
			command, level = next, nil
			if next.Commands != nil {
				level = next.Commands()
			}
			continue
		}
		arguments = append(arguments, word)
	}
	return command, arguments
}

// isGroup reports whether a command has commands. Nil stands for the whole table.
func (c *Command) isGroup() bool { return c == nil || c.Commands != nil }

func findOption(options []*argument.Argument, name string) *argument.Argument {
	for _, o := range options {
		if slices.Contains(o.Names, name) {
			return o
		}
	}
	return nil
}

// optionValues returns the values of the option that the typed word belongs to. ok is
// false if it belongs to none.
func optionValues(options []*argument.Argument, arguments []string, typed string) (values []Entry, ok bool) {
	i := len(arguments) - 1
	for i >= 0 && !strings.HasPrefix(arguments[i], "-") {
		i--
	}
	if i < 0 || strings.HasPrefix(typed, "-") {
		return nil, false
	}
	o := findOption(options, arguments[i])
	given := len(arguments) - 1 - i
	if o == nil || o.Count == argument.NoValues || given > 0 && (o.Count == argument.One || o.Count == argument.Maybe) {
		return nil, false
	}
	for _, v := range slices.Concat(o.Choices, o.Likely) {
		if strings.HasPrefix(v, typed) {
			values = append(values, Entry{v, ""})
		}
	}
	return values, true
}

// unusedOptions returns the options that begin with typed and are not among the
// arguments, each with the first sentence of its help.
func unusedOptions(options []*argument.Argument, arguments []string, typed string) []Entry {
	var found []Entry
	for _, o := range options {
		if slices.ContainsFunc(o.Names, func(name string) bool { return slices.Contains(arguments, name) }) {
			continue
		}
		for _, name := range o.Names {
			if strings.HasPrefix(name, typed) && strings.HasPrefix(name, "--") {
				text, _, _ := strings.Cut(o.Help, ". ")
				found = append(found, Entry{name, strings.TrimSuffix(text, ".")})
			}
		}
	}
	return found
}
