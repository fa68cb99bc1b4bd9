package cli

import (
	"bufio"
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"
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
