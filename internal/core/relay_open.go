package core

import (
	"context"
	"time"

	"sockeye"
	"sockeye/internal/fault"
	"sockeye/internal/journal"
	"sockeye/internal/relay"
	"sockeye/internal/responder"
	"sockeye/internal/transport"
	"sockeye/internal/workspace"
)

// relayDrain is how long the connections to the upstream may take to close when the relay
// has ended.
const relayDrain = 5 * time.Second

// RelayOptions says how a relay passes bytes on.
type RelayOptions struct {
	Faults *fault.RelayFaults // set from the first peer on; nil: none. The relay owns it
	// Share, if not "", makes all peers share one connection to the upstream, and says which of
	// them may write to it.
	Share Writers
	// Routes are upstreams for the peers that match them; the first that matches is taken.
	Routes []Route

	of *workspace.Opening // nil: of no workspace
}

// Writers says which peers that share a connection to the upstream may write to it.
type Writers = relay.Writers

// The writers.
const (
	AllWrite  = relay.AllWrite
	OneWrites = relay.OneWrites
)

// joint joins the two sides of a relay: relay.Dedicated, or relay.Shared.
type joint interface {
	DownstreamResponder() transport.Responder
	UpstreamResponder() transport.Responder
	// Other returns the peer of the other side that a peer is joined with; nil: none.
	Other(*transport.Peer) *sockeye.Peer
	Wait()
}

// OpenRelay opens an endpoint whose peers are relayed to the upstream, each by a connection of its
// own unless o.Share is set. The connections are the peers of a second session, which ends with the
// first.
func (w *Core) OpenRelay(ctx context.Context, ep, upstream sockeye.Endpoint, o RelayOptions) (*Session, error) {
	if err := ValidateRelay(ep, upstream, o); err != nil {
		return nil, err
	}
	record := func(e sockeye.Event) {
		e.Time = journal.Now()
		w.journal.Append(e)
	}
	if o.Share != "" {
		return w.openSharedRelay(ctx, ep, upstream, o, relay.NewShared(record, o.Share))
	}
	return w.openPairedRelay(ctx, ep, upstream, o, relay.NewPairs(record, &w.chains))
}

// openSharedRelay opens a relay whose peers share one connection to the upstream.
func (w *Core) openSharedRelay(ctx context.Context, ep, upstream sockeye.Endpoint, o RelayOptions, shared *relay.Shared) (*Session, error) {
	down, ups, err := w.openSides(ctx, ep, []sockeye.Endpoint{upstream}, o.of, shared)
	if err != nil {
		return nil, err
	}
	down.relay.Store(&Relay{session: down, upstream: ups[0], share: o.Share, joint: shared})
	w.endTogether(down, ups, shared)
	shared.SetDial(ups[0].transport.Dial)
	return down, nil
}

// openPairedRelay opens a relay of whose peers each has a connection of its own to an upstream.
func (w *Core) openPairedRelay(ctx context.Context, ep, upstream sockeye.Endpoint, o RelayOptions, pairs *relay.Dedicated) (*Session, error) {
	all := []sockeye.Endpoint{upstream}
	for _, route := range o.Routes {
		all = append(all, route.Upstream)
		if route.When != nil {
			pairs.AwaitFirst()
		}
	}
	down, ups, err := w.openSides(ctx, ep, all, o.of, pairs)
	if err != nil {
		return nil, err
	}
	pairs.Between(down.id)
	r := &Relay{session: down, upstream: ups[0], joint: pairs, pairs: pairs}
	var routes []relay.Route
	for n, route := range o.Routes {
		routes = append(routes, relay.Route{Peers: route.Peers, When: route.When, Dial: ups[n+1].transport.Dial})
		r.routes = append(r.routes, RouteStatus{route.Text, ups[n+1]})
	}
	down.relay.Store(r)
	w.endTogether(down, ups, pairs)
	if o.Faults != nil {
		pairs.SetFaults(o.Faults) // so that the journal has the faults before any of them happens
	}
	pairs.SetDial(ups[0].transport.Dial, routes...)
	return down, nil
}

// openSides opens both sides of a relay; if one fails, it closes those that were opened.
func (w *Core) openSides(ctx context.Context, ep sockeye.Endpoint, upstreams []sockeye.Endpoint, of *workspace.Opening, j joint) (down *Session, ups []*Session, err error) {
	if down, err = w.open(ctx, ep, responder.Answer{}, openRequest{relay: j.DownstreamResponder(), of: of}); err != nil {
		return nil, nil, err
	}
	for _, upstream := range upstreams {
		up, err := w.open(ctx, upstream, responder.Answer{}, openRequest{relay: j.UpstreamResponder(), upstreamOf: down})
		if err != nil {
			down.transport.Close()
			for _, up := range ups {
				up.transport.Close()
			}
			return nil, nil, err
		}
		ups = append(ups, up)
	}
	return down, ups, nil
}

// endTogether closes all sides of a relay when one of them has ended, since some peers could no
// longer be relayed.
func (w *Core) endTogether(down *Session, ups []*Session, j joint) {
	closed := make(chan struct{}, len(ups))
	for _, up := range ups {
		go func() {
			<-up.Done()
			closed <- struct{}{}
		}()
	}
	w.relays.Go(func() {
		select {
		case <-down.Done():
		case <-closed:
			w.closeFor(down)
		}
		for _, up := range ups {
			w.closeFor(up)
		}
		j.Wait()
	})
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
	if err := CheckEndpoint(ep); err != nil {
		return err
	}
	if err := o.Validate(); err != nil {
		return err
	}
	if err := CheckEndpoint(upstream); err != nil || o.Faults == nil {
		return err
	}
	return o.Faults.Check(ep.Address.Network, append(o.networks(), upstream.Address.Network)...)
}

// networks returns the networks of the upstreams of all routes.
func (o RelayOptions) networks() (all []sockeye.Network) {
	for _, r := range o.Routes {
		all = append(all, r.Upstream.Address.Network)
	}
	return all
}

// Validate returns what is wrong with the options, without looking at the endpoints.
func (o RelayOptions) Validate() error {
	invalid := func(message, hint sockeye.Text) error {
		return &sockeye.Error{Kind: sockeye.Invalid, Op: "set", Target: "share", Message: message, Hint: hint}
	}
	switch {
	case len(o.Routes) > MaxRoutes:
		return &sockeye.Error{Kind: sockeye.Invalid, Op: "set", Target: "routes", Message: sockeye.Text{En: "there are more than 16", Zh: "超过 16 条"}, Hint: sockeye.Text{En: "leave some out", Zh: "请去掉一些"}}
	case o.Share == "":
	case len(o.Routes) > 0:
		return invalid(sockeye.Text{En: "peers that share one upstream cannot have others", Zh: "共用一个上游时不能另选上游"}, sockeye.Text{En: "leave the other upstreams out, or share", Zh: "请去掉其他上游或 share"})
	case o.Share != AllWrite && o.Share != OneWrites:
		return invalid(sockeye.Text{En: "neither one nor all peers", Zh: "既不是 one 也不是 all"}, sockeye.Text{En: "write one or all: which peers may write", Zh: "请写 one 或 all：哪些连接对象可以写入"})
	case o.Faults != nil:
		return invalid(sockeye.Text{En: "faults are for peers that have a connection to the upstream each", Zh: "故障只用于各自连接上游的连接对象"}, sockeye.Text{En: "leave the faults out, or share", Zh: "请去掉故障或 share"})
	}
	return nil
}
