// Package argument owns the grammar of the command line: options by their full
// name or an unambiguous beginning, values after a space or an equals sign, how
// many values each option takes, and what is left over. The grammar is that of
// Python's argparse, because scripts written for the AWS CLI rely on it. The texts
// of the errors are argparse's too. The package knows no option and no command.
package argument

import (
	"fmt"
	"slices"
	"strings"

	"daypass/internal/cli/document"
)

// Count says how many values an option or a positional argument takes.
type Count uint8

const (
	One      Count = iota // exactly one
	Maybe                 // none or one
	Any                   // none or more
	Some                  // one or more
	NoValues              // none: a switch
)

// A Type is the type that values are converted to.
type Type uint8

const (
	Text  Type = iota // string
	Int               // int64 or *big.Int, as Python's int() reads it
	Float             // float64
)

// An Argument is an option or a positional argument.
type Argument struct {
	Names    []string // of an option, with dashes; the one name of a positional argument
	Dest     string   // key in [Values]; several options may share one
	Count    Count
	Type     Type
	Choices  []string // the only values that are allowed; nil allows any
	Required bool
	Value    any // the value of a switch, and of an option of count Maybe without a value

	Likely []string // values that completion offers; others are allowed too

	Placeholder string // stands for the value in help
	Help        string // what the argument is, in sentences
	Section     string // the heading above the argument in help; "" for none
}

func (a *Argument) name() string { return strings.Join(a.Names, "/") }

// A Parser reads one level of a command line.
type Parser struct {
	Options     []*Argument
	Positionals []*Argument
}

// An Error says why the grammar refuses a command line.
type Error struct {
	Argument *Argument // nil if the error is not about one argument
	Message  string

	Unknown []string // arguments that the parser does not know, if others are missing
}

func (e *Error) Error() string {
	if e.Argument == nil {
		return e.Message
	}
	return fmt.Sprintf("argument %s: %s", e.Argument.name(), e.Message)
}

// A ChoiceError says that a value is not one of the choices of its argument.
type ChoiceError struct {
	Argument *Argument
	Value    string
}

func (e *ChoiceError) Error() string {
	return fmt.Sprintf("argument %s: Invalid choice, valid choices are:\n\n%s", e.Argument.name(), e.choices())
}

// choices returns the choices in two columns, and those that the value is similar
// to.
func (e *ChoiceError) choices() string {
	var lines []string
	for pair := range slices.Chunk(e.Argument.Choices, 2) {
		var cells []string
		for _, choice := range pair {
			cells = append(cells, fmt.Sprintf("%-40s", choice))
		}
		lines = append(lines, strings.Join(cells, " | "))
	}
	if near := Near(e.Value, e.Argument.Choices); len(near) > 0 {
		lines = append(lines, fmt.Sprintf("\n\nInvalid choice: %s, maybe you meant:\n", document.Repr(e.Value)))
		for _, word := range near {
			lines = append(lines, "  * "+word)
		}
	}
	return strings.Join(lines, "\n")
}

// Values are the values of a command line by [Argument.Dest]: a string or a number,
// a list of them ([]any) for the counts Any and Some, or the value of a switch.
type Values map[string]any

// Parse reads arguments. rest has those that the parser does not know, in their
// order. The errors are of type [*Error] or [*ChoiceError].
func (p *Parser) Parse(args []string) (v Values, rest []string, err error) {
	r := reader{parser: p, args: args, values: Values{}, seen: map[*Argument]bool{}, positionals: slices.Clone(p.Positionals)}
	err = r.classify()
	if err != nil {
		return nil, nil, err
	}
	err = r.read()
	if err != nil {
		return nil, nil, err
	}
	var missing []string
	for _, a := range slices.Concat(p.Options, p.Positionals) {
		if a.Required && !r.seen[a] {
			missing = append(missing, a.name())
		}
	}
	if len(missing) > 0 {
		return nil, nil, &Error{Message: "the following arguments are required: " + strings.Join(missing, ", "), Unknown: r.unknown}
	}
	return r.values, r.unknown, nil
}

// An optionUse is an option on the command line.
type optionUse struct {
	argument *Argument // nil if the parser does not know it
	value    string    // after an equals sign
	hasValue bool
}

type reader struct {
	parser      *Parser
	args        []string
	kinds       []byte // O option, A value, - the first "--"
	options     map[int]optionUse
	positionals []*Argument
	values      Values
	seen        map[*Argument]bool
	unknown     []string
}

func (r *reader) classify() error {
	r.options = make(map[int]optionUse)
	for i, arg := range r.args {
		if arg == "--" {
			r.kinds = append(r.kinds, '-')
			for range r.args[i+1:] {
				r.kinds = append(r.kinds, 'A')
			}
			break
		}
		o, isOption, err := r.parser.option(arg)
		if err != nil {
			return err
		}
		if !isOption {
			r.kinds = append(r.kinds, 'A')
			continue
		}
		r.options[i] = o
		r.kinds = append(r.kinds, 'O')
	}
	return nil
}

// option reports whether an argument is an option, and returns which.
func (p *Parser) option(arg string) (optionUse, bool, error) {
	if len(arg) < 2 || arg[0] != '-' {
		return optionUse{}, false, nil
	}
	name, value, hasValue := strings.Cut(arg, "=")
	var matches []*Argument
	var names []string
	for _, a := range p.Options {
		for _, n := range a.Names {
			if n == arg {
				return optionUse{argument: a}, true, nil
			}
			if n == name {
				return optionUse{a, value, hasValue}, true, nil
			}
			if strings.HasPrefix(n, name) && strings.HasPrefix(name, "--") {
				matches, names = append(matches, a), append(names, n)
			}
		}
	}
	switch {
	case len(matches) > 1:
		return optionUse{}, false, &Error{Message: fmt.Sprintf("ambiguous option: %s could match %s", arg, strings.Join(names, ", "))}
	case len(matches) == 1:
		return optionUse{matches[0], value, hasValue}, true, nil
	case isNumber(arg[1:]) || strings.Contains(arg, " "):
		return optionUse{}, false, nil
	}
	return optionUse{}, true, nil
}

// isNumber reports whether a text after a minus sign makes a negative number, which
// is a value and not an option: digits with at most one point before the last.
func isNumber(s string) bool {
	whole, decimals, point := strings.Cut(s, ".")
	digits := func(s string) bool {
		return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	}
	if !point {
		return whole != "" && digits(whole)
	}
	return digits(whole) && decimals != "" && digits(decimals)
}

func (r *reader) read() error {
	last := -1
	for i := range r.options {
		last = max(last, i)
	}
	pos := 0
	for pos <= last {
		next := pos
		for r.kinds[next] != 'O' {
			next++
		}
		if pos != next {
			end, err := r.readPositionals(pos)
			if err != nil {
				return err
			}
			if end > pos {
				pos = end
				continue
			}
			r.unknown = append(r.unknown, r.args[pos:next]...)
			pos = next
		}
		var err error
		pos, err = r.readOption(pos)
		if err != nil {
			return err
		}
	}
	end, err := r.readPositionals(pos)
	if err != nil {
		return err
	}
	r.unknown = append(r.unknown, r.args[end:]...)
	return nil
}

func (r *reader) readOption(pos int) (int, error) {
	o := r.options[pos]
	a := o.argument
	if a == nil {
		r.unknown = append(r.unknown, r.args[pos])
		return pos + 1, nil
	}
	if o.hasValue {
		if a.Count == NoValues {
			return 0, &Error{Argument: a, Message: "ignored explicit argument " + document.Repr(o.value)}
		}
		return pos + 1, r.store(a, []string{o.value})
	}
	n := 0
	for pos+1+n < len(r.kinds) && r.kinds[pos+1+n] == 'A' && (n == 0 || a.Count == Any || a.Count == Some) && a.Count != NoValues {
		n++
	}
	if n == 0 && a.Count == One {
		return 0, &Error{Argument: a, Message: "expected one argument"}
	}
	if n == 0 && a.Count == Some {
		return 0, &Error{Argument: a, Message: "expected at least one argument"}
	}
	return pos + 1 + n, r.store(a, r.args[pos+1:pos+1+n])
}

// readPositionals fills as many of the outstanding positional arguments as it can
// with the values from pos up to the next option. It returns the position after
// them.
func (r *reader) readPositionals(pos int) (int, error) {
	run := r.kinds[pos:]
	if i := strings.IndexByte(string(run), 'O'); i >= 0 {
		run = run[:i]
	}
	for n := len(r.positionals); n > 0; n-- {
		counts, ok := distribute(r.positionals[:n], run)
		if !ok {
			continue
		}
		for i, count := range counts {
			err := r.store(r.positionals[i], r.args[pos:pos+count])
			if err != nil {
				return 0, err
			}
			pos += count
		}
		r.positionals = r.positionals[n:]
		break
	}
	return pos, nil
}

// distribute returns how much of run each positional argument gets: as much as it can
// have while the later ones get what they need. A "--" belongs to the argument that
// it stands with.
func distribute(arguments []*Argument, run []byte) ([]int, bool) {
	if len(arguments) == 0 {
		return nil, true
	}
	least, most := 0, len(run)
	switch arguments[0].Count {
	case One:
		least, most = 1, 1
	case Maybe:
		most = 1
	case Some:
		least = 1
	}
	for n := len(run); n >= 0; n-- {
		values := n - strings.Count(string(run[:n]), "-")
		if values < least || values > most {
			continue
		}
		if rest, ok := distribute(arguments[1:], run[n:]); ok {
			return append([]int{n}, rest...), true
		}
	}
	return nil, false
}

// store converts the values of an argument and adds them to r.values.
func (r *reader) store(a *Argument, texts []string) error {
	r.seen[a] = true
	if i := slices.Index(texts, "--"); i >= 0 {
		texts = slices.Delete(slices.Clone(texts), i, i+1)
	}
	values := make([]any, len(texts))
	for i, s := range texts {
		v, err := a.convert(s)
		if err != nil {
			return err
		}
		values[i] = v
	}
	switch {
	case a.Count == NoValues:
		r.values[a.Dest] = a.Value
	case a.Count == Any || a.Count == Some:
		r.values[a.Dest] = values
	case len(values) == 1:
		r.values[a.Dest] = values[0]
	case a.Value != nil:
		r.values[a.Dest] = a.Value
	}
	return nil
}

func (a *Argument) convert(s string) (any, error) {
	var v any = s
	var ok bool
	switch a.Type {
	case Int:
		if v, ok = document.ParseInt(s); !ok {
			return nil, &Error{Argument: a, Message: "invalid int value: " + document.Repr(s)}
		}
	case Float:
		if v, ok = document.ParseFloat(s); !ok {
			return nil, &Error{Argument: a, Message: "invalid float value: " + document.Repr(s)}
		}
	}
	if len(a.Choices) > 0 && !slices.Contains(a.Choices, s) {
		return nil, &ChoiceError{a, s}
	}
	return v, nil
}
