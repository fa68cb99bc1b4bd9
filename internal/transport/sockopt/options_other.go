//go:build !linux

package sockopt

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"

	"sockeye"
)

// Outside Linux the options that package net knows are set after the connection
// is there; those it does not know (interface, reuse, user timeout) are refused
// where they were asked for, or left to the system.

func (s *Setter) Listen(network, address string, c syscall.RawConn) error {
	return s.refuseUnknown()
}

func (s *Setter) Dial(_ context.Context, network, address string, c syscall.RawConn) error {
	return s.refuseUnknown()
}

func (s *Setter) refuseUnknown() error {
	for name, asked := range map[string]bool{
		"interface":     s.opts.Interface != "",
		"reuse-port":    s.opts.ReusePort.Or(false),
		"reuse-address": s.opts.ReuseAddress == sockeye.On,
		"kernel-time":   s.opts.KernelTime.Or(false),
	} {
		if asked {
			return &sockeye.Error{Kind: sockeye.Unsupported, Op: "set", Target: name}
		}
	}
	return nil
}

func (s *Setter) AfterConnect(conn *net.TCPConn) error {
	o := s.opts
	errs := []error{conn.SetNoDelay(o.NoDelay.Or(true)), s.setKeepAlive(conn.SetKeepAliveConfig), keepUrgent(conn)}
	if o.ReceiveBuffer > 0 {
		errs = append(errs, conn.SetReadBuffer(o.ReceiveBuffer))
	}
	if o.SendBuffer > 0 {
		errs = append(errs, conn.SetWriteBuffer(o.SendBuffer))
	}
	return errors.Join(errs...)
}

// soOOBInline is SO_OOBINLINE of Windows, macOS and the BSDs.
const soOOBInline = 0x100

// keepUrgent has urgent bytes received in their place; else they are lost.
func keepUrgent(conn *net.TCPConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var setErr error
	err = raw.Control(func(fd uintptr) {
		setErr = syscall.SetsockoptInt(sysFD(fd), syscall.SOL_SOCKET, soOOBInline, 1)
	})
	return errors.Join(err, os.NewSyscallError("setsockopt", setErr))
}

// Relisten calls listen(2) again, which sets the queue length of a socket that
// listens already; package net leaves no choice of it.
func Relisten(fd uintptr, backlog int) error {
	return os.NewSyscallError("listen", syscall.Listen(sysFD(fd), backlog))
}

// LimitUnsent leaves the queue to the system: those of Windows and macOS stay small.
func LimitUnsent(uintptr) {}
