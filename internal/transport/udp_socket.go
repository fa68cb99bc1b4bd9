package transport

import (
	"context"
	"net"
	"net/netip"
	"sync"

	"sockeye"
	"sockeye/internal/netinfo"
)

// udpSocket is one bound UDP socket of a session. Its peers are the source
// addresses seen and those sent to.
type udpSocket struct {
	session   *Session
	conn      udpConn
	local     netip.AddrPort
	connected bool // the kernel filters: there is one remote address

	// order makes the journal's order the kernel's. A sender holds it over the
	// write, which for a datagram waits for nothing but the network device; the
	// reader takes it only to record.
	order sync.Mutex

	reader udpReader // used by the goroutine that reads
}

// listenPacket binds every address of the endpoint and starts reading.
func (s *Session) listenPacket(ctx context.Context) error {
	lc := net.ListenConfig{Control: s.controlListen}
	var bound []*udpSocket
	var locals []netip.AddrPort
	err := s.bindAll(ctx, func(network, address string) (netip.AddrPort, error) {
		conn, err := lc.ListenPacket(ctx, network, address)
		if err != nil {
			return netip.AddrPort{}, err
		}
		k := s.newPacketSocket(conn.(*net.UDPConn), false)
		bound = append(bound, k)
		locals = append(locals, k.local)
		return k.local, nil
	})
	if err != nil {
		for _, k := range bound {
			k.conn.Close()
		}
		return err
	}
	s.opened(locals...)
	for _, k := range bound {
		s.startSocket(k)
		s.watchAddress(k.local)
	}
	return nil
}

func (s *Session) newPacketSocket(conn *net.UDPConn, connected bool) *udpSocket {
	k := &udpSocket{session: s, conn: netUDPConn{conn, connected}, local: netinfo.AddrPort(conn.LocalAddr()), connected: connected}
	if s.opts.ReceiveBuffer > 0 {
		conn.SetReadBuffer(s.opts.ReceiveBuffer) // capped by the system: a hint
	}
	k.reader.init(k)
	return k
}

// startSocket starts the socket's reader and registers it for sending.
func (s *Session) startSocket(k *udpSocket) {
	s.mu.Lock()
	s.sockets = append(s.sockets, k)
	s.mu.Unlock()
	s.onStop(func() { k.conn.Close() })
	s.goroutines.Go(k.reader.readAll)
}

// dialPacket makes a UDP socket for the endpoint's one remote address a peer of
// the session. A broadcast or multicast address is answered from other
// addresses, so that socket stays unconnected.
func (s *Session) dialPacket(ctx context.Context, first bool) (*Peer, error) {
	addrs, err := netinfo.Resolve(ctx, s.ep.Address.Host, s.ep.Address.Network)
	if err != nil {
		return nil, err
	}
	for _, ip := range interleave(addrs, s.opts.Prefer) {
		to := netip.AddrPortFrom(ip, s.ep.Address.Port)
		var k *udpSocket
		if k, err = s.openPacket(ctx, to); err != nil {
			continue
		}
		if first {
			s.opened(k.local)
		} else {
			s.setLocals(k.local)
		}
		m := k.peer(to, netip.Addr{}, chosenByUs())
		if m == nil {
			k.conn.Close()
			return nil, errClosing
		}
		s.startSocket(k)
		return m.peer, nil
	}
	return nil, err
}

func (s *Session) openPacket(ctx context.Context, to netip.AddrPort) (*udpSocket, error) {
	if err := s.allowBroadcast(to.Addr()); err != nil {
		return nil, err
	}
	from := s.sourcesFor(to.Addr())[0]
	if isBroadcast(to.Addr()) || to.Addr().IsMulticast() {
		if !from.IsValid() {
			from = netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
			if to.Addr().Is6() {
				from = netip.AddrPortFrom(netip.IPv6Unspecified(), 0)
			}
		}
		lc := net.ListenConfig{Control: s.controlListen}
		conn, err := lc.ListenPacket(ctx, familyOf(sockeye.UDP, from.Addr()), from.String())
		if err != nil {
			return nil, err
		}
		return s.newPacketSocket(conn.(*net.UDPConn), false), nil
	}
	d := net.Dialer{ControlContext: s.controlDial, Timeout: s.opts.ConnectTimeout}
	if from.IsValid() {
		d.LocalAddr = net.UDPAddrFromAddrPort(from)
	}
	conn, err := d.DialContext(ctx, "udp", to.String())
	if err != nil {
		return nil, err
	}
	return s.newPacketSocket(conn.(*net.UDPConn), true), nil
}

// removePeers lets every peer of the socket leave.
func (k *udpSocket) removePeers() {
	for _, p := range k.session.snapshot() {
		if m, ok := p.conn.(*udpPeer); ok && m.socket == k {
			m.remove()
		}
	}
}
