package device

import (
	"context"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"sockeye"
	"sockeye/client"
)

// sessionNetwork opens connections as sessions of a workbench, so that all that crosses is in
// its record. One goroutine reads the record for all of them.
type sessionNetwork struct {
	client client.Client
	drain  time.Duration
	stop   context.CancelFunc
	done   chan struct{}

	mu    sync.Mutex
	conns map[string]*sessionConn // by session
}

// newNetwork begins to read the record. Call close.
func newNetwork(c client.Client) *sessionNetwork {
	ctx, stop := context.WithCancel(context.Background())
	n := &sessionNetwork{client: c, drain: time.Second, stop: stop, done: make(chan struct{}), conns: map[string]*sessionConn{}}
	go n.run(ctx)
	return n
}

func (n *sessionNetwork) close() {
	n.stop()
	<-n.done
}

// run gives each connection its events.
func (n *sessionNetwork) run(ctx context.Context) {
	defer close(n.done)
	for e, err := range n.client.Events(ctx, client.EventOptions{}) {
		if err != nil {
			break
		}
		if e.Session == nil {
			if e.Kind == sockeye.Gap { // bytes may be missing anywhere
				n.failAll(&sockeye.Error{Kind: sockeye.LimitReached, Op: "receive", Message: text("the record was overrun", "记录已被覆盖")})
			}
			continue
		}
		n.connOf(e.Session.ID).happened(&e)
		if e.Kind == sockeye.Ended {
			n.forget(e.Session.ID)
		}
	}
	n.failAll(os.ErrClosed)
}

func (n *sessionNetwork) connOf(session string) *sessionConn {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := n.conns[session]
	if c == nil {
		c = &sessionConn{network: n, session: session, changed: make(chan struct{})}
		n.conns[session] = c
	}
	return c
}

func (n *sessionNetwork) forget(session string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.conns, session)
}

func (n *sessionNetwork) failAll(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.conns {
		c.fail(err)
	}
}

// dial opens an endpoint and returns when it has a peer.
func (n *sessionNetwork) dial(ctx context.Context, ep sockeye.Endpoint) (*sessionConn, error) {
	s, err := n.client.Open(ctx, ep, nil)
	if err != nil {
		return nil, err
	}
	c := n.connOf(s.ID)
	peer, err := n.client.AwaitPeer(ctx, s.ID)
	if err != nil {
		c.Close()
		return nil, err
	}
	c.mu.Lock()
	c.peer = peer.ID
	c.local, c.remote = textAddr(peer.Local.String()), textAddr(peer.Remote.String())
	c.mu.Unlock()
	return c, nil
}

// maxUnread bounds what a target sent and nobody has read.
const maxUnread = 1 << 20

// sessionConn is a connection that is a session. It is a net.Conn; its methods may be called
// from any goroutine, Read and Write by one each.
type sessionConn struct {
	network       *sessionNetwork
	session       string
	peer          uint64
	local, remote textAddr

	mu                          sync.Mutex
	unread                      []byte
	err                         error         // of reading: io.EOF, or why it is over
	unsent                      int           // of a peer that left: bytes that never reached it
	left                        bool          // the peer is gone
	changed                     chan struct{} // closed and replaced when any of these changes
	readDeadline, writeDeadline time.Time
	closing                     sync.Once
}

// textAddr is an address that is shown only.
type textAddr string

func (a textAddr) Network() string { return "session" }
func (a textAddr) String() string  { return string(a) }

func (c *sessionConn) LocalAddr() net.Addr  { return c.local }
func (c *sessionConn) RemoteAddr() net.Addr { return c.remote }

// wake wakes whoever waits; the lock is held.
func (c *sessionConn) wake() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// happened takes an event; its data is lent.
func (c *sessionConn) happened(e *sockeye.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e.Kind {
	case sockeye.Received:
		if len(c.unread)+len(e.Data) > maxUnread {
			c.failLocked(&sockeye.Error{Kind: sockeye.LimitReached, Op: "receive", Message: text("the target sends more than is read", "目标发来的数据过多")})
			return
		}
		c.unread = append(c.unread, e.Data...)
	case sockeye.Finished:
		if e.Detail == nil || e.Detail.Reason != sockeye.ReasonEOF {
			return
		}
		c.failLocked(io.EOF)
	case sockeye.Left, sockeye.Ended, sockeye.Gap:
		if e.Detail != nil && e.Kind == sockeye.Left {
			c.unsent = e.Detail.Unsent
		}
		c.left = true
		c.failLocked(reasonOf(e))
	default:
		return
	}
	c.wake()
}

// reasonOf is why a connection is over.
func reasonOf(e *sockeye.Event) error {
	if e.Detail != nil && e.Detail.Err != nil {
		return e.Detail.Err
	}
	if e.Detail != nil && (e.Detail.Reason == sockeye.ReasonReset || e.Detail.Reason == sockeye.ReasonTimeout) {
		return &sockeye.Error{Kind: map[sockeye.Reason]sockeye.ErrorKind{sockeye.ReasonReset: sockeye.Reset, sockeye.ReasonTimeout: sockeye.TimedOut}[e.Detail.Reason], Op: "send"}
	}
	return io.EOF
}

func (c *sessionConn) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failLocked(err)
	c.wake()
}

func (c *sessionConn) failLocked(err error) {
	if c.err == nil {
		c.err = err
	}
}

// Read gives what the peer sent.
func (c *sessionConn) Read(p []byte) (int, error) {
	for {
		c.mu.Lock()
		n := copy(p, c.unread)
		c.unread = c.unread[n:]
		if len(c.unread) == 0 {
			c.unread = nil
		}
		err, changed, deadline := c.err, c.changed, c.readDeadline
		c.mu.Unlock()
		if n > 0 || len(p) == 0 {
			return n, nil
		}
		if err != nil {
			return 0, err
		}
		if err := waitUntil(changed, deadline); err != nil {
			return 0, err
		}
	}
}

// waitUntil waits for a change, at most until a deadline that is not zero.
func waitUntil(changed <-chan struct{}, deadline time.Time) error {
	if deadline.IsZero() {
		<-changed
		return nil
	}
	t := time.NewTimer(time.Until(deadline))
	defer t.Stop()
	select {
	case <-changed:
		return nil
	case <-t.C:
		return os.ErrDeadlineExceeded
	}
}

// Write gives data to the kernel.
func (c *sessionConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	deadline := c.writeDeadline
	c.mu.Unlock()
	ctx := context.Background()
	if !deadline.IsZero() {
		limited, cancel := context.WithDeadline(ctx, deadline)
		defer cancel()
		ctx = limited
	}
	return c.send(ctx, p)
}

func (c *sessionConn) send(ctx context.Context, p []byte) (int, error) {
	deliveries, err := c.network.client.Send(ctx, c.session, p, c.peer)
	sent := 0
	for _, d := range deliveries {
		sent += d.Sent
		if d.Err != nil {
			err = d.Err
		}
	}
	if err == nil && sent < len(p) {
		err = io.ErrShortWrite
	}
	return sent, err
}

// The pauses before looks at what was acknowledged: each look wakes the processor of a small board.
const (
	leastPoll = 5 * time.Millisecond
	mostPoll  = 100 * time.Millisecond
	// calmPoll is the first one where nothing else waits: systems acknowledge after 40 ms at most
	// (Linux, delayed acknowledgements), so that one look is enough.
	calmPoll = 50 * time.Millisecond
)

// flush waits until the peer's system has acknowledged everything, where the system
// tells; where it does not (datagrams), the kernel's taking it is all there is to know.
// With hurry it looks at once, and often.
func (c *sessionConn) flush(ctx context.Context, hurry bool) error {
	pause := leastPoll
	if !hurry {
		pause = calmPoll
		if err := c.pause(ctx, pause); err != nil {
			return err
		}
	}
	for ; ; pause = min(2*pause, mostPoll) {
		unsent, over := c.unacknowledged(ctx)
		switch {
		case over != nil && unsent > 0:
			return over
		case unsent <= 0:
			return nil
		}
		if err := c.pause(ctx, pause); err != nil {
			return err
		}
	}
}

// pause waits for a time, or until something happens to the connection: the peer may have left.
// The error is that ctx has ended.
func (c *sessionConn) pause(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	changed := c.changed
	c.mu.Unlock()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-changed:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// unacknowledged counts what the peer has not acknowledged, and says why there is
// nothing more to wait for, if so.
func (c *sessionConn) unacknowledged(ctx context.Context) (int, error) {
	c.mu.Lock()
	left, unsent, err := c.left, c.unsent, c.err
	c.mu.Unlock()
	if left {
		return unsent, err
	}
	peers, err := c.network.client.Peers(ctx, c.session)
	if err != nil {
		return 1, err
	}
	for _, p := range peers {
		if p.ID == c.peer {
			return p.Unsent, nil
		}
	}
	return 1, nil // it has just left: its last event follows
}

// Close closes the session in good order, in a second at most, and takes it from the
// list.
func (c *sessionConn) Close() error {
	c.closing.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), c.network.drain)
		defer cancel()
		c.network.client.CloseSession(ctx, c.session)
		c.network.client.CloseSession(context.Background(), c.session) // forget it
		c.fail(net.ErrClosed)
	})
	return nil
}

func (c *sessionConn) SetDeadline(t time.Time) error {
	c.SetReadDeadline(t)
	return c.SetWriteDeadline(t)
}

func (c *sessionConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readDeadline = t
	c.wake() // a Read that waits looks again
	return nil
}

func (c *sessionConn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writeDeadline = t
	return nil
}
