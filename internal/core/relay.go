package core

import (
	"context"
	"time"

	"sockeye"
	"sockeye/internal/fault"
	"sockeye/internal/journal"
	"sockeye/internal/relay"
	"sockeye/internal/responder"
)

// relayDrain is how long the connections to the upstream may take to close when the relay
// has ended.
const relayDrain = 5 * time.Second

// RelayOptions is how a relay passes on.
type RelayOptions struct {
	Faults *fault.Set // from the first peer on; nil: none. It is the relay's from then on
}

// OpenRelay opens an endpoint whose peers each get a connection of their own to the
// upstream. These are the peers of a second session, which ends with the first one.
func (w *Core) OpenRelay(ctx context.Context, ep, upstream sockeye.Endpoint, o RelayOptions) (*Session, error) {
	if err := ValidateRelay(ep, upstream, o); err != nil {
		return nil, err
	}
	r := relay.New(func(e sockeye.Event) {
		e.Time = journal.Now()
		w.journal.Append(e)
	})
	down, err := w.open(ctx, ep, responder.Answer{}, opening{relay: r.Downstream()})
	if err != nil {
		return nil, err
	}
	up, err := w.open(ctx, upstream, responder.Answer{}, opening{relay: r.UpstreamResponder(), upstream: true})
	if err != nil {
		down.Close()
		return nil, err
	}
	w.mu.Lock()
	down.upstream, down.relay = up, r
	w.mu.Unlock()
	if o.Faults != nil {
		down.SetFaults(o.Faults)
	}
	r.Upstream(up.transport.Dial)
	go func() {
		select {
		case <-down.Done():
		case <-up.Done(): // somebody closed it: nobody can be relayed any more
			w.closeFor(down)
		}
		w.closeFor(up)
		r.Wait()
	}()
	return down, nil
}

func (w *Core) closeFor(s *Session) {
	ctx, cancel := context.WithTimeout(context.Background(), relayDrain)
	defer cancel()
	w.Close(ctx, s)
}

// ValidateRelay says what is wrong with the endpoints of a relay and its options.
func ValidateRelay(ep, upstream sockeye.Endpoint, o RelayOptions) error {
	if ep.Mode != sockeye.Listen || upstream.Mode != sockeye.Connect {
		return &sockeye.Error{Kind: sockeye.Invalid, Op: "open", Target: "upstream",
			Message: sockeye.Text{En: "only an endpoint that listens can be relayed", Zh: "只有监听的端点才能转发"},
			Hint:    sockeye.Text{En: "say mode listen", Zh: "请使用 listen"}}
	}
	if upstream.Options.Reconnect {
		return &sockeye.Error{Kind: sockeye.Invalid, Op: "set", Target: "reconnect",
			Message: sockeye.Text{En: "the upstream is dialled for each peer", Zh: "上游按连接对象分别连接"}, Hint: sockeye.Text{En: "leave it out", Zh: "请去掉它"}}
	}
	if err := ep.Validate(); err != nil {
		return err
	}
	if err := upstream.Validate(); err != nil || o.Faults == nil {
		return err
	}
	return o.Faults.Check(ep.Address.Network, upstream.Address.Network)
}

// Upstream is the session with a relay's connections to its upstream, or nil.
func (s *Session) Upstream() *Session {
	s.core.mu.Lock()
	defer s.core.mu.Unlock()
	return s.upstream
}
