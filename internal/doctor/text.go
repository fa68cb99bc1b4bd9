package doctor

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"sockeye"
	"sockeye/internal/payload"
)

// String is a report for people: the drawing of the way, the cause and what to do, the
// checks. verbose adds the evidence of each. What came from outside is made safe to show.
func (r Report) String(lang sockeye.Lang, verbose bool) string {
	var b strings.Builder
	b.WriteString(wayPicture(r.Way, say("broken here", "断在这里").In(lang)))
	fmt.Fprintf(&b, "\n%s %s\n", mark(r.Verdict), payload.SafeString(r.Text))
	writeNext(&b, say("next: ", "下一步：").In(lang), r.Next)
	b.WriteByte('\n')
	for _, c := range r.Checks {
		fmt.Fprintf(&b, "%s %s: %s\n", mark(c.Verdict), c.Name, payload.SafeString(c.Text))
		if c.Verdict == CannotTell && c.Next != r.Next {
			writeNext(&b, "", c.Next)
		}
		for _, e := range c.Evidence {
			if verbose {
				fmt.Fprintf(&b, "      %s\n", payload.SafeString(e))
			}
		}
	}
	if r.Ask == AskThere {
		fmt.Fprintln(&b, "\n"+say("the other machine knows more: run sockeye doctor --code there, and give its code to --with here", "对方机器知道得更多：请在那里运行 sockeye doctor --code，再把代码交给这里的 --with").In(lang))
	}
	return b.String()
}

// File is a report for a forum or a teacher: as text, and as JSON below.
func (r Report) File(lang sockeye.Lang) (string, error) {
	full, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return "", err
	}
	return r.String(lang, true) + "\n" + string(sockeye.EscapeJSON(full)) + "\n", nil
}

func writeNext(b *strings.Builder, word, next string) {
	for line := range strings.Lines(next) {
		fmt.Fprintf(b, "  %s%s\n", word, payload.SafeString(strings.TrimRight(line, "\n")))
		word = "  "
	}
}

// mark is a verdict as one character.
func mark(v Verdict) string {
	return map[Verdict]string{OK: "✓", Wrong: "✗", CannotTell: "?"}[v]
}

// wayPicture draws the stops of a way in a row, with a mark below each, its address below
// that, and a word below the broken one.
func wayPicture(stops []Stop, broken string) string {
	lines := make([]string, 4)
	for n, s := range stops {
		word := ""
		if s.State == Wrong {
			word = "▲ " + cmp.Or(payload.SafeString(s.Word), broken)
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
