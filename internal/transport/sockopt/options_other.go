//go:build !linux

package sockopt

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"sockeye"
	"sockeye/internal/netinfo"
)

// Outside Linux the options that package net knows are set after the connection
// is there; those it does not know (interface, reuse, user timeout) are refused
// where they were asked for, or left to the system.

// Listen sets the options of a listening socket before it is bound; it is a net.ListenConfig's Control.
func (s *Setter) Listen(network, address string, c syscall.RawConn) error {
	if err := RefuseUnknown(&s.opts); err != nil {
		return err
	}
	return s.setDontFragment(network, c)
}

// Dial sets the options of a socket before it connects; it is a net.Dialer's ControlContext.
func (s *Setter) Dial(_ context.Context, network, address string, c syscall.RawConn) error {
	return s.Listen(network, address, c)
}

// setDontFragment sets the don't-fragment bit of UDP packets; the level of IPv6 is
// unknown to a socket of IPv4.
func (s *Setter) setDontFragment(network string, c syscall.RawConn) error {
	if s.opts.DontFragment == sockeye.Default {
		return nil
	}
	var failed error
	err := c.Control(func(fd uintptr) {
		value := 0
		if s.opts.DontFragment == sockeye.On {
			value = 1
		}
		level, option := syscall.IPPROTO_IP, ipDontFragment
		if network == "udp6" {
			level, option = syscall.IPPROTO_IPV6, ipv6DontFragment
		}
		failed = os.NewSyscallError("setsockopt", syscall.SetsockoptInt(sysFD(fd), level, option, value))
	})
	return errors.Join(err, failed)
}

// RefuseUnknown says which of some options this system does not have.
func RefuseUnknown(o *sockeye.Options) error {
	for name, asked := range map[string]bool{
		"interface":     o.Interface != "",
		"reuse-port":    o.ReusePort.Or(false),
		"reuse-address": o.ReuseAddress == sockeye.On,
		"kernel-time":   o.KernelTime.Or(false),
		"dscp":          o.DSCP > 0,
		"mark":          o.Mark > 0,
		"cork":          o.Cork.Or(false),
		"quick-ack":     o.QuickAck.Or(false),
	} {
		if asked {
			return &sockeye.Error{Kind: sockeye.Unsupported, Op: "set", Target: name}
		}
	}
	return nil
}

// setCork does nothing: the option was refused.
func setCork(uintptr, sockeye.OptionalBool) error { return nil }

// AfterConnect sets the options that need a connected socket.
func (s *Setter) AfterConnect(conn *net.TCPConn) error {
	o := s.opts
	errs := []error{conn.SetNoDelay(o.NoDelay.Or(true)), s.setKeepAlive(conn.SetKeepAliveConfig), keepUrgent(conn)}
	if o.ReceiveBuffer > 0 {
		errs = append(errs, conn.SetReadBuffer(o.ReceiveBuffer))
	}
	if o.SendBuffer > 0 {
		errs = append(errs, conn.SetWriteBuffer(o.SendBuffer))
	}
	if o.TTL > 0 {
		errs = append(errs, setTTL(conn, o.TTL))
	}
	return errors.Join(errs...)
}

// setTTL sets how many routers the packets of a connection may cross, less one.
func setTTL(conn *net.TCPConn, ttl int) error {
	if netinfo.AddrPort(conn.LocalAddr()).Addr().Is4() {
		return ipv4.NewConn(conn).SetTTL(ttl)
	}
	return ipv6.NewConn(conn).SetHopLimit(ttl)
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
