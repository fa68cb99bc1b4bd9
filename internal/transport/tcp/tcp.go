// Package tcp is the driver of TCP: it listens, dials and accepts with package net, and
// leaves the bytes to transport's StreamConn. On Linux the event loop of its package
// epoll serves plain listeners instead.
package tcp

import (
	"context"
	"errors"
	"net"
	"net/netip"

	"sockeye"
	"sockeye/internal/activation"
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
	bound, err := bind(ctx, s)
	if err != nil {
		return err
	}
	queues := sockopt.NewSendQueues(s)
	if !epoll.Serve(s, bound, queues) {
		for _, l := range bound {
			s.ServeStream(newListener(s, l, queues))
		}
	}
	return nil
}

// Bind is Listen for a driver of something that runs over TCP: it returns the bound
// listeners, from which that driver accepts. The session closes them.
func Bind(ctx context.Context, s *transport.DriverSession) ([]*Listener, error) {
	bound, err := bind(ctx, s)
	if err != nil {
		return nil, err
	}
	queues := sockopt.NewSendQueues(s)
	var all []*Listener
	for _, l := range bound {
		one := newListener(s, l, queues)
		s.OnStop(func() { one.Close() })
		all = append(all, one)
	}
	return all, nil
}

// bind binds every address of the endpoint and reports them.
func bind(ctx context.Context, s *transport.DriverSession) ([]*net.TCPListener, error) {
	setter := sockopt.For(s.Endpoint())
	s.OnSetOptions(sockopt.Change)
	lc := net.ListenConfig{Control: setter.Listen, KeepAlive: -1}
	lc.SetMultipathTCP(false)
	var bound []*net.TCPListener
	err := inet.BindAll(ctx, below(s.Endpoint().Address), func(network, address string) (netip.AddrPort, error) {
		l, err := listen(ctx, &lc, network, address)
		if err != nil {
			return netip.AddrPort{}, err
		}
		bound = append(bound, l)
		return netinfo.AddrPort(l.Addr()), setBacklog(l, s.Options().Backlog)
	})
	if err != nil {
		for _, l := range bound {
			l.Close()
		}
		return nil, err
	}
	var locals []sockeye.SocketAddr
	for _, l := range bound {
		locals = append(locals, sockeye.IPSocketAddr(netinfo.AddrPort(l.Addr())))
	}
	s.Opened(locals...)
	for _, local := range locals {
		inet.WatchAddress(s, local.AddrPort())
	}
	return bound, nil
}

// listen binds an address, unless the service manager has done so for this process.
func listen(ctx context.Context, lc *net.ListenConfig, network, address string) (*net.TCPListener, error) {
	if l := activation.ListenTCP(network, address); l != nil {
		raw, err := l.SyscallConn()
		if err == nil {
			err = lc.Control(network, address, raw)
		}
		if err != nil {
			l.Close()
			return nil, err
		}
		return l, nil
	}
	l, err := lc.Listen(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return l.(*net.TCPListener), nil
}

// below returns the TCP address of an address of a protocol over TCP, with the same family.
func below(a sockeye.Address) sockeye.Address {
	if family := a.Network.Family(); family != 0 {
		a.Network = sockeye.TCP + sockeye.Network('0'+rune(family))
	} else {
		a.Network = sockeye.TCP
	}
	return a
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

// Listener is one listening socket.
type Listener struct {
	*net.TCPListener
	session *transport.DriverSession
	setter  *sockopt.Setter
	queues  *sockopt.SendQueues
	faults  transport.ErrorLimiter
}

func newListener(s *transport.DriverSession, l *net.TCPListener, queues *sockopt.SendQueues) *Listener {
	if raw, err := l.SyscallConn(); err == nil {
		s.AcceptsFrom(raw)
	}
	return &Listener{TCPListener: l, session: s, setter: sockopt.For(s.Endpoint()), queues: queues, faults: transport.NewErrorLimiter(s)}
}

// Name is the address in errors.
func (l *Listener) Name() string { return l.Addr().String() }

// Accept waits for a connection and sets its options.
func (l *Listener) Accept() (transport.Conn, error) {
	c, err := l.AcceptConn()
	if err != nil {
		return nil, err
	}
	return c, nil
}

// AcceptConn is Accept with the type that it gives.
func (l *Listener) AcceptConn() (*Conn, error) {
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
func (l *Listener) Close() error { return l.TCPListener.Close() }

// Dial connects to the endpoint's address.
func (Driver) Dial(ctx context.Context, s *transport.DriverSession) (*transport.DriverPeer, error) {
	c, how, err := Connect(ctx, s)
	if err != nil {
		return nil, err
	}
	if p, ok := epoll.Join(s, c.TCPConn, how); p != nil {
		return p, nil
	} else if ok {
		return nil, transport.ErrClosing
	}
	if p, ok := s.Join(c, how); ok {
		return p, nil
	}
	return nil, transport.ErrClosing
}

// Connect dials for the driver of a protocol over TCP. It returns the connection, which is no
// peer yet, and the detail of its joined event.
func Connect(ctx context.Context, s *transport.DriverSession) (*Conn, *sockeye.Detail, error) {
	ep := s.Endpoint()
	sockeye.AllOptions.Live().Merge(&ep.Options, s.Live())
	s.OnSetOptions(sockopt.Change)
	d := dialer{ep: ep, opts: s.Options(), setter: sockopt.For(ep), filter: s.Config().DialFilter}
	connected, attempts, err := d.dialStream(ctx)
	if err != nil {
		return nil, nil, err
	}
	c, err := newConn(connected)
	if err != nil {
		return nil, nil, err
	}
	s.Opened(c.Local())
	var how *sockeye.Detail
	if len(attempts) > 1 {
		how = &sockeye.Detail{Attempts: attempts}
	}
	return c, how, nil
}

// Conn is a TCP connection of package net.
type Conn struct {
	*net.TCPConn
	sockopt.TCPSocket
}

// newConn takes a connection over; it is closed if there is an error.
func newConn(c *net.TCPConn) (*Conn, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		c.Close()
		return nil, err
	}
	return &Conn{c, sockopt.TCPSocket{Raw: raw}}, nil
}

// Local is this side's address.
func (c *Conn) Local() sockeye.SocketAddr {
	return sockeye.IPSocketAddr(netinfo.AddrPort(c.LocalAddr()))
}

// Remote is the other side's address.
func (c *Conn) Remote() sockeye.SocketAddr {
	return sockeye.IPSocketAddr(netinfo.AddrPort(c.RemoteAddr()))
}

// Abort has Close send RST.
func (c *Conn) Abort() { c.SetLinger(0) }

// Close closes the connection.
func (c *Conn) Close() error { return c.TCPConn.Close() }
