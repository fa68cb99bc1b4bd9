package epoll

import (
	"sockeye/internal/transport"
	"syscall"
	"time"
)

// pendingReply is one piece that was received and is still to be answered or forwarded. The
// lock of its connection is held until then.
type pendingReply struct {
	conn  *epollConn
	at    time.Time
	data  []byte
	reply []byte
	sent  int           // bytes of the reply that the kernel took at once
	errno syscall.Errno // or why it took none

	to     *epollConn // the connection that data is forwarded to; nil: it is answered, or kept
	kept   bool       // the responder sends data later
	locked *epollConn // the connection that lockTarget locked for this piece; or nil
}

// The loop reads from a few connections before it answers them, and does one thing
// for all of them before the next, because each way through the kernel is long: one
// after the other they would displace each other, and what is done in between, from
// the processor's cache. More than a few would keep their peers waiting.
const (
	replyBatch      = 16
	replyBatchBytes = 16 << 10
)

// flushIfFull calls flushReplies when the batch is large enough, or the last read was bulky.
func (l *eventLoop) flushIfFull(bulky bool) {
	l.used += len(l.pendingReplies[len(l.pendingReplies)-1].data)
	if bulky || len(l.pendingReplies) == replyBatch || l.used > replyBatchBytes {
		l.flushReplies()
	}
}

// flushReplies records everything that was received, answers or forwards it, and releases the
// locks of the connections.
func (l *eventLoop) flushReplies() {
	if len(l.pendingReplies) == 0 {
		return
	}
	for i := range l.pendingReplies {
		q := &l.pendingReplies[i]
		l.events = append(l.events, q.conn.peer.Received(q.at, q.data, nil))
	}
	l.record()
	if l.forwards {
		l.forwardAll()
	} else {
		l.replyAll()
	}
	l.unlockBatch()
	l.pendingReplies, l.used = l.pendingReplies[:0], 0 // what is left in it is soon written over
}

// replyAll has the responder answer everything that was received, and sends the answers.
func (l *eventLoop) replyAll() {
	for i := range l.pendingReplies {
		q := &l.pendingReplies[i]
		q.reply = q.conn.replyTo(q.data)
	}
	for i := range l.pendingReplies {
		if q := &l.pendingReplies[i]; len(q.reply) > 0 {
			q.sent, q.errno = rawWrite(int(q.conn.fd), q.reply[:min(len(q.reply), transport.WritePiece)])
		}
	}
	for i := range l.pendingReplies {
		if q := &l.pendingReplies[i]; q.sent > 0 {
			l.events = append(l.events, q.conn.peer.Sent(q.at, q.reply[:q.sent], nil))
		}
	}
	l.record()
	for i := range l.pendingReplies {
		if q := &l.pendingReplies[i]; q.sent < len(q.reply) {
			q.conn.continueWrite(q.reply, q.sent, q.errno)
		}
	}
}

// record appends all events since the last call to the journal at once. The locks of their
// connections are held.
func (l *eventLoop) record() {
	if len(l.events) > 0 {
		l.session.Config().Sink.AppendAll(l.events)
		l.events = l.events[:0]
	}
}
