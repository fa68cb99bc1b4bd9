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

// server is the sockets of one session and the peers that they have in common.
type server struct {
	session *transport.DriverSession
	setter  *sockopt.Setter
	peers   peerTable

	mu      sync.Mutex
	sockets []*udpSocket
}

func newServer(s *transport.DriverSession) *server {
	v := &server{session: s, setter: sockopt.For(s.Endpoint())}
	s.OnReach(v.reach)
	return v
}

// udpSocket is one bound UDP socket of a session. Its peers are the source
// addresses seen and those sent to.
type udpSocket struct {
	server    *server
	conn      udpConn
	local     netip.AddrPort
	connected bool // the kernel filters: there is one remote address

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
		conn, err := lc.ListenPacket(ctx, network, address)
		if err != nil {
			return netip.AddrPort{}, err
		}
		k := v.newSocket(conn.(*net.UDPConn), false)
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
		inet.WatchAddress(s, k.local)
	}
	return nil
}

func (v *server) newSocket(conn *net.UDPConn, connected bool) *udpSocket {
	k := &udpSocket{server: v, conn: netUDPConn{conn, connected}, local: netinfo.AddrPort(conn.LocalAddr()), connected: connected}
	if n := v.session.Options().ReceiveBuffer; n > 0 {
		conn.SetReadBuffer(n) // capped by the system: a hint
	}
	k.reader.init(k)
	return k
}

// start starts a socket's reader and registers it for sending.
func (v *server) start(k *udpSocket) {
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
		to := netip.AddrPortFrom(ip, a.Port)
		var k *udpSocket
		if k, err = v.open(ctx, to); err != nil {
			continue
		}
		s.Opened(sockeye.IPSocketAddr(k.local))
		m := k.peer(to, netip.Addr{}, chosenByUs())
		if m == nil {
			k.conn.Close()
			return nil, transport.ErrClosing
		}
		v.start(k)
		return m.peer, nil
	}
	return nil, err
}

// open makes the socket that sends to an address.
func (v *server) open(ctx context.Context, to netip.AddrPort) (*udpSocket, error) {
	o := v.session.Live()
	if err := inet.AllowBroadcast(o, to.Addr()); err != nil {
		return nil, err
	}
	from := inet.Sources(o, to.Addr())[0]
	if inet.IsBroadcast(to.Addr()) || to.Addr().IsMulticast() {
		if !from.IsValid() {
			from = netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
			if to.Addr().Is6() {
				from = netip.AddrPortFrom(netip.IPv6Unspecified(), 0)
			}
		}
		lc := net.ListenConfig{Control: v.setter.Listen}
		conn, err := lc.ListenPacket(ctx, inet.FamilyOf(sockeye.UDP, from.Addr()), from.String())
		if err != nil {
			return nil, err
		}
		return v.newSocket(conn.(*net.UDPConn), false), nil
	}
	d := net.Dialer{ControlContext: v.setter.Dial, Timeout: o.ConnectTimeout}
	if from.IsValid() {
		d.LocalAddr = net.UDPAddrFromAddrPort(from)
	}
	conn, err := d.DialContext(ctx, "udp", to.String())
	if err != nil {
		return nil, err
	}
	return v.newSocket(conn.(*net.UDPConn), true), nil
}

// removePeers lets every peer of the socket leave.
func (k *udpSocket) removePeers() {
	for _, p := range k.server.session.Peers() {
		if m, ok := p.Mover().(*udpPeer); ok && m.socket == k {
			m.remove()
		}
	}
}
