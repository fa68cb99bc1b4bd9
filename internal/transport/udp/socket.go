// Package udp is the driver of UDP: a socket with one reader, whose peers are the
// source addresses seen and those sent to. On Linux one call moves many datagrams.
package udp

import (
	"context"
	"net"
	"net/netip"
	"sync"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/transport"
	"sockeye/internal/transport/inet"
	"sockeye/internal/transport/sockopt"
)

// datagramServer is the sockets of one session and the peers that they have in common.
type datagramServer struct {
	session *transport.DriverSession
	setter  *sockopt.Setter
	// groupSetter is setter without the interface: a group is joined there, not bound to it.
	groupSetter *sockopt.Setter
	peers       peerTable

	mu      sync.Mutex
	sockets []*udpSocket
}

func newServer(s *transport.DriverSession) *datagramServer {
	ep := s.Endpoint()
	v := &datagramServer{session: s, setter: sockopt.For(ep)}
	ep.Options.Interface = ""
	v.groupSetter = sockopt.For(ep)
	s.OnReach(v.reach)
	return v
}

// udpSocket is one bound UDP socket of a session. Its peers are the source
// addresses seen and those sent to.
type udpSocket struct {
	server    *datagramServer
	conn      udpConn
	local     netip.AddrPort
	connected bool // the kernel filters: there is one remote address
	// dialed is the group or broadcast address for which an unconnected socket was made; it ends
	// with that peer. Zero for a socket that listens.
	dialed netip.AddrPort
	origin *transport.Peer // the first peer of that dial, see transport.Peer.Origin; set before it is read

	// group is the multicast group that was joined or is sent to, zero for none; iface the
	// one interface for it, nil where the system chooses.
	group netip.Addr
	iface *net.Interface

	// order makes the journal's order the kernel's. A sender holds it over the
	// write, which for a datagram waits for nothing but the network device; the
	// reader takes it only to record.
	order sync.Mutex

	reader udpReader // used by the goroutine that reads
}

// Driver opens UDP endpoints.
type Driver struct{}

// Listen binds every address of the endpoint and starts reading.
func (Driver) Listen(ctx context.Context, s *transport.DriverSession) error {
	v := newServer(s)
	lc := net.ListenConfig{Control: v.setter.Listen}
	var bound []*udpSocket
	var locals []sockeye.SocketAddr
	err := inet.BindAll(ctx, s.Endpoint().Address, func(network, address string) (netip.AddrPort, error) {
		if to, err := netip.ParseAddrPort(address); err == nil && to.Addr().IsMulticast() {
			joined, err := v.listenGroup(ctx, to)
			for _, k := range joined {
				bound = append(bound, k)
				locals = append(locals, sockeye.IPSocketAddr(k.local))
			}
			return to, err
		}
		conn, err := lc.ListenPacket(ctx, network, address)
		if err != nil {
			return netip.AddrPort{}, err
		}
		k, err := v.newSocket(conn.(*net.UDPConn), false)
		if err != nil {
			return netip.AddrPort{}, err
		}
		bound = append(bound, k)
		locals = append(locals, sockeye.IPSocketAddr(k.local))
		return k.local, nil
	})
	if err != nil {
		for _, k := range bound {
			k.conn.Close()
		}
		return err
	}
	s.Opened(locals...)
	for _, k := range bound {
		v.start(k)
		if k.iface != nil {
			k.watchInterface()
		} else {
			inet.WatchAddress(s, k.local)
		}
	}
	return nil
}

// newSocket takes a conn over; if there is an error, it is closed.
func (v *datagramServer) newSocket(conn *net.UDPConn, connected bool) (*udpSocket, error) {
	if err := setReach(conn, v.session.Options()); err != nil {
		conn.Close()
		return nil, err
	}
	k := &udpSocket{server: v, conn: netUDPConn{conn, connected}, local: netinfo.AddrPort(conn.LocalAddr()), connected: connected}
	if n := v.session.Options().ReceiveBuffer; n > 0 {
		conn.SetReadBuffer(n) // capped by the system: a hint
	}
	k.reader.init(k)
	return k, nil
}

// start starts a socket's reader and registers it for sending.
func (v *datagramServer) start(k *udpSocket) {
	v.mu.Lock()
	v.sockets = append(v.sockets, k)
	v.mu.Unlock()
	v.session.OnStop(func() { k.conn.Close() })
	v.session.Go(k.reader.readAll)
}

// Dial makes a UDP socket for the endpoint's one remote address a peer of
// the session. A broadcast or multicast address is answered from other
// addresses, so that socket stays unconnected.
func (Driver) Dial(ctx context.Context, s *transport.DriverSession) (*transport.DriverPeer, error) {
	v := newServer(s)
	a := s.Endpoint().Address
	addrs, err := netinfo.Resolve(ctx, a.Host, a.Network)
	if err != nil {
		return nil, err
	}
	for _, ip := range inet.Interleave(addrs, s.Options().Prefer) {
		var peer *transport.DriverPeer
		if peer, err = v.dial(ctx, netip.AddrPortFrom(ip, a.Port)); err == nil || err == transport.ErrClosing {
			return peer, err
		}
	}
	return nil, err
}

// dial makes an address a peer. A group is one on each of its interfaces; the first is
// returned, with which the others leave.
func (v *datagramServer) dial(ctx context.Context, to netip.AddrPort) (*transport.DriverPeer, error) {
	s := v.session
	opened, err := v.open(ctx, to)
	if err != nil {
		return nil, err
	}
	var locals []sockeye.SocketAddr
	for _, k := range opened {
		locals = append(locals, sockeye.IPSocketAddr(k.local))
	}
	s.Opened(locals...)
	var first *udpPeer
	var all []*transport.Peer
	for _, k := range opened {
		k.dialed = to
		m := k.peerFor(to)
		if m == nil {
			for _, k := range opened {
				k.conn.Close()
			}
			return nil, transport.ErrClosing
		}
		if all = append(all, m.peer.Public()); first == nil {
			first = m
		}
		k.origin = all[0]
		v.start(k)
		if k.iface != nil {
			k.watchInterface()
		}
	}
	if len(all) > 1 {
		first.dialed.Store(&all)
	}
	return first.peer, nil
}

// peerFor is the peer of an address that we send to first, be it a group or not.
func (k *udpSocket) peerFor(to netip.AddrPort) *udpPeer {
	if to.Addr().IsMulticast() {
		return k.groupPeer(to)
	}
	return k.peer(to, netip.Addr{}, chosenByUs())
}

// open makes the sockets that send to an address: one, but for a group on several
// interfaces.
func (v *datagramServer) open(ctx context.Context, to netip.AddrPort) ([]*udpSocket, error) {
	o := v.session.Live()
	if err := inet.AllowBroadcast(o, to.Addr()); err != nil {
		return nil, err
	}
	if to.Addr().IsMulticast() {
		return v.openToGroup(ctx, to)
	}
	if inet.IsBroadcast(to.Addr()) {
		return inList(v.openUnconnected(ctx, to, v.setter, nil))
	}
	d := net.Dialer{ControlContext: v.setter.Dial, Timeout: o.ConnectTimeout}
	if from := inet.Sources(o, to.Addr())[0]; from.IsValid() {
		d.LocalAddr = net.UDPAddrFromAddrPort(from)
	}
	conn, err := d.DialContext(ctx, "udp", to.String())
	if err != nil {
		return nil, err
	}
	return inList(v.newSocket(conn.(*net.UDPConn), true))
}

func inList(k *udpSocket, err error) ([]*udpSocket, error) {
	if err != nil {
		return nil, err
	}
	return []*udpSocket{k}, nil
}

// openUnconnected makes a socket that hears answers from anywhere. What it sends to groups
// leaves on an interface, if one is given.
func (v *datagramServer) openUnconnected(ctx context.Context, to netip.AddrPort, set *sockopt.Setter, i *net.Interface) (*udpSocket, error) {
	from := inet.Sources(v.session.Options(), to.Addr())[0]
	if !from.IsValid() {
		from = netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
		if to.Addr().Is6() {
			from = netip.AddrPortFrom(netip.IPv6Unspecified(), 0)
		}
	}
	lc := net.ListenConfig{Control: set.Listen}
	conn, err := lc.ListenPacket(ctx, inet.FamilyOf(sockeye.UDP, from.Addr()), from.String())
	if err != nil {
		return nil, err
	}
	if i != nil {
		if err := sendOn(conn.(*net.UDPConn), i); err != nil {
			conn.Close()
			return nil, err
		}
	}
	return v.newSocket(conn.(*net.UDPConn), false)
}

// removePeers lets every peer of the socket leave.
func (k *udpSocket) removePeers() {
	for _, p := range k.server.session.Peers() {
		if m, ok := p.Conn().(*udpPeer); ok && m.socket == k {
			m.remove()
		}
	}
}
