package transport

import (
	"errors"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// adoptedConn is a connection that a portableConn takes over from an event loop: the
// same descriptor, from now on in the hands of Go's poller.
type adoptedConn struct {
	*os.File
	raw adoptedRawConn
}

// adoptFD makes a stream of a peer's descriptor, which it owns from then on.
func adoptFD(p *Peer, fd int) *portableConn {
	f := os.NewFile(uintptr(fd), "")
	raw, _ := f.SyscallConn() // fails only without a file
	conn := &adoptedConn{f, adoptedRawConn{raw}}
	return newPortableConn(p, conn, conn.raw)
}

func (a *adoptedConn) CloseWrite() error {
	var shutdown error
	err := a.raw.Control(func(fd uintptr) { shutdown = unix.Shutdown(int(fd), unix.SHUT_WR) })
	return errors.Join(err, os.NewSyscallError("shutdown", shutdown))
}

// SetLinger is only ever called with 0.
func (a *adoptedConn) SetLinger(int) error {
	return a.raw.Control(func(fd uintptr) { resetOnClose(int(fd)) })
}

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
