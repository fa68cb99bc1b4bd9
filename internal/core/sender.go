package core

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"sockeye"
	"sockeye/internal/journal"
	"sockeye/internal/payload"
	"sockeye/internal/schedule"
)

// Sender sends what a session is told to send: messages at once, lists and files as runs that
// go on by themselves. All methods may be called from any goroutine.
type Sender struct {
	session *Session
	seq     atomic.Uint64 // the number of the last message that has one
	random  atomic.Uint64 // counts messages, so that each has other random bytes
	runs    schedule.Runs
	files   fileRecipients
	unsent  atomic.Int64 // see Undelivered
}

// Sender sends to the session's peers.
func (s *Session) Sender() *Sender { return &s.sender }

// Hold keeps our direction to all peers open until Release, even to those that finish sending,
// because something will still be sent.
func (s *Sender) Hold() { s.session.transport.Hold() }

// Release takes back one Hold.
func (s *Sender) Release() { s.session.transport.Release() }

// Publish makes a broker publish a message to all clients that subscribed to its topic, or only to
// the peers in to if there are any. It returns the number of clients it was sent to.
func (s *Sender) Publish(to []*Peer, m sockeye.Publication, data []byte) (int, error) {
	return s.session.transport.Publish(to, m, data)
}

// Undelivered counts the bytes that peers had not acknowledged when they left.
func (s *Sender) Undelivered() int64 { return s.unsent.Load() }

// Runs are the runs of the session, in the order they were started: all that are
// running, and the last ones that have ended.
func (s *Sender) Runs() []*schedule.Run { return s.runs.All() }

// left notes that a peer left, with how many bytes that never reached it.
func (s *Sender) left(p *Peer, unsent int) {
	s.unsent.Add(int64(unsent))
	s.files.left(p.ID, unsent)
}

// vars returns the values for the fields of the next message of t. The message has one time, and a
// new number if t shows one, whoever it goes to. lookup is asked before the workbench's own; it may
// be nil.
func (s *Sender) vars(t *payload.Template, lookup func(string) (string, bool)) payload.Vars {
	v := payload.Vars{Time: journal.Now().Local(), Random: s.session.core.seed + s.random.Add(1)}
	if t.Counts() {
		v.Seq = s.seq.Add(1)
	}
	if find := s.session.core.lookup.Load(); find != nil {
		v.Lookup = *find
	}
	if general := v.Lookup; lookup != nil {
		v.Lookup = func(name string) (string, bool) {
			if value, ok := lookup(name); ok || general == nil {
				return value, ok
			}
			return general(name)
		}
	}
	return v
}

// Compose makes the next message of a payload for each of the peers, and uses up its number. It
// sends nothing; SendPayload does.
func (s *Sender) Compose(to []*Peer, t *payload.Template) ([][]byte, error) {
	return s.messagesFor(to, t, nil)
}

func (s *Sender) messagesFor(to []*Peer, t *payload.Template, lookup func(string) (string, bool)) ([][]byte, error) {
	messages := make([][]byte, len(to))
	v := s.vars(t, lookup)
	for i, p := range to {
		v.Peer = p.Peer
		var err error
		if messages[i], err = t.Append(nil, &v); err != nil {
			return nil, err
		}
	}
	return messages, nil
}

// Delivery is what became of a payload for one peer.
type Delivery struct {
	Peer *Peer
	// Data is the message as it was made for this peer.
	Data []byte
	// Sent is how many bytes of it the kernel took; fewer than all only with Err.
	Sent int
	Err  error
}

// SendPayload makes a message of a payload for each of the peers and sends it, to
// all at the same time. {{seq}} counts the messages of the session, from 1. If the
// message cannot be made for one of the peers, nothing is sent to any, and err says
// why; what sending came to is in the deliveries, in the order of to.
func (s *Sender) SendPayload(ctx context.Context, to []*Peer, t *payload.Template) (sent []Delivery, err error) {
	return s.sendPayload(ctx, to, t, nil)
}

func (s *Sender) sendPayload(ctx context.Context, to []*Peer, t *payload.Template, lookup func(string) (string, bool)) ([]Delivery, error) {
	messages, err := s.messagesFor(to, t, lookup)
	if err != nil {
		return nil, err
	}
	return deliver(ctx, to, func(i int) []byte { return messages[i] }), nil
}

// Send sends data to each of the peers, all at the same time, so that one that does not read
// delays no other. It returns when every send has ended, with what it came to for each peer,
// in the order of to.
func (s *Sender) Send(ctx context.Context, to []*Peer, data []byte) []Delivery {
	return deliver(ctx, to, func(int) []byte { return data })
}

// deliver sends each of the peers its message, to all at the same time.
func deliver(ctx context.Context, to []*Peer, message func(i int) []byte) []Delivery {
	sent := make([]Delivery, len(to))
	for i, p := range to {
		sent[i].Peer, sent[i].Data = p, message(i)
	}
	var sending sync.WaitGroup
	for i := range sent[min(1, len(sent)):] {
		d := &sent[i+1]
		sending.Go(func() { d.Sent, d.Err = d.Peer.Send(ctx, d.Data) })
	}
	if len(sent) > 0 { // the first one is sent on this goroutine
		sent[0].Sent, sent[0].Err = sent[0].Peer.Send(ctx, sent[0].Data)
	}
	sending.Wait()
	return sent
}

// Failures joins the errors of deliveries.
func Failures(sent []Delivery) error {
	var errs []error
	for _, d := range sent {
		errs = append(errs, d.Err)
	}
	return errors.Join(errs...)
}
