//go:build linux

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// program is a command that a test runs in the background: mostly one that nobody
// here wrote.
type program struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser // its standard input, unless the command brought its own
	out   *heard         // its standard output, unless the command brought its own
	errs  *heard
	wait  time.Duration // for what it must do
	ended chan struct{}
	err   error // of Wait, after ended
}

// command is a program with arguments. One that is not installed skips the test;
// in CI it fails it.
func command(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("this test needs %s: %v", name, err)
		}
		t.Skipf("needs %s: %v", name, err)
	}
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "NO_COLOR=1", "SOCKEYE_CONFIG=")
	return cmd
}

// start starts a command. It is killed, if need be, when the test is over.
func start(t *testing.T, cmd *exec.Cmd) *program {
	t.Helper()
	p := &program{t: t, cmd: cmd, out: newHeard(), errs: newHeard(), wait: patience, ended: make(chan struct{})}
	if cmd.Stdin == nil {
		var err error
		if p.in, err = cmd.StdinPipe(); err != nil {
			t.Fatal(err)
		}
	}
	if cmd.Stdout == nil {
		cmd.Stdout = p.out
	}
	cmd.Stderr = p.errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(p.kill)
	return p
}

// run is start of a command with nothing special about it.
func run(t *testing.T, name string, args ...string) *program {
	t.Helper()
	return start(t, command(t, name, args...))
}

// serve starts a sockeye command that prints events.
func serve(t *testing.T, args ...string) *server {
	t.Helper()
	s := startServer(t, command(t, "sockeye", append(args, "--json")...))
	t.Cleanup(s.kill)
	return s
}

func (p *program) kill() {
	p.cmd.Process.Kill()
	<-p.ended
}

func (p *program) says(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p.in, text); err != nil {
		p.t.Fatal(err)
	}
}

// prints waits until the standard output holds a text.
func (p *program) prints(text string) {
	p.t.Helper()
	if !p.out.await(text, p.wait, p.ended) {
		p.t.Fatalf("%s never printed %q, but %q; and on standard error %q", p.cmd.Args, text, p.out, p.errs)
	}
}

// ends waits until the program has ended by itself, with an exit code.
func (p *program) ends(code int) {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(p.wait):
		p.t.Fatalf("%s still runs after %s; it said %q and %q", p.cmd.Args, p.wait, p.out, p.errs)
	}
	if got := p.cmd.ProcessState.ExitCode(); got != code {
		p.t.Fatalf("%s ended with code %d (%v), want %d; it said %q", p.cmd.Args, got, p.err, code, p.errs)
	}
}

// address waits until the program listens, and is where: "127.0.0.1:54036".
func (p *program) address(host string) string {
	p.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if port := listeningPort(p.cmd.Process.Pid); port != 0 {
			if strings.Contains(host, ":") {
				host = "[" + host + "]"
			}
			return fmt.Sprintf("%s:%d", host, port)
		}
	}
	p.t.Fatalf("%s never listened; it said %q", p.cmd.Args, p.errs)
	return ""
}

// listeningPort is the port of a socket of the process on which it waits for
// peers, or 0: listening for TCP, without a peer for UDP (proc(5), /proc/net/tcp).
func listeningPort(pid int) int {
	links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	var inodes []string
	for _, l := range links {
		if to, err := os.Readlink(l); err == nil {
			if inode, ok := strings.CutPrefix(to, "socket:["); ok {
				inodes = append(inodes, strings.TrimSuffix(inode, "]"))
			}
		}
	}
	for table, state := range map[string]string{"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"} {
		text, _ := os.ReadFile("/proc/net/" + table)
		for line := range strings.Lines(string(text)) {
			f := strings.Fields(line)
			if len(f) > 9 && f[3] == state && slices.Contains(inodes, f[9]) {
				_, hex, _ := strings.Cut(f[1], ":")
				port, _ := strconv.ParseUint(hex, 16, 16)
				return int(port)
			}
		}
	}
	return 0
}

// heard is what a program has written so far.
type heard struct {
	mu   sync.Mutex
	b    bytes.Buffer
	more chan struct{} // closed and renewed with every write
}

func newHeard() *heard { return &heard{more: make(chan struct{})} }

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.more)
	h.more = make(chan struct{})
	return h.b.Write(p)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.b.String()
}

// await waits for a text until the writer has ended.
func (h *heard) await(text string, wait time.Duration, ended <-chan struct{}) bool {
	late := time.After(wait)
	for {
		h.mu.Lock()
		found, more := strings.Contains(h.b.String(), text), h.more
		h.mu.Unlock()
		if found {
			return true
		}
		select {
		case <-more:
		case <-ended:
			return strings.Contains(h.String(), text)
		case <-late:
			return false
		}
	}
}

// isSignal reports whether a program was ended by a signal.
func isSignal(err error, want os.Signal) bool {
	e, ok := errors.AsType[*exec.ExitError](err)
	return ok && e.String() == "signal: "+want.String()
}
