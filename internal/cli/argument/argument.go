// Package argument owns the grammar of the command line: options by their full
// name or an unambiguous beginning, values behind a space or an equals sign, how
// many values each takes, and what is left over. It is the grammar of Python's
// argparse, because that is what scripts written for the AWS CLI rely on; the
// words of its errors are argparse's too. It knows no option and no command.
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

// A Type is what values are converted to.
type Type uint8

const (
	Text  Type = iota // string
	Int               // int64 or *big.Int, read as Python's int() does
	Float             // float64
)

// An Argument is an option or a positional argument.
type Argument struct {
	Names    []string // of an option, with dashes; of a positional one its name
	Dest     string   // key in the result; several options may share one
	Count    Count
	Type     Type
	Choices  []string
	Required bool
	Value    any // what a switch stores, and an option of count Maybe without a value

	Likely []string // values that completion offers and that are not checked

	// What help tells: what stands for a value, what the argument is, in sentences,
	// and the heading above it where it opens a part of the list.
	Placeholder, Help, Section string
}

func (a *Argument) name() string { return strings.Join(a.Names, "/") }

// A Parser reads one level of a command line.
type Parser struct {
	Options     []*Argument
	Positionals []*Argument
}

// An Error is a command line that the grammar refuses. Argument is nil where
// the error is not about one.
type Error struct {
	Argument *Argument
	Message  string

	Missing, Rest []string // required arguments that are missing, and what is unknown
}

func (e *Error) Error() string {
	if e.Argument == nil {
		return e.Message
	}
	return fmt.Sprintf("argument %s: %s", e.Argument.name(), e.Message)
}

// A ChoiceError is a value that is not among the choices of its argument.
type ChoiceError struct {
	Argument *Argument
	Value    string
}

func (e *ChoiceError) Error() string {
	return fmt.Sprintf("argument %s: Invalid choice, valid choices are:\n\n%s", e.Argument.name(), e.choices())
}

// choices lays the choices out in two columns and adds what the value may have
// been meant for.
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

// Values are what the command line gave, by [Argument.Dest]: a string or
// number, a list of them ([]any) for counts Any and Some, or a switch's value.
type Values map[string]any

// Parse reads arguments. rest holds those that the parser does not know, in
// order. Errors are [*Error] and [*ChoiceError].
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
		return nil, nil, &Error{Message: "the following arguments are required: " + strings.Join(missing, ", "), Missing: missing, Rest: r.rest}
	}
	return r.values, r.rest, nil
}

// An option as it stands on the command line.
type occurrence struct {
	argument *Argument // nil: unknown here
	value    string    // behind an equals sign
	explicit bool
}

type reader struct {
	parser      *Parser
	args        []string
	pattern     []byte // O option, A value, - the first "--"
	options     map[int]occurrence
	positionals []*Argument
	values      Values
	seen        map[*Argument]bool
	rest        []string
}

func (r *reader) classify() error {
	r.options = make(map[int]occurrence)
	for i, arg := range r.args {
		if arg == "--" {
			r.pattern = append(r.pattern, '-')
			for range r.args[i+1:] {
				r.pattern = append(r.pattern, 'A')
			}
			break
		}
		o, isOption, err := r.parser.option(arg)
		if err != nil {
			return err
		}
		if !isOption {
			r.pattern = append(r.pattern, 'A')
			continue
		}
		r.options[i] = o
		r.pattern = append(r.pattern, 'O')
	}
	return nil
}

// option tells whether an argument is an option, and which.
func (p *Parser) option(arg string) (occurrence, bool, error) {
	if len(arg) < 2 || arg[0] != '-' {
		return occurrence{}, false, nil
	}
	name, value, explicit := strings.Cut(arg, "=")
	var near []*Argument
	var names []string
	for _, a := range p.Options {
		for _, n := range a.Names {
			if n == arg {
				return occurrence{argument: a}, true, nil
			}
			if n == name {
				return occurrence{a, value, explicit}, true, nil
			}
			if strings.HasPrefix(n, name) && strings.HasPrefix(name, "--") {
				near, names = append(near, a), append(names, n)
			}
		}
	}
	switch {
	case len(near) > 1:
		return occurrence{}, false, &Error{Message: fmt.Sprintf("ambiguous option: %s could match %s", arg, strings.Join(names, ", "))}
	case len(near) == 1:
		return occurrence{near[0], value, explicit}, true, nil
	case isNumber(arg[1:]) || strings.Contains(arg, " "):
		return occurrence{}, false, nil
	}
	return occurrence{}, true, nil
}

// isNumber reports whether a text behind a minus makes a negative number, which
// is a value: digits with at most one point before the last of them.
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
	at := 0
	for at <= last {
		next := at
		for r.pattern[next] != 'O' {
			next++
		}
		if at != next {
			end, err := r.readPositionals(at)
			if err != nil {
				return err
			}
			if end > at {
				at = end
				continue
			}
			r.rest = append(r.rest, r.args[at:next]...)
			at = next
		}
		var err error
		at, err = r.readOption(at)
		if err != nil {
			return err
		}
	}
	end, err := r.readPositionals(at)
	if err != nil {
		return err
	}
	r.rest = append(r.rest, r.args[end:]...)
	return nil
}

func (r *reader) readOption(at int) (int, error) {
	o := r.options[at]
	a := o.argument
	if a == nil {
		r.rest = append(r.rest, r.args[at])
		return at + 1, nil
	}
	if o.explicit {
		if a.Count == NoValues {
			return 0, &Error{Argument: a, Message: "ignored explicit argument " + document.Repr(o.value)}
		}
		return at + 1, r.take(a, []string{o.value})
	}
	n := 0
	for at+1+n < len(r.pattern) && r.pattern[at+1+n] == 'A' && (n == 0 || a.Count == Any || a.Count == Some) && a.Count != NoValues {
		n++
	}
	if n == 0 && a.Count == One {
		return 0, &Error{Argument: a, Message: "expected one argument"}
	}
	if n == 0 && a.Count == Some {
		return 0, &Error{Argument: a, Message: "expected at least one argument"}
	}
	return at + 1 + n, r.take(a, r.args[at+1:at+1+n])
}

// readPositionals takes as many of the outstanding positional arguments as what
// stands here can fill.
func (r *reader) readPositionals(at int) (int, error) {
	run := r.pattern[at:]
	if i := strings.IndexByte(string(run), 'O'); i >= 0 {
		run = run[:i]
	}
	for n := len(r.positionals); n > 0; n-- {
		counts, ok := fill(r.positionals[:n], run)
		if !ok {
			continue
		}
		for i, count := range counts {
			err := r.take(r.positionals[i], r.args[at:at+count])
			if err != nil {
				return 0, err
			}
			at += count
		}
		r.positionals = r.positionals[n:]
		break
	}
	return at, nil
}

// fill gives each positional argument as much of run as it can have while the
// later ones still get what they need. A "--" counts with whom it stands.
func fill(list []*Argument, run []byte) ([]int, bool) {
	if len(list) == 0 {
		return nil, true
	}
	least, most := 0, len(run)
	switch list[0].Count {
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
		if rest, ok := fill(list[1:], run[n:]); ok {
			return append([]int{n}, rest...), true
		}
	}
	return nil, false
}

// take converts the values of an argument and stores them.
func (r *reader) take(a *Argument, texts []string) error {
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
