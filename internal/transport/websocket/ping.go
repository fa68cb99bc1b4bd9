package websocket

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"sockeye"
)

// pongTimeout is how long a ping may go unanswered while nothing else comes either. With a
// ping every 20 s a peer that vanished is found in 30 s.
var pongTimeout = 10 * time.Second

// pinger sends pings at an interval, knows how long their pongs take, and gives up a peer
// that answers none. Its zero value sends none.
type pinger struct {
	interval, limit time.Duration
	begun           sync.Once
	waiting         atomic.Pointer[time.Time] // since when a read has waited for bytes; nil: none does

	mu      sync.Mutex
	timer   *time.Timer
	due     time.Time // when the timer fires
	next    time.Time // when the next ping is sent
	stopped bool
	number  uint64
	sent    [16]time.Time // when the last pings were, by number; zero: the pong has come
	asked   time.Time     // since when a ping has waited for its pong; zero: none does
}

// start sends the first ping an interval from now. Only the first call does something.
func (p *pinger) start(c *conn) {
	if p.interval <= 0 {
		return
	}
	p.begun.Do(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		now := time.Now()
		p.next = now.Add(p.interval)
		p.due = p.next
		p.timer = time.AfterFunc(p.interval, func() { p.tick(c) })
	})
}

// stop sends no more pings.
func (p *pinger) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	if p.timer != nil {
		p.timer.Stop()
	}
}

// tick gives up a peer that has not answered, or sends a ping that is due, and sets the
// timer for the next look. While a message is being written no ping is sent: it would wait
// behind it, and say nothing of the way.
func (p *pinger) tick(c *conn) {
	if c.closing() {
		return
	}
	now := time.Now()
	if p.silence(now, c.Conn.Unacknowledged() > 0) >= p.limit {
		c.giveUp(unansweredPing(c.Remote(), p.limit))
		return
	}
	if !now.Before(p.next) {
		if c.writing.TryLock() {
			err := c.controlLocked(opPing, p.payload(now))
			c.writing.Unlock()
			if err != nil {
				return // the reader hears of it
			}
		}
		p.next = now.Add(p.interval)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return
	}
	p.due = p.next
	if look := now.Add(p.limit / 4); !p.asked.IsZero() && look.Before(p.due) {
		p.due = look
	}
	p.timer.Reset(p.due.Sub(now))
}

// silence is for how long the peer's system has had a ping, and nothing has come from the
// peer. Time in which this process was stopped, or nobody here read, is not its silence.
func (p *pinger) silence(now time.Time, underWay bool) time.Duration {
	reading := p.waiting.Load()
	p.mu.Lock()
	defer p.mu.Unlock()
	stalled := now.Sub(p.due) > p.limit/4
	switch {
	case p.asked.IsZero():
		return 0
	case underWay || stalled || reading == nil:
		p.asked = now
	case reading.After(p.asked):
		p.asked = *reading
	}
	return now.Sub(p.asked)
}

// read notes that a read waits for bytes. The caller calls the result when it returned.
func (p *pinger) read() (done func()) {
	now := time.Now()
	p.waiting.Store(&now)
	return func() { p.waiting.Store(nil) }
}

// payload is that of a ping that is sent now.
func (p *pinger) payload(now time.Time) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.number++
	p.sent[p.number%uint64(len(p.sent))] = now
	if p.asked.IsZero() {
		p.asked = now
	}
	return strconv.AppendUint(nil, p.number, 10)
}

// answeredBy is how long ago one of the last pings was sent, if a pong with this payload is
// the first that answers it; else 0.
func (p *pinger) answeredBy(payload []byte) time.Duration {
	number, err := strconv.ParseUint(string(payload), 10, 64)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil || number > p.number || p.number-number >= uint64(len(p.sent)) {
		return 0
	}
	at := &p.sent[number%uint64(len(p.sent))]
	if at.IsZero() {
		return 0
	}
	took := max(1, time.Since(*at))
	*at, p.asked = time.Time{}, time.Time{}
	return took
}

// unansweredPing is why a peer is given up that answers no ping.
func unansweredPing(peer fmt.Stringer, limit time.Duration) *sockeye.Error {
	return &sockeye.Error{Kind: sockeye.TimedOut, Op: "receive", Target: peer.String(),
		Message: sockeye.Text{En: fmt.Sprintf("a ping was not answered in %v, and nothing else came", limit), Zh: fmt.Sprintf("%v 内没有应答 ping，也没有收到其他数据", limit)},
		Hint: sockeye.Text{En: "the peer or a proxy in between has vanished or hangs; --reconnect connects again; without --ping-interval nobody asks",
			Zh: "对方或中间的代理已消失或卡住；--reconnect 可重新连接；不用 --ping-interval 就不会探测"}}
}
