package cli

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye/internal/terminal"
)

// F14: Ctrl-C ends a command whose recording goes to somebody who has stopped reading,
// though with --sync always traffic waits for it: within --drain, and with what is
// missing.
func TestInterruptOnFullPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe.pcapng")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := unix.Open(pipe, unix.O_RDONLY|unix.O_NONBLOCK, 0) // it never reads
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(reader)
	p := run(t, "sockeye", "listen", "127.0.0.1:0", "--quiet", "--record", pipe, "--sync", "always", "--drain", "200ms")
	c, err := net.Dial("tcp", p.address("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for piece := bytes.Repeat([]byte("x"), 64<<10); ; { // until nothing is read any more
		c.SetWriteDeadline(time.Now().Add(time.Second))
		if _, err := c.Write(piece); err != nil {
			break
		}
	}
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	p.ends(terminal.ExitNetwork)
	if said := p.errs.String(); !strings.Contains(said, "the disk did not take the last events in time") {
		t.Errorf("it said %q", said)
	}
}
