//go:build linux

package page_test

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// bench is a running "sockeye ui" in a home of its own.
type bench struct {
	home string
	ui   *program
	url  string // with the first ticket
	once sync.Once
}

// startBench starts a workbench. It is told to end when the test is over, and must.
func startBench(t testing.TB, args ...string) *bench {
	t.Helper()
	return startBenchIn(t, t.TempDir(), args...)
}

// startBenchIn starts it with a home directory of a name that matters.
func startBenchIn(t testing.TB, home string, args ...string) *bench {
	t.Helper()
	if err := os.MkdirAll(home, 0o700); err != nil {
		t.Fatal(err)
	}
	b := &bench{home: home}
	p := b.start(t, append([]string{"ui", "--port", "0", "--no-browser", "--lang", "en"}, args...)...)
	b.ui, b.url = p, p.address(t)
	t.Cleanup(func() {
		p.cmd.Process.Signal(syscall.SIGTERM)
		p.ends(t)
	})
	return b
}

// ticket is the address of one more page.
func (b *bench) ticket(t testing.TB) string {
	t.Helper()
	first := ""
	b.once.Do(func() { first = b.url })
	if first != "" {
		return first
	}
	p := b.start(t, "ui", "--no-browser", "--lang", "en")
	defer p.ends(t)
	return p.address(t)
}

// start starts a sockeye command.
func (b *bench) start(t testing.TB, args ...string) *program {
	t.Helper()
	return start(t, b.home, tools.program, args...)
}

// program is a process that a test runs in the background.
type program struct {
	cmd   *exec.Cmd
	ended chan struct{}

	mu   sync.Mutex
	said bytes.Buffer // on standard output and standard error
	more chan struct{}
}

func start(t testing.TB, home, name string, args ...string) *program {
	t.Helper()
	return startWith(t, nil, home, name, args...)
}

// startWith is start with a standard input; nil is none.
func startWith(t testing.TB, stdin *os.File, home, name string, args ...string) *program {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("this test needs %s: %v", name, err)
		}
		t.Skipf("needs %s: %v", name, err)
	}
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_STATE_HOME="+home, "XDG_DATA_HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_RUNTIME_DIR="+home,
		"LANG=C.UTF-8", "LC_ALL=C.UTF-8", "NO_COLOR=1", "DISPLAY=", "WAYLAND_DISPLAY=")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // it does not outlive a test that is killed
	p := &program{cmd: cmd, ended: make(chan struct{}), more: make(chan struct{}, 1)}
	out, in := io.Pipe()
	cmd.Stdout, cmd.Stderr = in, in
	if stdin != nil {
		cmd.Stdin = stdin
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for buffer := make([]byte, 4096); ; {
			n, err := out.Read(buffer)
			p.mu.Lock()
			p.said.Write(buffer[:n])
			p.mu.Unlock()
			select {
			case p.more <- struct{}{}:
			default:
			}
			if err != nil {
				return
			}
		}
	}()
	go func() {
		cmd.Wait()
		in.Close()
		<-read
		close(p.ended)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-p.ended
	})
	return p
}

func (p *program) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

// says waits until the program has printed a text.
func (p *program) says(t testing.TB, text string) {
	t.Helper()
	end := time.After(patience)
	for !strings.Contains(p.output(), text) {
		select {
		case <-p.more:
		case <-p.ended:
			if !strings.Contains(p.output(), text) {
				t.Fatalf("%s ended and never said %q, but:\n%s", filepath.Base(p.cmd.Path), text, p.output())
			}
		case <-end:
			t.Fatalf("%s never said %q, but:\n%s", filepath.Base(p.cmd.Path), text, p.output())
		}
	}
}

// address is the page's address that the program prints.
func (p *program) address(t testing.TB) string {
	t.Helper()
	p.says(t, "Sockeye: http")
	_, rest, _ := strings.Cut(p.output(), "Sockeye: ")
	url, _, _ := strings.Cut(rest, "\n")
	return url
}

// ends waits until the program has ended.
func (p *program) ends(t testing.TB) {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Errorf("%s still runs; it said:\n%s", p.cmd.Args, p.output())
	}
}

// deadline is that of a connection for the whole test, so that none hangs.
func deadline() time.Time { return time.Now().Add(2 * patience) }

// dial connects to a server of the workbench, as a board does.
func dial(t testing.TB, network, address string) net.Conn {
	t.Helper()
	c, err := net.DialTimeout(network, address, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(deadline())
	return c
}

func write(t testing.TB, c net.Conn, data string) {
	t.Helper()
	if _, err := io.WriteString(c, data); err != nil {
		t.Fatal(err)
	}
}

// reads reads exactly what must come.
func reads(t testing.TB, c net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Fatalf("received %q (%v), want %q", got[:n], err, want)
	}
}

// eventually waits for something that no page shows: a file.
func eventually(is func() bool) bool {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(patience); ; {
		if is() {
			return true
		}
		select {
		case <-tick.C:
		case <-end:
			return false
		}
	}
}
