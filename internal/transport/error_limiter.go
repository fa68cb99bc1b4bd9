package transport

import (
	"fmt"
	"time"

	"sockeye"
)

// ErrorLimiter records errors that may come in a storm: the first at once, then at most
// one per interval that says how many there were. It belongs to one goroutine.
type ErrorLimiter struct {
	session    *DriverSession
	every      time.Duration
	last       time.Time
	suppressed int
	latest     *sockeye.Error
}

// NewErrorLimiter records at most one error per second.
func NewErrorLimiter(d *DriverSession) ErrorLimiter {
	return ErrorLimiter{session: d, every: time.Second}
}

// Add records an error, or holds it back.
func (n *ErrorLimiter) Add(e *sockeye.Error) {
	n.latest = e
	n.suppressed++
	if now := time.Now(); now.Sub(n.last) >= n.every {
		n.last = now
		n.Flush()
	}
}

// Flush records what is held back.
func (n *ErrorLimiter) Flush() {
	if n.suppressed == 0 {
		return
	}
	e := *n.latest
	if n.suppressed > 1 {
		en, zh := e.Reason(sockeye.English), e.Reason(sockeye.Chinese)
		e.Message = sockeye.Text{En: fmt.Sprintf("%s (%d times)", en, n.suppressed), Zh: fmt.Sprintf("%s（%d 次）", zh, n.suppressed)}
	}
	n.suppressed = 0
	n.session.Failed(&e)
}
