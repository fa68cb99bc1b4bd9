package socket

import (
	"context"
	"io"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Winsock names that golang.org/x/sys/windows does not have.
const (
	fionbio            = 0x8004667e
	noHandleInherit    = 0x80
	soError            = 0x1007
	soExclusiveAddrUse = -5 // ^SO_REUSEADDR

	pollRead  = 0x0100 // POLLRDNORM
	pollWrite = 0x0010 // POLLWRNORM

	// pollSlice is how long a waiting call cannot be cancelled, in milliseconds.
	// Winsock has no wait that both a socket and a Go context can end.
	pollSlice = 20
	// maxSend is the most one call hands to the system, whose lengths are 32 bits.
	maxSend = 1 << 30
)

var (
	winsock    = windows.NewLazySystemDLL("ws2_32.dll")
	procAccept = winsock.NewProc("accept")
	procPoll   = winsock.NewProc("WSAPoll")

	startWinsock = sync.OnceValue(func() error {
		var data windows.WSAData
		return windows.WSAStartup(0x202, &data)
	})
)

// system is one non-blocking Winsock socket.
type system struct {
	handle windows.Handle
	stream bool

	// using is held for reading while a call uses handle, so that close never
	// gives a handle back that a call is about to use.
	using sync.RWMutex
	gone  bool // guarded by using
}

func openSystem(family Family, typ Type) (*system, error) {
	if err := startWinsock(); err != nil {
		return nil, err
	}
	proto := int32(windows.IPPROTO_TCP)
	if typ == SOCK_DGRAM {
		proto = windows.IPPROTO_UDP
	}
	h, err := windows.WSASocket(int32(family), int32(typ), proto, nil, 0, windows.WSA_FLAG_OVERLAPPED|noHandleInherit)
	if err != nil {
		return nil, err
	}
	c := &system{handle: h, stream: typ == SOCK_STREAM}
	if err := c.setUp(family); err != nil {
		_ = windows.Closesocket(h)
		return nil, err
	}
	return c, nil
}

func (c *system) setUp(family Family) error {
	if err := ioctl(c.handle, fionbio, 1); err != nil {
		return err
	}
	if family == AF_INET6 {
		if err := windows.SetsockoptInt(c.handle, windows.IPPROTO_IPV6, windows.IPV6_V6ONLY, 1); err != nil {
			return err
		}
	}
	if c.stream {
		return nil
	}
	// A datagram that could not be delivered must not make a later Recv fail.
	if err := ioctl(c.handle, windows.SIO_UDP_CONNRESET, 0); err != nil {
		return err
	}
	return windows.SetsockoptInt(c.handle, windows.SOL_SOCKET, windows.SO_BROADCAST, 1)
}

func ioctl(h windows.Handle, code, value uint32) error {
	var returned uint32
	return windows.WSAIoctl(h, code, (*byte)(unsafe.Pointer(&value)), uint32(unsafe.Sizeof(value)), nil, 0, &returned, nil, 0)
}

func (c *system) bind(local netip.AddrPort) error {
	sa, err := sockaddrOf(local)
	if err != nil {
		return err
	}
	return c.use(func() error {
		// Without it Windows lets a second socket share or take over the port.
		if err := windows.SetsockoptInt(c.handle, windows.SOL_SOCKET, soExclusiveAddrUse, 1); err != nil {
			return err
		}
		return windows.Bind(c.handle, sa)
	})
}

func (c *system) listen(backlog int) error {
	return c.use(func() error { return windows.Listen(c.handle, backlog) })
}

func (c *system) accept(ctx context.Context) (*system, netip.AddrPort, error) {
	var peer *system
	err := c.wait(ctx, pollRead, func() error {
		h, _, err := procAccept.Call(uintptr(c.handle), 0, 0)
		if windows.Handle(h) == windows.InvalidHandle {
			return err
		}
		peer = &system{handle: windows.Handle(h), stream: true}
		return nil
	})
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	err = windows.SetHandleInformation(peer.handle, windows.HANDLE_FLAG_INHERIT, 0)
	if err == nil {
		err = ioctl(peer.handle, fionbio, 1)
	}
	if err != nil {
		_ = peer.close()
		return nil, netip.AddrPort{}, err
	}
	remote, err := peer.remoteAddr()
	if err != nil {
		// Gone before we could look, which accept(2) calls aborted.
		_ = peer.close()
		return nil, netip.AddrPort{}, windows.WSAECONNABORTED
	}
	return peer, remote, nil
}

func (c *system) connect(ctx context.Context, remote netip.AddrPort) error {
	sa, err := sockaddrOf(remote)
	if err != nil {
		return err
	}
	started := false
	return c.wait(ctx, pollWrite, func() error {
		if !started {
			started = true
			return windows.Connect(c.handle, sa)
		}
		// Asked in every slice, because WSAPoll did not report a refused
		// connection before Windows 10 version 2004.
		code, err := windows.GetsockoptInt(c.handle, windows.SOL_SOCKET, soError)
		if err != nil {
			return err
		}
		if code != 0 {
			return syscall.Errno(code)
		}
		if _, err := windows.Getpeername(c.handle); err != nil {
			return windows.WSAEWOULDBLOCK
		}
		return nil
	})
}

// send makes one WSASend; the zero AddrPort is the connected peer.
func (c *system) send(ctx context.Context, b []byte, to netip.AddrPort) (int, error) {
	buf := bufferOf(b)
	var sent uint32
	if !to.IsValid() {
		err := c.wait(ctx, pollWrite, func() error { return windows.WSASend(c.handle, &buf, 1, &sent, 0, nil, nil) })
		return int(sent), err
	}
	sa, err := sockaddrOf(to)
	if err != nil {
		return 0, err
	}
	err = c.wait(ctx, pollWrite, func() error { return windows.WSASendto(c.handle, &buf, 1, &sent, 0, sa, nil, nil) })
	return int(sent), err
}

// recv gives io.EOF at the end of a stream, and no address for one.
func (c *system) recv(ctx context.Context, b []byte) (int, netip.AddrPort, error) {
	buf := bufferOf(b)
	var n, flags uint32
	if c.stream {
		err := c.wait(ctx, pollRead, func() error { return windows.WSARecv(c.handle, &buf, 1, &n, &flags, nil, nil) })
		if err == nil && n == 0 || err == windows.WSAESHUTDOWN {
			// After its own Shutdown the reader is at the end, as on Unix.
			err = io.EOF
		}
		return int(n), netip.AddrPort{}, err
	}
	var from windows.RawSockaddrAny
	err := c.wait(ctx, pollRead, func() error {
		size := int32(unsafe.Sizeof(from))
		return windows.WSARecvFrom(c.handle, &buf, 1, &n, &flags, &from, &size, nil, nil)
	})
	if err == windows.WSAEMSGSIZE {
		// The message was longer than b. Unix gives what fits without an error.
		n, err = uint32(len(b)), nil
	}
	if err != nil {
		return 0, netip.AddrPort{}, err
	}
	sa, err := from.Sockaddr()
	return int(n), addrPortOf(sa), err
}

func (c *system) shutdown(how How) error {
	return c.use(func() error { return windows.Shutdown(c.handle, int(how)) })
}

func (c *system) localAddr() (a netip.AddrPort, err error) {
	err = c.use(func() error {
		sa, err := windows.Getsockname(c.handle)
		a = addrPortOf(sa)
		return err
	})
	return a, err
}

func (c *system) remoteAddr() (a netip.AddrPort, err error) {
	err = c.use(func() error {
		sa, err := windows.Getpeername(c.handle)
		a = addrPortOf(sa)
		return err
	})
	return a, err
}

// close waits for the slice of every waiting call to end.
func (c *system) close() error {
	c.using.Lock()
	defer c.using.Unlock()
	c.gone = true
	return windows.Closesocket(c.handle)
}

// use runs a call that does not wait.
func (c *system) use(call func() error) error {
	c.using.RLock()
	defer c.using.RUnlock()
	if c.gone {
		return net.ErrClosed
	}
	return call()
}

// wait repeats try, with a slice of waiting for events between, until it no
// longer would block.
func (c *system) wait(ctx context.Context, events int16, try func() error) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		blocked := false
		err := c.use(func() error {
			err := try()
			if err != windows.WSAEWOULDBLOCK {
				return err
			}
			blocked = true
			return poll(c.handle, events)
		})
		if err != nil || !blocked {
			return err
		}
	}
}

func poll(h windows.Handle, events int16) error {
	fd := struct {
		socket          windows.Handle
		events, revents int16
	}{socket: h, events: events}
	n, _, err := procPoll.Call(uintptr(unsafe.Pointer(&fd)), 1, pollSlice)
	if int32(n) < 0 {
		return err
	}
	return nil
}

func bufferOf(b []byte) windows.WSABuf {
	b = b[:min(len(b), maxSend)]
	return windows.WSABuf{Len: uint32(len(b)), Buf: unsafe.SliceData(b)}
}
