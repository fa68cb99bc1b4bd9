package terminal

import (
	"context"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/core"
)

// refusals watches for errors of the network that say that nobody receives a session's datagrams.
// UDP has no connection that could fail instead.
type refusals struct {
	session *core.Session
	news    chan struct{} // holds a value after each refusal; nil for a stream, which has none

	mu    sync.Mutex
	last  *sockeye.Error
	heard uint64 // datagrams received before the last refusal
	sent  uint64 // datagrams sent before the last refusal
}

func (l *Runner) watchRefusals(s *core.Session) *refusals {
	r := &refusals{session: s}
	if !s.Endpoint().Address.Network.Traits().Datagram {
		return r
	}
	r.news = make(chan struct{}, 1)
	l.watch(0, sockeye.Failed, func(e sockeye.Event) bool {
		if e.Detail != nil && e.Detail.Err != nil && isRefusal(e.Detail.Err.Kind) {
			n := s.Status().Counters
			r.mu.Lock()
			r.last, r.heard, r.sent = e.Detail.Err, n.ReceivedMessages, n.SentMessages
			r.mu.Unlock()
			select {
			case r.news <- struct{}{}:
			default: // the receiver reads the latest refusal anyway
			}
		}
		return true
	})
	return r
}

// isRefusal reports whether a kind of error tells of a datagram that reached nobody.
func isRefusal(k sockeye.ErrorKind) bool {
	return k == sockeye.Refused || k == sockeye.HostUnreachable || k == sockeye.NetworkUnreachable
}

// latest is the last refusal, unless something came since.
func (r *refusals) latest() *sockeye.Error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil || r.session.Status().Counters.ReceivedMessages > r.heard {
		return nil
	}
	return r.last
}

// ofLastSend returns the last refusal, if it refused the last send and nothing was received since.
func (r *refusals) ofLastSend() *sockeye.Error {
	refused := r.latest()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.session.Status().Counters.SentMessages > r.sent {
		return nil
	}
	return refused
}

// refusalWait is how long the refusal of the last datagram may take: a round trip within a
// building, and a busy machine.
const refusalWait = 200 * time.Millisecond

// await waits for a short time for a refusal of the last send, and returns it. For streams it does
// not wait.
func (r *refusals) await(ctx context.Context) *sockeye.Error {
	if r.news == nil {
		return nil
	}
	late := time.After(refusalWait)
	for {
		if refused := r.ofLastSend(); refused != nil {
			return refused
		}
		select {
		case <-r.news:
		case <-late:
			return r.latest()
		case <-ctx.Done():
			return nil
		}
	}
}

// unheard returns the error of a command whose datagrams reached nobody, or nil. It was shown
// already, unless the view shows nothing.
func (l *Runner) unheard(refused *sockeye.Error) error {
	switch {
	case refused == nil:
		return nil
	case l.showing == Quiet:
		return refused
	}
	return Exit{ExitNetwork}
}
