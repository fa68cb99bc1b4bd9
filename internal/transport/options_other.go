//go:build !linux

package transport

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

func (s *Session) controlListen(network, address string, c syscall.RawConn) error {
	return s.refuseUnknown()
}

func (s *Session) controlDial(_ context.Context, network, address string, c syscall.RawConn) error {
	return s.refuseUnknown()
}

func (s *Session) refuseUnknown() error {
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

func (s *Session) afterConnect(conn *net.TCPConn) error {
	o := s.opts
	errs := []error{conn.SetNoDelay(o.NoDelay.Or(true)), s.setKeepAlive(conn.SetKeepAliveConfig)}
	if o.ReceiveBuffer > 0 {
		errs = append(errs, conn.SetReadBuffer(o.ReceiveBuffer))
	}
	if o.SendBuffer > 0 {
		errs = append(errs, conn.SetWriteBuffer(o.SendBuffer))
	}
	return errors.Join(errs...)
}

func relisten(fd uintptr, backlog int) error {
	return os.NewSyscallError("listen", syscall.Listen(sysFD(fd), backlog))
}

// limitSendQueue leaves the queues to the system: those of Windows and macOS stay small.
func (s *Session) limitSendQueue(int) {}
