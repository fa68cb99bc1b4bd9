package cli

import (
	"net"
	"strings"
	"testing"
	"time"
)

// bottom is the last line on the terminal that is not empty.
func (x *testTerminal) bottom() string {
	x.t.Helper()
	lines := strings.Split(strings.TrimRight(x.screen(), " \n"), "\n")
	return lines[len(lines)-1]
}

// awaitBottom waits until the last line begins with a text.
func (x *testTerminal) awaitBottom(text string) {
	x.t.Helper()
	for deadline := time.Now().Add(patience); !strings.HasPrefix(x.bottom(), text); {
		if time.Now().After(deadline) {
			x.t.Fatalf("the last line never began with %q\n%s", text, x.screen())
		}
	}
}

// T70: a relay with faults says so below all that it shows, for as long as it runs.
func TestTerminalKeepsFaultsInSight(t *testing.T) {
	upstream, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { upstream.Close() })
	const bar = "faults are active: latency 1ms seed 3"
	x := openTerminal(t, "relay", "127.0.0.1:0", upstream.Addr().String(), "--fault", "latency 1ms seed 3")
	listening := x.await("listening on")
	x.awaitBottom(bar)
	board := x.peerOf(listening)
	for _, text := range []string{"one", "two", "three"} {
		x.says(board, text)
		x.await(text)
		x.awaitBottom(bar)
	}
	x.tmux("send-keys", "C-c")
	x.exits(130)
	if n := strings.Count(x.screen(), bar); n != 1 { // said as it began
		t.Errorf("the line is still there:\n%s", x.screen())
	}
}
