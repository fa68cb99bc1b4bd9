package transport

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
)

// attemptDelay is the Connection Attempt Delay of RFC 8305, section 5.
const attemptDelay = 250 * time.Millisecond

// dialStream connects to the endpoint: all its addresses in Happy Eyeballs order
// (RFC 8305), each begun when the one before failed or is slow. It returns the
// first connection and what was tried.
func (s *Session) dialStream(ctx context.Context) (*net.TCPConn, []sockeye.Attempt, error) {
	addrs, err := netinfo.Resolve(ctx, s.ep.Address.Host, s.ep.Address.Network)
	if err != nil {
		return nil, nil, err
	}
	return s.raceDial(ctx, interleave(addrs, s.opts.Prefer))
}

// interleave alternates the address families, the preferred (or the resolver's
// first) one first, and keeps the order within each (RFC 8305, section 4).
func interleave(addrs []netip.Addr, prefer int) []netip.Addr {
	var first, second []netip.Addr
	is4 := prefer == 4 || prefer == 0 && len(addrs) > 0 && addrs[0].Is4()
	for _, a := range addrs {
		if a.Is4() == is4 {
			first = append(first, a)
		} else {
			second = append(second, a)
		}
	}
	out := make([]netip.Addr, 0, len(addrs))
	for i := range max(len(first), len(second)) {
		if i < len(first) {
			out = append(out, first[i])
		}
		if i < len(second) {
			out = append(out, second[i])
		}
	}
	return out
}

// dialResult is how one attempt ended.
type dialResult struct {
	index   int
	conn    *net.TCPConn
	err     error
	elapsed time.Duration
}

func (s *Session) raceDial(ctx context.Context, addrs []netip.Addr) (*net.TCPConn, []sockeye.Attempt, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	outcomes := make(chan dialResult, len(addrs))
	begun := time.Now()
	var attempts []sockeye.Attempt
	begin := func() {
		i := len(attempts)
		to := netip.AddrPortFrom(addrs[i], s.ep.Address.Port)
		attempts = append(attempts, sockeye.Attempt{Address: to, After: time.Since(begun)})
		go func() {
			start := time.Now()
			conn, err := s.dialOne(ctx, to)
			outcomes <- dialResult{i, conn, err, time.Since(start)}
		}()
	}
	begin()
	next := time.NewTimer(attemptDelay)
	defer next.Stop()
	var winner *net.TCPConn
	for ended := 0; ended < len(attempts); {
		select {
		case <-next.C:
			if winner == nil && len(attempts) < len(addrs) {
				begin()
				next.Reset(attemptDelay)
			}
		case o := <-outcomes:
			ended++
			at := &attempts[o.index]
			at.Took = o.elapsed
			switch {
			case o.err != nil:
				at.Err = netinfo.Explain("connect", at.Address.String(), o.err)
			case winner == nil:
				winner = o.conn
				cancel()
			default:
				o.conn.Close()
				at.Err = &sockeye.Error{Kind: sockeye.Canceled}
			}
			if winner == nil && ctx.Err() == nil && len(attempts) < len(addrs) && o.err != nil {
				begin()
				next.Reset(attemptDelay)
			}
		}
	}
	if winner != nil {
		return winner, attempts, nil
	}
	return nil, attempts, allFailed(s.ep.Address, attempts)
}

// dialOne makes one connection, from the first source address that has a free port.
func (s *Session) dialOne(ctx context.Context, to netip.AddrPort) (*net.TCPConn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.ConnectTimeout)
	defer cancel()
	if err := refuseGroup("connect", sockeye.TCP, to.Addr()); err != nil {
		return nil, err
	}
	if s.cfg.DialFilter != nil {
		if err := s.cfg.DialFilter(to); err != nil {
			return nil, err
		}
	}
	d := net.Dialer{ControlContext: s.controlDial, KeepAlive: -1}
	d.SetMultipathTCP(false)
	var err error
	for _, from := range s.sourcesFor(to.Addr()) {
		if from.IsValid() {
			d.LocalAddr = net.TCPAddrFromAddrPort(from)
		}
		var conn net.Conn
		if conn, err = d.DialContext(ctx, "tcp", to.String()); err == nil {
			return s.finishDial(conn.(*net.TCPConn))
		}
		if !netinfo.IsErrno(err, syscall.EADDRNOTAVAIL) {
			break
		}
	}
	return nil, err
}

// sourcesFor lists the local addresses to bind for a destination; the zero one
// leaves it to the system.
func (s *Session) sourcesFor(to netip.Addr) []netip.AddrPort {
	var list []netip.AddrPort
	for _, a := range s.opts.Sources {
		if a.Unmap().Is4() == to.Is4() {
			list = append(list, netip.AddrPortFrom(a, s.opts.SourcePort))
		}
	}
	if list == nil && s.opts.SourcePort != 0 {
		any := netip.IPv6Unspecified()
		if to.Is4() {
			any = netip.IPv4Unspecified()
		}
		list = append(list, netip.AddrPortFrom(any, s.opts.SourcePort))
	}
	if list == nil {
		list = append(list, netip.AddrPort{})
	}
	return list
}

// finishDial finishes a fresh connection's options and refuses one to itself.
func (s *Session) finishDial(conn *net.TCPConn) (*net.TCPConn, error) {
	if netinfo.AddrPort(conn.LocalAddr()) == netinfo.AddrPort(conn.RemoteAddr()) && !s.opts.SelfConnect.Or(false) {
		conn.SetLinger(0)
		conn.Close()
		return nil, &sockeye.Error{
			Kind: sockeye.SelfConnect, Op: "connect", Target: conn.RemoteAddr().String(),
			Message: sockeye.Text{
				En: "nothing listens there: the connection met its own socket (simultaneous open, RFC 9293 section 3.5)",
				Zh: "没有程序在监听：连接遇到了自己的套接字（同时打开，RFC 9293 第 3.5 节）"},
			Hint: sockeye.Text{
				En: "start the server first, or take another source port",
				Zh: "请先启动服务器，或换一个源端口"},
		}
	}
	if err := s.afterConnect(conn); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// allFailed is the error of a connection that no address gave: the first
// attempt's that was not merely cut short, with the others named.
func allFailed(to sockeye.Address, attempts []sockeye.Attempt) error {
	e := *attempts[0].Err
	for _, a := range attempts {
		if a.Err.Kind != sockeye.Canceled {
			e = *a.Err
			break
		}
	}
	e.Op, e.Target = "connect", to.String()
	if len(attempts) > 1 {
		var tried []string
		for _, a := range attempts {
			tried = append(tried, a.Address.String())
		}
		list := strings.Join(tried, ", ")
		e.Message = sockeye.Text{
			En: e.Reason(sockeye.English) + " (tried " + list + ")",
			Zh: e.Reason(sockeye.Chinese) + "（已尝试 " + list + "）"}
	}
	return &attemptsError{&e, attempts}
}

// attemptsError carries the attempts of a failed connection to its event.
type attemptsError struct {
	err      *sockeye.Error
	attempts []sockeye.Attempt
}

func (e *attemptsError) Error() string { return e.err.Error() }

func (e *attemptsError) Unwrap() error { return e.err }
