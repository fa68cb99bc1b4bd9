package transport

import (
	"context"

	"sockeye"
)

// The lock StreamConn.order is taken in this file only: each function here makes one call
// on the connection, or has one that was made, and its event, under one hold of it. A layer
// that writes by itself is given the lock instead (MessageConn, OrderedWriter, PushingConn).

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

// closeWriteRecorded finishes this side of a peer that was in a state, and records it.
func (c *StreamConn) closeWriteRecorded(state sockeye.PeerState) error {
	c.order.Lock()
	defer c.order.Unlock()
	err := c.conn.CloseWrite()
	if err == nil {
		c.peer.Record(sockeye.Event{Kind: sockeye.Finished, Detail: &sockeye.Detail{Reason: sockeye.ReasonLocal}})
	} else {
		c.peer.noFIN(state)
	}
	return err
}

// Settle waits until what is being recorded is.
func (c *StreamConn) Settle() {
	c.order.Lock()
	defer c.order.Unlock()
}
