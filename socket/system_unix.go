//go:build unix

package socket

import (
	"context"
	"net/netip"
	"syscall"

	msocket "github.com/mdlayher/socket"
	"golang.org/x/sys/unix"
)

// maxSend is the most one call hands to the system: some refuse 2 GiB.
const maxSend = 1 << 30

// system is one descriptor in the runtime's poller. Its calls must not be given
// one context per direction at a time; Socket's turns see to that.
type system struct {
	conn   *msocket.Conn
	stream bool
}

func openSystem(family Family, typ Type) (*system, error) {
	proto := unix.IPPROTO_TCP
	if typ == SOCK_DGRAM {
		proto = unix.IPPROTO_UDP
	}
	conn, err := msocket.Socket(int(family), int(typ), proto, "socket", nil)
	if err != nil {
		return nil, err
	}
	if family == AF_INET6 {
		err = conn.SetsockoptInt(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1)
	}
	if typ == SOCK_DGRAM && err == nil {
		err = conn.SetsockoptInt(unix.SOL_SOCKET, unix.SO_BROADCAST, 1)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return &system{conn, typ == SOCK_STREAM}, nil
}

// bind tries without SO_REUSEADDR first. With it alone Linux lets two sockets
// bind one port while neither listens, and the second learns of it in listen(2).
// Only a port that is in use gets a second try with it, which succeeds when all
// that uses the port is connections in TIME_WAIT. The option is then taken back
// so that the next socket cannot do the same to this one.
func (c *system) bind(local netip.AddrPort) error {
	sa, err := sockaddrOf(local)
	if err != nil {
		return err
	}
	err = c.conn.Bind(sa)
	if !c.stream || local.Port() == 0 || bare(err) != error(unix.EADDRINUSE) {
		return err
	}
	if err := c.reuse(1); err != nil {
		return err
	}
	err = c.conn.Bind(sa)
	if resetErr := c.reuse(0); err == nil {
		err = resetErr
	}
	return err
}

func (c *system) reuse(on int) error {
	return c.conn.SetsockoptInt(unix.SOL_SOCKET, unix.SO_REUSEADDR, on)
}

// listen sets SO_REUSEADDR again: listen(2) checks the port once more, and
// accepted connections inherit the option, without which their TIME_WAIT would
// keep the next server from the port. Nothing can bind beside a listener.
func (c *system) listen(backlog int) error {
	if err := c.reuse(1); err != nil {
		return err
	}
	err := c.conn.Listen(backlog)
	if err != nil {
		_ = c.reuse(0)
	}
	return err
}

func (c *system) accept(ctx context.Context) (*system, netip.AddrPort, error) {
	conn, sa, err := c.conn.Accept(ctx, 0)
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	return &system{conn, true}, addrPortOf(sa), nil
}

func (c *system) connect(ctx context.Context, remote netip.AddrPort) error {
	sa, err := sockaddrOf(remote)
	if err != nil {
		return err
	}
	_, err = c.conn.Connect(ctx, sa)
	return err
}

// send makes one sendmsg(2); the zero AddrPort is the connected peer.
func (c *system) send(ctx context.Context, b []byte, to netip.AddrPort) (int, error) {
	var sa unix.Sockaddr
	if to.IsValid() {
		var err error
		if sa, err = sockaddrOf(to); err != nil {
			return 0, err
		}
	}
	if c.stream {
		b = b[:min(len(b), maxSend)]
	}
	return c.conn.Sendmsg(ctx, b, nil, sa, 0)
}

// recv gives io.EOF at the end of a stream, and no address where the system
// tells none.
func (c *system) recv(ctx context.Context, b []byte) (int, netip.AddrPort, error) {
	if c.stream {
		n, err := c.conn.ReadContext(ctx, b)
		return n, netip.AddrPort{}, err
	}
	n, sa, err := c.conn.Recvfrom(ctx, b, 0)
	return n, addrPortOf(sa), err
}

func (c *system) shutdown(how How) error { return c.conn.Shutdown(int(how)) }

func (c *system) close() error { return c.conn.Close() }

func (c *system) localAddr() (netip.AddrPort, error) {
	sa, err := c.conn.Getsockname()
	return addrPortOf(sa), err
}

func (c *system) remoteAddr() (netip.AddrPort, error) {
	sa, err := c.conn.Getpeername()
	return addrPortOf(sa), err
}

func sockaddrOf(a netip.AddrPort) (unix.Sockaddr, error) {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}, nil
	}
	zone, err := zoneIndex(a.Addr().Zone())
	if err != nil {
		return nil, err
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), ZoneId: zone, Addr: a.Addr().As16()}, nil
}

func addrPortOf(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		ip := netip.AddrFrom16(sa.Addr).WithZone(zoneName(sa.ZoneId))
		return netip.AddrPortFrom(ip, uint16(sa.Port))
	}
	return netip.AddrPort{}
}

// sameErrno reports whether err is the errno. On Unix errors.Is says it already.
func sameErrno(err error, errno syscall.Errno) bool { return err == error(errno) }
