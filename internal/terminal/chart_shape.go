package terminal

import (
	"fmt"
	"math"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"sockeye/internal/fields"
)

// eighths are the parts of a block, by how much of it is full.
var eighths = []rune(" ▏▎▍▌▋▊▉█")

// Histogram draws a bar for each interval: counts holds how many values are in intervals of equal
// width from low on. It draws at most rows lines, and joins intervals by twos until they fit. The
// longest bar has length characters.
func Histogram(low, width float64, counts []int, rows, length int) string {
	for len(counts) > rows {
		even := int64(math.Floor(low/width)) % 2 // pairs begin at multiples of their width
		if even != 0 {
			low -= width
			counts = append([]int{0}, counts...)
		}
		half := make([]int, (len(counts)+1)/2)
		for n, count := range counts {
			half[n/2] += count
		}
		counts, width = half, 2*width
	}
	most, label := 1, 0
	names := make([]string, len(counts))
	for n, count := range counts {
		most = max(most, count)
		names[n] = fields.FormatNumber(low + float64(n)*width)
		label = max(label, ansi.StringWidth(names[n]))
	}
	var b strings.Builder
	for n, count := range counts {
		part := 8 * count * length / most
		if count > 0 {
			part = max(part, 1)
		}
		bar := strings.Repeat("█", part/8)
		if part%8 > 0 {
			bar += string(eighths[part%8])
		}
		fmt.Fprintf(&b, "%*s ┤%s %d\n", label, names[n], bar, count)
	}
	return b.String()
}

// Scatter draws cells as braille dots, with the scale of y on the left and that of x below. cells
// must not be empty.
func Scatter(cells []fields.Cell, columns, rows int) string {
	x, y := fields.Spans(cells)
	padded := func(span [2]float64) [2]float64 {
		if span[0] < span[1] {
			return span
		}
		pad := max(math.Abs(span[0])*0.01, 0.5)
		return [2]float64{span[0] - pad, span[1] + pad}
	}
	x, y = padded(x), padded(y)
	p := plot{rows: rows, cells: make([]rune, columns*rows), low: y[0], high: y[1]}
	for _, c := range cells {
		row := p.row(c.Y)
		p.bar(min(2*columns-1, int((c.X-x[0])/(x[1]-x[0])*float64(2*columns))), row, row)
	}
	text := p.text()
	first, _, _ := strings.Cut(text, "┤")
	left, right := fields.FormatNumber(Rounded(x[0], x[1]-x[0])), fields.FormatNumber(Rounded(x[1], x[1]-x[0]))
	gap := max(1, columns-ansi.StringWidth(left)-ansi.StringWidth(right))
	return text + strings.Repeat(" ", ansi.StringWidth(first)+1) + left + strings.Repeat(" ", gap) + right + "\n"
}
