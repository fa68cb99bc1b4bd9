package access

import (
	"container/list"
	"context"
	"net"
	"net/netip"
	"sync"
)

// connectionTable bounds the connections of a server. One that has shown no credential
// has its place only until others need it: when all such places are taken, in all or of
// its address, the oldest of them is closed for the new one. So whoever opens connections
// and says nothing holds up nobody who does. All users of a machine share its loopback
// addresses: where the system tells whose a connection is, those of this user's programs
// have places of their own, a quarter of all.
type connectionTable struct {
	maxAll, maxUnproven, maxPerAddress int

	mu        sync.Mutex
	n         int
	viewing   int       // so many keep their places by a viewer's credential
	unproven  list.List // of *limitedConn, the oldest first
	own       list.List // those of this user's programs, instead
	isOwn     func(client, server netip.AddrPort) bool
	byAddress map[netip.Addr]*list.List
	evicted   func() // is told of each that was closed for another
}

func newConnectionTable(maxAll, maxUnproven, maxPerAddress int, evicted func()) *connectionTable {
	return &connectionTable{maxAll: maxAll, maxUnproven: maxUnproven, maxPerAddress: maxPerAddress, evicted: evicted, isOwn: isOwnClient, byAddress: map[netip.Addr]*list.List{}}
}

// add gives a connection a place, or is nil if there is none.
func (t *connectionTable) add(c net.Conn) *limitedConn {
	var address netip.Addr
	own := false
	if at, err := netip.ParseAddrPort(c.RemoteAddr().String()); err == nil {
		address = at.Addr().Unmap()
		if server, ok := c.LocalAddr().(*net.TCPAddr); ok {
			own = t.isOwn(at, server.AddrPort())
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if own {
		return t.addOwnLocked(c)
	}
	same := t.byAddress[address]
	switch {
	case same != nil && same.Len() >= t.maxPerAddress:
		t.evictLocked(same)
	case t.unproven.Len() >= t.maxUnproven, t.n >= t.maxAll:
		t.evictLocked(&t.unproven)
	}
	if t.n >= t.maxAll {
		return nil
	}
	one := &limitedConn{Conn: c, table: t, address: address}
	if same = t.byAddress[address]; same == nil {
		same = list.New()
		t.byAddress[address] = same
	}
	one.inAll, one.inAddress = t.unproven.PushBack(one), same.PushBack(one)
	t.n++
	return one
}

// addOwnLocked is add for a connection of this user's program.
func (t *connectionTable) addOwnLocked(c net.Conn) *limitedConn {
	switch {
	case t.own.Len() >= max(1, t.maxAll/4):
		t.evictLocked(&t.own)
	case t.n >= t.maxAll && t.unproven.Len() > 0:
		t.evictLocked(&t.unproven)
	case t.n >= t.maxAll:
		t.evictLocked(&t.own)
	}
	if t.n >= t.maxAll {
		return nil
	}
	one := &limitedConn{Conn: c, table: t, own: true}
	one.inOwn = t.own.PushBack(one)
	t.n++
	return one
}

// evictLocked closes the oldest connection of a list.
func (t *connectionTable) evictLocked(of *list.List) {
	if oldest := of.Front(); oldest != nil {
		c := oldest.Value.(*limitedConn)
		t.removeLocked(c)
		t.evicted()
		c.Conn.Close()
	}
}

func (t *connectionTable) removeLocked(c *limitedConn) {
	if !c.removed {
		c.removed = true
		t.n--
		if c.viewing {
			t.viewing--
		}
	}
	t.proveLocked(c)
}

// proveLocked takes a connection out of those that may be closed for others.
func (t *connectionTable) proveLocked(c *limitedConn) {
	if c.inOwn != nil {
		t.own.Remove(c.inOwn)
		c.inOwn = nil
	}
	if c.inAll == nil {
		return
	}
	t.unproven.Remove(c.inAll)
	same := t.byAddress[c.address]
	if same.Remove(c.inAddress); same.Len() == 0 {
		delete(t.byAddress, c.address)
	}
	c.inAll, c.inAddress = nil, nil
}

// limitedConn is a connection with a place in a table.
type limitedConn struct {
	net.Conn
	table            *connectionTable
	address          netip.Addr
	inAll, inAddress *list.Element // nil once a credential was shown
	inOwn            *list.Element // instead of both
	own              bool          // of a program of this user
	viewing          bool          // keeps its place by a viewer's credential
	removed          bool
}

func (c *limitedConn) Close() error {
	c.table.mu.Lock()
	c.table.removeLocked(c)
	c.table.mu.Unlock()
	return c.Conn.Close()
}

// CloseWrite is for net/http, which lets an answer arrive before it closes.
func (c *limitedConn) CloseWrite() error { return closeWrite(c.Conn) }

// limitedListener gives what it accepts a place in a table, and closes what has none.
type limitedListener struct {
	net.Listener
	table *connectionTable
}

func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if one := l.table.add(c); one != nil {
			return one, nil
		}
		c.Close()
	}
}

type connectionContextKey struct{}

// withConnection lets the handlers of a connection's requests find it.
func withConnection(ctx context.Context, c net.Conn) context.Context {
	for {
		switch inner := c.(type) {
		case *limitedConn:
			return context.WithValue(ctx, connectionContextKey{}, inner)
		case *checkedConn:
			c = inner.Conn
		case interface{ NetConn() net.Conn }: // TLS
			c = inner.NetConn()
		default:
			return ctx
		}
	}
}

// prove notes that a request showed a good credential: its connection keeps its place.
func prove(ctx context.Context) {
	if c, ok := ctx.Value(connectionContextKey{}).(*limitedConn); ok {
		c.table.mu.Lock()
		c.table.proveLocked(c)
		c.table.mu.Unlock()
	}
}

// proveViewer is prove for who may only look: of all viewers together, a quarter of the
// places is kept, so that they hold up nobody else.
func proveViewer(ctx context.Context) {
	c, ok := ctx.Value(connectionContextKey{}).(*limitedConn)
	if !ok {
		return
	}
	t := c.table
	t.mu.Lock()
	defer t.mu.Unlock()
	if !c.removed && !c.viewing && t.viewing < max(1, t.maxAll/4) {
		c.viewing = true
		t.viewing++
		t.proveLocked(c)
	}
}
