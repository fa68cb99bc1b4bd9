package transport

import "sync"

// latch is an event that happens once and that goroutines can wait for. Its channel is made
// when one waits for the first time: thousands of idle peers need none.
type latch struct{ ch chan struct{} }

// alreadyFired is the channel of a latch that fired before anybody waited.
var alreadyFired = func() chan struct{} {
	ch := make(chan struct{})
	close(ch)
	return ch
}()

// channel returns a channel that is closed once the latch has fired. mu guards the latch.
func (l *latch) channel(mu *sync.Mutex) <-chan struct{} {
	mu.Lock()
	defer mu.Unlock()
	if l.ch == nil {
		l.ch = make(chan struct{})
	}
	return l.ch
}

// fire makes the event happen. mu guards the latch.
func (l *latch) fire(mu *sync.Mutex) {
	mu.Lock()
	defer mu.Unlock()
	switch {
	case l.ch == nil:
		l.ch = alreadyFired
	case !l.fired():
		close(l.ch)
	}
}

// fired reports whether the event has happened. The caller holds the mutex of the latch.
func (l *latch) fired() bool {
	select {
	case <-l.ch:
		return true
	default: // a nil channel is never ready
		return false
	}
}
