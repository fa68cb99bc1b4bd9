package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"sockeye/internal/cli"
	"sockeye/internal/terminal"
)

// TestMain makes the test binary play both programs, each in processes of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sockeye-hub": main, "sockeye": func() {
		os.Exit(cli.Run(os.Args[1:], terminal.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Getenv, LookupEnv: os.LookupEnv}, terminal.Signals()))
	}})
}

// patience is how long a test waits for what must happen, on a machine that is busy.
const patience = 2 * time.Minute

// process is a program that a test runs.
type process struct {
	cmd   *exec.Cmd
	lines chan string // of standard output; closed at its end
	errs  *heard
	ended chan struct{}
}

// heard is what a process has written, by a goroutine of its own.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(p)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

// start runs a program whose files are in home, until the test is over.
func start(t *testing.T, home, name string, args ...string) *process {
	t.Helper()
	p := &process{cmd: command(home, name, args...), lines: make(chan string, 1000), errs: &heard{}, ended: make(chan struct{})}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = p.errs
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		for s := bufio.NewScanner(out); s.Scan(); {
			select {
			case p.lines <- s.Text():
			default: // nobody reads on
			}
		}
		close(p.lines)
		p.cmd.Wait()
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s %.60q said:\n%.4000s", name, args, p.errs)
		}
	})
	return p
}

func command(home, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "SOCKEYE_HOME="+home, "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "NO_COLOR=1")
	return cmd
}

// kill is kill -9.
func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.ended
}

// line waits for a line of standard output.
func (p *process) line(t *testing.T) string {
	t.Helper()
	select {
	case text, ok := <-p.lines:
		if !ok {
			<-p.ended
			t.Fatalf("it ended: %s", p.errs)
		}
		return text
	case <-time.After(patience):
		t.Fatalf("it says nothing; on standard error: %s", p.errs)
	}
	return ""
}

// hubProcess is a hub that may be killed and comes back at the same address.
type hubProcess struct {
	*process
	home, addr, pin string
	args            []string
}

func startHub(t *testing.T, args ...string) *hubProcess {
	t.Helper()
	h := &hubProcess{home: t.TempDir(), addr: "127.0.0.1:0", args: args}
	h.restart(t)
	return h
}

// restart starts the hub where it was before.
func (h *hubProcess) restart(t *testing.T) {
	t.Helper()
	h.process = start(t, h.home, "sockeye-hub", append([]string{"--listen", h.addr, "--page", "off"}, h.args...)...)
	h.line(t)
	h.learnAddr(t)
}

// learnAddr reads where the hub is.
func (h *hubProcess) learnAddr(t *testing.T) {
	t.Helper()
	var at struct{ Here, Pin string }
	text, err := os.ReadFile(filepath.Join(h.dir(), "address.json"))
	if err != nil || json.Unmarshal(text, &at) != nil {
		t.Fatalf("the hub left no word of its address: %s, %v", text, err)
	}
	h.addr, h.pin = strings.TrimPrefix(at.Here, "tls://"), at.Pin
}

// ask runs a command of the hub and returns its output.
func (h *hubProcess) ask(t *testing.T, args ...string) string {
	t.Helper()
	out, err := h.try(args...)
	if err != nil {
		t.Fatalf("sockeye-hub %q: %v", args, err)
	}
	return out
}

func (h *hubProcess) try(args ...string) (string, error) {
	cmd := command(h.home, "sockeye-hub", args...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, &errs)
	}
	return string(out), err
}

// enrol gives a board its code.
func (h *hubProcess) enrol(t *testing.T, name string, args ...string) string {
	t.Helper()
	return strings.TrimSpace(h.ask(t, append([]string{"enrol", name}, args...)...))
}

// dir is the hub's directory.
func (h *hubProcess) dir() string { return filepath.Join(h.home, "share", "hub") }

// await waits until a condition holds.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for until := time.Now().Add(patience); !is(); {
		if time.Now().After(until) {
			t.Fatalf("waited for nothing: %s", what)
		}
		time.Sleep(20 * time.Millisecond) // between two looks; nothing is hoped to happen by then
	}
}
