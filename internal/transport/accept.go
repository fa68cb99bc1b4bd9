package transport

import (
	"errors"
	"fmt"
	"net"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
)

// StreamListener accepts the connections of a stream, for ServeStream.
type StreamListener interface {
	// Accept waits for a connection. After Close its error is net.ErrClosed.
	Accept() (Conn, error)
	// SetDeadline ends Accept at a time.
	SetDeadline(time.Time) error
	Close() error
	// Name is the address in errors.
	Name() string
}

// ServeStream accepts from a listener until the session stops, with a goroutine, and
// serves every peer with a StreamConn. It returns at once. The session closes the
// listener.
func (d *DriverSession) ServeStream(l StreamListener) {
	d.OnStop(func() { l.Close() })
	d.Go(func() { d.AcceptStreams(l, func(conn Conn) { d.Join(conn, joinedDetail(conn)) }) })
}

// AcceptStreams accepts until the listener is closed, and gives each connection that may
// be a peer to admitted, which must not wait.
func (d *DriverSession) AcceptStreams(l StreamListener, admitted func(Conn)) {
	gate := NewGate(d)
	defer gate.Close()
	for d.WaitForCapacity() {
		conn, err := l.Accept()
		switch {
		case err == nil:
			gate.Accepted()
			if !gate.Admits(conn.Remote()) {
				reject(conn)
				continue
			}
			admitted(conn)
		case errors.Is(err, net.ErrClosed):
			return
		case IsTransientAccept(err):
			// the connection died in the queue; the next one may not have
		default:
			if gate.Failed(l.Name(), err, func() { rejectOne(l) }) {
				gate.BackOff()
			}
		}
	}
}

// rejectOne resets one connection that waits.
func rejectOne(l StreamListener) {
	l.SetDeadline(time.Now().Add(time.Millisecond))
	if conn, err := l.Accept(); err == nil {
		reject(conn)
	}
	l.SetDeadline(time.Time{})
}

func reject(conn Conn) {
	conn.Abort()
	conn.Close()
}

// joinedDetail returns the details of a connection that its joined event has; nil for none.
func joinedDetail(conn Conn) *sockeye.Detail {
	if c, ok := conn.(interface{ Joined() *sockeye.Detail }); ok {
		return c.Joined()
	}
	return nil
}

// Join makes a peer of a connection and starts to serve it. It returns false, and closes
// the connection, if the session is closing.
func (d *DriverSession) Join(conn Conn, how *sockeye.Detail) (*DriverPeer, bool) {
	p := d.NewPeer(conn.Local(), conn.Remote())
	c := NewStreamConn(p, conn)
	p.SetConn(c)
	if !d.Add(p) {
		conn.Close()
		return nil, false
	}
	p.RecordJoined(how)
	d.Go(func() {
		if r := d.cfg.Responder; r != nil {
			r.Joined(p.Public())
		}
		c.Serve(false)
	})
	return p, true
}

// WaitForCapacity holds accepting back while the session is full and its policy is
// to pause. It returns false when the session stops.
func (d *DriverSession) WaitForCapacity() bool {
	for d.opts.OverCap == sockeye.PauseOverCap {
		change := d.capacityFreed()
		if change == nil {
			return true
		}
		select {
		case <-change:
		case <-d.ctx.Done():
			return false
		}
	}
	return true
}

// capacityFreed is closed when a peer leaves a full session; nil if it is not full.
func (d *DriverSession) capacityFreed() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.peers) < d.opts.MaxPeers {
		return nil
	}
	if d.capacity == nil {
		d.capacity = make(chan struct{})
	}
	return d.capacity
}

// Gate decides for one accept loop which connections become peers, and how the loop goes on
// after an error.
type Gate struct {
	session   *DriverSession
	reserved  *reservedFD
	overLimit ErrorLimiter
	admission Admission
}

// NewGate makes the gate of an accept loop. Close gives back what it holds.
func NewGate(d *DriverSession) *Gate {
	return &Gate{session: d, reserved: newReservedFD(), overLimit: NewErrorLimiter(d), admission: NewAdmission(d)}
}

// Close records what is held back still.
func (g *Gate) Close() {
	g.overLimit.Flush()
	g.admission.Flush()
	g.reserved.close()
}

// Admits reports whether a connection may become a peer, and records one that may not. If from
// is zero, its address is not checked.
func (g *Gate) Admits(from sockeye.SocketAddr) bool {
	if g.admission.Refuses(from, refusedWithRST) {
		return false
	}
	if g.session.IsFull() && !g.session.EvictFinished() {
		g.overLimit.Add(overCapError(g.session, from.String()))
		return false
	}
	return true
}

// Accepted notes that accepting works.
func (g *Gate) Accepted() { g.reserved.reset() }

// Failed records why accepting failed. If the system is out of descriptors, Failed frees some,
// or has reject take one waiting connection and reset it. It reports whether the loop must
// pause before the next try.
func (g *Gate) Failed(local string, err error, reject func()) (pause bool) {
	g.overLimit.Add(netinfo.Explain("accept", local, err))
	if isResourceLimit(err) {
		if g.session.EvictFinished() {
			return false
		}
		g.reserved.rejectOne(reject)
	}
	return true
}

// BackOff pauses, longer each time, until the session stops.
func (g *Gate) BackOff() { g.reserved.backOff(g.session.ctx) }

// overCapError is the error of a connection beyond the peer limit.
func overCapError(d *DriverSession, from string) *sockeye.Error {
	refused := refusedWithRST
	if !d.ep.Address.Network.Traits().Reset {
		refused = sockeye.Text{En: "refused", Zh: "已拒绝"}
	}
	return &sockeye.Error{
		Kind: sockeye.LimitReached, Op: "accept", Target: from,
		Message: sockeye.Text{
			En: fmt.Sprintf("%s: the limit of %d peers is reached", refused.En, d.opts.MaxPeers),
			Zh: fmt.Sprintf("%s：已达到 %d 个连接的上限", refused.Zh, d.opts.MaxPeers)},
		Hint: sockeye.Text{
			En: "allow more with --max-peers, or close peers that are no longer needed",
			Zh: "用 --max-peers 提高上限，或关闭不再需要的连接"},
	}
}
