package epoll

import (
	"sockeye/internal/transport"
	"syscall"
	"time"
)

// pendingReply is what was received and is still to be answered. The lock of its
// connection is held meanwhile.
type pendingReply struct {
	conn  *epollConn
	at    time.Time
	data  []byte
	reply []byte
	sent  int           // bytes of the reply that the kernel took at once
	errno syscall.Errno // or why it took none

	to     *epollConn // where what was received goes, if not back
	locked *epollConn // whose lock is held for it, besides that of conn; or nil
}

// The loop reads from a few connections before it answers them, and does one thing
// for all of them before the next, because each way through the kernel is long: one
// after the other they would displace each other, and what is done in between, from
// the processor's cache. More than a few would keep their peers waiting.
const (
	replyBatch      = 16
	replyBatchBytes = 16 << 10
)

// flushIfFull answers if there is enough to answer.
func (l *eventLoop) flushIfFull(bulky bool) {
	l.used += len(l.pendingReplies[len(l.pendingReplies)-1].data)
	if bulky || len(l.pendingReplies) == replyBatch || l.used > replyBatchBytes {
		l.flushReplies()
	}
}

// answer records and answers everything that was asked.
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
		l.pendingReplies, l.used = l.pendingReplies[:0], 0
		return
	}
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
		q := &l.pendingReplies[i]
		q.conn.replied(q)
	}
	l.pendingReplies, l.used = l.pendingReplies[:0], 0 // what is left in it is soon written over
}

// record records together what crossed since it was called last. The locks of the
// connections are held.
func (l *eventLoop) record() {
	if len(l.events) > 0 {
		l.session.Config().Sink.AppendAll(l.events)
		l.events = l.events[:0]
	}
}
