package transport

import (
	"context"
	"time"

	"sockeye"
)

// Driver opens the endpoints of one kind of socket. What it can do is said once for
// all rooms in the table of schemes (sockeye.Traits).
type Driver interface {
	// Listen binds every address that the endpoint means, reports them with
	// DriverSession.Opened, and serves whoever comes until DriverSession.OnStop says
	// that nobody is wanted any more. It returns when the sockets are bound.
	Listen(ctx context.Context, s *DriverSession) error
	// Dial makes the endpoint's remote address a peer, and reports where from with
	// DriverSession.Opened before it does.
	Dial(ctx context.Context, s *DriverSession) (*DriverPeer, error)
}

// FileChecker is a Driver some of whose options name files.
type FileChecker interface {
	// CheckFiles returns what is wrong with those files, as Endpoint.Validate does for options.
	CheckFiles(ep sockeye.Endpoint) error
}

// CheckFiles asks a driver, which may be nil.
func CheckFiles(d Driver, ep sockeye.Endpoint) error {
	if c, ok := d.(FileChecker); ok {
		return c.CheckFiles(ep)
	}
	return nil
}

// FDController lets a function use a descriptor that cannot be closed meanwhile.
type FDController interface {
	Control(f func(fd uintptr)) error
}

// DriverSession is a Session as its driver sees it. All methods may be called from
// any goroutine. Only drivers use it.
type DriverSession Session

// Public is the session as everybody else sees it.
func (d *DriverSession) Public() *Session { return (*Session)(d) }

// ID is the identity that events carry.
func (d *DriverSession) ID() *sockeye.Session { return d.id }

// Config returns the configuration of the session. It does not change.
func (d *DriverSession) Config() *Config { return &d.cfg }

// Endpoint is what was asked for.
func (d *DriverSession) Endpoint() sockeye.Endpoint { return d.ep }

// Options are the endpoint's with every default filled in. They do not change.
func (d *DriverSession) Options() *sockeye.Options { return &d.opts }

// Live returns the options as they are now, with changes since the session was opened. What it
// returned does not change later.
func (d *DriverSession) Live() *sockeye.Options { return d.live.Load() }

// OnSetOptions sets the function that applies changed options to the listening sockets and to
// those of the peers; see Session.SetOptions.
func (d *DriverSession) OnSetOptions(f func(o *sockeye.Options, sockets []FDController) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.apply = f
}

// Context ends when no new peer is wanted.
func (d *DriverSession) Context() context.Context { return d.ctx }

// Go runs f on a goroutine that the session waits for when it ends.
func (d *DriverSession) Go(f func()) { d.goroutines.Go(f) }

// OnStop has f called when the session stops accepting; at once if it has.
func (d *DriverSession) OnStop(f func()) {
	d.mu.Lock()
	stopped := d.ctx.Err() != nil
	if !stopped {
		d.stopFuncs = append(d.stopFuncs, f)
	}
	d.mu.Unlock()
	if stopped {
		f()
	}
}

// OnReach has f make peers of addresses that nothing came from yet; see Session.Reach.
func (d *DriverSession) OnReach(f func(to sockeye.SocketAddr) (*Peer, error)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reach = f
}

// Opened records the opened event with the addresses really bound. A session that
// connects again has recorded it: then it only changes the addresses.
func (d *DriverSession) Opened(locals ...sockeye.SocketAddr) {
	d.mu.Lock()
	d.locals = locals
	again := d.opened
	d.opened = true
	d.mu.Unlock()
	if again {
		return
	}
	how := d.how
	how.Locals = locals
	d.Record(sockeye.Event{Kind: sockeye.Opened, Detail: &how})
}

// Detail is what the opened event says besides the addresses, such as the certificate of a
// TLS server. It belongs to the session.
func (s *Session) Detail() *sockeye.Detail { return &s.how }

// DescribeOpened has the opened event say more than the addresses. It is called before
// Opened.
func (d *DriverSession) DescribeOpened(how *sockeye.Detail) { d.how = *how }

// AcceptsFrom adds a listening socket. Status reports the length of its accept queue.
func (d *DriverSession) AcceptsFrom(queue FDController) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.acceptQueues = append(d.acceptQueues, queue)
}

// KeepConnected has the driver dial again whenever the peer is gone, until the session
// stops, beginning with one that is connected.
func (d *DriverSession) KeepConnected(p *DriverPeer) {
	d.Go(func() { d.Public().keepConnected(p.Public()) })
}

// Remember keeps something of the driver's for the next time it dials for this session.
func (d *DriverSession) Remember(v any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.remembered = v
}

// Remembered returns the value that Remember was called with last, or nil.
func (d *DriverSession) Remembered() any {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.remembered
}

// Record records an event of the session itself.
func (d *DriverSession) Record(e sockeye.Event) { d.Public().record(e) }

// Failed records an error of the session itself.
func (d *DriverSession) Failed(e *sockeye.Error) {
	d.Record(sockeye.Event{Kind: sockeye.Failed, Detail: &sockeye.Detail{Err: e}})
}

// Now is the time, as events have it.
func (d *DriverSession) Now() time.Time { return d.cfg.Now() }

// NewPeer makes a peer that no session knows yet: the driver sets its connection and adds it.
func (d *DriverSession) NewPeer(local, remote sockeye.SocketAddr) *DriverPeer {
	p, id := new(DriverPeer), new(sockeye.Peer)
	d.Identify(id, local, remote)
	p.Init(d, id)
	return p
}

// Identify fills in the identity of a new peer.
func (d *DriverSession) Identify(id *sockeye.Peer, local, remote sockeye.SocketAddr) {
	id.ID, id.Session, id.Network = d.cfg.NextPeer(), d.id, d.ep.Address.Network.Transport()
	id.Local, id.Remote = local, remote
}

// Add adds a peer to the session; false: the session is closing.
func (d *DriverSession) Add(p *DriverPeer) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ctx.Err() != nil {
		return false
	}
	d.peers[p.ID] = p.Public()
	return true
}

// Peers are the peers there now, in no order.
func (d *DriverSession) Peers() []*DriverPeer {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]*DriverPeer, 0, len(d.peers))
	for _, p := range d.peers {
		all = append(all, (*DriverPeer)(p))
	}
	return all
}

// Count returns the number of peers.
func (d *DriverSession) Count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.peers)
}

// IsFull reports whether the peer limit is reached.
func (d *DriverSession) IsFull() bool { return d.Count() >= d.opts.MaxPeers }

// EvictFinished ends the peers that finished sending and are not being answered, because their
// descriptors are needed. It reports whether there were any.
func (d *DriverSession) EvictFinished() bool {
	now, found := d.cfg.Now(), false
	for _, p := range d.Public().snapshot() {
		if p.isState(sockeye.PeerFinished) && now.Sub(time.Unix(0, p.lastActive.Load())) >= minQuiet && !p.isNeeded() {
			p.stop(sockeye.ReasonEOF)
			found = true
		}
	}
	return found
}

// ErrClosing is why a closing session takes no peer.
var ErrClosing = &sockeye.Error{Kind: sockeye.Closed, Message: sockeye.Text{En: "the session is closing", Zh: "会话正在关闭"}}

// OnPublish has f publish a message; see Session.Publish.
func (d *DriverSession) OnPublish(f func(to []Conn, m sockeye.Publication, data []byte) (int, error)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.publish = f
}

// NewBuffers has f make the buffers that peers are read into, each Options.ReadSize
// long, before anybody joins.
func (d *DriverSession) NewBuffers(f func() *[]byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.buffers.New = func() any { return f() }
}

// AttemptsError carries the attempts of a failed connection to its event.
type AttemptsError struct {
	Err      *sockeye.Error
	Attempts []sockeye.Attempt
}

func (e *AttemptsError) Error() string { return e.Err.Error() }

// Unwrap is the error itself.
func (e *AttemptsError) Unwrap() error { return e.Err }

// noDriver is the error of an endpoint that nobody can open.
func noDriver(ep sockeye.Endpoint) error {
	return &sockeye.Error{
		Kind: sockeye.Unsupported, Op: string(ep.Mode), Target: ep.Address.String(),
		Message: sockeye.Text{En: "this protocol is not in this build", Zh: "此版本不含该协议"},
	}
}
