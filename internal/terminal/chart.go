package terminal

import (
	"math"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"sockeye/internal/fields"
)

// dots are the bits of a braille character (U+2800) by row and column.
var dots = [4][2]rune{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}

// Chart draws columns as a line of braille dots, two columns and four rows in a
// character, with the scale on its left. A column's line goes from its least to its
// greatest value, and from its last on to the first of the next column that has values. The columns come from
// fields.Columns; rows is the height in characters.
func Chart(columns []fields.Column, rows int) string {
	low, high := math.Inf(1), math.Inf(-1)
	for _, c := range columns {
		if c.N > 0 {
			low, high = min(low, c.Min), max(high, c.Max)
		}
	}
	if math.IsInf(low, 1) {
		return ""
	}
	if low == high { // a flat line lies in the middle
		pad := max(math.Abs(low)*0.01, 0.5)
		low, high = low-pad, high+pad
	}
	p := plot{rows: rows, cells: make([]rune, (len(columns)+1)/2*rows), low: low, high: high}
	column, row := -1, 0 // where the line is
	for n, c := range columns {
		if c.N == 0 {
			continue
		}
		if column >= 0 {
			p.line(column, row, n, p.row(c.First))
		}
		p.bar(n, p.row(c.Max), p.row(c.Min))
		column, row = n, p.row(c.Last)
	}
	return p.text()
}

// plot is a field of dots.
type plot struct {
	rows      int
	cells     []rune // row by row
	low, high float64
}

// row is the dot row of a value, 0 at the top.
func (p *plot) row(y float64) int {
	last := 4*p.rows - 1
	return max(0, min(last, int(math.Round((p.high-y)/(p.high-p.low)*float64(last)))))
}

// bar sets the dots of a column from one row to another.
func (p *plot) bar(column, from, to int) {
	width := len(p.cells) / p.rows
	for y := from; y <= to; y++ {
		p.cells[y/4*width+column/2] |= dots[y%4][column%2]
	}
}

// line sets the dots from one point to another in a later column.
func (p *plot) line(column, row, toColumn, toRow int) {
	before := row
	for n := column + 1; n <= toColumn; n++ {
		next := row + int(math.Round(float64(toRow-row)*float64(n-column)/float64(toColumn-column)))
		p.bar(n, min(before, next), max(before, next))
		before = next
	}
}

// text is the field with its scale.
func (p *plot) text() string {
	top, bottom := fields.FormatNumber(Rounded(p.high, p.high-p.low)), fields.FormatNumber(Rounded(p.low, p.high-p.low))
	label := max(ansi.StringWidth(top), ansi.StringWidth(bottom))
	width := len(p.cells) / p.rows
	var b strings.Builder
	for y := range p.rows {
		name := ""
		switch y {
		case 0:
			name = top
		case p.rows - 1:
			name = bottom
		}
		b.WriteString(strings.Repeat(" ", label-ansi.StringWidth(name)) + name + " ┤")
		line := ""
		for _, cell := range p.cells[y*width : (y+1)*width] {
			if cell == 0 {
				line += " "
				continue
			}
			line += string(0x2800 + cell)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// Rounded returns a number with only as many digits as tell it apart within a span.
func Rounded(y, span float64) float64 {
	step := math.Pow(10, math.Floor(math.Log10(span))-2)
	if step == 0 || math.IsInf(step, 0) {
		return y
	}
	return math.Round(y/step) * step
}
