package epoll

import (
	"errors"
	"net"
	"os"
	"sockeye"
	"sockeye/internal/transport"
	"sockeye/internal/transport/sockopt"
	"syscall"

	"golang.org/x/sys/unix"
)

// adoptedConn is a connection that a transport.StreamConn takes over from an event
// loop: the same descriptor, from now on in the hands of Go's poller.
type adoptedConn struct {
	*os.File
	sockopt.TCPSocket
	peer *transport.DriverPeer
}

// adoptFD makes a stream of a peer's descriptor, which it owns from then on.
func adoptFD(p *transport.DriverPeer, fd int) *transport.StreamConn {
	f := os.NewFile(uintptr(fd), "")
	raw, _ := f.SyscallConn() // fails only without a file
	return transport.NewStreamConn(p, &adoptedConn{f, sockopt.TCPSocket{Raw: adoptedRawConn{raw}}, p})
}

func (a *adoptedConn) Local() sockeye.SocketAddr { return a.peer.Local }

func (a *adoptedConn) Remote() sockeye.SocketAddr { return a.peer.Remote }

func (a *adoptedConn) SyscallConn() (syscall.RawConn, error) { return a.Raw, nil }

func (a *adoptedConn) CloseWrite() error {
	var shutdown error
	err := a.Control(func(fd uintptr) { shutdown = unix.Shutdown(int(fd), unix.SHUT_WR) })
	return errors.Join(err, os.NewSyscallError("shutdown", shutdown))
}

// Abort has Close send RST.
func (a *adoptedConn) Abort() { a.Control(func(fd uintptr) { resetOnClose(int(fd)) }) }

// adoptedRawConn names the end of a connection as package net does.
type adoptedRawConn struct{ syscall.RawConn }

func (r adoptedRawConn) Read(f func(fd uintptr) bool) error { return mapCloseError(r.RawConn.Read(f)) }

func (r adoptedRawConn) Write(f func(fd uintptr) bool) error {
	return mapCloseError(r.RawConn.Write(f))
}

// mapCloseError: apart from a deadline nothing else fails.
func mapCloseError(err error) error {
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return net.ErrClosed
}
