package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockeye/internal/terminal"
)

// F19: a program that was stopped (SIGSTOP) and goes on (SIGCONT) has lost nothing that
// came meanwhile, keeps its peer, and sends what it repeats in its rhythm: not at once all
// that it would have sent.
func TestStoppedProgramGoesOn(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const every = 200 * time.Millisecond
	p := run(t, "sockeye", "connect", l.Addr().String(), "--send", "{{seq}}\n", "--every", every.String())
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(3 * patience))
	lines := bufio.NewReader(c)
	next := func() {
		t.Helper()
		if _, err := lines.ReadString('\n'); err != nil {
			t.Fatalf("it sent nothing more: %v", err)
		}
	}
	next()
	next()
	p.cmd.Process.Signal(syscall.SIGSTOP)
	const missed = 15
	want := ""
	for n := range missed { // while it is stopped
		text := fmt.Sprintf("while it was stopped %d\n", n)
		if _, err := c.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		want += text
		time.Sleep(every)
	}
	for err == nil { // what it had sent before
		c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		_, err = lines.ReadString('\n')
	}
	c.SetReadDeadline(time.Now().Add(patience))
	resumed := time.Now()
	p.cmd.Process.Signal(syscall.SIGCONT)
	p.prints(want)
	const more = 8 // one was due, the others keep the rhythm
	for range more {
		next()
	}
	if took := time.Since(resumed); took < (more-3)*every {
		t.Errorf("%d messages came within %v, which are to be %v apart", more, took, every)
	}
}

// F19: a view that was stopped while more came than the workbench keeps in memory goes on with a gap
// that counts what it did not see, and then with all that there is: no number is missing or comes twice.
func TestStoppedViewHasACountedGap(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	at := func(args ...string) *program {
		cmd := command(t, "sockeye", args...)
		cmd.Env = append(cmd.Env, "SOCKEYE_HOME="+home)
		return start(t, cmd)
	}
	workbench := at("ui", "--no-browser", "--port", "0", "--memory", "1MiB")
	workbench.prints("Sockeye: http")
	view := at("listen", "127.0.0.1:0", "--attach", "--json")
	view.prints(`"kind":"opened"`)
	var opened struct{ Local string }
	if err := json.Unmarshal([]byte(view.out.String()), &opened); err != nil || opened.Local == "" {
		t.Fatalf("%v: it printed %q", err, view.out)
	}
	other := at("session", "tail", "s1", "--json")
	other.prints(`"kind":"opened"`)
	view.cmd.Process.Signal(syscall.SIGSTOP)
	t.Cleanup(func() { view.cmd.Process.Signal(syscall.SIGCONT) })
	peer, err := net.Dial("tcp", opened.Local)
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	for range 8 {
		if _, err := peer.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	peer.Close()
	other.prints(`"kind":"left"`) // all of it has come
	view.cmd.Process.Signal(syscall.SIGCONT)
	view.prints(`"kind":"left"`)
	due, lost := 1, 0
	for line := range strings.Lines(view.out.String()) {
		var e struct {
			Seq  int
			Kind string
			Lost struct{ Events int }
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			break // the last line is still being printed
		}
		if e.Seq != due {
			t.Fatalf("event %d where %d is due: %.300s", e.Seq, due, line)
		}
		due++
		if e.Kind == "gap" {
			due, lost = due+e.Lost.Events-1, lost+e.Lost.Events
		}
	}
	if lost == 0 {
		t.Errorf("no gap was told of in %.2000s", view.out)
	}
}

// A workbench that is stopped, or stuck, is said not to answer: no shell waits for it for ever,
// and "sockeye ui" starts no other one in its place. When it goes on, it is found as before.
func TestStoppedWorkbenchIsSaidNotToAnswer(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	at := func(args ...string) *program {
		cmd := command(t, "sockeye", args...)
		cmd.Env = append(cmd.Env, "SOCKEYE_HOME="+home)
		return start(t, cmd)
	}
	workbench := at("ui", "--no-browser", "--port", "0")
	workbench.prints("Sockeye: http")
	pid := workbench.cmd.Process.Pid
	syscall.Kill(pid, syscall.SIGSTOP)
	t.Cleanup(func() { syscall.Kill(pid, syscall.SIGCONT) })
	ls, ui := at("session", "ls"), at("ui", "--no-browser")
	for name, p := range map[string]*program{"session ls": ls, "ui": ui} {
		p.ends(terminal.ExitNetwork)
		if said := p.errs.String(); !strings.Contains(said, fmt.Sprintf("the workbench (process %d) does not answer", pid)) || !strings.Contains(said, fmt.Sprint("kill -CONT ", pid)) {
			t.Errorf("%s: it said %q", name, said)
		}
	}
	syscall.Kill(pid, syscall.SIGCONT)
	ls = at("session", "ls")
	ls.prints("no session is open")
	ls.ends(terminal.ExitOK)
}
