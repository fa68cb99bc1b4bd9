package cli

import (
	"bufio"
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
