//go:build linux

package page_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// A serial port is opened by its name with its settings, carries both ways, and has a
// button for a break, which is an event; a port that is not there is said at its field.
func TestSerialPortInTheForm(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	dir := t.TempDir()
	at, board := filepath.Join(dir, "a"), exec.Command("socat", "pty,raw,echo=0,link="+filepath.Join(dir, "a"), "-")
	in, err1 := board.StdinPipe()
	out, err2 := board.StdoutPipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if err := board.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); board.Process.Kill(); board.Wait() })

	p.choose(control("protocol"), "serial")
	p.wait(`document.querySelector('[data-control=option-baud]') && document.querySelector('[data-control=option-parity]')`)
	p.fill("path", filepath.Join(dir, "nowhere"))
	p.click(control("open"))
	p.wait(`document.querySelector('label:has([data-control=path]) + [role=alert]')?.innerText.includes('no such serial port')`)

	waitFor(t, at)
	p.fill("path", "serial://"+at)
	p.wait(fieldHolds("path", at))
	p.fill("option-baud", "9600")
	p.click(control("open"))
	p.wait(`document.querySelector('[data-control=open] .lamp.on') && document.querySelector('.panel li').innerText.includes(` + quoted(at) + `)`)
	p.wait(`document.body.innerText.includes('9600 8N1')`)
	if _, err := io.WriteString(in, "from the board"); err != nil {
		t.Fatal(err)
	}
	p.wait(row("←", "from the board"))
	p.say("to the board")
	got := make([]byte, len("to the board"))
	if _, err := io.ReadFull(bufio.NewReader(out), got); err != nil || string(got) != "to the board" {
		t.Fatalf("the board received %q (%v)", got, err)
	}
	p.click(`[data-line=break]`)
	p.wait(row("·", "break sent"))

	p.do(chromedp.Reload())
	p.wait(fieldHolds("protocol", "serial") + ` && ` + fieldHolds("path", at) + ` && ` + fieldHolds("option-baud", "9600"))
}

// waitFor waits until a file is there.
func waitFor(t *testing.T, name string) {
	t.Helper()
	for t.Context().Err() == nil {
		if _, err := os.Stat(name); err == nil {
			return
		}
	}
	t.Fatalf("%s is not there", name)
}
