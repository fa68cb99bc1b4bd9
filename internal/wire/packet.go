package wire

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"sockeye"
)

// packetSocket is one bound UDP socket of a session. Its peers are the source
// addresses seen and those sent to.
type packetSocket struct {
	session   *Session
	conn      *net.UDPConn
	local     netip.AddrPort
	connected bool // the kernel filters: there is one remote address

	// order makes the journal's order the kernel's. A sender holds it over the
	// write, which for a datagram waits for nothing but the network device; the
	// reader takes it only to record.
	order sync.Mutex
}

// listenPacket binds every address of the endpoint and starts reading.
func (s *Session) listenPacket(ctx context.Context) error {
	lc := net.ListenConfig{Control: s.controlListen}
	var bound []*packetSocket
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
		s.run(k)
		s.watchAddress(k.local)
	}
	return nil
}

func (s *Session) newPacketSocket(conn *net.UDPConn, connected bool) *packetSocket {
	k := &packetSocket{session: s, conn: conn, local: addrPort(conn.LocalAddr()), connected: connected}
	if s.opts.ReceiveBuffer > 0 {
		conn.SetReadBuffer(s.opts.ReceiveBuffer) // capped by the system: a hint
	}
	return k
}

// run starts the socket's reader and registers it for sending.
func (s *Session) run(k *packetSocket) {
	s.mu.Lock()
	s.sockets = append(s.sockets, k)
	s.mu.Unlock()
	s.onStop(func() { k.conn.Close() })
	s.owners.Go(k.readAll)
}

// dialPacket makes a UDP socket for the endpoint's one remote address a peer of
// the session. A broadcast or multicast address is answered from other
// addresses, so that socket stays unconnected.
func (s *Session) dialPacket(ctx context.Context, first bool) (*Peer, error) {
	addrs, err := Resolve(ctx, s.ep.Address.Host, s.ep.Address.Network)
	if err != nil {
		return nil, err
	}
	for _, ip := range interleave(addrs, s.opts.Prefer) {
		to := netip.AddrPortFrom(ip, s.ep.Address.Port)
		var k *packetSocket
		if k, err = s.openPacket(ctx, to); err != nil {
			continue
		}
		if first {
			s.opened(k.local)
		} else {
			s.setLocals(k.local)
		}
		p, joinErr := k.peer(to)
		if joinErr != nil {
			k.conn.Close()
			return nil, joinErr
		}
		s.run(k)
		return p, nil
	}
	return nil, err
}

func (s *Session) openPacket(ctx context.Context, to netip.AddrPort) (*packetSocket, error) {
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
		conn, err := lc.ListenPacket(ctx, "udp", from.String())
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

// readAll reads datagrams until the socket is closed, then lets its peers leave.
func (k *packetSocket) readAll() {
	s := k.session
	buf := make([]byte, max(s.opts.ReadSize, 64<<10))
	oob := make([]byte, 256)
	trouble := &note{session: s, every: time.Second}
	defer trouble.flush()
	defer k.letGo()
	for {
		n, oobn, _, from, err := k.conn.ReadMsgUDPAddrPort(buf, oob)
		switch {
		case err == nil:
			k.received(unmapped(from), buf[:n], oob[:oobn])
		case errors.Is(err, net.ErrClosed):
			return
		case isICMP(err):
			k.order.Lock() // the event of a datagram comes before what became of it
			k.reportICMP(err)
			k.order.Unlock()
		default:
			trouble.add(failure("receive", k.local.String(), err))
			if !pause(s.ctx, shortPause) {
				return
			}
		}
	}
}

// received records one datagram and has it answered.
func (k *packetSocket) received(from netip.AddrPort, data, oob []byte) {
	s := k.session
	p, err := k.peer(from)
	if err != nil {
		return // closing
	}
	var d *sockeye.Detail
	if len(data) > s.opts.ReadSize {
		d = &sockeye.Detail{Datagram: len(data)}
		data = data[:s.opts.ReadSize]
	}
	k.order.Lock()
	now := s.cfg.Now()
	if at, ok := kernelTime(oob); ok {
		now = at
	}
	p.received(now, data, d)
	k.order.Unlock()
	if s.cfg.Responder != nil {
		s.cfg.Responder.Received(p, data)
	}
}

// letGo lets every peer of the socket leave.
func (k *packetSocket) letGo() {
	for _, p := range k.session.snapshot() {
		if m, ok := p.mover.(*packetPeer); ok && m.socket == k {
			m.leave()
		}
	}
}

// pause waits, and says false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
