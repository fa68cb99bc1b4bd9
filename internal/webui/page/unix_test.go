//go:build linux

package page_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// A Unix socket is opened by its path, says who connects, and carries both ways; a path
// that cannot be is said at its field. Both languages have it.
func TestUnixSocketInTheForm(t *testing.T) {
	t.Parallel()
	p := startBench(t).open(t)
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "sockeye") // t.TempDir can be longer than a socket's path may be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	at := filepath.Join(dir, "board.sock")

	p.choose(control("protocol"), "unix-server")
	p.wait(`!document.querySelector('[data-control=local-port]') && document.querySelector('[data-control=option-mode]')`)
	p.fill("path", filepath.Join(dir, "nowhere", "board.sock"))
	p.click(control("open"))
	p.wait(`document.querySelector('label:has([data-control=path]) + [role=alert]')?.innerText.includes('nowhere')`)
	p.speaks("a path that is not there")

	p.fill("path", "unix://"+at)
	p.wait(fieldHolds("path", at))
	p.click(control("open"))
	p.wait(`document.querySelector('[data-control=open] .lamp.on') && document.querySelector('header [aria-selected=true]').innerText.includes(` + quoted("UNIX "+at) + `)`)

	socat := exec.Command("socat", "-", "UNIX-CONNECT:"+at)
	in, err1 := socat.StdinPipe()
	out, err2 := socat.StdoutPipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if err := socat.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); socat.Process.Kill(); socat.Wait() })
	if _, err := io.WriteString(in, "from the board"); err != nil {
		t.Fatal(err)
	}
	who := fmt.Sprintf("socat, process %d of %s", socat.Process.Pid, me.Username)
	p.wait(row("←", "from the board") + ` && ` + row("·", "joined: "+who))
	p.wait(`document.querySelector('.panel li').innerText.includes(` + quoted(who) + `)`)
	p.speaks("a Unix socket's peer")
	p.say("to the board")
	got := make([]byte, len("to the board"))
	if _, err := io.ReadFull(bufio.NewReader(out), got); err != nil || string(got) != "to the board" {
		t.Fatalf("socat received %q (%v)", got, err)
	}

	p.do(chromedp.Reload())
	p.wait(fieldHolds("protocol", "unix-server") + ` && ` + fieldHolds("path", at))
}
