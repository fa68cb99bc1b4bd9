//go:build linux

package cli

import (
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sockeye/internal/terminal"
)

// sink is a server for one peer, which reads only once it is told to, and slowly.
type sink struct {
	listener net.Listener
	read     chan struct{}  // closed to let it read
	conn     chan net.Conn  // the peer, once there
	result   chan sinkState // what it got, once the stream has ended
}

type sinkState struct {
	n   int64
	sum [32]byte
	err error // nil after FIN
}

func newSink(t *testing.T) *sink {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	k := &sink{l, make(chan struct{}), make(chan net.Conn, 1), make(chan sinkState, 1)}
	t.Cleanup(func() { l.Close() })
	go func() {
		if c, err := l.Accept(); err == nil {
			k.take(c)
		}
	}()
	return k
}

// take reads a peer to its end, about 100 MB in a second and a half.
func (k *sink) take(c net.Conn) {
	defer c.Close()
	k.conn <- c
	<-k.read
	var got sinkState
	hash, buf := sha256.New(), make([]byte, 1<<20)
	for got.err == nil {
		var n int
		n, got.err = c.Read(buf)
		hash.Write(buf[:n])
		if got.n += int64(n); got.n>>20 != (got.n-int64(n))>>20 {
			time.Sleep(10 * time.Millisecond)
		}
	}
	if got.err == io.EOF {
		got.err = nil
	}
	hash.Sum(got.sum[:0])
	k.result <- got
}

func (k *sink) wait(t *testing.T) sinkState {
	t.Helper()
	select {
	case got := <-k.result:
		return got
	case <-time.After(patience):
		t.Fatal("the stream never ended")
		panic("unreachable")
	}
}

// underWay waits until the input of a command has begun to move and stands still.
func underWay(t *testing.T, in *os.File) {
	t.Helper()
	var at atomic.Int64
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				n, _ := in.Seek(0, io.SeekCurrent) // the command shares the offset
				at.Store(n)
			}
		}
	}()
	standsStill(t, &at)
}

// F20: SIGTERM lets what is under way get through: 100 MB to a slow reader, whole,
// with FIN at its end and exit code 0.
func TestConnectDrains(t *testing.T) {
	t.Parallel()
	path, want := randomFile(t, 100<<20)
	k := newSink(t)
	cmd := command(t, "sockeye", "connect", "--drain", "20s", k.listener.Addr().String())
	in := openFile(t, path, os.O_RDONLY)
	cmd.Stdin = in
	p := start(t, cmd)
	underWay(t, in)
	p.cmd.Process.Signal(syscall.SIGTERM)
	close(k.read)
	if got := k.wait(t); got.n != 100<<20 || got.sum != want || got.err != nil {
		t.Errorf("the reader got %d bytes, whole: %v, end: %v", got.n, got.sum == want, got.err)
	}
	p.ends(terminal.ExitOK)
	if said := p.errs.String(); said != "" {
		t.Errorf("standard error is %q", said)
	}
}

// F20: a listening session lets nobody in from the moment it is asked to end.
func TestListenDrains(t *testing.T) {
	t.Parallel()
	path, want := randomFile(t, 32<<20)
	cmd := command(t, "sockeye", "listen", "127.0.0.1:0", "--drain", "20s")
	in := openFile(t, path, os.O_RDONLY)
	cmd.Stdin = in
	p := start(t, cmd)
	k := newSink(t)
	c, err := net.Dial("tcp", p.address("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	go k.take(c)
	underWay(t, in)
	p.cmd.Process.Signal(syscall.SIGTERM)
	for deadline := time.Now().Add(patience); ; {
		late, err := net.Dial("tcp", c.RemoteAddr().String())
		if errors.Is(err, syscall.ECONNREFUSED) {
			break
		}
		if err == nil {
			late.Close()
		}
		if time.Now().After(deadline) {
			t.Fatal("it still lets peers in")
		}
	}
	close(k.read)
	if got := k.wait(t); got.sum != want || got.err != nil {
		t.Errorf("the reader got %d bytes, whole: %v, end: %v", got.n, got.sum == want, got.err)
	}
	p.ends(terminal.ExitOK)
}

// F20: what does not get through in time is cut, and that is said.
func TestDrainEnds(t *testing.T) {
	t.Parallel()
	path, _ := randomFile(t, 32<<20)
	k := newSink(t)
	cmd := command(t, "sockeye", "connect", "--drain", "200ms", k.listener.Addr().String())
	in := openFile(t, path, os.O_RDONLY)
	cmd.Stdin = in
	p := start(t, cmd)
	underWay(t, in)
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.ends(terminal.ExitNetwork)
	if said := p.errs.String(); !strings.HasSuffix(said, "sockeye: send: not all input could be sent within 200ms\nhint: --drain gives it longer\n") {
		t.Errorf("standard error is %q", said)
	}
	close(k.read)
}

// F20: the second signal ends at once, whatever stands still: input that a peer
// does not read, or output that nobody takes.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	t.Run("sending", func(t *testing.T) {
		t.Parallel()
		path, _ := randomFile(t, 32<<20)
		k := newSink(t)
		defer close(k.read)
		cmd := command(t, "sockeye", "connect", "--drain", "1h", k.listener.Addr().String())
		in := openFile(t, path, os.O_RDONLY)
		cmd.Stdin = in
		p := start(t, cmd)
		underWay(t, in)
		p.cmd.Process.Signal(syscall.SIGTERM) // two of one kind could become one
		p.cmd.Process.Signal(os.Interrupt)
		p.ends(terminal.ExitInterrupted)
	})
	t.Run("receiving", func(t *testing.T) {
		t.Parallel()
		var sent atomic.Int64
		cmd := command(t, "sockeye", "connect", "--drain", "1h", "--recv-only", source(t, make([]byte, 96<<20), &sent).String())
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		cmd.Stdout = w
		p := start(t, cmd)
		w.Close()
		standsStill(t, &sent)
		p.cmd.Process.Signal(os.Interrupt)
		p.cmd.Process.Signal(syscall.SIGTERM)
		p.ends(terminal.ExitInterrupted)
	})
}

// An interrupt stops sending: only SIGTERM waits for input.
func TestInterruptStopsSending(t *testing.T) {
	t.Parallel()
	path, _ := randomFile(t, 32<<20)
	k := newSink(t)
	cmd := command(t, "sockeye", "connect", "--drain", "20s", k.listener.Addr().String())
	in := openFile(t, path, os.O_RDONLY)
	cmd.Stdin = in
	p := start(t, cmd)
	underWay(t, in)
	p.cmd.Process.Signal(os.Interrupt)
	close(k.read)
	if got := k.wait(t); got.n == 0 || got.n == 32<<20 || got.err != nil {
		t.Errorf("the reader got %d bytes, end: %v; want a part, and FIN", got.n, got.err)
	}
	p.ends(terminal.ExitInterrupted)
}
