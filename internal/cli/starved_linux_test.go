package cli

import (
	"bufio"
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"
)

// F18: a program that gets a twentieth of a processor, in pieces, takes none of its peers
// for dead, and answers all that they say, though the whole takes longer than they may be
// silent or leave something unacknowledged.
func TestStarvedProgramKeepsItsPeers(t *testing.T) {
	t.Parallel()
	p := serve(t, "listen", "127.0.0.1:0", "--echo", "--idle-timeout", "6s", "--keepalive-idle", "2s", "--keepalive-interval", "1s", "--keepalive-count", "2")
	c, err := net.Dial("tcp", p.local(t).String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(2 * patience))
	lines := bufio.NewReader(c)
	const turn, rounds = 100 * time.Millisecond, 6
	for n := range rounds {
		p.cmd.Process.Signal(syscall.SIGSTOP)
		if _, err := fmt.Fprintf(c, "message %d\n", n); err != nil {
			t.Fatal(err)
		}
		time.Sleep(19 * turn)
		p.cmd.Process.Signal(syscall.SIGCONT)
		time.Sleep(turn)
	}
	for n := range rounds {
		if got, err := lines.ReadString('\n'); err != nil || got != fmt.Sprintf("message %d\n", n) {
			t.Fatalf("the answer to message %d is %q, %v", n, got, err)
		}
	}
}
