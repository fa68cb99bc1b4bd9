//go:build linux

package transport_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sockeye/internal/transport"
	"sockeye/internal/transport/transporttest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sockeye"
)

// The rows of RELIABILITY.md about ends: half-close, FIN, RST, and what is lost.

// C01: a send cut short says exactly how much the kernel took, and the record
// agrees with what the peer can read.
func TestPartialWrite(t *testing.T) { transporttest.OnEachConnKind(t, testC01PartialWrite) }

func testC01PartialWrite(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{SendTimeout: 200 * time.Millisecond, SendBuffer: 64 << 10}, nil)
	c := transporttest.DialTCP(t, pc)
	p := transporttest.FirstPeer(t, pc, r)
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	n, err := p.Send(t.Context(), data)
	if sockeye.ErrorOf(err).Kind != sockeye.TimedOut || n == 0 || n == len(data) {
		t.Fatalf("Send to a peer that never reads = %d of %d, %v", n, len(data), err)
	}
	if e := r.WaitKind(t, sockeye.Failed, 1); e.Detail.Unsent != len(data)-n {
		t.Errorf("the event counts %d unsent bytes, want %d", e.Detail.Unsent, len(data)-n)
	}
	if !strings.Contains(err.Error(), "were not") {
		t.Errorf("the error does not say how much is missing: %v", err)
	}
	if got := len(r.Bytes(sockeye.Sent)); got != n {
		t.Errorf("recorded %d sent bytes, want %d", got, n)
	}
	go p.Close(t.Context())
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, data[:n]) {
		t.Errorf("the peer read %d bytes (%v), want the %d that were taken", len(got), err, n)
	}
}

// A send that was canceled while it waited leaves nothing behind: the next one waits for as
// long as it has to.
func TestCanceledSendLeavesNothing(t *testing.T) {
	transporttest.OnEachConnKind(t, testCanceledSendLeavesNothing)
}

func testCanceledSendLeavesNothing(t *testing.T) {
	s, r := transporttest.Listening(t, "tcp", sockeye.Options{SendBuffer: 64 << 10}, nil)
	r.DropData()
	c := transporttest.DialTCP(t, s)
	p := transporttest.FirstPeer(t, s, r)
	const size = 16 << 20
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan int, 1)
	go func() {
		n, err := p.Send(ctx, make([]byte, size))
		if !errors.Is(err, context.Canceled) || n == size {
			t.Errorf("the canceled Send = %d, %v", n, err)
		}
		first <- n
	}()
	transporttest.Eventually(t, "the peer's window is closed", func() bool { return p.Status().Queued > 0 })
	cancel()
	n := <-first
	second := make(chan error, 1)
	go func() {
		_, err := p.Send(context.Background(), make([]byte, size))
		second <- err
	}()
	if got, err := io.ReadFull(c, make([]byte, n+size)); err != nil {
		t.Errorf("the peer got %d of %d bytes: %v", got, n+size, err)
	}
	if err := <-second; err != nil {
		t.Error(err)
	}
}

// C02, F33: a peer that finishes is told of once, its owner does not spin, and
// it can still be sent to.
func TestEndOfStreamOnce(t *testing.T) { transporttest.OnEachConnKind(t, testC02EndOfStreamOnce) }

func testC02EndOfStreamOnce(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{HalfOpen: time.Minute}, nil)
	c := transporttest.DialTCP(t, pc)
	c.Write([]byte("last words"))
	c.CloseWrite()
	e := r.WaitKind(t, sockeye.Finished, 1)
	if e.Detail.Reason != sockeye.ReasonEOF {
		t.Errorf("finished for %q, want eof", e.Detail.Reason)
	}
	before := cpuTime(t)
	hold := time.NewTimer(300 * time.Millisecond)
	<-hold.C // the time over which spinning would show
	if used := cpuTime(t) - before; used > 100*time.Millisecond {
		t.Errorf("an idle half-closed session used %v of CPU time in 300 ms", used)
	}
	p := transporttest.FirstPeer(t, pc, r)
	if st := p.Status().State; st != sockeye.PeerFinished {
		t.Errorf("state %q, want peer-finished", st)
	}
	if _, err := p.Send(t.Context(), []byte("still there?")); err != nil {
		t.Fatal(err)
	}
	p.Close(t.Context())
	if got, err := io.ReadAll(c); err != nil || string(got) != "still there?" {
		t.Errorf("the half-closed peer got %q, %v", got, err)
	}
	if n := len(r.All(transporttest.IsKind(sockeye.Received))); n != 1 {
		t.Errorf("%d received events, want 1", n)
	}
}

// C04, F33: after our FIN the other direction goes on for as long as the peer
// sends. RELIABILITY.md asks 1 GB; half of it each way is enough to overflow
// every buffer many times over.
func TestHalfCloseThenMuchMore(t *testing.T) {
	transporttest.OnEachConnKind(t, testC04HalfCloseThenMuchMore)
}

func testC04HalfCloseThenMuchMore(t *testing.T) {
	const size = 256 << 20
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{}, counting{})
	c := transporttest.DialTCP(t, pc)
	p := transporttest.FirstPeer(t, pc, r)
	if err := p.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Fatalf("after our FIN the client reads %v, want EOF", err)
	}
	if _, err := p.Send(t.Context(), []byte("x")); sockeye.ErrorOf(err).Kind != sockeye.Misuse {
		t.Errorf("sending after our FIN: %v, want misuse", err)
	}
	r.DropData()
	chunk := make([]byte, 1<<20)
	for sent := 0; sent < size; sent += len(chunk) {
		if _, err := c.Write(chunk); err != nil {
			t.Fatal(err)
		}
	}
	c.Close()
	r.WaitKind(t, sockeye.Left, 1)
	if got := p.Status().Counters.ReceivedBytes; got != size {
		t.Errorf("received %d bytes after our FIN, want %d", got, size)
	}
}

// counting answers nothing.
type counting struct{}

func (counting) Joined(*transport.Peer)           {}
func (counting) Received(*transport.Peer, []byte) {}

func (counting) Reply(*transport.Peer, []byte) ([]byte, bool) { return nil, true }

// C05: an echo whose peer ends is closed on both sides: no socket is left half
// open.
func TestEchoClosesAfterEOF(t *testing.T) { transporttest.OnEachConnKind(t, testC05EchoClosesAfterEOF) }

func testC05EchoClosesAfterEOF(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{}, transporttest.Echoing{})
	c := transporttest.DialTCP(t, pc)
	c.Write([]byte("echo me"))
	c.CloseWrite()
	if got, err := io.ReadAll(c); err != nil || string(got) != "echo me" {
		t.Fatalf("got %q, %v", got, err)
	}
	if e := r.WaitKind(t, sockeye.Left, 1); e.Detail.Reason != sockeye.ReasonEOF {
		t.Errorf("left for %q, want eof", e.Detail.Reason)
	}
	if n := len(pc.Peers()); n != 0 {
		t.Errorf("%d peers are left", n)
	}
}

// F33: a half-closed peer that nobody answers is closed after the half-open time.
func TestHalfOpenTime(t *testing.T) { transporttest.OnEachConnKind(t, testF33HalfOpenTime) }

func testF33HalfOpenTime(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{HalfOpen: 100 * time.Millisecond}, nil)
	c := transporttest.DialTCP(t, pc)
	c.CloseWrite()
	if e := r.WaitKind(t, sockeye.Left, 1); e.Detail.Reason != sockeye.ReasonEOF {
		t.Errorf("left for %q, want eof", e.Detail.Reason)
	}
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the client reads %v, want EOF", err)
	}
}

// C06: close is FIN, abort is RST, and the other side can tell.
func TestCloseIsFINAbortIsRST(t *testing.T) {
	transporttest.OnEachConnKind(t, testC06CloseIsFINAbortIsRST)
}

func testC06CloseIsFINAbortIsRST(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
	c1, c2 := transporttest.DialTCP(t, pc), transporttest.DialTCP(t, pc)
	r.WaitKind(t, sockeye.Joined, 2)
	peers := pc.Peers()
	if peers[0].Remote.String() != c1.LocalAddr().String() {
		c1, c2 = c2, c1
	}
	go func() {
		io.Copy(io.Discard, c1)
		c1.Close()
	}()
	peers[0].Close(t.Context())
	peers[1].Abort()
	if _, err := c2.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("an aborted client reads %v, want ECONNRESET", err)
	}
	reasons := map[uint64]sockeye.Reason{}
	for _, e := range r.All(transporttest.IsKind(sockeye.Left)) {
		reasons[e.Peer.ID] = e.Detail.Reason
	}
	if reasons[peers[0].ID] != sockeye.ReasonLocal || reasons[peers[1].ID] != sockeye.ReasonAborted {
		t.Errorf("reasons are %v, want local and aborted", reasons)
	}
}

// C06, F20: closing while bytes are unread still ends with FIN: they are read
// and recorded first.
func TestCloseWithUnreadDataIsFIN(t *testing.T) {
	transporttest.OnEachConnKind(t, testC06CloseWithUnreadDataIsFIN)
}

func testC06CloseWithUnreadDataIsFIN(t *testing.T) {
	slow := &slowResponder{release: make(chan struct{})}
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{ReadSize: 1024}, slow)
	c := transporttest.DialTCP(t, pc)
	c.Write(make([]byte, 100_000))
	p := transporttest.FirstPeer(t, pc, r)
	r.WaitKind(t, sockeye.Received, 1)
	closed := make(chan struct{})
	go func() {
		p.Close(t.Context())
		close(closed)
	}()
	<-p.Closing()
	close(slow.release)
	c.CloseWrite()
	if _, err := io.ReadAll(c); err != nil {
		t.Errorf("the client saw %v, want a clean end", err)
	}
	<-closed
	if got := len(r.Bytes(sockeye.Received)); got != 100_000 {
		t.Errorf("recorded %d bytes, want 100000", got)
	}
}

// slowResponder blocks until it is released.
type slowResponder struct{ release chan struct{} }

func (*slowResponder) Joined(*transport.Peer)             {}
func (s *slowResponder) Received(*transport.Peer, []byte) { <-s.release }

// C07, F34: a reset is told as one, with its error, and what came before stays.
func TestResetKeepsWhatCame(t *testing.T) { transporttest.OnEachConnKind(t, testC07ResetKeepsWhatCame) }

func testC07ResetKeepsWhatCame(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
	c := transporttest.DialTCP(t, pc)
	c.Write([]byte("before the reset"))
	r.WaitBytes(t, sockeye.Received, 16)
	c.SetLinger(0)
	c.Close()
	e := r.WaitKind(t, sockeye.Left, 1)
	if e.Detail.Reason != sockeye.ReasonReset || e.Detail.Err == nil || !errors.Is(e.Detail.Err, syscall.ECONNRESET) {
		t.Errorf("left for %q with %v, want reset with ECONNRESET", e.Detail.Reason, e.Detail.Err)
	}
	if got := r.Bytes(sockeye.Received); string(got) != "before the reset" {
		t.Errorf("the record holds %q", got)
	}
}

// F34: a reset that comes after the peer's FIN is noticed without our sending.
func TestResetAfterFIN(t *testing.T) { transporttest.OnEachConnKind(t, testF34ResetAfterFIN) }

func testF34ResetAfterFIN(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{HalfOpen: time.Minute}, nil)
	c := transporttest.DialTCP(t, pc)
	c.CloseWrite()
	r.WaitKind(t, sockeye.Finished, 1)
	c.SetLinger(0)
	c.Close()
	if e := r.WaitKind(t, sockeye.Left, 1); e.Detail.Reason != sockeye.ReasonReset {
		t.Errorf("left for %q, want reset", e.Detail.Reason)
	}
}

// C08: a server that accepts and resets at once is told apart from one that
// refuses, 200 times of 200.
func TestAcceptedThenReset(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.(*net.TCPConn).SetLinger(0)
			c.Close()
		}
	}()
	for range 200 {
		s, r, err := transporttest.TryOpen(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, l.Addr().String())}, nil)
		if err != nil {
			if e := sockeye.ErrorOf(err); e.Kind != sockeye.Reset {
				t.Fatalf("kind %q (%v), want reset", e.Kind, err)
			}
			continue
		}
		<-s.Done()
		if e := r.WaitKind(t, sockeye.Left, 1); e.Detail.Reason != sockeye.ReasonReset {
			t.Fatalf("left for %q, want reset", e.Detail.Reason)
		}
	}
}

// C10: writing to a reset connection is an error of that peer and of nothing else.
func TestNoSIGPIPE(t *testing.T) { transporttest.OnEachConnKind(t, testC10NoSIGPIPE) }

func testC10NoSIGPIPE(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
	c := transporttest.DialTCP(t, pc)
	p := transporttest.FirstPeer(t, pc, r)
	c.SetLinger(0)
	c.Close()
	r.WaitKind(t, sockeye.Left, 1)
	if _, err := p.Send(t.Context(), []byte("anyone?")); err == nil {
		t.Error("sending to a peer that is gone succeeded")
	}
	c2 := transporttest.DialTCP(t, pc)
	c2.Write([]byte("alive"))
	r.WaitBytes(t, sockeye.Received, 5)
}

// C14: who closes first is in the record, because TIME_WAIT stays with them.
func TestWhoClosedFirst(t *testing.T) { transporttest.OnEachConnKind(t, testC14WhoClosedFirst) }

func testC14WhoClosedFirst(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
	c := transporttest.DialTCP(t, pc)
	c.Close()
	if e := r.WaitKind(t, sockeye.Left, 1); e.Detail.Reason != sockeye.ReasonEOF {
		t.Errorf("the client closed first, left for %q", e.Detail.Reason)
	}
	c = transporttest.DialTCP(t, pc)
	r.WaitKind(t, sockeye.Joined, 2)
	go func() {
		io.Copy(io.Discard, c)
		c.Close()
	}()
	pc.Peers()[0].Close(t.Context())
	if e := r.WaitKind(t, sockeye.Left, 2); e.Detail.Reason != sockeye.ReasonLocal {
		t.Errorf("we closed first, left for %q", e.Detail.Reason)
	}
}

// C48: closing while others read and write gives one clean left event each time.
func TestCloseWhileReadingAndWriting(t *testing.T) {
	transporttest.OnEachConnKind(t, testC48CloseWhileReadingAndWriting)
}

func testC48CloseWhileReadingAndWriting(t *testing.T) {
	const rounds = 10_000 / 20
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{}, transporttest.Echoing{})
	r.DropData()
	for range rounds {
		var clients sync.WaitGroup
		for range 20 {
			clients.Go(func() {
				c, err := net.Dial("tcp", pc.Locals()[0].String())
				if errors.Is(err, syscall.ECONNRESET) {
					return // aborted before connect returned: C08
				}
				if err != nil {
					t.Error(err)
					return
				}
				defer c.Close()
				c.Write([]byte("ping"))
				io.Copy(io.Discard, c)
			})
		}
		over := make(chan struct{})
		go func() {
			clients.Wait()
			close(over)
		}()
		for done := false; !done; {
			for i, p := range pc.Peers() {
				switch i % 3 {
				case 0:
					go p.Send(context.Background(), []byte("pong"))
					p.Abort()
				case 1:
					p.StopFor(sockeye.ReasonLocal)
				case 2:
					go p.Abort()
					p.StopFor(sockeye.ReasonLocal)
				}
			}
			select {
			case <-over:
				done = true
			default:
			}
		}
	}
	pc.Close()
	joined, left := len(r.All(transporttest.IsKind(sockeye.Joined))), len(r.All(transporttest.IsKind(sockeye.Left)))
	if joined != rounds*20 || left != joined {
		t.Errorf("%d joined and %d left, want %d of each", joined, left, rounds*20)
	}
}

// cpuTime is what this process has used so far.
func cpuTime(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
