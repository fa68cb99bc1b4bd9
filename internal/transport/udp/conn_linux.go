package udp

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// rawUDPConn is a UDP socket outside Go's poller. The kernel would wake the poller for every
// datagram that has left the socket, because somebody may wait for room to send; that takes a
// fifteenth of the time of a datagram and its answer.
type rawUDPConn struct {
	socket *udpSocket
	six    bool // of the family AF_INET6, which carries IPv4, too

	closed atomic.Bool
	// mu is held for reading by whoever uses the descriptor, even while waiting for
	// the socket: to shut it down ends that.
	mu sync.RWMutex
	fd int
}

// takeOver makes a rawUDPConn of a socket's conn, which it closes.
func takeOver(k *udpSocket) (*rawUDPConn, error) {
	c := &rawUDPConn{socket: k}
	var failed error
	err := k.conn.Control(func(fd uintptr) {
		var family int
		if family, failed = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DOMAIN); failed == nil {
			c.six = family == unix.AF_INET6
			c.fd, failed = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
		}
	})
	if err = errors.Join(err, failed); err != nil {
		return nil, err
	}
	k.conn.Close()
	return c, nil
}

func (c *rawUDPConn) Control(f func(fd uintptr)) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed.Load() {
		return net.ErrClosed
	}
	f(uintptr(c.fd))
	return nil
}

// retryUntil calls f, which must not wait, until that says something else than that
// nothing can be done yet; in between it waits for the events of poll(2). inOrder
// says that the caller holds the socket's order.
func (c *rawUDPConn) retryUntil(events int16, inOrder bool, f func(fd int) syscall.Errno) error {
	for failed := false; ; {
		errno := c.tryOnce(f)
		switch errno {
		case 0:
			return nil
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
		default:
			if c.closed.Load() {
				return net.ErrClosed
			}
			return errno
		}
		if failed { // an error is in the queue that no call returns; poll would go on telling of it
			c.report(inOrder)
		}
		failed = c.wait(events)
	}
}

func (c *rawUDPConn) tryOnce(f func(fd int) syscall.Errno) syscall.Errno {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed.Load() {
		return syscall.EBADF
	}
	return f(c.fd)
}

// wait returns when the socket is ready, and reports whether an error is pending.
func (c *rawUDPConn) wait(events int16) (failed bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed.Load() {
		return false
	}
	fds := [1]unix.PollFd{{Fd: int32(c.fd), Events: events}}
	unix.Poll(fds[:], -1)
	return fds[0].Revents&unix.POLLERR != 0
}

func (c *rawUDPConn) report(inOrder bool) {
	if !inOrder {
		c.socket.order.Lock()
		defer c.socket.order.Unlock()
	}
	c.socket.reportICMP(nil)
}

func (c *rawUDPConn) send(data, control []byte, to netip.AddrPort) (n int, err error) {
	var name unix.RawSockaddrInet6 // large enough for IPv4, too
	part := unix.Iovec{Base: unsafe.SliceData(data)}
	part.SetLen(len(data))
	m := unix.Msghdr{Iov: &part, Control: unsafe.SliceData(control)}
	m.SetIovlen(1)
	m.SetControllen(len(control))
	if !c.socket.connected {
		m.Name, m.Namelen = (*byte)(unsafe.Pointer(&name)), sockaddr(&name, to, c.six)
	}
	err = c.retryUntil(unix.POLLOUT, true, func(fd int) (errno syscall.Errno) {
		n, errno = rawSendmsg(fd, &m)
		return errno
	})
	return n, callFailed("sendmsg", err)
}

// callFailed names the system call that an error of the system comes from.
func callFailed(call string, err error) error {
	if errno, is := err.(syscall.Errno); is {
		return os.NewSyscallError(call, errno)
	}
	return err
}

func (c *rawUDPConn) Close() error {
	if c.closed.Swap(true) {
		return net.ErrClosed
	}
	c.mu.RLock()
	unix.Shutdown(c.fd, unix.SHUT_RDWR) // whatever it says, it wakes who waits
	c.mu.RUnlock()
	c.mu.Lock() // nobody uses the descriptor any more
	defer c.mu.Unlock()
	return unix.Close(c.fd)
}

// sockaddr writes an address as the kernel reads it, for a socket of a family, and
// returns its length.
func sockaddr(name *unix.RawSockaddrInet6, to netip.AddrPort, six bool) uint32 {
	port := (*[2]byte)(unsafe.Pointer(&name.Port)) // at the same place in both
	port[0], port[1] = byte(to.Port()>>8), byte(to.Port())
	if !six {
		name.Family = unix.AF_INET
		(*unix.RawSockaddrInet4)(unsafe.Pointer(name)).Addr = to.Addr().Unmap().As4()
		return unix.SizeofSockaddrInet4
	}
	name.Family, name.Addr = unix.AF_INET6, to.Addr().As16()
	if zone := to.Addr().Zone(); zone != "" {
		name.Scope_id = zoneIndex(zone)
	}
	return unix.SizeofSockaddrInet6
}

// zoneIndex is the number of an interface, 0 if there is none of that name.
func zoneIndex(zone string) uint32 {
	if i, err := net.InterfaceByName(zone); err == nil {
		return uint32(i.Index)
	}
	n, _ := strconv.ParseUint(zone, 10, 32)
	return uint32(n)
}
