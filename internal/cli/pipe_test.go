//go:build linux

package cli

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye/internal/terminal"
)

// randomFile is a file of random bytes, and their hash.
func randomFile(t *testing.T, size int) (path string, sum [32]byte) {
	t.Helper()
	data := make([]byte, size)
	rand.NewChaCha8([32]byte{7}).Read(data)
	path = filepath.Join(t.TempDir(), "random")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, sha256.Sum256(data)
}

func hashFile(t *testing.T, path string) [32]byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(data)
}

func openFile(t *testing.T, path string, flag int) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, flag, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// Files go through pipes exactly, to ncat and from it.
func TestPipesAreExact(t *testing.T) {
	t.Parallel()
	file, want := randomFile(t, 8<<20)
	there, back := filepath.Join(t.TempDir(), "there"), filepath.Join(t.TempDir(), "back")

	ncat := command(t, "ncat", "-l", "127.0.0.1", "0")
	ncat.Stdout = openFile(t, there, os.O_CREATE|os.O_WRONLY)
	receiver := start(t, ncat)
	connect := command(t, "sockeye", "connect", receiver.address("127.0.0.1"))
	connect.Stdin = openFile(t, file, os.O_RDONLY)
	sender := start(t, connect)
	receiver.ends(0) // it has the end of the stream; its own input is still open
	sender.ends(0)
	if hashFile(t, there) != want {
		t.Error("what ncat received is not the file")
	}

	listen := command(t, "sockeye", "listen", "127.0.0.1:0", "--once")
	listen.Stdout = openFile(t, back, os.O_CREATE|os.O_WRONLY)
	server := start(t, listen)
	address := server.address("127.0.0.1")
	ncat = command(t, "ncat", "--send-only", "127.0.0.1", address[strings.LastIndexByte(address, ':')+1:])
	ncat.Stdin = openFile(t, there, os.O_RDONLY)
	start(t, ncat).ends(0)
	server.ends(terminal.ExitOK)
	if hashFile(t, back) != want {
		t.Error("what listen received is not the file")
	}
	if said := server.errs.String(); strings.Count(said, "\n") != 1 || !strings.Contains(said, "listening on tcp://127.0.0.1:") {
		t.Errorf("standard error is %q, want the address only", said)
	}
}

// source is a server that sends one peer a stream and then finishes. sent counts
// what the kernel took.
func source(t *testing.T, data []byte, sent *atomic.Int64) net.Addr {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		for rest := data; len(rest) > 0 && err == nil; {
			var n int
			n, err = c.Write(rest[:min(len(rest), 64<<10)])
			rest = rest[n:]
			sent.Add(int64(n))
		}
		c.(*net.TCPConn).CloseWrite()
		io.Copy(io.Discard, c)
	}()
	return l.Addr()
}

// standsStill waits until a count has been the same for a while.
func standsStill(t *testing.T, count *atomic.Int64) {
	t.Helper()
	last, since := int64(0), time.Now()
	for deadline := time.Now().Add(patience); time.Since(since) < 300*time.Millisecond || last == 0; time.Sleep(5 * time.Millisecond) {
		if now := count.Load(); now != last {
			last, since = now, time.Now()
		}
		if time.Now().After(deadline) {
			t.Fatal("it never stood still")
		}
	}
}

// Standard output into a pipe is exact however slow its reader is: the memory
// for events is less than what comes, and yet nothing is missing.
func TestPipeWaitsForSlowReader(t *testing.T) {
	t.Parallel()
	data := bytes.Repeat([]byte("0123456789abcdefghijklmnopqrstuv"), 96<<20/32)
	var sent atomic.Int64
	cmd := command(t, "sockeye", "connect", "--recv-only", source(t, data, &sent).String())
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd.Stdout = w
	p := start(t, cmd)
	w.Close()
	standsStill(t, &sent)
	if n := sent.Load(); n > 64<<20 {
		t.Errorf("the server could send %d bytes that nobody had read", n)
	}
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes came out, want the %d that came in: %v", len(got), len(data), err)
	}
	p.ends(terminal.ExitOK)
	if said := p.errs.String(); said != "" {
		t.Errorf("standard error is %q", said)
	}
}

// F22: whoever reads our output has gone. That ends the command and is no news.
func TestOutputClosed(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := command(t, "sockeye", "listen", "127.0.0.1:0", "--json")
	cmd.Stdout = w
	p := start(t, cmd)
	w.Close()
	if _, err := r.Read(make([]byte, 1000)); err != nil { // like head -1
		t.Fatal(err)
	}
	r.Close()
	dialAndSay(t, p.address("127.0.0.1"), "one more line")
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Fatal("it still runs")
	}
	if !isSignal(p.err, syscall.SIGPIPE) { // as cat and grep end there
		t.Errorf("it ended with %v", p.err)
	}
	if said := p.errs.String(); said != "" {
		t.Errorf("standard error is %q", said)
	}
}

// F22: an output that fails is said, and ends the command. What was written stays.
func TestOutputFull(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "out")
	cmd := command(t, "bash", "-c", `ulimit -f 1; trap '' XFSZ; exec sockeye listen 127.0.0.1:0 >"$0"`, out) // 1 KiB
	p := start(t, cmd)
	text := strings.Repeat("0123456789abcdef", 128)
	dialAndSay(t, p.address("127.0.0.1"), text)
	p.ends(terminal.ExitOther)
	lines := strings.Split(p.errs.String(), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[1], "sockeye: write stdout: ") || !strings.HasPrefix(lines[2], "hint: ") {
		t.Errorf("standard error is %q", lines)
	}
	got, err := os.ReadFile(out)
	if err != nil || string(got) != text[:1024] {
		t.Errorf("%d bytes were written, want the first 1024: %v", len(got), err)
	}

	full := command(t, "sockeye", "listen", "127.0.0.1:0", "--json")
	full.Stdout = openFile(t, "/dev/full", os.O_WRONLY)
	p = start(t, full)
	p.ends(terminal.ExitOther)
	if want := "sockeye: write stdout: the disk is full\nhint: make room, or send the output to another disk\n"; p.errs.String() != want {
		t.Errorf("standard error is %q, want %q", p.errs, want)
	}
}

// dialAndSay connects and sends a text. The connection stays until the test ends.
func dialAndSay(t *testing.T, address, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	if _, err := fmt.Fprint(c, text); err != nil {
		t.Fatal(err)
	}
	return c
}

// What a peer sent before it reset the connection is written out all the same,
// and then the reset is an error.
func TestResetAfterData(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := run(t, "sockeye", "connect", "--recv-only", l.Addr().String())
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("0123456789abcdef", 4<<10) + "." // fits the kernel's buffers
	if _, err := fmt.Fprint(conn, text); err != nil {
		t.Fatal(err)
	}
	acknowledged(t, conn.(*net.TCPConn))
	conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
	p.ends(terminal.ExitNetwork)
	if got := p.out.String(); got != text {
		t.Errorf("%d bytes came out, want the %d that were sent", len(got), len(text))
	}
	if said := p.errs.String(); !strings.Contains(said, "reset") || strings.Count(said, "\n") != 2 {
		t.Errorf("standard error is %q", said)
	}
}

// A server that does not read keeps what was sent last waiting in our kernel. When the time
// for closing is over, how much of it was not acknowledged is told, and the exit code is 1.
func TestNotAcknowledgedAtTheEnd(t *testing.T) {
	t.Parallel()
	l := smallWindow(t)
	file, _ := randomFile(t, 100<<10)
	for _, more := range []string{"--verbose", "--lang=zh"} {
		connect := command(t, "sockeye", "connect", "--send-only", "--drain", "300ms", more, l.Addr().String())
		connect.Stdin = openFile(t, file, os.O_RDONLY)
		p := start(t, connect)
		p.ends(terminal.ExitNetwork)
		said := p.errs.String()
		for _, want := range map[string][]string{
			"--verbose": {" bytes were not acknowledged yet", " bytes of the input were not acknowledged", "--drain"},
			"--lang=zh": {"输入中有 "},
		}[more] {
			if !strings.Contains(said, want) {
				t.Errorf("standard error lacks %q: %s", want, said)
			}
		}
	}
}

// An interrupt while input waits for acknowledgements says what was not acknowledged, too,
// but the exit code is the interrupt's.
func TestInterruptedBeforeAcknowledged(t *testing.T) {
	t.Parallel()
	l := smallWindow(t)
	file, _ := randomFile(t, 100<<10)
	connect := command(t, "sockeye", "connect", "--drain", "300ms", l.Addr().String())
	connect.Stdin = openFile(t, file, os.O_RDONLY)
	p := start(t, connect)
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	p.cmd.Process.Signal(os.Interrupt)
	p.ends(terminal.ExitInterrupted)
	if said := p.errs.String(); !strings.Contains(said, " bytes of the input were not acknowledged") {
		t.Errorf("standard error is %q", said)
	}
}

// smallWindow is a server whose system keeps little of what it does not read.
func smallWindow(t *testing.T) net.Listener {
	t.Helper()
	small := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 4<<10) })
	}}
	l, err := small.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// The one peer of --once resets the connection before it has read the input: that is told
// once, and the exit code is 1.
func TestOnceIsCutOff(t *testing.T) {
	t.Parallel()
	file, _ := randomFile(t, 8<<20)
	listen := command(t, "sockeye", "listen", "127.0.0.1:0", "--once", "--send-only")
	listen.Stdin = openFile(t, file, os.O_RDONLY)
	p := start(t, listen)
	c, err := net.Dial("tcp", p.address("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	c.(*net.TCPConn).SetLinger(0)
	c.Close()
	p.ends(terminal.ExitNetwork)
	if said := p.errs.String(); strings.Count(said, "\n") > 5 || !strings.Contains(said, " bytes of the input were not acknowledged") {
		t.Errorf("standard error is %q", said)
	}
}

// A file that is not sent when the time for everything is over is an error.
func TestTimeoutWhileSending(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	file, _ := randomFile(t, 32<<20) // more than the kernel takes for a peer that does not read
	p := run(t, "sockeye", "connect", "--send-file", file, "--timeout", "300ms", "--drain", "100ms", l.Addr().String())
	p.ends(terminal.ExitNetwork)
	if said := p.errs.String(); !strings.Contains(said, "not everything could be sent within 300ms") {
		t.Errorf("standard error is %q", said)
	}
}

// acknowledged waits until the other kernel has all that was sent.
func acknowledged(t *testing.T, c *net.TCPConn) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		left := -1
		if err := raw.Control(func(fd uintptr) { left, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) }); err != nil {
			t.Fatal(err)
		}
		if left == 0 {
			return
		}
	}
	t.Fatal("it was never acknowledged")
}
