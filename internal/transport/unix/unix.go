// Package unix is the driver of Unix sockets: streams (unix://), datagrams (unixgram://)
// and, on Linux, connections that keep messages whole (unixpacket://), by the path of a file
// or, on Linux, by a name without one (unix://@name). It says which process is at the other end, where the system tells.
package unix

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/transport"
	"sockeye/internal/transport/sockopt"
	"sockeye/internal/userdir"
)

// Stream opens unix:// endpoints.
type Stream struct{}

// Listen binds the path and starts accepting. The file is removed when the session stops.
func (Stream) Listen(ctx context.Context, s *transport.DriverSession) error {
	return listenConnections(ctx, s, asStream)
}

// Dial connects to the path.
func (Stream) Dial(ctx context.Context, s *transport.DriverSession) (*transport.DriverPeer, error) {
	return dialConnection(ctx, s, asStream)
}

func asStream(c *conn) (transport.Conn, error) { return c, nil }

// listenConnections binds the path of the endpoint and accepts connections, each of which
// is moved as made makes it.
func listenConnections(ctx context.Context, s *transport.DriverSession, made func(*conn) (transport.Conn, error)) error {
	var l *net.UnixListener
	file, err := bind(s.Endpoint(), func(lc net.ListenConfig, path string) error {
		bound, err := lc.Listen(ctx, string(s.Endpoint().Address.Network), path)
		if err == nil {
			l = bound.(*net.UnixListener)
			l.SetUnlinkOnClose(false) // a file that took its place is not ours
		}
		return err
	})
	if err != nil {
		return err
	}
	raw, err := l.SyscallConn()
	if err == nil && s.Options().Backlog > 0 {
		err = errors.Join(err, control(raw, func(fd uintptr) error { return sockopt.Relisten(fd, s.Options().Backlog) }))
	}
	if err != nil {
		file.remove()
		l.Close()
		return explain("listen", s.Endpoint().Address, err)
	}
	path := sockeye.TextSocketAddr(s.Endpoint().Address.Path)
	s.Opened(path)
	s.OnStop(file.remove)
	s.ServeStream(&listener{l, path, s.Options(), made})
	return nil
}

func control(raw syscall.RawConn, f func(fd uintptr) error) error {
	var failed error
	err := raw.Control(func(fd uintptr) { failed = f(fd) })
	return errors.Join(err, failed)
}

// listener is a listening socket.
type listener struct {
	*net.UnixListener
	local sockeye.SocketAddr
	opts  *sockeye.Options
	made  func(*conn) (transport.Conn, error)
}

// Name is the address in errors.
func (l *listener) Name() string { return l.Addr().Network() + "://" + l.local.String() }

// Accept waits for a connection.
func (l *listener) Accept() (transport.Conn, error) {
	c, err := l.AcceptUnix()
	if err != nil {
		return nil, err
	}
	if err := setBuffer(c, l.opts); err != nil {
		c.Close()
		return nil, err
	}
	accepted := newConn(c)
	accepted.local, accepted.remote = l.local, nameOf(c.RemoteAddr(), accepted.process)
	return l.made(accepted)
}

// dialConnection connects to the path of the endpoint.
func dialConnection(ctx context.Context, s *transport.DriverSession, made func(*conn) (transport.Conn, error)) (*transport.DriverPeer, error) {
	a := s.Endpoint().Address
	if err := checkName(a); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.Options().ConnectTimeout)
	defer cancel()
	var d net.Dialer
	dialled, err := d.DialContext(ctx, string(a.Network), a.Path)
	if err != nil {
		return nil, explain("connect", a, err)
	}
	if userdir.IsControlSocket(dialled.RemoteAddr().String()) { // its name when it was bound, whatever the way to it
		dialled.Close()
		return nil, ownControl(a)
	}
	c := newConn(dialled.(*net.UnixConn))
	if err := setBuffer(c.UnixConn, s.Options()); err != nil {
		c.Close()
		return nil, explain("connect", a, err)
	}
	c.local, c.remote = nameOf(dialled.LocalAddr(), ourselves()), sockeye.TextSocketAddr(a.Path)
	moved, err := made(c)
	if err != nil {
		c.Close()
		return nil, explain("connect", a, err)
	}
	s.Opened(c.local)
	if p, ok := s.Join(moved, c.Joined()); ok {
		return p, nil
	}
	return nil, transport.ErrClosing
}

// ownControl is the error of a connection to a socket on which a workbench takes orders: who
// feeds the session, or a relay, could give some as the owner.
func ownControl(a sockeye.Address) error {
	return &sockeye.Error{Kind: sockeye.NotPermitted, Op: "connect", Target: a.String(),
		Message: sockeye.Text{En: "this is Sockeye's own control address", Zh: "这是 Sockeye 自己的控制地址"},
		Hint:    sockeye.Text{En: "connect to another socket; scripts drive a workbench with sockeye session", Zh: "请连接其他套接字；脚本可用 sockeye session 控制工作台"}}
}

// conn is one connection.
type conn struct {
	*net.UnixConn
	local, remote sockeye.SocketAddr
	process       *sockeye.Process // at the other end; nil if the system does not tell
}

// setBuffer sets the send buffer that was asked for, if any.
func setBuffer(c *net.UnixConn, o *sockeye.Options) error {
	if o.SendBuffer == 0 {
		return nil
	}
	return c.SetWriteBuffer(o.SendBuffer)
}

func newConn(c *net.UnixConn) *conn {
	out := &conn{UnixConn: c}
	if uid, pid, err := netinfo.SocketPeer(c); err == nil && pid != 0 {
		out.process = process(pid, uid)
	}
	return out
}

func (c *conn) Local() sockeye.SocketAddr { return c.local }

func (c *conn) Remote() sockeye.SocketAddr { return c.remote }

// Joined is what the joined event tells.
func (c *conn) Joined() *sockeye.Detail {
	if c.process == nil {
		return nil
	}
	return &sockeye.Detail{Process: c.process}
}

// CloseWrite ends our direction. A peer that is gone does not mind.
func (c *conn) CloseWrite() error {
	err := c.UnixConn.CloseWrite()
	if netinfo.IsErrno(err, syscall.ENOTCONN, syscall.EPIPE) {
		return nil
	}
	return err
}

// Abort does nothing: a Unix socket has no reset that could be asked for.
func (c *conn) Abort() {}

// FillStatus adds which process is at the other end.
func (c *conn) FillStatus(st *sockeye.PeerStatus) { st.Process = c.process }

// Outgoing knows nothing: what the kernel took is in the peer's queue.
func (c *conn) Outgoing() (netinfo.SendState, bool) { return netinfo.SendState{}, false }

// Unacknowledged is not known.
func (c *conn) Unacknowledged() int { return -1 }

// Control calls f with the descriptor, while it is open.
func (c *conn) Control(f func(fd uintptr)) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Control(f)
}

// nameOf is the address of a socket; one that has none is called by its process.
func nameOf(a net.Addr, p *sockeye.Process) sockeye.SocketAddr {
	if u, ok := a.(*net.UnixAddr); ok && u != nil && u.Name != "" && u.Name != "@" {
		return sockeye.TextSocketAddr(printable(u.Name))
	}
	if p != nil && p.PID != 0 {
		return sockeye.TextSocketAddr("pid:" + strconv.Itoa(p.PID))
	}
	return sockeye.TextSocketAddr("unnamed")
}

// printable is a name that a process chose, as it can be shown.
func printable(name string) string {
	if utf8.ValidString(name) && !strings.ContainsFunc(name, unicode.IsControl) {
		return name
	}
	return strconv.Quote(name)
}

// probeTimeout is how long it may take to find out whether somebody listens.
const probeTimeout = time.Second
