package render

import "strings"

// A painter draws sections. In colour, a reset follows every write, because the
// AWS CLI's terminal library adds one.
type painter struct {
	strings.Builder
	colour bool
	left   string // what frames the lines of a section that stands in another
}

func (p *painter) write(s string) {
	p.WriteString(s)
	if p.colour {
		p.WriteString(reset)
	}
}

// line writes one line, framed.
func (p *painter) line(s string) {
	p.write(p.left)
	p.write(s)
	p.write(p.left)
	p.write("\n")
}

func (p *painter) section(s *section, total int) {
	bar := "|"
	if p.colour {
		bar = dim + yellow + bar + reset
	}
	p.left = strings.Repeat(bar, s.indent)
	total -= 2 * s.indent
	if s.title != "" {
		p.line(centred(s.title, total, "|"))
		if len(s.headers) == 0 && len(s.rows) == 0 {
			p.line("+" + repeat("-", total-2) + "+")
		}
	}
	widths := s.scaled(total)
	if len(s.headers) > 0 {
		p.rule(widths)
		var b strings.Builder
		for i, h := range s.headers {
			b.WriteString(centred(h, widths[i], edge(i)))
		}
		p.line(b.String())
	}
	if len(s.rows) == 0 || len(widths) == 0 {
		return
	}
	p.rule(widths)
	for _, row := range s.rows {
		var b strings.Builder
		for i, cell := range row {
			b.WriteString(p.cell(cell, widths[i], edge(i)))
		}
		p.line(b.String())
	}
	p.rule(widths)
}

// edge is the left border of a cell: only the first one has its own.
func edge(i int) string {
	if i == 0 {
		return "|"
	}
	return ""
}

func (p *painter) rule(widths []int) {
	var b strings.Builder
	for i, w := range widths {
		if i == 0 {
			b.WriteString("+")
			w--
		}
		b.WriteString(repeat("-", w-1) + "+")
	}
	p.line(b.String())
}

func repeat(s string, n int) string { return strings.Repeat(s, max(n, 0)) }

// centred sets a text in the middle of width columns, borders included.
func centred(text string, width int, left string) string {
	columns := columnsOf(text)
	before := width/2 - columns/2 - 1
	after := width - 1 - (len(left) + before + columns)
	return left + repeat(" ", before) + text + repeat(" ", after) + "|"
}

// cell sets a text at the left of width columns, borders included.
func (p *painter) cell(text string, width int, left string) string {
	columns, padding := columnsOf(text), 2
	if width-(columns+padding+len(left)+1) < 0 {
		padding = 0
	}
	after := width - (len(left) + padding + columns) - 1
	if p.colour {
		text = bright + blue + text + reset
	}
	return left + repeat(" ", padding) + text + repeat(" ", after) + "|"
}
