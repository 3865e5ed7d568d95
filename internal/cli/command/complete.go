package command

import (
	"slices"
	"strings"

	"daypass/internal/cli/argument"
)

// Complete returns what may stand where the last of the words is being typed,
// with a text each: commands, options that were not given yet, or the values
// of an option. It is empty where only the user knows, or a file is meant.
func Complete(table []*Command, words []string) []Entry {
	if len(words) == 0 {
		return nil
	}
	typed := strings.TrimPrefix(words[len(words)-1], "=")
	// bash makes three words of --output=json.
	words = slices.DeleteFunc(slices.Clone(words[:len(words)-1]), func(w string) bool { return w == "=" })
	chosen, behind := descend(table, words)
	options := Globals()
	var commands []*Command
	switch {
	case chosen == nil:
		commands = table
	case chosen.Commands != nil:
		commands = chosen.Commands()
	case chosen.Raw == nil:
		options = append(chosen.parser(nil).Options, options...)
	}
	if name, value, ok := strings.Cut(typed, "="); ok && strings.HasPrefix(name, "--") {
		values, _ := valuesOf(options, []string{name}, value)
		for i := range values {
			values[i].Name = name + "=" + values[i].Name
		}
		return values
	}
	if values, ok := valuesOf(options, behind, typed); ok {
		return values
	}
	if strings.HasPrefix(typed, "-") {
		return unused(options, behind, typed)
	}
	var found []Entry
	for _, c := range commands {
		if strings.HasPrefix(c.Name, typed) && !c.Hidden {
			found = append(found, Entry{c.Name, c.Summary})
		}
	}
	if len(commands) == 0 && typed == "" {
		return unused(options, behind, typed)
	}
	return found
}

// descend follows the commands among the words as far as they go. It returns the
// command, or nil, and the words that belong to it.
func descend(table []*Command, words []string) (chosen *Command, behind []string) {
	level := table
	globals := Globals()
	for i := 0; i < len(words); i++ {
		word := words[i]
		if strings.HasPrefix(word, "-") {
			behind = append(behind, word)
			if o := find(globals, word); o != nil && o.Count != argument.NoValues && i+1 < len(words) && chosen.isGroup() {
				i++
				behind = append(behind, words[i])
			}
			continue
		}
		if next := Find(level, word); next != nil && chosen.isGroup() {
			chosen, level = next, nil
			if next.Commands != nil {
				level = next.Commands()
			}
			continue
		}
		behind = append(behind, word)
	}
	return chosen, behind
}

// isGroup reports whether a command has commands; the table itself is nil.
func (c *Command) isGroup() bool { return c == nil || c.Commands != nil }

func find(options []*argument.Argument, name string) *argument.Argument {
	for _, o := range options {
		if slices.Contains(o.Names, name) {
			return o
		}
	}
	return nil
}

// valuesOf tells the values of the option that the typed word belongs to; ok is
// false where it belongs to none.
func valuesOf(options []*argument.Argument, behind []string, typed string) (values []Entry, ok bool) {
	i := len(behind) - 1
	for i >= 0 && !strings.HasPrefix(behind[i], "-") {
		i--
	}
	if i < 0 || strings.HasPrefix(typed, "-") {
		return nil, false
	}
	o := find(options, behind[i])
	given := len(behind) - 1 - i
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

// unused are the options that begin as typed and were not given. The first
// sentence of a text is enough here.
func unused(options []*argument.Argument, behind []string, typed string) []Entry {
	var found []Entry
	for _, o := range options {
		if slices.ContainsFunc(o.Names, func(name string) bool { return slices.Contains(behind, name) }) {
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
