package transport

import (
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
)

// maxHandshakes bounds the connections of a listener that are not agreed on yet. When
// more come, the one that has taken longest is ended for the new one: so whoever opens
// connections and says nothing keeps nobody out.
const maxHandshakes = 256

// ServeHandshakes is ServeStream for protocols in which the two sides agree on something
// before somebody joins. handshake does that on a goroutine of its own, within
// Options.ConnectTimeout; its Conn is the peer's. Its error is one of the session.
func (d *DriverSession) ServeHandshakes(l StreamListener, handshake func(Conn) (Conn, error)) {
	h := &handshakes{session: d, do: handshake, faults: NewErrorLimiter(d)}
	d.OnStop(func() { l.Close(); h.stop() })
	d.Go(func() {
		var underway sync.WaitGroup
		d.AcceptStreams(l, func(c Conn) {
			if !h.add(c) {
				c.Close()
				return
			}
			underway.Go(func() { h.one(c) })
		})
		underway.Wait()
		h.faults.Flush()
	})
}

// handshakes are the connections of a listener that are no peers yet.
type handshakes struct {
	session *DriverSession
	do      func(Conn) (Conn, error)

	mu      sync.Mutex
	pending []Conn // the oldest first
	stopped bool
	faults  ErrorLimiter
}

// add makes room for a connection. It returns false when the session stops.
func (h *handshakes) add(c Conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		return false
	}
	if len(h.pending) == maxHandshakes {
		h.pending[0].Close()
		h.pending = h.pending[1:]
	}
	h.pending = append(h.pending, c)
	return true
}

func (h *handshakes) remove(c Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, one := range h.pending {
		if one == c {
			h.pending = append(h.pending[:i:i], h.pending[i+1:]...)
			return
		}
	}
}

// stop ends the handshakes under way.
func (h *handshakes) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopped = true
	for _, c := range h.pending {
		c.Close()
	}
}

// one makes a handshake and, if it succeeds, a peer.
func (h *handshakes) one(under Conn) {
	until := time.Now().Add(h.session.opts.ConnectTimeout)
	under.SetReadDeadline(until)
	under.SetWriteDeadline(until)
	c, err := h.do(under)
	h.remove(under)
	if err != nil {
		remote := under.Remote().String()
		under.Close()
		if h.session.ctx.Err() == nil {
			h.failed(netinfo.Explain("accept", remote, err))
		}
		return
	}
	under.SetReadDeadline(time.Time{})
	under.SetWriteDeadline(time.Time{})
	h.session.Join(c, joinedDetail(c))
}

// failed records an error, of a storm of them a few.
func (h *handshakes) failed(e *sockeye.Error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.faults.Add(e)
}
