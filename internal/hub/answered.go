package hub

import (
	"context"
	"sync"
)

// answeredKept is how many requests a board remembers, and longestID how long the ID of one
// may be, in bytes: less than 1 MiB together.
const (
	answeredKept = 10_000
	longestID    = 64
)

// answered remembers what became of requests to send, by their IDs: one that comes again,
// because a network or its sender repeated it, gets the same answer and does nothing. It
// may be used from any goroutine.
type answered struct {
	mu      sync.Mutex
	replies map[string]*pendingAnswer
	order   []string // of replies, as a ring whose oldest is at next
	next    int
}

// pendingAnswer is an answer once done is closed.
type pendingAnswer struct {
	done  chan struct{}
	reply SendReply
}

// once returns the answer to the request with an ID: perform's, which is called for the
// first with it and for each without one. Later ones wait until the first has its answer,
// or ctx ends.
func (a *answered) once(ctx context.Context, id string, perform func() SendReply) SendReply {
	if id == "" {
		return perform()
	}
	p, first := a.begin(id)
	if first {
		p.reply = perform()
		close(p.done)
		return p.reply
	}
	select {
	case <-p.done:
		return p.reply
	case <-ctx.Done():
		return SendReply{Result: Expired}
	}
}

func (a *answered) begin(id string) (p *pendingAnswer, first bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p := a.replies[id]; p != nil {
		return p, false
	}
	if a.replies == nil {
		a.replies = map[string]*pendingAnswer{}
	}
	p = &pendingAnswer{done: make(chan struct{})}
	if len(a.order) < answeredKept {
		a.order = append(a.order, id)
	} else {
		delete(a.replies, a.order[a.next])
		a.order[a.next] = id
		a.next = (a.next + 1) % answeredKept
	}
	a.replies[id] = p
	return p, true
}
