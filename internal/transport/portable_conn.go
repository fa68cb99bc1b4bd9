package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
)

// streamConn is what portableConn needs: a *net.TCPConn is one.
type streamConn interface {
	io.ReadWriteCloser
	CloseWrite() error
	SetLinger(seconds int) error
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
}

// portableConn moves the bytes of one TCP peer on every system: a goroutine that owns its reads,
// and senders that take turns.
type portableConn struct {
	peer     *Peer
	conn     streamConn
	raw      syscall.RawConn
	reader   connReader
	writer   connWriter
	sendSlot chan struct{} // capacity 1: full while somebody sends
	closed   chan struct{} // closed when the socket is
	once     sync.Once     // closes cut
	ended    bool          // the owner has taken the turn, for good
	waiting  atomic.Int64  // bytes of the send in progress that the kernel has not taken
	lost     atomic.Int64  // bytes that were to be sent, or acknowledged, when it was cut

	// order makes the journal's order the kernel's: it is held over one
	// non-blocking read or write together with the append of its event, so that
	// an answer can never be recorded before what it answers.
	order sync.Mutex
}

// join takes a connected socket into the session and starts its owner. It says
// false, and closes the socket, if the session is closing.
func (s *Session) join(conn *net.TCPConn, attempts []sockeye.Attempt) (*Peer, bool) {
	raw, err := conn.SyscallConn()
	if err != nil {
		conn.Close()
		return nil, false
	}
	raw.Control(func(fd uintptr) { s.limitSendQueue(int(fd)) })
	p := s.newPeer(&sockeye.Peer{
		ID: s.cfg.NextPeer(), Session: s.id, Network: "tcp",
		Local: netinfo.AddrPort(conn.LocalAddr()), Remote: netinfo.AddrPort(conn.RemoteAddr()),
	})
	c := newPortableConn(p, conn, raw)
	p.conn = c
	if !s.addPeer(p) {
		conn.Close()
		return nil, false
	}
	joined := sockeye.Event{Time: p.since, Kind: sockeye.Joined}
	if len(attempts) > 1 {
		joined.Detail = &sockeye.Detail{Attempts: attempts}
	}
	p.record(joined)
	s.goroutines.Go(func() {
		if r := s.cfg.Responder; r != nil {
			r.Joined(p)
		}
		c.serve(false)
	})
	return p, true
}

func newPortableConn(p *Peer, conn streamConn, raw syscall.RawConn) *portableConn {
	c := &portableConn{peer: p, conn: conn, raw: raw, sendSlot: make(chan struct{}, 1), closed: make(chan struct{})}
	c.reader.init(c)
	c.writer.init(c)
	return c
}

// serve reads the peer until it leaves. finished says that its end was read already.
func (c *portableConn) serve(finished bool) {
	var err error
	if finished {
		err = c.afterFIN()
	} else if err = c.readAll(); err == nil {
		err = c.awaitOurEnd()
	}
	c.setCause(err)
	if c.peer.lostUnacknowledged() {
		c.lost.Add(int64(max(0, c.peer.unsent(c.unacknowledged()))))
	}
	c.conn.Close()
	c.once.Do(func() { close(c.closed) })
	if !c.ended {
		c.sendSlot <- struct{}{} // who is sending fails, and says how much it could not send
	}
	c.peer.recordLeft(int(c.lost.Load()))
}

// readAll reads until the peer finishes (nil) or the connection fails.
func (c *portableConn) readAll() error {
	s := c.peer.session
	for {
		c.waitBackpressure(nil)
		buf, n, err := c.reader.next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if s.cfg.Responder != nil && !c.peer.isState(sockeye.WeFinished) {
			s.cfg.Responder.Received(c.peer, (*buf)[:n])
		}
		s.buffers.Put(buf)
	}
}

// awaitOurEnd records the peer's FIN.
func (c *portableConn) awaitOurEnd() error {
	if c.peer.onPeerFinished() == connectionOver {
		return nil
	}
	return c.afterFIN()
}

// afterFinish keeps our direction open for as long as somebody may use it. Then it ends
// it, and waits until the peer has acknowledged everything.
func (c *portableConn) afterFIN() error {
	p := c.peer
	for p.isHalfOpen() {
		if err := c.reader.waitClosed(); !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		c.conn.SetReadDeadline(time.Time{}) // somebody woke us: look again
	}
	c.sendSlot <- struct{}{} // what is being sent is finished first
	c.ended = true
	if p.lostUnacknowledged() {
		return nil // who sent got the error, and we read an end that is none
	}
	p.mu.Lock()
	finish := p.state == sockeye.PeerFinished
	p.state = sockeye.WeFinished
	p.mu.Unlock()
	if finish {
		if err := c.conn.CloseWrite(); err != nil {
			p.noFIN(sockeye.PeerFinished)
			return err
		}
	}
	c.conn.SetReadDeadline(time.Time{})
	return c.reader.waitAcknowledged()
}

func (c *portableConn) waitBackpressure(canceled <-chan struct{}) {
	if pace := c.peer.session.cfg.Backpressure; pace != nil {
		c.peer.backpressureHeld.Add(1)
		pace(canceled, c.closed)
		c.peer.markActive(c.peer.session.cfg.Now()) // its idle time begins now
		c.peer.backpressureHeld.Add(-1)
	}
}

// setCause notes why the connection ended, unless one of us ended it.
func (c *portableConn) setCause(err error) {
	switch {
	case err == nil, errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrDeadlineExceeded):
		return // our own doing: the reason is already noted
	}
	c.peer.setCause(err)
}

// send takes its turn and writes. ctx's end and the send timeout work through
// the socket's write deadline, which only the holder of the turn touches.
func (c *portableConn) send(ctx context.Context, data []byte) (int, error) {
	c.waitBackpressure(ctx.Done())
	if err := c.acquireSend(ctx); err != nil {
		return 0, err
	}
	defer c.releaseSend()
	return c.sendLocked(ctx, data)
}

// sendLocked is called by the holder of the turn.
func (c *portableConn) sendLocked(ctx context.Context, data []byte) (int, error) {
	if c.peer.isState(sockeye.WeFinished) {
		return 0, errFinished
	}
	if d := c.peer.session.opts.SendTimeout; d > 0 {
		c.conn.SetWriteDeadline(time.Now().Add(d))
	}
	if ctx.Done() != nil {
		defer c.cancelWith(ctx)()
	}
	n, err := c.writer.write(data)
	switch {
	case err == nil:
	case errors.Is(err, os.ErrDeadlineExceeded):
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
	default:
		// The kernel tells an error once. If the write got it, the owner would
		// read a clean end of stream.
		c.setCause(err)
		c.lost.Add(int64(len(data) - n))
		c.reader.wake()
	}
	return n, err
}

// cancelWith ends the write in progress with ctx. The returned function ends
// that again and leaves the socket usable for the next turn.
func (c *portableConn) cancelWith(ctx context.Context) (release func()) {
	canceled := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		c.conn.SetWriteDeadline(longAgo)
		close(canceled)
	})
	return func() {
		if !stop() {
			<-canceled
			c.conn.SetWriteDeadline(time.Time{})
		}
	}
}

var longAgo = time.Unix(1, 0)

var errFinished = &sockeye.Error{
	Kind: sockeye.Misuse, Op: "send",
	Message: sockeye.Text{En: "our direction is already finished (FIN sent)", Zh: "本方已结束发送（已发送 FIN）"},
}

func (c *portableConn) acquireSend(ctx context.Context) error {
	select {
	case c.sendSlot <- struct{}{}:
		return nil
	default:
	}
	select {
	case c.sendSlot <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-c.peer.Done():
		return net.ErrClosed
	}
}

func (c *portableConn) releaseSend() { <-c.sendSlot }

func (c *portableConn) finish(ctx context.Context) error {
	if c.peer.isState(sockeye.WeFinished) {
		return nil
	}
	if err := c.acquireSend(ctx); err != nil {
		return err
	}
	defer c.releaseSend()
	p := c.peer
	p.mu.Lock()
	state := p.state
	if state == sockeye.Connected || state == sockeye.PeerFinished {
		p.state = sockeye.WeFinished
	}
	p.mu.Unlock()
	if state == sockeye.WeFinished || state == sockeye.Gone {
		return nil
	}
	c.order.Lock()
	err := c.conn.CloseWrite()
	if err == nil {
		p.record(sockeye.Event{Kind: sockeye.Finished, Detail: &sockeye.Detail{Reason: sockeye.ReasonLocal}})
	} else {
		p.noFIN(state)
	}
	c.order.Unlock()
	if state == sockeye.PeerFinished {
		c.reader.wake()
	}
	return err
}

func (c *portableConn) close(ctx context.Context) {
	c.peer.setReason(sockeye.ReasonLocal, nil)
	if err := c.finish(ctx); err == nil {
		c.awaitPeerClose(ctx)
	}
	c.stop(false)
}

// lingerTimeout is how long a peer that has acknowledged our FIN must be silent until
// we close although it has not. Closing with bytes unread, or under way, would
// reset the connection and could cost the peer what we sent last (RFC 9293
// section 3.6.1).
const lingerTimeout = 250 * time.Millisecond

// awaitPeerClose waits, after our FIN, until the peer finished too, or until it has
// everything and has nothing more to say.
func (c *portableConn) awaitPeerClose(ctx context.Context) {
	began := time.Now()
	tick := time.NewTicker(lingerTimeout / 8)
	defer tick.Stop()
	for {
		select {
		case <-c.peer.Done():
			return
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		quiet := min(time.Since(began), c.peer.session.cfg.Now().Sub(time.Unix(0, c.peer.lastActive.Load())))
		if quiet >= lingerTimeout && c.unacknowledged() <= 0 {
			return
		}
	}
}

func (c *portableConn) stop(abort bool) {
	if abort {
		c.lost.Add(int64(max(0, c.peer.unsent(c.unacknowledged()))))
		c.conn.SetLinger(0)
	}
	c.conn.Close()
	c.once.Do(func() { close(c.closed) })
	c.reader.wake()
}

func (c *portableConn) finishIfDone() { c.reader.wake() }

func (c *portableConn) sending() bool { return len(c.sendSlot) > 0 }

// fillStatus adds what the kernel knows of the connection.
func (c *portableConn) fillStatus(st *sockeye.PeerStatus) {
	st.Queued = int(c.waiting.Load())
	c.raw.Control(func(fd uintptr) { netinfo.FillTCP(st, int(fd)) })
}

// unacknowledged counts bytes written but not acknowledged by the peer, -1 if
// the kernel does not say.
func (c *portableConn) unacknowledged() int {
	n := -1
	c.raw.Control(func(fd uintptr) { n = netinfo.OutQueue(int(fd)) })
	return n
}

func (c *portableConn) outgoing() (o netinfo.SendState, ok bool) {
	c.raw.Control(func(fd uintptr) { o, ok = netinfo.SendStateOf(int(fd)) })
	return o, ok
}

// Control calls f with the descriptor, while it is open.
func (c *portableConn) Control(f func(fd uintptr)) error { return c.raw.Control(f) }
