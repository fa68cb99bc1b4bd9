package core

import (
	"sockeye"
	"sockeye/internal/relay"
)

// Relay describes a listening session whose peers and an upstream are passed what the other sends.
// The connections to the upstream are peers of a second session. Nothing of a Relay but its faults
// changes. All methods may be called from any goroutine.
type Relay struct {
	session  *Session // whose peers are relayed
	upstream *Session
	routes   []RouteStatus
	share    Writers
	joint    joint
	pairs    *relay.Dedicated // joins each peer with its own connection; nil: the peers share one
}

// RouteStatus is a route of a relay, and the session with its connections.
type RouteStatus struct {
	Text    string
	Session *Session
}

// Relay returns the relay of a listening session, or nil. It is nil for the sessions of upstreams.
func (s *Session) Relay() *Relay { return s.relay.Load() }

// UpstreamOf returns the listening session of the relay whose connections to an upstream are this
// session's peers, or nil.
func (s *Session) UpstreamOf() *Session { return s.upstreamOf }

// Upstream is the session with the connections to the upstream.
func (r *Relay) Upstream() *Session { return r.upstream }

// Routes returns the routes to other upstreams, in the order in which they are tried. Callers must
// not change the slice.
func (r *Relay) Routes() []RouteStatus { return r.routes }

// Share says which peers may write to the shared connection; it is "" if each peer has its own.
func (r *Relay) Share() Writers { return r.share }

// Paired returns the peer at the other side that p, a peer of either side, is joined with, or nil.
// For a peer that shares a connection it returns that connection, and for the shared connection
// nil.
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
