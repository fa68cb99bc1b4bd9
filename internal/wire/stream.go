package wire

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"sockeye"
)

// connection is what the portable mover needs: a *net.TCPConn is one.
type connection interface {
	io.ReadWriteCloser
	CloseWrite() error
	SetLinger(seconds int) error
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
}

// stream is the portable mover of one TCP peer: a goroutine that owns its reads,
// and senders that take turns.
type stream struct {
	peer *Peer
	conn connection
	raw  syscall.RawConn
	in   inbound
	out  outbound
	turn chan struct{} // capacity 1: full while somebody sends
	cut  chan struct{} // closed when the socket is
	once sync.Once     // closes cut

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
	p := s.newPeer(&sockeye.Peer{
		ID: s.cfg.NextPeer(), Session: s.id, Network: "tcp",
		Local: addrPort(conn.LocalAddr()), Remote: addrPort(conn.RemoteAddr()),
	})
	c := newStream(p, conn, raw)
	p.mover = c
	if !s.admit(p) {
		conn.Close()
		return nil, false
	}
	joined := sockeye.Event{Time: p.since, Kind: sockeye.Joined}
	if len(attempts) > 1 {
		joined.Detail = &sockeye.Detail{Attempts: attempts}
	}
	p.record(joined)
	s.owners.Go(func() {
		if r := s.cfg.Responder; r != nil {
			r.Joined(p)
		}
		c.own(false)
	})
	return p, true
}

func newStream(p *Peer, conn connection, raw syscall.RawConn) *stream {
	c := &stream{peer: p, conn: conn, raw: raw, turn: make(chan struct{}, 1), cut: make(chan struct{})}
	c.in.init(c)
	c.out.init(c)
	return c
}

// own reads the peer until it leaves. finished says that its end was read already.
func (c *stream) own(finished bool) {
	var err error
	if finished {
		err = c.in.waitClosed()
	} else if err = c.readAll(); err == nil {
		err = c.afterEOF()
	}
	c.explain(err)
	unsent := 0
	if c.peer.isCut() {
		unsent = max(0, c.unacknowledged())
	}
	c.conn.Close()
	c.peer.leave(unsent)
}

// readAll reads until the peer finishes (nil) or the connection fails.
func (c *stream) readAll() error {
	s := c.peer.session
	for {
		c.keepPace(nil)
		buf, n, err := c.in.next()
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

// afterEOF keeps our direction open for as long as somebody may use it.
func (c *stream) afterEOF() error {
	p := c.peer
	switch p.finishedByPeer() {
	case over:
		return nil
	case overOnceSent:
		c.turn <- struct{}{} // what is being sent is finished first
		return nil
	}
	return c.in.waitClosed()
}

func (c *stream) keepPace(canceled <-chan struct{}) {
	if pace := c.peer.session.cfg.Pace; pace != nil {
		c.peer.held.Add(1)
		pace(canceled, c.cut)
		c.peer.held.Add(-1)
	}
}

// explain notes why the connection ended, unless one of us ended it.
func (c *stream) explain(err error) {
	switch {
	case err == nil, errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrDeadlineExceeded):
		return // our own doing: the reason is already noted
	}
	c.peer.explain(err)
}

// send takes its turn and writes. ctx's end and the send timeout work through
// the socket's write deadline, which only the holder of the turn touches.
func (c *stream) send(ctx context.Context, data []byte) (int, error) {
	c.keepPace(ctx.Done())
	if err := c.takeTurn(ctx); err != nil {
		return 0, err
	}
	defer c.giveTurn()
	return c.sendInTurn(ctx, data)
}

// sendInTurn is called by the holder of the turn.
func (c *stream) sendInTurn(ctx context.Context, data []byte) (int, error) {
	if c.peer.isState(sockeye.WeFinished) {
		return 0, errFinished
	}
	if d := c.peer.session.opts.SendTimeout; d > 0 {
		c.conn.SetWriteDeadline(time.Now().Add(d))
	}
	if ctx.Done() != nil {
		defer c.cancelWith(ctx)()
	}
	n, err := c.out.write(data)
	switch {
	case err == nil:
	case errors.Is(err, os.ErrDeadlineExceeded):
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
	default:
		// The kernel tells an error once. If the write got it, the owner would
		// read a clean end of stream.
		c.explain(err)
		c.in.wake()
	}
	return n, err
}

// cancelWith ends the write in progress with ctx. The returned function ends
// that again and leaves the socket usable for the next turn.
func (c *stream) cancelWith(ctx context.Context) (release func()) {
	canceled := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		c.conn.SetWriteDeadline(past)
		close(canceled)
	})
	return func() {
		if !stop() {
			<-canceled
			c.conn.SetWriteDeadline(time.Time{})
		}
	}
}

var past = time.Unix(1, 0)

var errFinished = &sockeye.Error{
	Kind: sockeye.Misuse, Op: "send",
	Message: sockeye.Text{En: "our direction is already finished (FIN sent)", Zh: "本方已结束发送（已发送 FIN）"},
}

func (c *stream) takeTurn(ctx context.Context) error {
	select {
	case c.turn <- struct{}{}:
		return nil
	default:
	}
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-c.peer.Done():
		return net.ErrClosed
	}
}

func (c *stream) giveTurn() { <-c.turn }

func (c *stream) finish(ctx context.Context) error {
	if err := c.takeTurn(ctx); err != nil {
		return err
	}
	defer c.giveTurn()
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
	}
	c.order.Unlock()
	if state == sockeye.PeerFinished {
		c.in.wake()
	}
	return err
}

func (c *stream) close(ctx context.Context) {
	c.peer.because(sockeye.ReasonLocal, nil)
	if err := c.finish(ctx); err == nil {
		c.waitForPeer(ctx)
	}
	c.stop(false)
}

// goodbye is how long a peer that has acknowledged our FIN must be silent until
// we close although it has not. Closing with bytes unread, or under way, would
// reset the connection and could cost the peer what we sent last (RFC 9293
// section 3.6.1).
const goodbye = 250 * time.Millisecond

// waitForPeer waits, after our FIN, until the peer finished too, or until it has
// everything and has nothing more to say.
func (c *stream) waitForPeer(ctx context.Context) {
	began := time.Now()
	tick := time.NewTicker(goodbye / 8)
	defer tick.Stop()
	for {
		select {
		case <-c.peer.Done():
			return
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		quiet := min(time.Since(began), c.peer.session.cfg.Now().Sub(time.Unix(0, c.peer.active.Load())))
		if quiet >= goodbye && c.unacknowledged() <= 0 {
			return
		}
	}
}

func (c *stream) stop(abort bool) {
	if abort {
		c.conn.SetLinger(0)
	}
	c.conn.Close()
	c.once.Do(func() { close(c.cut) })
	c.in.wake()
}

// Control calls f with the descriptor, while it is open.
func (c *stream) Control(f func(fd uintptr)) error { return c.raw.Control(f) }

// addrPort is a TCP or UDP address in the form the record uses.
func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.TCPAddr:
		return unmapped(a.AddrPort())
	case *net.UDPAddr:
		return unmapped(a.AddrPort())
	}
	return netip.AddrPort{}
}

func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
