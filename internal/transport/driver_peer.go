package transport

import (
	"syscall"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
)

// DriverPeer is a Peer as its driver sees it. All methods may be called from any
// goroutine. Only drivers use it. It may be a part of the driver's own bookkeeping of
// a connection: thousands are idle.
type DriverPeer Peer

// Init makes a peer of the zero value, before anybody else can find it.
func (p *DriverPeer) Init(d *DriverSession, id *sockeye.Peer) {
	p.Peer, p.session, p.since, p.state = id, d.Public(), d.cfg.Now().UnixNano(), sockeye.Connected
	p.lastActive.Store(p.since)
	if d.cfg.OnJoin != nil {
		d.cfg.OnJoin(id)
	}
}

// Public is the peer as everybody else sees it.
func (p *DriverPeer) Public() *Peer { return (*Peer)(p) }

// Session is the session that the peer belongs to.
func (p *DriverPeer) Session() *DriverSession { return (*DriverSession)(p.session) }

// SetConn sets the peer's connection. It is called before anybody else can find the peer.
func (p *DriverPeer) SetConn(c PeerConn) { p.conn = c }

// Conn returns the peer's connection, which SetConn set.
func (p *DriverPeer) Conn() PeerConn { return p.conn }

// Since is when the peer joined.
func (p *DriverPeer) Since() time.Time { return time.Unix(0, p.since) }

// Record records an event of the peer and returns its number.
func (p *DriverPeer) Record(e sockeye.Event) uint64 { return p.Public().record(e) }

// RecordJoined records that the peer is there now; how may be nil.
func (p *DriverPeer) RecordJoined(how *sockeye.Detail) {
	p.Record(sockeye.Event{Time: p.Since(), Kind: sockeye.Joined, Detail: how})
}

// SetReason notes why the peer will leave. A good end is named by whoever ended
// first; a violent one is the news, whatever went before.
func (p *DriverPeer) SetReason(r sockeye.Reason, cause *sockeye.Error) {
	p.Public().setReason(r, cause)
}

// SendFailed records that the kernel took only n of some bytes, unless that is
// the caller's mistake, and returns the error that tells it.
func (p *DriverPeer) SendFailed(err error, n, all int) error {
	return p.Public().sendFailed(err, n, all)
}

// SetCause notes the system's reason why the connection ended.
func (p *DriverPeer) SetCause(err error) {
	e := netinfo.Explain("receive", p.String(), err)
	switch e.Kind {
	case sockeye.Reset, sockeye.BrokenPipe:
		p.Public().setReason(sockeye.ReasonReset, e)
	case sockeye.TimedOut, sockeye.HostUnreachable, sockeye.NetworkUnreachable:
		p.Public().setReason(sockeye.ReasonTimeout, e)
	case sockeye.Unplugged:
		p.Public().setReason(sockeye.ReasonUnplugged, e)
	default:
		p.Public().setReason(sockeye.ReasonError, e)
	}
}

// Received counts bytes that came off the socket. The event is to be recorded.
func (p *DriverPeer) Received(now time.Time, data []byte, d *sockeye.Detail) sockeye.Event {
	p.recvBytes.Add(uint64(len(data)))
	if p.recvMsgs.Add(1) == 1 {
		p.sawFirst(data)
	}
	p.Public().markActive(now)
	return sockeye.Event{Time: now, Kind: sockeye.Received, Session: p.session.id, Peer: p.Peer, Data: data, Detail: d}
}

// Sent counts bytes that the kernel took; how is what HowSent says, or nil. The event is to
// be recorded.
func (p *DriverPeer) Sent(now time.Time, data []byte, how *sockeye.Detail) sockeye.Event {
	p.sentBytes.Add(uint64(len(data)))
	p.sentMsgs.Add(1)
	p.Public().markActive(now)
	return sockeye.Event{Time: now, Kind: sockeye.Sent, Session: p.session.id, Peer: p.Peer, Data: data, Detail: how}
}

// LostUnacknowledged reports whether the connection ended in a way in which the kernel drops
// the bytes that the peer has not acknowledged.
func (p *DriverPeer) LostUnacknowledged() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reason == sockeye.ReasonTimeout || p.reason == sockeye.ReasonReset || p.reason == sockeye.ReasonAborted ||
		p.reason == sockeye.ReasonUnplugged
}

// Lost counts those of the unacknowledged bytes of a connection that ended or is about to
// that the peer will never get: all if the system dropped them, and then this is a reset if
// the connection is known to have ended well: somebody else was told the error, or nobody.
func (p *DriverPeer) Lost(unacknowledged int, dropped bool) int {
	switch {
	case unacknowledged <= 0:
		return 0
	case p.LostUnacknowledged():
		return unacknowledged
	case !dropped:
		return 0
	}
	p.mu.Lock()
	well := p.reason == "" || p.reason == sockeye.ReasonEOF || p.reason == sockeye.ReasonLocal
	p.mu.Unlock()
	if well {
		p.SetCause(syscall.ECONNRESET)
	}
	return unacknowledged
}

// Unsent counts the bytes that the kernel took and the peer has not acknowledged, of
// which queue, what SIOCOUTQ says, counts our FIN as one more (tcp(7)).
func (p *DriverPeer) Unsent(queue int) int {
	if queue > 0 && p.Public().isState(sockeye.WeFinished) {
		queue--
	}
	return queue
}

// noFIN puts the state back when our FIN could not be sent: Unsent would count it.
func (p *DriverPeer) noFIN(before sockeye.PeerState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state == sockeye.WeFinished {
		p.state = before
	}
}

// AfterFinish says how a connection goes on after its peer has finished sending.
type AfterFinish int

const (
	HalfClosed     AfterFinish = iota // somebody may still send on it
	ConnectionOver                    // nobody can
	CloseWhenSent                     // nobody will, after what is being sent
)

// OnPeerFinished records the peer's FIN, unless the connection is known to be reset: a send may
// have got that error before.
func (p *DriverPeer) OnPeerFinished() AfterFinish {
	p.Public().setReason(sockeye.ReasonEOF, nil)
	p.mu.Lock()
	if p.reason != sockeye.ReasonEOF && p.reason != sockeye.ReasonLocal {
		p.mu.Unlock()
		return ConnectionOver
	}
	both := p.state == sockeye.WeFinished
	if !both {
		p.state = sockeye.PeerFinished
	}
	p.mu.Unlock()
	p.lastActive.Store(p.session.cfg.Now().UnixNano())
	d := &sockeye.Detail{Reason: sockeye.ReasonEOF}
	p.addEnd(d)
	p.Public().record(sockeye.Event{Kind: sockeye.Finished, Detail: d})
	switch {
	case both:
		return ConnectionOver
	case p.Public().isHalfOpen():
		return HalfClosed
	}
	return CloseWhenSent
}

// RecordLeft records the end of the peer; its owner calls it once, as its last act.
func (p *DriverPeer) RecordLeft(unsent int) {
	p.mu.Lock()
	p.state = sockeye.Gone
	if p.reason == "" {
		p.reason = sockeye.ReasonLocal
	}
	d := &sockeye.Detail{Reason: p.reason, Err: p.session.inAddress(p.cause), Unsent: unsent}
	p.mu.Unlock()
	p.addEnd(d)
	p.session.removePeer(p.Public())
	defer p.session.leaving.Done()
	if left := p.session.cfg.Left; left != nil {
		left(p.Public(), unsent)
	}
	p.Public().record(sockeye.Event{Kind: sockeye.Left, Detail: d})
	p.done.fire(&p.mu)
	if r, ok := p.session.cfg.Responder.(LeaveResponder); ok {
		r.Left(p.Public())
	}
}
