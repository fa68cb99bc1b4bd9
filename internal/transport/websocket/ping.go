package websocket

import (
	"strconv"
	"sync"
	"time"
)

// pinger sends pings at an interval, and knows how long their pongs take. Its zero value
// sends none.
type pinger struct {
	interval time.Duration
	begun    sync.Once

	mu      sync.Mutex
	timer   *time.Timer
	stopped bool
	number  uint64
	sent    [16]time.Time // when the last pings were, by number; zero: the pong has come
}

// start sends the first ping an interval from now. Only the first call does something.
func (p *pinger) start(c *conn) {
	if p.interval <= 0 {
		return
	}
	p.begun.Do(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.timer = time.AfterFunc(p.interval, func() { p.ping(c) })
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

// ping sends a ping and lets the next one follow. While a message is being written none is
// sent: it would wait behind it, and say nothing of the way.
func (p *pinger) ping(c *conn) {
	if c.closing() {
		return
	}
	if c.writing.TryLock() {
		err := c.controlLocked(opPing, p.next())
		c.writing.Unlock()
		if err != nil {
			return // the reader hears of it
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.stopped {
		p.timer.Reset(p.interval)
	}
}

// next is the payload of a ping that is sent now.
func (p *pinger) next() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.number++
	p.sent[p.number%uint64(len(p.sent))] = time.Now()
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
	*at = time.Time{}
	return took
}
