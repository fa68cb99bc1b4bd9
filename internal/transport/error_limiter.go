package transport

import (
	"fmt"
	"slices"
	"time"

	"sockeye"
)

// ErrorLimiter records errors that may come in a storm. Of errors that say the same, the
// first is recorded at once, then at most one per interval that says how many there were.
// It belongs to one goroutine.
type ErrorLimiter struct {
	session *DriverSession
	every   time.Duration
	recent  []limitedError
}

// limitedError counts the equal errors of the last interval.
type limitedError struct {
	reason     string
	last       time.Time // when one was recorded
	suppressed int
	latest     *sockeye.Error
}

// maxDifferent bounds the errors of one interval that are told apart, since a peer may
// choose what is said of it. Further ones are counted with the last of them.
const maxDifferent = 8

// NewErrorLimiter records at most one error per second of those that say the same.
func NewErrorLimiter(d *DriverSession) ErrorLimiter {
	return ErrorLimiter{session: d, every: time.Second}
}

// Add records an error, or holds it back.
func (n *ErrorLimiter) Add(e *sockeye.Error) {
	now := time.Now()
	isOld := func(r limitedError) bool { return now.Sub(r.last) >= n.every }
	r := n.find(e, isOld)
	r.latest = e
	r.suppressed++
	for i := range n.recent {
		if isOld(n.recent[i]) {
			n.flush(&n.recent[i], now)
		}
	}
}

// find returns the counter of an error.
func (n *ErrorLimiter) find(e *sockeye.Error, isOld func(limitedError) bool) *limitedError {
	reason := e.Reason(sockeye.English)
	at := slices.IndexFunc(n.recent, func(r limitedError) bool { return r.reason == reason })
	if at >= 0 {
		return &n.recent[at]
	}
	if len(n.recent) == maxDifferent {
		n.recent = slices.DeleteFunc(n.recent, func(r limitedError) bool { return r.suppressed == 0 && isOld(r) })
	}
	if len(n.recent) < maxDifferent {
		n.recent = append(n.recent, limitedError{reason: reason})
	}
	return &n.recent[len(n.recent)-1]
}

// Flush records what is held back.
func (n *ErrorLimiter) Flush() {
	now := time.Now()
	for i := range n.recent {
		n.flush(&n.recent[i], now)
	}
}

func (n *ErrorLimiter) flush(r *limitedError, now time.Time) {
	if r.suppressed == 0 {
		return
	}
	e := *r.latest
	if r.suppressed > 1 {
		en, zh := e.Reason(sockeye.English), e.Reason(sockeye.Chinese)
		e.Message = sockeye.Text{En: fmt.Sprintf("%s (%d times)", en, r.suppressed), Zh: fmt.Sprintf("%s（%d 次）", zh, r.suppressed)}
	}
	r.suppressed, r.last = 0, now
	n.session.Failed(&e)
}
