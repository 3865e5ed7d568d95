package render

import (
	"errors"
	"io"
	"math"
	"slices"
	"strings"

	"golang.org/x/text/width"

	"daypass/internal/cli/document"
)

const (
	defaultWidth = 80
	cellPadding  = 4 // columns of a cell besides its text

	bright, dim, blue, yellow, reset = "\x1b[1m", "\x1b[2m", "\x1b[34m", "\x1b[33m", "\x1b[0m"
)

// columnsOf returns how many columns of a terminal a text takes. Wide and ambiguous
// East Asian characters take two.
func columnsOf(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r < 0x80 {
			continue
		}
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth, width.EastAsianAmbiguous:
			n++
		}
	}
	return n
}

// A section is one box of a table: a title, a row of headers, rows of cells.
type section struct {
	title   string
	indent  int
	headers []string
	rows    [][]string
	columns int // number of cells in headers and rows; -1 before the first
	widths  []int
}

func (s *section) measure(row []string) {
	if len(s.widths) == 0 {
		s.widths = make([]int, len(row))
	}
	for i := range row {
		s.widths[i] = max(s.widths[i], columnsOf(row[i]))
	}
}

func (s *section) header(headers []string) {
	s.measure(headers)
	if s.columns < 0 {
		s.columns = len(headers)
	}
	s.headers = headers
}

func (s *section) row(cells []any) error {
	if s.columns < 0 {
		s.columns = len(cells)
	}
	if len(cells) != s.columns {
		return document.Messagef("Row should have %d elements, instead it has %d", s.columns, len(cells))
	}
	row := make([]string, len(cells))
	for i, v := range cells {
		row[i] = document.Str(v)
	}
	s.rows = append(s.rows, row)
	s.measure(row)
	return nil
}

func (s *section) total() int {
	total := 2 + 2*s.indent
	for _, w := range s.widths {
		total += w + cellPadding
	}
	return max(columnsOf(s.title)+2+2*s.indent, total)
}

// scaledWidths returns the widths of the columns, scaled so that their sum is max.
func (s *section) scaledWidths(max int) []int {
	sum := 0
	for _, w := range s.widths {
		sum += w + cellPadding
	}
	scaled := make([]int, len(s.widths))
	if len(scaled) == 0 {
		return scaled
	}
	over := -max
	for i, w := range s.widths {
		scaled[i] = int(math.RoundToEven(float64(max) / float64(sum) * float64(w+cellPadding)))
		over += scaled[i]
	}
	for i := 0; over > 0; i = (i + 1) % len(scaled) {
		scaled[i]--
		over--
	}
	for i := len(scaled) - 1; over < 0; i = (i - 1 + len(scaled)) % len(scaled) {
		scaled[i]++
		over++
	}
	return scaled
}

// vertical returns a section of one row as a list of names and values, and any other
// section as it is.
func (s *section) vertical() *section {
	if len(s.rows) != 1 || len(s.headers) == 0 {
		return s
	}
	out := &section{title: s.title, indent: s.indent, columns: 2}
	for i, h := range s.headers {
		row := []string{h, s.rows[0][i]}
		out.rows = append(out.rows, row)
		out.measure(row)
	}
	return out
}

type table struct {
	sections []*section
	colour   bool
}

func (t *table) current() *section { return t.sections[len(t.sections)-1] }

func (t *table) openSection(title string, indent int) {
	t.sections = append(t.sections, &section{title: title, indent: indent, columns: -1})
}

func writeTable(w io.Writer, v any, o Options) error {
	t := &table{colour: o.Colour}
	shown, err := t.build(o.Title, true, v, 0)
	if err != nil || !shown {
		return err
	}
	limit := o.Width
	if limit == 0 {
		limit = defaultWidth
	}
	if t.width() > limit {
		for i := range t.sections {
			t.sections[i] = t.sections[i].vertical()
		}
	}
	p := &painter{colour: t.colour}
	total := t.width()
	p.write(strings.Repeat("-", total) + "\n")
	for _, s := range t.sections {
		p.section(s, total)
	}
	_, err = io.WriteString(w, p.String())
	return err
}

func (t *table) width() int {
	n := 0
	for _, s := range t.sections {
		n = max(n, s.total())
	}
	return n
}

// build lays out a value and reports whether there is anything to show.
func (t *table) build(title string, titled bool, v any, indent int) (bool, error) {
	switch x := v.(type) {
	case []any:
		if len(x) == 0 {
			return false, nil
		}
	case *document.Object:
		if x.Len() == 0 {
			return false, nil
		}
	default:
		if isFalsy(v) {
			return false, nil
		}
	}
	if titled {
		t.openSection(title, indent)
	}
	switch x := v.(type) {
	case []any:
		if _, ok := x[0].(*document.Object); ok {
			return true, t.objects(x, indent, title)
		}
		return true, t.list(x)
	case *document.Object:
		return true, t.object(x, indent)
	}
	return true, nil
}

// isFalsy reports whether a scalar counts as false in Python.
func isFalsy(v any) bool {
	return slices.Contains([]any{nil, false, "", int64(0), 0.0}, v)
}

func (t *table) list(list []any) error {
	for _, item := range list {
		cells, flat := []any{item}, document.IsScalar(item)
		switch x := item.(type) {
		case []any:
			cells, flat = x, !slices.ContainsFunc(x, func(v any) bool { return !document.IsScalar(v) })
		case *document.Object: // its names are its elements
			cells, flat = nil, true
			for _, n := range x.Names() {
				cells = append(cells, n)
			}
		}
		if flat {
			err := t.current().row(cells)
			if err != nil {
				return err
			}
			continue
		}
		_, err := t.build("", false, item, 0)
		if err != nil {
			return err
		}
	}
	return nil
}

// splitMembers returns the names of the members that are scalars, and of the others,
// both sorted.
func splitMembers(o *document.Object) (scalars, others []string) {
	for _, m := range o.Members() {
		if document.IsScalar(m.Value) {
			scalars = append(scalars, m.Name)
		} else {
			others = append(others, m.Name)
		}
	}
	slices.Sort(scalars)
	slices.Sort(others)
	return scalars, others
}

func (t *table) object(o *document.Object, indent int) error {
	headers, others := splitMembers(o)
	cells := make([]any, len(headers))
	for i, h := range headers {
		cells[i], _ = o.Get(h)
	}
	if len(headers) == 1 {
		cells = []any{headers[0], cells[0]}
	} else if len(headers) > 1 {
		t.current().header(headers)
	}
	if len(headers) > 0 {
		err := t.current().row(cells)
		if err != nil {
			return err
		}
	}
	for _, name := range others {
		v, _ := o.Get(name)
		_, err := t.build(name, true, v, indent+1)
		if err != nil {
			return err
		}
	}
	return nil
}

var errMixed = errors.New("a table cannot show a list that mixes objects with other values")

func (t *table) objects(list []any, indent int, title string) error {
	var headers, others []string
	for _, v := range list {
		o, ok := v.(*document.Object)
		if !ok {
			return errMixed
		}
		s, more := splitMembers(o)
		headers, others = append(headers, s...), append(others, more...)
	}
	slices.Sort(headers)
	slices.Sort(others)
	headers, others = slices.Compact(headers), slices.Compact(others)
	t.current().header(headers)
	for i, v := range list {
		o := v.(*document.Object)
		if i > 0 && len(others) > 0 {
			t.openSection(title, indent)
			t.current().header(headers)
		}
		cells := make([]any, len(headers))
		for i, h := range headers {
			cells[i] = ""
			if cell, ok := o.Get(h); ok {
				cells[i] = cell
			}
		}
		err := t.current().row(cells)
		if err != nil {
			return err
		}
		for _, name := range others {
			if inner, ok := o.Get(name); ok {
				_, err := t.build(name, true, inner, indent+1)
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}
