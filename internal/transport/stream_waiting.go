package transport

import (
	"context"
	"os"
)

// newWaitingIO makes what reads and writes a connection where nobody tells when there
// is something to read.
func newWaitingIO(c *StreamConn) (connReader, connWriter) {
	return &waitingReader{c, make(chan struct{}, 1)}, &waitingWriter{c}
}

// Waiter is a Conn without a descriptor to wait for that can still wait for something to
// read without a buffer.
type Waiter interface {
	Conn
	// WaitReadable returns when Read will not wait, if only because of an error.
	WaitReadable()
}

// OrderedWriter is a Conn that can write and record in one step.
type OrderedWriter interface {
	Conn
	// WriteOrdered writes data in pieces. It calls took with each in the step of order in
	// which the kernel got the last of the piece.
	WriteOrdered(data []byte, order SendOrder, took func(piece []byte)) (int, error)
}

// waitingReader reads a connection whose readiness cannot be waited for. It holds a buffer during
// the whole wait, unless the connection is a Waiter.
type waitingReader struct {
	c     *StreamConn
	woken chan struct{} // capacity 1
}

// next waits for bytes, records them and returns the buffer that holds them; the
// caller puts it back. At the end of the stream the error is io.EOF.
func (in *waitingReader) next() (*[]byte, int, error) {
	c := in.c
	if w, ok := c.conn.(Waiter); ok {
		w.WaitReadable()
	}
	buf := c.peer.session.buffers.Get().(*[]byte)
	n, err := c.conn.Read(*buf)
	if n > 0 {
		c.recordReceived((*buf)[:n], nil)
		return buf, n, nil
	}
	c.peer.session.buffers.Put(buf)
	return nil, 0, err
}

func (in *waitingReader) put(buf *[]byte) { in.c.peer.session.buffers.Put(buf) }

// waitClosed waits, after the peer finished, until we close the connection or
// set a read deadline. A reset is only seen by the next send here.
func (in *waitingReader) waitClosed() error {
	<-in.woken
	return os.ErrDeadlineExceeded
}

// wake ends waitClosed.
func (in *waitingReader) wake() {
	select {
	case in.woken <- struct{}{}:
	default:
	}
}

// waitAcknowledged does not wait: this system does not tell what the peer has
// acknowledged, and sends the rest after the connection is closed here.
func (in *waitingReader) waitAcknowledged() error { return nil }

// smallPiece bounds one write that blocks, and with it one event of the journal.
const smallPiece = 16 << 10

// waitingWriter writes a connection in small pieces; every piece is one event.
type waitingWriter struct{ c *StreamConn }

// write is called by the holder of the turn only. The event of a piece follows
// its write, so an answer to it may be recorded first, unless the connection is an
// OrderedWriter.
func (o *waitingWriter) write(ctx context.Context, data []byte) (n int, err error) {
	if ctx.Done() != nil {
		defer o.c.cancelWith(ctx)()
	}
	defer o.c.waiting.Store(0)
	if w, ok := o.c.conn.(OrderedWriter); ok {
		o.c.waiting.Store(int64(len(data)))
		return w.WriteOrdered(data, o.c.sendOrder(), func(piece []byte) {
			o.c.recordSent(piece, HowSent(ctx))
			o.c.waiting.Add(-int64(len(piece)))
		})
	}
	for len(data) > 0 && err == nil {
		o.c.waiting.Store(int64(len(data)))
		var took int
		took, err = o.c.conn.Write(data[:min(len(data), smallPiece)])
		if took > 0 {
			o.c.recordWritten(data[:took], HowSent(ctx))
		}
		data, n = data[took:], n+took
	}
	return n, err
}
