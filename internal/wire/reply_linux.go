package wire

import (
	"syscall"
	"time"
)

// request is what was received and is still to be answered. The lock of its
// connection is held meanwhile.
type request struct {
	from  *fast
	at    time.Time
	data  []byte
	reply []byte
	sent  int           // bytes of the reply that the kernel took at once
	errno syscall.Errno // or why it took none
}

// The loop reads from a few connections before it answers them, and does one thing
// for all of them before the next, because each way through the kernel is long: one
// after the other they would displace each other, and what is done in between, from
// the processor's cache. More than a few would keep their peers waiting.
const (
	fewRequests = 16
	fewBytes    = 16 << 10
)

// answerSome answers if there is enough to answer.
func (l *loop) answerSome(bulky bool) {
	l.used += len(l.asked[len(l.asked)-1].data)
	if bulky || len(l.asked) == fewRequests || l.used > fewBytes {
		l.answer()
	}
}

// answer records and answers everything that was asked.
func (l *loop) answer() {
	if len(l.asked) == 0 {
		return
	}
	for i := range l.asked {
		q := &l.asked[i]
		l.events = append(l.events, q.from.peer.received(q.at, q.data, nil))
	}
	l.record()
	for i := range l.asked {
		q := &l.asked[i]
		q.reply = q.from.replyTo(q.data)
	}
	for i := range l.asked {
		if q := &l.asked[i]; len(q.reply) > 0 {
			q.sent, q.errno = writeNow(q.from.fd, q.reply[:min(len(q.reply), writePiece)])
		}
	}
	for i := range l.asked {
		if q := &l.asked[i]; q.sent > 0 {
			l.events = append(l.events, q.from.peer.sent(q.at, q.reply[:q.sent]))
		}
	}
	l.record()
	for i := range l.asked {
		q := &l.asked[i]
		if q.sent < len(q.reply) {
			q.from.goOn(q.reply, q.sent, q.errno)
		}
		q.from.order.Unlock()
	}
	l.asked, l.used = l.asked[:0], 0 // what is left in it is soon written over
}

// record records together what crossed since it was called last. The locks of the
// connections are held.
func (l *loop) record() {
	if len(l.events) > 0 {
		l.session.cfg.Recorder.AppendAll(l.events)
		l.events = l.events[:0]
	}
}
