package offline

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"sockeye/internal/doctor"
	"sockeye/internal/payload"
)

// wayPicture draws the stops of a way in a row, with a mark below each, its address below
// that, and a word below the broken one.
func wayPicture(stops []doctor.Stop, broken string) string {
	lines := make([]string, 4)
	for n, s := range stops {
		word := ""
		if s.State == doctor.Wrong {
			word = "▲ " + broken
		}
		column := []string{payload.SafeString(s.Label), mark(s.State), payload.SafeString(s.Note), word}
		width := 0
		for _, cell := range column {
			width = max(width, ansi.StringWidth(cell))
		}
		for i, cell := range column {
			before, after := " ", " "
			if i == 0 && n > 0 {
				before = "─"
			}
			if i == 0 && n < len(stops)-1 {
				after = "─"
			}
			free := width - ansi.StringWidth(cell)
			lines[i] += strings.Repeat(before, 1+free/2) + " " + cell + " " + strings.Repeat(after, 1+free-free/2)
		}
	}
	var b strings.Builder
	for _, line := range lines {
		if line = strings.TrimRight(line, " "); line != "" {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}
