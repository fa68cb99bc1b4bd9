package terminal

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// ProgressBar is a bar on a terminal for work that takes longer than a second. On
// anything else it shows nothing.
type ProgressBar struct {
	out   io.Writer // nil: not a terminal
	what  string
	began time.Time

	mu    sync.Mutex
	shown time.Time
	width int // of the text on the line
}

// patienceBefore is how long work goes on before its bar is shown.
const patienceBefore = time.Second

// StartProgress names the work, "searching".
func (a *Terminal) StartProgress(what string) *ProgressBar {
	p := &ProgressBar{what: what, began: time.Now()}
	if IsTerminal(a.Err) && a.Env("TERM") != "dumb" {
		p.out = a.Err
	}
	return p
}

// At shows how far the work is, in bytes. It may be called often.
func (p *ProgressBar) At(done, total int64) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out == nil || now.Sub(p.began) < patienceBefore || now.Sub(p.shown) < 100*time.Millisecond {
		return
	}
	p.shown = now
	p.draw(progressLine(p.what, done, total, now.Sub(p.began)))
}

// progressLine is "searching  [#####     ]  50 %  1.0 GiB  800.0 MiB/s  2s left".
func progressLine(what string, done, total int64, took time.Duration) string {
	const cells = 24
	part := 0.0
	if total > 0 {
		part = min(1, float64(done)/float64(total))
	}
	filled := int(part * cells)
	line := fmt.Sprintf("%s  [%s%s]  %.0f %%  %s", what, strings.Repeat("#", filled), strings.Repeat(" ", cells-filled), part*100, SizeText(float64(done)))
	if rate := float64(done) / took.Seconds(); rate > 0 {
		left := time.Duration(float64(total-done) / rate * float64(time.Second))
		line += fmt.Sprintf("  %s/s  %s left", SizeText(rate), left.Round(time.Second))
	}
	return line
}

func (p *ProgressBar) draw(line string) {
	fmt.Fprintf(p.out, "\r%-*s", p.width, line)
	p.width = len(line)
}

// End takes the bar away.
func (p *ProgressBar) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.width > 0 {
		fmt.Fprintf(p.out, "\r%*s\r", p.width, "")
		p.width = 0
	}
}
