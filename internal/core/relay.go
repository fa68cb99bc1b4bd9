package core

import (
	"sockeye"
	"sockeye/internal/relay"
)

// Relay is a session that passes on what its peers and an upstream send each other, seen
// from the side that listens. The connections to the upstream are peers of a session of
// their own. Only its faults change. All methods may be called from any goroutine.
type Relay struct {
	session  *Session // whose peers are relayed
	upstream *Session
	routes   []RouteStatus
	share    Writers
	joint    joint
	pairs    *relay.Pairs // the joint of peers with a connection each; nil: they share one
}

// RouteStatus is a route of a relay, and the session with its connections.
type RouteStatus struct {
	Text    string
	Session *Session
}

// Relay is the relay that the session is, or nil. The sessions of its upstreams are none.
func (s *Session) Relay() *Relay { return s.relay.Load() }

// UpstreamOf is the relay whose connections to an upstream are this session's peers, or nil.
func (s *Session) UpstreamOf() *Session { return s.upstreamOf }

// Upstream is the session with the connections to the upstream.
func (r *Relay) Upstream() *Session { return r.upstream }

// Routes are those to other upstreams, in the order in which they are tried. They are not to
// be changed.
func (r *Relay) Routes() []RouteStatus { return r.routes }

// Share says which peers may write to the connection that they share; "" if each has its own.
func (r *Relay) Share() Writers { return r.share }

// Paired is the peer at the other side that p, a peer of either side, is joined with; nil if
// there is none. Of peers that share a connection each has that one, and the connection
// itself none.
func (r *Relay) Paired(p *Peer) *sockeye.PeerRef {
	other := r.joint.Other(p)
	if other == nil {
		return nil
	}
	return &sockeye.PeerRef{ID: other.ID, Session: other.Session.ID, Address: other.Remote.String()}
}

// NoRelay is the error about a session that is no relay.
func NoRelay(s *Session) error {
	hint := sockeye.Text{En: "open one: sockeye session open listen :10001 --upstream 192.168.1.88:10000", Zh: "请打开一个：sockeye session open listen :10001 --upstream 192.168.1.88:10000"}
	if o := s.upstreamOf; o != nil {
		hint = sockeye.Text{En: "its peers are those of " + o.ID(), Zh: "它的连接对象属于 " + o.ID()}
	}
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "relay", Target: s.ID(),
		Message: sockeye.Text{En: "the session is no relay", Zh: "该会话不是转发"}, Hint: hint}
}
