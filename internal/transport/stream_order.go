package transport

import (
	"context"
	"sync"
	"syscall"

	"sockeye"
)

// The lock StreamConn.order is taken in this file only: each function here makes one call
// on the connection, or has one that was made, and its event, under one hold of it. A layer
// that writes by itself (MessageConn, OrderedWriter, PushingConn) does so by a SendOrder.

// SendOrder lets a layer that writes by itself, such as TLS, write and record under one hold of
// StreamConn.order, which the layer itself cannot take. The zero value is for bytes that are not
// recorded, and holds nothing. It may be used from any goroutine.
type SendOrder struct{ order *sync.Mutex }

func (c *StreamConn) sendOrder() SendOrder { return SendOrder{&c.order} }

// Step calls step, which makes one write that does not wait, if any, and records what it took.
// No other event of the connection is recorded meanwhile.
func (o SendOrder) Step(step func()) {
	if o.order != nil {
		o.order.Lock()
		defer o.order.Unlock()
	}
	step()
}

// writeOnce makes one non-blocking write of b, and calls took if that took all of it.
func (o SendOrder) writeOnce(write func(fd uintptr, b []byte) (int, error), fd uintptr, b []byte, took func()) (int, error) {
	if o.order != nil {
		o.order.Lock()
		defer o.order.Unlock()
	}
	n, err := write(fd, b)
	if n == len(b) {
		took()
	}
	return n, err
}

// readRecorded makes one non-blocking read and records what came.
func (c *StreamConn) readRecorded(read func(fd uintptr, b []byte) (int, error), fd uintptr, b []byte) (int, error) {
	c.order.Lock()
	defer c.order.Unlock()
	n, err := read(fd, b)
	if n > 0 {
		c.peer.Record(c.peer.Received(c.peer.session.cfg.Now(), b[:n], nil))
	}
	return n, err
}

// writeRecorded makes one non-blocking write and records what the kernel took.
func (c *StreamConn) writeRecorded(ctx context.Context, write func(fd uintptr, b []byte) (int, error), fd uintptr, b []byte) (int, error) {
	c.order.Lock()
	defer c.order.Unlock()
	n, err := write(fd, b)
	if n > 0 {
		c.recordSent(b[:n], HowSent(ctx))
	} else if err != nil && err != syscall.EAGAIN {
		c.setCause(err) // the kernel tells it once: a read after this sees a clean end
	}
	return n, err
}

// recordReceived records what a connection that is read without its descriptor gave.
func (c *StreamConn) recordReceived(data []byte, how *sockeye.Detail) {
	c.order.Lock()
	defer c.order.Unlock()
	c.peer.Record(c.peer.Received(c.peer.session.cfg.Now(), data, how))
}

// recordWritten records what a connection that is written without its descriptor took.
func (c *StreamConn) recordWritten(data []byte, how *sockeye.Detail) {
	c.order.Lock()
	defer c.order.Unlock()
	c.recordSent(data, how)
}

// recordSent records what the kernel took. The caller holds order.
func (c *StreamConn) recordSent(data []byte, how *sockeye.Detail) {
	c.peer.Record(c.peer.Sent(c.peer.session.cfg.Now(), data, how))
}

// recordControl records what the protocol says beside the messages.
func (c *StreamConn) recordControl(d *sockeye.Detail) {
	c.order.Lock()
	defer c.order.Unlock()
	c.peer.Record(sockeye.Event{Kind: sockeye.Control, Detail: d})
}

// closeWriteOnce finishes this side, unless that was done, and records e, if that is not
// nil. It returns the state before. The state and our FIN change under one hold of order:
// unacknowledged takes one for the other.
func (c *StreamConn) closeWriteOnce(e *sockeye.Event) (before sockeye.PeerState, err error) {
	c.order.Lock()
	defer c.order.Unlock()
	p := c.peer
	p.mu.Lock()
	before = p.state
	open := before == sockeye.Connected || before == sockeye.PeerFinished
	if open {
		p.state = sockeye.WeFinished
	}
	p.mu.Unlock()
	if !open || !c.halfCloses() {
		return before, nil
	}
	if err = c.conn.CloseWrite(); err != nil {
		p.noFIN(before)
	} else if e != nil {
		p.Record(*e)
	}
	return before, err
}

// unacknowledged counts the bytes that the peer's system does not have, without our FIN,
// -1 if nobody knows.
func (c *StreamConn) unacknowledged() int {
	c.order.Lock()
	defer c.order.Unlock()
	return c.peer.Unsent(c.conn.Unacknowledged())
}

// Settle waits until what is being recorded is.
func (c *StreamConn) Settle() {
	c.order.Lock()
	defer c.order.Unlock()
}
