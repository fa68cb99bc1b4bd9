package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
)

// StreamConn is the PeerConn of a peer of a stream, over the Conn that its driver opened. It
// works on every system: one goroutine owns the reads, and senders take turns.
type StreamConn struct {
	peer     *DriverPeer
	conn     Conn
	reader   connReader
	writer   connWriter
	sendSlot chan struct{} // capacity 1: full while somebody sends
	closed   chan struct{} // closed when the socket is
	once     sync.Once     // cuts, and closes closed
	ended    bool          // the reading goroutine has taken the turn to send, for good
	waiting  atomic.Int64  // bytes of the send in progress that the kernel has not taken
	lost     atomic.Int64  // bytes that were not sent, or not acknowledged, when the connection broke

	// order makes the journal's order the kernel's: it is held over one
	// non-blocking read or write together with the append of its event, so that
	// an answer can never be recorded before what it answers.
	order sync.Mutex
}

// connReader reads a connection for its StreamConn, whose goroutine calls it.
type connReader interface {
	// next waits for bytes, records them and returns the buffer that holds them; the
	// caller puts it back. At the end of the stream the error is io.EOF.
	next() (*[]byte, int, error)
	// put takes back what next returned.
	put(buf *[]byte)
	// waitClosed waits, after the peer finished, until it resets the connection (an
	// error), until we close it, or until wake.
	waitClosed() error
	// wake ends waitClosed. It may be called from any goroutine.
	wake()
	// waitAcknowledged waits, after both directions ended, until the peer has
	// acknowledged everything, or the connection fails (an error).
	waitAcknowledged() error
}

// connWriter writes to a connection, and records what the kernel took as it took it.
// Whoever has the turn to send calls it.
type connWriter interface {
	// write ends early when ctx ends while it has to wait.
	write(ctx context.Context, data []byte) (int, error)
}

// WritePiece bounds one write, and with it one event of the journal.
const WritePiece = 256 << 10

// NewStreamConn makes the PeerConn of a peer from what its driver opened; Serve starts it.
func NewStreamConn(p *DriverPeer, conn Conn) *StreamConn {
	c := &StreamConn{peer: p, conn: conn, sendSlot: make(chan struct{}, 1), closed: make(chan struct{})}
	if m, ok := conn.(MessageConn); ok {
		messages := newMessageIO(c, m)
		c.reader, c.writer = messages, messages
		return c
	}
	c.reader, c.writer = newConnIO(c)
	return c
}

// Serve reads the peer until it leaves. finished says that its end was read already.
func (c *StreamConn) Serve(finished bool) {
	var err error
	if finished {
		err = c.afterFIN()
	} else if err = c.readAll(); err == nil {
		err = c.awaitOurEnd()
	}
	c.setCause(err)
	c.cut(false, false)
	if !c.ended {
		c.sendSlot <- struct{}{} // who is sending fails, and says how much it could not send
	}
	c.peer.RecordLeft(int(c.lost.Load()))
}

// readAll reads until the peer finishes (nil) or the connection fails.
func (c *StreamConn) readAll() error {
	s := c.peer.session
	_, afterOurEnd := s.cfg.Responder.(FinishResponder) // others answer, and nobody hears it then
	for {
		c.waitBackpressure(nil)
		buf, n, err := c.reader.next()
		if err != nil {
			if err = c.explained(err); errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if s.cfg.Responder != nil && (afterOurEnd || !c.peer.Public().isState(sockeye.WeFinished)) {
			s.cfg.Responder.Received(c.peer.Public(), (*buf)[:n])
		}
		c.reader.put(buf)
	}
}

// awaitOurEnd records the peer's FIN and waits until the connection may end.
func (c *StreamConn) awaitOurEnd() error {
	after := c.peer.OnPeerFinished()
	if r, ok := c.peer.session.cfg.Responder.(FinishResponder); ok {
		r.Finished(c.peer.Public())
	}
	if _, closes := c.conn.(MessageConn); closes && after == ConnectionOver {
		return nil // who closes below is for the protocol to say
	}
	return c.afterFIN()
}

// afterFIN keeps our direction open as long as isHalfOpen. Then it ends the direction, and waits
// until the peer has acknowledged everything.
func (c *StreamConn) afterFIN() error {
	p := c.peer
	for p.Public().isHalfOpen() {
		if err := c.reader.waitClosed(); !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		c.conn.SetReadDeadline(time.Time{}) // somebody woke us: look again
	}
	c.sendSlot <- struct{}{} // what is being sent is finished first
	c.ended = true
	if p.LostUnacknowledged() {
		return nil // who sent got the error, and we read an end that is none
	}
	if _, err := c.closeWriteOnce(nil); err != nil && !IsGone(err) {
		return err
	}
	for {
		c.conn.SetReadDeadline(time.Time{})
		c.conn.SetWriteDeadline(time.Time{}) // of the last send
		if err := c.reader.waitAcknowledged(); !errors.Is(err, os.ErrDeadlineExceeded) {
			return err // else somebody woke us who wants no more than we do
		}
	}
}

func (c *StreamConn) waitBackpressure(canceled <-chan struct{}) {
	if pace := c.peer.session.cfg.Backpressure; pace != nil {
		c.peer.backpressureHeld.Add(1)
		pace(canceled, c.closed)
		c.peer.Public().markActive(c.peer.session.cfg.Now()) // its idle time begins now
		c.peer.backpressureHeld.Add(-1)
	}
}

// explained returns the error as the driver explains it, if it does.
func (c *StreamConn) explained(err error) error {
	if x, ok := c.conn.(interface{ Explain(error) error }); ok && err != nil {
		return x.Explain(err)
	}
	return err
}

// setCause notes why the connection ended, unless our side ended it.
func (c *StreamConn) setCause(err error) {
	switch {
	case err == nil, errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrDeadlineExceeded):
		return // our own doing: the reason is already noted
	}
	c.peer.SetCause(err)
}

// Send takes its turn and writes. ctx's end and the send timeout work through
// the socket's write deadline, which only the holder of the turn touches.
func (c *StreamConn) Send(ctx context.Context, data []byte) (int, error) {
	c.waitBackpressure(ctx.Done())
	if err := c.acquireSend(ctx); err != nil {
		return 0, err
	}
	defer c.ReleaseSend()
	return c.SendHeld(ctx, data)
}

// SendHeld is Send, called by the holder of the turn.
func (c *StreamConn) SendHeld(ctx context.Context, data []byte) (int, error) {
	if c.peer.Public().isState(sockeye.WeFinished) {
		return 0, errFinished
	}
	if d := c.peer.session.opts.SendTimeout; d > 0 {
		c.conn.SetWriteDeadline(time.Now().Add(d))
	}
	n, err := c.writer.write(ctx, data)
	switch err = c.explained(err); {
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
func (c *StreamConn) cancelWith(ctx context.Context) (release func()) {
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

func (c *StreamConn) acquireSend(ctx context.Context) error {
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
	case <-c.peer.Public().Done():
		return net.ErrClosed
	}
}

// ReleaseSend lets the next send begin.
func (c *StreamConn) ReleaseSend() { <-c.sendSlot }

// FinishIfDone has the reader check again whether our direction can end.
func (c *StreamConn) FinishIfDone() { c.reader.wake() }

// Sending reports whether a send goes on.
func (c *StreamConn) Sending() bool { return len(c.sendSlot) > 0 }

// FillStatus adds what the kernel knows of the connection.
func (c *StreamConn) FillStatus(st *sockeye.PeerStatus) {
	st.Queued = int(c.waiting.Load())
	c.conn.FillStatus(st)
}

// Outgoing returns the state of the bytes that the system took; false if it is unknown.
func (c *StreamConn) Outgoing() (netinfo.SendState, bool) { return c.conn.Outgoing() }

// SetLines sets the modem lines of a port.
func (c *StreamConn) SetLines(set sockeye.LineSetting) error {
	if lines, ok := c.conn.(LineConn); ok {
		return lines.SetLines(set)
	}
	return errNoLines
}

// errNoLines is the error of setting lines of a connection that has none.
var errNoLines = &sockeye.Error{
	Kind: sockeye.Unsupported, Op: "set",
	Message: sockeye.Text{En: "only serial ports have DTR, RTS and break", Zh: "只有串口才有 DTR、RTS 和 break"},
}

// Control calls f with the descriptor, while it is open; a Conn may have none.
func (c *StreamConn) Control(f func(fd uintptr)) error {
	if fd, ok := c.conn.(FDController); ok {
		return fd.Control(f)
	}
	return nil
}

// HoldSend takes the turn to send for the next caller of SendHeld. It is called before
// Serve.
func (c *StreamConn) HoldSend() { c.sendSlot <- struct{}{} }
