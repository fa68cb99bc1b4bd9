package terminal

import (
	"fmt"
	"io"
)

// StatusLine is one line on a terminal that says how far something is. On anything else it
// shows nothing. It belongs to one goroutine at a time.
type StatusLine struct {
	out   io.Writer // nil: not a terminal
	width int       // bytes of what stands on the line
}

// StatusLine is a line on standard error.
func (a *Terminal) StatusLine() *StatusLine {
	if IsTerminal(a.Err) && a.Env("TERM") != "dumb" {
		return &StatusLine{out: a.Err}
	}
	return &StatusLine{}
}

// Show shows a text in place of the one before.
func (l *StatusLine) Show(text string) {
	if l.out != nil {
		fmt.Fprintf(l.out, "\r%-*s", l.width, text)
		l.width = len(text)
	}
}

// End takes the line away.
func (l *StatusLine) End() {
	if l.width > 0 {
		fmt.Fprintf(l.out, "\r%*s\r", l.width, "")
		l.width = 0
	}
}
