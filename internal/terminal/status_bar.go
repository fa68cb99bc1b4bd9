package terminal

import (
	"bytes"
	"io"
	"sync"

	"github.com/charmbracelet/x/ansi"
)

// StatusBar is a writer to a terminal that keeps one line of status below what is written
// to it. It is safe for concurrent use.
type StatusBar struct {
	out    io.Writer
	width  func() int // of the terminal, which may change
	colour bool

	mu     sync.Mutex
	text   string
	drawn  bool // the line stands on the terminal
	inLine bool // the last line that was written is incomplete
}

// NewStatusBar makes a bar below what is written to out; with an empty text it is hidden at first.
// It returns nil if out is no terminal that can draw a bar.
func (a *Terminal) NewStatusBar(text string, out io.Writer, colour bool) *StatusBar {
	if !IsTerminal(out) || a.Env("TERM") == "dumb" {
		return nil
	}
	b := &StatusBar{out: out, width: func() int { return Width(out) }, colour: colour, text: text}
	b.Write(nil)
	return b
}

// Write writes whole or partial lines above the bar. The bar is hidden while the last line is
// incomplete.
func (b *StatusBar) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all bytes.Buffer
	b.erase(&all)
	all.Write(p)
	if len(p) > 0 {
		b.inLine = p[len(p)-1] != '\n'
	}
	b.draw(&all)
	if _, err := b.out.Write(all.Bytes()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Say changes the text; "" hides the bar until there is one again.
func (b *StatusBar) Say(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if text == b.text {
		return
	}
	var all bytes.Buffer
	b.erase(&all)
	b.text = text
	b.draw(&all)
	b.out.Write(all.Bytes())
}

// End takes the bar away for good.
func (b *StatusBar) End() { b.Say("") }

func (b *StatusBar) erase(to *bytes.Buffer) {
	if b.drawn {
		to.WriteString("\r\x1b[K")
		b.drawn = false
	}
}

func (b *StatusBar) draw(to *bytes.Buffer) {
	if b.text == "" || b.inLine {
		return
	}
	line := ansi.Truncate(b.text, b.width()-1, "…") // a full line would wrap
	if b.colour {
		line = "\x1b[7m" + line + "\x1b[0m"
	}
	to.WriteString(line)
	b.drawn = true
}
