package decode

import (
	"context"
	"fmt"
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

// foreignLimit is how long a program may take that is not Sockeye.
const foreignLimit = time.Minute

// tap relays connections to a server and keeps what is said.
type tap struct {
	address string
	relayed sync.WaitGroup

	mu      sync.Mutex
	decoder *Decoder
	talks   []*talk
	pending map[*talk][2][]byte // what has come of a message that is not whole, of client and server
}

// newTap listens on a free port; connections go to the server.
func newTap(t *testing.T, protocol, server string) *tap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tap{address: l.Addr().String(), decoder: decoderOf(t, protocol), pending: map[*talk][2][]byte{}}
	accepted := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-accepted; p.relayed.Wait() })
	go func() {
		defer close(accepted)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.relay(t, c, server)
		}
	}()
	return p
}

func (p *tap) relay(t *testing.T, client net.Conn, address string) {
	server, err := net.Dial("tcp", address)
	for end := time.Now().Add(foreignLimit); err != nil && time.Now().Before(end); time.Sleep(10 * time.Millisecond) { // it starts
		server, err = net.Dial("tcp", address)
	}
	if err != nil {
		t.Error(err)
		client.Close()
		return
	}
	k := &talk{name: fmt.Sprintf("connection %d", len(p.talks)), protocol: p.decoder.Name}
	p.mu.Lock()
	p.talks = append(p.talks, k)
	p.mu.Unlock()
	copyTo := func(to, from net.Conn, byServer bool) {
		defer to.(*net.TCPConn).CloseWrite()
		b := make([]byte, 64<<10)
		for {
			n, err := from.Read(b)
			p.keep(k, b[:n], byServer)
			if n > 0 {
				to.Write(b[:n])
			}
			if err != nil {
				return
			}
		}
	}
	p.relayed.Go(func() { copyTo(server, client, false) })
	p.relayed.Go(func() { copyTo(client, server, true) })
}

// keep takes bytes in and cuts the messages out that are whole.
func (p *tap) keep(k *talk, b []byte, byServer bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	side := 0
	if byServer {
		side = 1
	}
	pending := p.pending[k]
	pending[side] = append(pending[side], b...)
	for len(pending[side]) > 0 {
		n, _ := p.decoder.Measure(pending[side])
		if n <= 0 {
			break
		}
		k.said = append(k.said, said{byServer, append([]byte(nil), pending[side][:n]...)})
		pending[side] = pending[side][n:]
	}
	p.pending[k] = pending
}

// heard are the talks, after both ends have hung up.
func (p *tap) heard(t *testing.T) (talks []talk) {
	t.Helper()
	p.relayed.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range p.talks {
		if len(k.said) == 0 || len(p.pending[k][0])+len(p.pending[k][1]) > 0 {
			t.Fatalf("%s: %d messages, and %x and %x are left", k.name, len(k.said), p.pending[k][0], p.pending[k][1])
		}
		talks = append(talks, *k)
	}
	if len(talks) == 0 {
		t.Fatal("nobody has said anything")
	}
	return talks
}

// start runs a program until the test ends.
func start(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(program(t, name), args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return cmd
}

// run runs a program to its end, which may be a failure: what it says counts.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), foreignLimit)
	defer cancel()
	out, err := exec.CommandContext(ctx, program(t, name), args...).CombinedOutput()
	if ctx.Err() != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// until waits for what becomes true soon.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(foreignLimit); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("there is still no ", what)
		}
	}
}

// answers is true when something accepts connections.
func answers(address string) func() bool {
	return func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
		}
		return err == nil
	}
}

func written(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

// program is the path of a program that this test needs.
func program(t *testing.T, name string) string {
	t.Helper()
	found, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("no %s: scripts/need installs it", name)
	}
	return found
}

func decoderOf(t *testing.T, name string) *Decoder {
	t.Helper()
	d, ok := Named(name)
	if !ok {
		t.Fatalf("there is no decoder %s", name)
	}
	return d
}
