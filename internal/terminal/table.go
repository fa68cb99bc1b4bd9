package terminal

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"sockeye"
)

// PrintTable prints rows under their headings, or says that there are none.
func (a *Terminal) PrintTable(rows [][]string, none string) error {
	text := none + "\n"
	if len(rows) > 1 {
		text = Table(rows)
	}
	_, err := fmt.Fprint(a.Out, text)
	return err
}

// Table lines up columns by the width they take on a terminal.
func Table(rows [][]string) string {
	wide := make([]int, len(rows[0]))
	for _, row := range rows {
		for n, cell := range row {
			wide[n] = max(wide[n], ansi.StringWidth(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for n, cell := range row {
			line += cell + strings.Repeat(" ", wide[n]-ansi.StringWidth(cell)+2)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// SizeText is a number of bytes in three digits or so: "39 B", "1.2 MiB".
func SizeText(n float64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	u := 0
	for ; n >= 1000 && u < len(units)-1; u++ {
		n /= 1024
	}
	if u == 0 {
		return fmt.Sprintf("%.0f B", n)
	}
	return fmt.Sprintf("%.1f %s", n, units[u])
}

// PrintJSON prints one line of JSON.
func (a *Terminal) PrintJSON(v any) error {
	line, err := sockeye.MarshalJSON(v)
	if err != nil {
		return err
	}
	_, err = a.Out.Write(append(line, '\n'))
	return err
}
