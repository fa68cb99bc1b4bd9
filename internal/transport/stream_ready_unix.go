//go:build unix

package transport

import (
	"context"
	"io"
	"syscall"

	"sockeye"
)

// newConnIO makes what reads and writes a connection: by readiness if it has a
// descriptor, else with a goroutine and a buffer that wait.
func newConnIO(c *StreamConn) (connReader, connWriter) {
	if layered, ok := c.conn.(LayeredConn); ok && layered.Socket() != nil {
		return &layeredReader{newReadyReader(c, layered.Socket()), layered}, &waitingWriter{c}
	}
	if has, ok := c.conn.(syscall.Conn); ok {
		if raw, err := has.SyscallConn(); err == nil {
			return newReadyReader(c, raw), newReadyWriter(c, raw)
		}
	}
	return newWaitingIO(c)
}

// readyReader reads a connection by readiness: while there is nothing to read, the
// connection holds no buffer.
type readyReader struct {
	c        *StreamConn
	raw      syscall.RawConn
	ready    func(fd uintptr) bool // made once, so that a read allocates nothing
	closed   func(fd uintptr) bool
	buf      *[]byte
	n        int
	err      error
	resetErr error
}

func newReadyReader(c *StreamConn, raw syscall.RawConn) *readyReader {
	in := &readyReader{c: c, raw: raw}
	in.ready = in.read
	in.closed = in.isClosed
	return in
}

// next waits for bytes, records them and returns the buffer that holds them; the
// caller puts it back. At the end of the stream the error is io.EOF.
func (in *readyReader) next() (*[]byte, int, error) {
	if err := in.raw.Read(in.ready); err != nil {
		return nil, 0, err
	}
	if in.err != nil {
		return nil, 0, in.err
	}
	return in.buf, in.n, nil
}

func (in *readyReader) put(buf *[]byte) { in.c.peer.session.buffers.Put(buf) }

// read is one non-blocking read; false waits for readiness.
func (in *readyReader) read(fd uintptr) bool {
	c := in.c
	pool := &c.peer.session.buffers
	buf := pool.Get().(*[]byte)
	n, err := c.readRecorded(readFD, fd, *buf)
	if n > 0 {
		if c.peer.Public().LiveOptions().QuickAck == sockeye.On {
			AckAtOnce(fd)
		}
		in.buf, in.n, in.err = buf, n, nil
		return true
	}
	pool.Put(buf)
	if err == syscall.EAGAIN {
		return false
	}
	if in.err = err; err == nil {
		in.err = io.EOF
	}
	return true
}

// waitClosed waits, after the peer finished, until it resets the connection (an
// error), or until we close it or set a read deadline.
func (in *readyReader) waitClosed() error {
	in.resetErr = nil
	if err := in.raw.Read(in.closed); err != nil {
		return err
	}
	return in.resetErr
}

// wake ends waitClosed.
func (in *readyReader) wake() { in.c.conn.SetReadDeadline(longAgo) }

func (in *readyReader) isClosed(fd uintptr) bool {
	in.resetErr = socketError(fd)
	return in.resetErr != nil
}

// waitAcknowledged waits, after both directions ended, until the peer has acknowledged
// everything, or the connection fails (an error).
func (in *readyReader) waitAcknowledged() error {
	return in.c.awaitAcknowledged(in.raw.Read)
}

// awaitAcknowledged waits, with a wait for readiness, until nothing of what was sent is
// unacknowledged, or cannot be any more. A reset after that takes nothing from the peer, so
// the queue is asked before the error, which the kernel tells once and perhaps told another.
func (c *StreamConn) awaitAcknowledged(wait func(f func(fd uintptr) bool) error) error {
	var failed error
	err := wait(func(fd uintptr) bool {
		unsent := c.unacknowledged()
		if unsent == 0 {
			return true
		}
		failed = socketError(fd)
		o, _ := c.conn.Outgoing()
		return failed != nil || unsent < 0 || o.Dropped
	})
	if err != nil {
		return err
	}
	return failed
}

// readyWriter writes a connection; every write the kernel takes is one event.
type readyWriter struct {
	c     *StreamConn
	raw   syscall.RawConn
	ready func(fd uintptr) bool
	ctx   context.Context
	data  []byte
	n     int
	err   error
	// release ends that ctx ends the write; nil as long as the write did not have to wait.
	release func()
}

func newReadyWriter(c *StreamConn, raw syscall.RawConn) *readyWriter {
	o := &readyWriter{c: c, raw: raw}
	o.ready = o.writePiece
	return o
}

// write is called by the holder of the turn only.
func (o *readyWriter) write(ctx context.Context, data []byte) (int, error) {
	o.ctx, o.data, o.n, o.err = ctx, data, 0, nil
	err := o.raw.Write(o.ready)
	if o.release != nil {
		o.release()
		o.release = nil
	}
	if o.c.waiting.Load() > 0 {
		o.c.waiting.Store(0)
	}
	o.ctx, o.data = nil, nil
	if o.err != nil {
		err = o.err
	}
	return o.n, err
}

// writePiece writes until everything is taken or the kernel's buffer is full.
func (o *readyWriter) writePiece(fd uintptr) bool {
	for len(o.data) > 0 {
		piece := o.data[:min(len(o.data), WritePiece)]
		n, err := o.c.writeRecorded(o.ctx, writeFD, fd, piece)
		if n > 0 {
			o.data, o.n = o.data[n:], o.n+n
			continue
		}
		if err == syscall.EAGAIN {
			o.c.waiting.Store(int64(len(o.data)))
			if o.release == nil && o.ctx.Done() != nil {
				o.release = o.c.cancelWith(o.ctx)
			}
			return false
		}
		o.err = err
		return true
	}
	return true
}

func readFD(fd uintptr, b []byte) (int, error)  { return ignoreEINTR(syscall.Read, fd, b) }
func writeFD(fd uintptr, b []byte) (int, error) { return ignoreEINTR(syscall.Write, fd, b) }

// ignoreEINTR repeats a call that a signal interrupted.
func ignoreEINTR(call func(int, []byte) (int, error), fd uintptr, b []byte) (int, error) {
	for {
		n, err := call(int(fd), b)
		if err != syscall.EINTR {
			return n, err
		}
	}
}

// socketError is the pending error of a socket, SO_ERROR.
func socketError(fd uintptr) error {
	n, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ERROR)
	if err == nil && n != 0 {
		err = syscall.Errno(n)
	}
	return err
}
