package core

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"sockeye/internal/journal"
	"sockeye/internal/payload"
	"sockeye/internal/schedule"
)

// SetLookup says where {{env.NAME}} and {{var.NAME}} of payloads are found; nil
// finds nothing, as at the beginning. It may be called at any time.
func (w *Core) SetLookup(find func(name string) (string, bool)) { w.lookup.Store(&find) }

// Lookup finds what SetLookup was told of.
func (w *Core) Lookup(name string) (string, bool) {
	if find := w.lookup.Load(); find != nil && *find != nil {
		return (*find)(name)
	}
	return "", false
}

// Preview is the first message that a payload makes, for nobody.
func (w *Core) Preview(r schedule.Row) ([]byte, error) {
	t, err := r.Parse()
	if err != nil {
		return nil, err
	}
	return t.Append(nil, &payload.Vars{Seq: 1, Time: time.Now(), Random: rand.Uint64(), Lookup: w.Lookup})
}

// messageBuilder is what a session keeps for the payloads it sends.
type messageBuilder struct {
	seq    atomic.Uint64 // the number of the last message that has one
	random atomic.Uint64
}

// vars are the values of the next message of t: it has a number of its own if it
// shows one, and one time, whoever it goes to. lookup is asked before the workbench's;
// it may be nil.
func (s *Session) vars(t *payload.Template, lookup func(string) (string, bool)) payload.Vars {
	v := payload.Vars{Time: journal.Now().Local(), Random: s.core.seed + s.builder.random.Add(1)}
	if t.Counts() {
		v.Seq = s.builder.seq.Add(1)
	}
	if find := s.core.lookup.Load(); find != nil {
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

// Compose makes the next message of a payload, as it is for each of the peers, and
// uses up its number. SendPayload sends it too.
func (s *Session) Compose(to []*Peer, t *payload.Template) ([][]byte, error) {
	return s.compose(to, t, nil)
}

func (s *Session) compose(to []*Peer, t *payload.Template, lookup func(string) (string, bool)) ([][]byte, error) {
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
func (s *Session) SendPayload(ctx context.Context, to []*Peer, t *payload.Template) (sent []Delivery, err error) {
	return s.sendPayload(ctx, to, t, nil)
}

func (s *Session) sendPayload(ctx context.Context, to []*Peer, t *payload.Template, lookup func(string) (string, bool)) ([]Delivery, error) {
	messages, err := s.compose(to, t, lookup)
	if err != nil {
		return nil, err
	}
	return deliver(ctx, to, func(i int) []byte { return messages[i] }), nil
}

// SendData is Send, and says what it came to for each peer, in the order of to.
func (s *Session) SendData(ctx context.Context, to []*Peer, data []byte) []Delivery {
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
	if len(sent) > 0 { // the first one needs no goroutine
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
