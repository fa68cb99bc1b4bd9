package wire

import (
	"errors"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// adopted is a connection that the portable mover takes over from a loop: the
// same descriptor, from now on in the hands of Go's poller.
type adopted struct {
	*os.File
	raw adoptedRaw
}

// adopt makes a stream of a peer's descriptor, which it owns from then on.
func adopt(p *Peer, fd int) *stream {
	f := os.NewFile(uintptr(fd), "")
	raw, _ := f.SyscallConn() // fails only without a file
	conn := &adopted{f, adoptedRaw{raw}}
	return newStream(p, conn, conn.raw)
}

func (a *adopted) CloseWrite() error {
	var shutdown error
	err := a.raw.Control(func(fd uintptr) { shutdown = unix.Shutdown(int(fd), unix.SHUT_WR) })
	return errors.Join(err, os.NewSyscallError("shutdown", shutdown))
}

// SetLinger is only ever called with 0.
func (a *adopted) SetLinger(int) error {
	return a.raw.Control(func(fd uintptr) { resetOnClose(int(fd)) })
}

// adoptedRaw names the end of a connection as package net does.
type adoptedRaw struct{ syscall.RawConn }

func (r adoptedRaw) Read(f func(fd uintptr) bool) error { return closedByUs(r.RawConn.Read(f)) }

func (r adoptedRaw) Write(f func(fd uintptr) bool) error { return closedByUs(r.RawConn.Write(f)) }

// closedByUs: apart from a deadline nothing else fails.
func closedByUs(err error) error {
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return net.ErrClosed
}
