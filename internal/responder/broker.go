package responder

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"

	"sockeye/internal/transport"
)

// BrokerMode passes what one peer sends to all others, as ncat's --broker.
type BrokerMode struct {
	// Chat puts the name of the sender before each line, as in "<user3> hello", and announces peers
	// that join and leave.
	Chat bool
}

// What waits for one peer of a broker is bounded. Who sends more waits for a peer that
// is slower, and TCP slows the sender down. A peer that takes nothing for stallLimit is
// aborted: it holds up nobody for longer, and what it got later would not follow what
// it had.
const (
	maxQueued  = 1 << 20
	stallLimit = 5 * time.Second
)

// brokerResponder is the responder of a session with a BrokerMode.
type brokerResponder struct {
	BrokerMode
	senders sync.WaitGroup
	stall   time.Duration // stallLimit

	mu     sync.Mutex
	queues map[*transport.Peer]*brokerQueue
	order  []*transport.Peer // in which they joined
}

// brokerQueue holds what is still to be sent to one peer. brokerResponder.mu guards it.
type brokerQueue struct {
	waiting [][]byte
	bytes   int
	more    chan struct{} // has room for one
	taken   chan struct{} // closed and renewed when the peer has taken something
}

func newBroker(how BrokerMode) *brokerResponder {
	return &brokerResponder{BrokerMode: how, stall: stallLimit, queues: map[*transport.Peer]*brokerQueue{}}
}

// Joined makes a queue for a peer.
func (b *brokerResponder) Joined(p *transport.Peer) {
	q := &brokerQueue{more: make(chan struct{}, 1), taken: make(chan struct{})}
	b.mu.Lock()
	present := b.order
	b.queues[p], b.order = q, append(b.order[:len(b.order):len(b.order)], p)
	b.mu.Unlock()
	b.senders.Go(func() { b.serve(p, q) })
	if b.Chat {
		b.announce(fmt.Sprintf("%s is connected as %s.", p.Remote.Host(), chatName(p)))
		b.announce("already connected: " + presentNames(present) + ".")
	}
}

func chatName(p *transport.Peer) string { return "<user" + strconv.FormatUint(p.ID, 10) + ">" }

func presentNames(peers []*transport.Peer) string {
	if len(peers) == 0 {
		return "nobody"
	}
	var all []string
	for _, p := range peers {
		all = append(all, fmt.Sprintf("%s as %s", p.Remote.Host(), chatName(p)))
	}
	return strings.Join(all, ", ")
}

// Received passes on what a peer sent.
func (b *brokerResponder) Received(p *transport.Peer, data []byte) {
	if b.Chat {
		b.pass(p, appendChatText([]byte(chatName(p)+" "), data))
		return
	}
	b.pass(p, append([]byte(nil), data...))
}

func (b *brokerResponder) announce(text string) { b.pass(nil, []byte("<announce> "+text+"\n")) }

// pass queues data for all peers but one, and keeps it. It waits for peers whose queue is
// full.
func (b *brokerResponder) pass(but *transport.Peer, data []byte) {
	b.mu.Lock()
	to := make(map[*transport.Peer]*brokerQueue, len(b.queues))
	maps.Copy(to, b.queues)
	b.mu.Unlock()
	delete(to, but)
	for p, q := range to {
		if !b.queue(p, q, data) {
			b.senders.Go(p.Abort)
		}
	}
}

// queue is false if the peer has taken nothing for too long.
func (b *brokerResponder) queue(p *transport.Peer, q *brokerQueue, data []byte) bool {
	for {
		b.mu.Lock()
		fits := q.bytes == 0 || q.bytes+len(data) <= maxQueued
		if fits {
			q.waiting, q.bytes = append(q.waiting, data), q.bytes+len(data)
		}
		taken := q.taken
		b.mu.Unlock()
		if fits {
			select {
			case q.more <- struct{}{}:
			default:
			}
			return true
		}
		limit := time.NewTimer(b.stall)
		select {
		case <-taken:
			limit.Stop()
		case <-p.Closing():
			limit.Stop()
			return true // it leaves, and needs no more
		case <-p.Done():
			limit.Stop()
			return true
		case <-limit.C:
			return false
		}
	}
}

// serve sends a peer what waits for it until it has left.
func (b *brokerResponder) serve(p *transport.Peer, q *brokerQueue) {
	for {
		select {
		case <-q.more:
		case <-p.Done():
			b.leave(p)
			return
		}
		b.mu.Lock()
		waiting := q.waiting
		q.waiting = nil
		b.mu.Unlock()
		for _, data := range waiting {
			p.Answer(context.Background(), data) // a failure is recorded, and ends the peer
			b.mu.Lock()
			q.bytes -= len(data)
			close(q.taken)
			q.taken = make(chan struct{})
			b.mu.Unlock()
		}
	}
}

func (b *brokerResponder) leave(p *transport.Peer) {
	b.mu.Lock()
	delete(b.queues, p)
	var rest []*transport.Peer
	for _, o := range b.order {
		if o != p {
			rest = append(rest, o)
		}
	}
	b.order = rest
	b.mu.Unlock()
	if b.Chat {
		b.announce(chatName(p) + " is disconnected.")
	}
}

// end waits until nothing of it runs; the session's peers have left.
func (b *brokerResponder) end() { b.senders.Wait() }

// appendChatText appends what somebody said so that it cannot drive a terminal:
// control characters are written as octal escapes, as ncat does.
func appendChatText(dst, data []byte) []byte {
	for _, c := range data {
		if c < 0x20 && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
			dst = fmt.Appendf(dst, "\\%03o", c)
			continue
		}
		dst = append(dst, c)
	}
	return dst
}
