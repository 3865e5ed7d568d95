package render

import "strings"

// A painter draws the sections of a table. With colours it resets them after every
// write, as the AWS CLI's terminal library does.
type painter struct {
	strings.Builder
	colour bool
	frame  string // on both sides of the lines of a section that is inside others
}

func (p *painter) write(s string) {
	p.WriteString(s)
	if p.colour {
		p.WriteString(reset)
	}
}

// line writes a line between frames.
func (p *painter) line(s string) {
	p.write(p.frame)
	p.write(s)
	p.write(p.frame)
	p.write("\n")
}

func (p *painter) section(s *section, total int) {
	bar := "|"
	if p.colour {
		bar = dim + yellow + bar + reset
	}
	p.frame = strings.Repeat(bar, s.indent)
	total -= 2 * s.indent
	if s.title != "" {
		p.line(centred(s.title, total, "|"))
		if len(s.headers) == 0 && len(s.rows) == 0 {
			p.line("+" + repeat("-", total-2) + "+")
		}
	}
	widths := s.scaledWidths(total)
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

// edge returns the left border of a cell. Only the first cell of a row has one.
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

// centred returns a text in the middle of width columns, including borders.
func centred(text string, width int, left string) string {
	columns := columnsOf(text)
	before := width/2 - columns/2 - 1
	after := width - 1 - (len(left) + before + columns)
	return left + repeat(" ", before) + text + repeat(" ", after) + "|"
}

// cell returns a text on the left of width columns, including borders.
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
