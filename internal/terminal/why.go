package terminal

import (
	"fmt"
	"strings"

	"sockeye/internal/core"
)

// why carries out /why: it asks the doctor about the session and shows the findings when they are
// there. The person can type meanwhile.
func (c *repl) why(string) error {
	c.out.aside(func() {
		d := c.run.Bench.ExamineSession(c.run.sending, c.session, nil)
		if c.run.sending.Err() == nil {
			c.run.console.print(c.term.whyText(d))
		}
	})
	return nil
}

// whyText writes a diagnosis in a few lines: what was found, and what to do.
func (a *Terminal) whyText(d *core.Diagnosis) string {
	r := d.Report(a.Lang)
	var b strings.Builder
	fmt.Fprintln(&b, r.Text)
	if r.Next != "" {
		fmt.Fprintf(&b, "%s%s\n", a.T("next: ", "下一步："), r.Next)
	}
	for _, c := range r.Checks {
		if c.Text != r.Text {
			fmt.Fprintf(&b, "  %s: %s\n", c.Name, c.Text)
		}
	}
	return b.String()
}
