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

// RelayOptions is how a relay passes on.
type RelayOptions struct {
	Faults *fault.Set // from the first peer on; nil: none. It is the relay's from then on
	// Share has all peers share one connection to the upstream, and says which of them may
	// write to it; "": each has its own.
	Share Writers
	// Routes are upstreams of those peers that they fit, tried in order.
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

// joint is what joins the two sides of a relay.
type joint interface {
	Downstream() transport.Responder
	UpstreamResponder() transport.Responder
	Wait()
	pairing
}

// pairing knows which peer of one side of a relay belongs to which of the other.
type pairing interface {
	Other(*transport.Peer) *sockeye.Peer
}

// OpenRelay opens an endpoint whose peers each get a connection of their own to the
// upstream. These are the peers of a second session, which ends with the first one.
func (w *Core) OpenRelay(ctx context.Context, ep, upstream sockeye.Endpoint, o RelayOptions) (*Session, error) {
	if err := ValidateRelay(ep, upstream, o); err != nil {
		return nil, err
	}
	record := func(e sockeye.Event) {
		e.Time = journal.Now()
		w.journal.Append(e)
	}
	if o.Share != "" {
		r := relay.NewShared(record, o.Share)
		return w.joinSides(ctx, ep, []sockeye.Endpoint{upstream}, o.of, r, func(down *Session, ups []*Session) {
			down.share = o.Share
			r.Upstream(ups[0].transport.Dial)
		})
	}
	r := relay.New(record, &w.chains)
	all := []sockeye.Endpoint{upstream}
	for _, route := range o.Routes {
		all = append(all, route.Upstream)
		if route.When != nil {
			r.AwaitFirst()
		}
	}
	var dial func()
	down, err := w.joinSides(ctx, ep, all, o.of, r, func(down *Session, ups []*Session) {
		down.relay = r
		r.Between(down.id)
		var routes []relay.Route
		for n, route := range o.Routes {
			routes = append(routes, relay.Route{Peers: route.Peers, When: route.When, Dial: ups[n+1].transport.Dial})
			down.routes = append(down.routes, RouteStatus{route.Text, ups[n+1]})
		}
		dial = func() { r.Upstream(ups[0].transport.Dial, routes...) }
	})
	if err != nil {
		return nil, err
	}
	if o.Faults != nil {
		r.SetFaults(o.Faults) // recorded before any of them can hit
	}
	dial()
	return down, nil
}

// RouteStatus is a route of a relay, and the session with its connections.
type RouteStatus struct {
	Text    string
	Session *Session
}

// joinSides opens the sides of a relay; begin is called when all are open, with the core
// locked. They end together.
func (w *Core) joinSides(ctx context.Context, ep sockeye.Endpoint, upstreams []sockeye.Endpoint, of *workspace.Opening, r joint, begin func(down *Session, ups []*Session)) (*Session, error) {
	down, err := w.open(ctx, ep, responder.Answer{}, openRequest{relay: r.Downstream(), of: of})
	if err != nil {
		return nil, err
	}
	var ups []*Session
	closed := make(chan struct{}, len(upstreams))
	for _, upstream := range upstreams {
		up, err := w.open(ctx, upstream, responder.Answer{}, openRequest{relay: r.UpstreamResponder(), upstreamOf: down})
		if err != nil {
			down.Close()
			for _, up := range ups {
				up.Close()
			}
			return nil, err
		}
		ups = append(ups, up)
		go func() {
			<-up.Done()
			closed <- struct{}{}
		}()
	}
	w.mu.Lock()
	down.upstream, down.pairing = ups[0], r
	for _, up := range ups {
		up.pairing = r
	}
	begin(down, ups)
	w.mu.Unlock()
	w.relays.Go(func() {
		select {
		case <-down.Done():
		case <-closed: // somebody closed one: not everybody can be relayed any more
			w.closeFor(down)
		}
		for _, up := range ups {
			w.closeFor(up)
		}
		r.Wait()
	})
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

// networks are those of the routes.
func (o RelayOptions) networks() (all []sockeye.Network) {
	for _, r := range o.Routes {
		all = append(all, r.Upstream.Address.Network)
	}
	return all
}

// Routes are those of a relay, in the order in which they are tried.
func (s *Session) Routes() []RouteStatus {
	s.core.mu.Lock()
	defer s.core.mu.Unlock()
	return s.routes
}

// Validate says what is wrong with the options by themselves.
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

// Share says which peers of a relay may write to the connection that they share; "" if each
// has its own.
func (s *Session) Share() Writers {
	s.core.mu.Lock()
	defer s.core.mu.Unlock()
	return s.share
}

// Upstream is the session with a relay's connections to its upstream, or nil.
func (s *Session) Upstream() *Session {
	s.core.mu.Lock()
	defer s.core.mu.Unlock()
	return s.upstream
}

// UpstreamOf is the relay whose connections to an upstream are this session's peers, or nil.
func (s *Session) UpstreamOf() *Session { return s.upstreamOf }

// Paired is the peer at the other side of a relay that p, a peer of this session, is joined
// with; nil if there is none. Of peers that share a connection each has that one, and the
// connection itself none.
func (s *Session) Paired(p *Peer) *sockeye.PeerRef {
	s.core.mu.Lock()
	pairing := s.pairing
	s.core.mu.Unlock()
	if pairing == nil {
		return nil
	}
	other := pairing.Other(p)
	if other == nil {
		return nil
	}
	return &sockeye.PeerRef{ID: other.ID, Session: other.Session.ID, Address: other.Remote.String()}
}
