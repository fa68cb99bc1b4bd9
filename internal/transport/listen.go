package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
)

// listenStream binds every address of the endpoint and starts accepting.
func (s *Session) listenStream(ctx context.Context) error {
	lc := net.ListenConfig{Control: s.controlListen, KeepAlive: -1}
	lc.SetMultipathTCP(false)
	var bound []*net.TCPListener
	err := s.bindAll(ctx, func(network, address string) (netip.AddrPort, error) {
		l, err := lc.Listen(ctx, network, address)
		if err != nil {
			return netip.AddrPort{}, err
		}
		bound = append(bound, l.(*net.TCPListener))
		return netinfo.AddrPort(l.Addr()), s.setBacklog(l.(*net.TCPListener))
	})
	if err != nil {
		for _, l := range bound {
			l.Close()
		}
		return err
	}
	var locals []netip.AddrPort
	for _, l := range bound {
		locals = append(locals, netinfo.AddrPort(l.Addr()))
	}
	s.opened(locals...)
	if !s.serveEpoll(bound) {
		s.servePortable(bound)
	}
	for _, local := range locals {
		s.watchAddress(local)
	}
	return nil
}

// servePortable accepts with a goroutine for each socket, and serves peers with a
// goroutine for each.
func (s *Session) servePortable(bound []*net.TCPListener) {
	for _, l := range bound {
		if raw, err := l.SyscallConn(); err == nil {
			s.acceptQueues = append(s.acceptQueues, raw)
		}
		s.onStop(func() { l.Close() })
		s.goroutines.Go(func() { s.acceptAll(l) })
	}
}

// bindAll calls bind for every address the endpoint means: one for a literal or
// for all addresses, all of a name's otherwise. 0.0.0.0 is every IPv4 address, ::
// and an empty host are every address of both families unless the network names one. Port 0 is chosen once and then
// the same for all. An address of a name that this machine lacks is skipped, as
// long as another one is bound.
func (s *Session) bindAll(ctx context.Context, bind func(network, address string) (netip.AddrPort, error)) error {
	a := s.ep.Address
	if a.Host == "" {
		_, err := bind(string(a.Network), a.HostPort())
		return explainBind(a, err)
	}
	addrs, err := netinfo.Resolve(ctx, a.Host, a.Network)
	if err != nil {
		return err
	}
	var skipped error
	done := 0
	for _, ip := range addrs {
		if err := refuseGroup("listen", a.Network, ip); err != nil {
			return err
		}
		one := sockeye.Address{Network: a.Network, Host: ip.String(), Port: a.Port}
		local, err := bind(familyOf(a.Network, ip), one.HostPort())
		switch {
		case err == nil:
			a.Port = local.Port()
			done++
		case netinfo.IsErrno(err, syscall.EADDRNOTAVAIL) && len(addrs) > 1:
			skipped = explainBind(one, err)
		default:
			return explainBind(one, err)
		}
	}
	if done == 0 {
		return skipped
	}
	return nil
}

// familyOf is the network to bind an address on. Package net takes 0.0.0.0 for every
// address of both families where the network names none.
func familyOf(n sockeye.Network, ip netip.Addr) string {
	if ip.Is4() {
		return string(n.Transport()) + "4"
	}
	return string(n)
}

func explainBind(a sockeye.Address, err error) error {
	if err == nil {
		return nil
	}
	return netinfo.Explain("listen", a.String(), err)
}

// setBacklog calls listen(2) again, which sets the queue length of a socket that
// listens already; package net leaves no choice of it.
func (s *Session) setBacklog(l *net.TCPListener) error {
	if s.opts.Backlog == 0 {
		return nil
	}
	raw, err := l.SyscallConn()
	if err != nil {
		return err
	}
	var listenErr error
	err = raw.Control(func(fd uintptr) { listenErr = relisten(fd, s.opts.Backlog) })
	return errors.Join(err, listenErr)
}

// acceptAll accepts until the listener is closed.
func (s *Session) acceptAll(l *net.TCPListener) {
	spare := newReservedFD()
	defer spare.close()
	over := &errorLimiter{session: s, every: time.Second}
	defer over.flush()
	admission := newAdmission(s)
	defer admission.flush()
	for {
		if !s.waitForCapacity() {
			return
		}
		conn, err := l.AcceptTCP()
		switch {
		case err == nil:
			spare.reset()
			s.onAccept(conn, over, &admission)
		case errors.Is(err, net.ErrClosed):
			return
		case isResourceLimit(err):
			over.add(netinfo.Explain("accept", l.Addr().String(), err))
			if !s.evictFinished() {
				spare.rejectOne(func() { rejectOne(l) })
				spare.backOff(s.ctx)
			}
		case isTransientAccept(err):
			continue // the connection died in the queue; the next one may not have
		default:
			over.add(netinfo.Explain("accept", l.Addr().String(), err))
			spare.backOff(s.ctx)
		}
	}
}

// rejectOne resets one connection that waits.
func rejectOne(l *net.TCPListener) {
	l.SetDeadline(time.Now().Add(time.Millisecond))
	if conn, err := l.AcceptTCP(); err == nil {
		conn.SetLinger(0)
		conn.Close()
	}
	l.SetDeadline(time.Time{})
}

// waitForCapacity holds accepting back while the session is full and its policy is
// to pause. It says false when the session stops.
func (s *Session) waitForCapacity() bool {
	for s.opts.OverCap == sockeye.PauseOverCap {
		change := s.capacityFreed()
		if change == nil {
			return true
		}
		select {
		case <-change:
		case <-s.ctx.Done():
			return false
		}
	}
	return true
}

// onAccept makes a peer of a connection, or resets it when the session is full.
func (s *Session) onAccept(conn *net.TCPConn, over *errorLimiter, admission *admission) {
	if admission.refuses(netinfo.AddrPort(conn.RemoteAddr()), refusedWithRST) {
		conn.SetLinger(0)
		conn.Close()
		return
	}
	if s.isFull() && !s.evictFinished() {
		over.add(s.overCapError(conn.RemoteAddr().String()))
		conn.SetLinger(0)
		conn.Close()
		return
	}
	if err := s.afterConnect(conn); err != nil {
		over.add(netinfo.Explain("set", conn.RemoteAddr().String(), err))
	}
	s.join(conn, nil)
}

// overCapError is the error of a connection beyond the peer limit.
func (s *Session) overCapError(from string) *sockeye.Error {
	return &sockeye.Error{
		Kind: sockeye.LimitReached, Op: "accept", Target: from,
		Message: sockeye.Text{
			En: fmt.Sprintf("refused with RST: the limit of %d peers is reached", s.opts.MaxPeers),
			Zh: fmt.Sprintf("已用 RST 拒绝：已达到 %d 个连接的上限", s.opts.MaxPeers)},
		Hint: sockeye.Text{
			En: "allow more with --max-peers, or close peers that are no longer needed",
			Zh: "用 --max-peers 提高上限，或关闭不再需要的连接"},
	}
}

// errorLimiter records errors that may come in a storm: the first at once, then at most
// one per interval that says how many there were.
type errorLimiter struct {
	session    *Session
	every      time.Duration
	last       time.Time
	suppressed int
	latest     *sockeye.Error
}

func (n *errorLimiter) add(e *sockeye.Error) {
	n.latest = e
	n.suppressed++
	if now := time.Now(); now.Sub(n.last) >= n.every {
		n.last = now
		n.flush()
	}
}

// flush records what is held back.
func (n *errorLimiter) flush() {
	if n.suppressed == 0 {
		return
	}
	e := *n.latest
	if n.suppressed > 1 {
		en, zh := e.Reason(sockeye.English), e.Reason(sockeye.Chinese)
		e.Message = sockeye.Text{En: fmt.Sprintf("%s (%d times)", en, n.suppressed), Zh: fmt.Sprintf("%s（%d 次）", zh, n.suppressed)}
	}
	n.suppressed = 0
	n.session.failed(&e)
}
