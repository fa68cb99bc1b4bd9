// Package tcp is the driver of TCP: it listens, dials and accepts with package net, and
// leaves the bytes to transport's StreamMover. On Linux the event loop of its package
// epoll serves plain listeners instead.
package tcp

import (
	"context"
	"errors"
	"net"
	"net/netip"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/transport"
	"sockeye/internal/transport/inet"
	"sockeye/internal/transport/sockopt"
	"sockeye/internal/transport/tcp/epoll"
)

// Driver opens TCP endpoints.
type Driver struct{}

// Listen binds every address of the endpoint and starts accepting.
func (Driver) Listen(ctx context.Context, s *transport.DriverSession) error {
	setter := sockopt.For(s.Endpoint())
	s.OnSetOptions(sockopt.Change)
	lc := net.ListenConfig{Control: setter.Listen, KeepAlive: -1}
	lc.SetMultipathTCP(false)
	var bound []*net.TCPListener
	err := inet.BindAll(ctx, s.Endpoint().Address, func(network, address string) (netip.AddrPort, error) {
		l, err := lc.Listen(ctx, network, address)
		if err != nil {
			return netip.AddrPort{}, err
		}
		bound = append(bound, l.(*net.TCPListener))
		return netinfo.AddrPort(l.Addr()), setBacklog(l.(*net.TCPListener), s.Options().Backlog)
	})
	if err != nil {
		for _, l := range bound {
			l.Close()
		}
		return err
	}
	var locals []sockeye.SocketAddr
	for _, l := range bound {
		locals = append(locals, sockeye.IPSocketAddr(netinfo.AddrPort(l.Addr())))
	}
	s.Opened(locals...)
	queues := sockopt.NewSendQueues(s)
	if !epoll.Serve(s, bound, queues) {
		for _, l := range bound {
			serve(s, l, setter, queues)
		}
	}
	for _, local := range locals {
		inet.WatchAddress(s, local.AddrPort())
	}
	return nil
}

func setBacklog(l *net.TCPListener, backlog int) error {
	if backlog == 0 {
		return nil
	}
	raw, err := l.SyscallConn()
	if err != nil {
		return err
	}
	var listenErr error
	err = raw.Control(func(fd uintptr) { listenErr = sockopt.Relisten(fd, backlog) })
	return errors.Join(err, listenErr)
}

// serve accepts with a goroutine, and serves peers with a goroutine for each.
func serve(s *transport.DriverSession, l *net.TCPListener, setter *sockopt.Setter, queues *sockopt.SendQueues) {
	if raw, err := l.SyscallConn(); err == nil {
		s.AcceptsFrom(raw)
	}
	s.ServeStream(&listener{TCPListener: l, session: s, setter: setter, queues: queues, faults: transport.NewErrorLimiter(s)})
}

// listener is one listening socket.
type listener struct {
	*net.TCPListener
	session *transport.DriverSession
	setter  *sockopt.Setter
	queues  *sockopt.SendQueues
	faults  transport.ErrorLimiter
}

// Name is the address in errors.
func (l *listener) Name() string { return l.Addr().String() }

// Accept waits for a connection and sets its options.
func (l *listener) Accept() (transport.Conn, error) {
	accepted, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	if err := l.setter.AfterConnect(accepted); err != nil {
		l.faults.Add(netinfo.Explain("set", accepted.RemoteAddr().String(), err))
	}
	c, err := newConn(accepted)
	if err == nil {
		c.Control(l.queues.Limit)
	}
	return c, err
}

// Close stops accepting.
func (l *listener) Close() error { return l.TCPListener.Close() }

// Dial connects to the endpoint's address.
func (Driver) Dial(ctx context.Context, s *transport.DriverSession) (*transport.DriverPeer, error) {
	ep := s.Endpoint()
	sockeye.AllOptions.Live().Merge(&ep.Options, s.Live())
	s.OnSetOptions(sockopt.Change)
	d := dialer{ep: ep, opts: s.Options(), setter: sockopt.For(ep), filter: s.Config().DialFilter}
	connected, attempts, err := d.dialStream(ctx)
	if err != nil {
		return nil, err
	}
	c, err := newConn(connected)
	if err != nil {
		return nil, err
	}
	s.Opened(c.Local())
	var how *sockeye.Detail
	if len(attempts) > 1 {
		how = &sockeye.Detail{Attempts: attempts}
	}
	if p, ok := s.Join(c, how); ok {
		return p, nil
	}
	return nil, transport.ErrClosing
}

// conn is a TCP connection of package net.
type conn struct {
	*net.TCPConn
	sockopt.TCPSocket
}

// newConn takes a connection over; it is closed if there is an error.
func newConn(c *net.TCPConn) (*conn, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		c.Close()
		return nil, err
	}
	return &conn{c, sockopt.TCPSocket{Raw: raw}}, nil
}

func (c *conn) Local() sockeye.SocketAddr {
	return sockeye.IPSocketAddr(netinfo.AddrPort(c.LocalAddr()))
}

func (c *conn) Remote() sockeye.SocketAddr {
	return sockeye.IPSocketAddr(netinfo.AddrPort(c.RemoteAddr()))
}

// Abort has Close send RST.
func (c *conn) Abort() { c.SetLinger(0) }

// Close closes the connection.
func (c *conn) Close() error { return c.TCPConn.Close() }
