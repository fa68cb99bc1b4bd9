//go:build unix

package udp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// bindGroup binds a socket to a group on an interface. Package net would bind every
// address of this machine instead, and hear what is sent to any group on the port. The
// address may be shared: several programs of a machine may listen to a group.
func (v *datagramServer) bindGroup(_ context.Context, group netip.AddrPort, i *net.Interface) (*net.UDPConn, error) {
	family, network := unix.AF_INET, "udp4"
	var name unix.Sockaddr = &unix.SockaddrInet4{Port: int(group.Port()), Addr: group4(group)}
	if group.Addr().Is6() {
		family, network = unix.AF_INET6, "udp6"
		name = &unix.SockaddrInet6{Port: int(group.Port()), Addr: group.Addr().As16(), ZoneId: uint32(i.Index)}
	}
	syscall.ForkLock.RLock()
	fd, err := unix.Socket(family, unix.SOCK_DGRAM, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	f := os.NewFile(uintptr(fd), "group")
	defer f.Close() // the connection has a descriptor of its own
	if err := shareGroup(fd, family, i); err != nil {
		return nil, os.NewSyscallError("setsockopt", err)
	}
	if err := v.groupSetter.Listen(network, group.String(), descriptor(fd)); err != nil {
		return nil, err
	}
	if err := unix.Bind(fd, name); err != nil {
		return nil, os.NewSyscallError("bind", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, err
	}
	conn, err := net.FilePacketConn(f)
	if err != nil {
		return nil, err
	}
	return conn.(*net.UDPConn), nil
}

// descriptor is a socket that nobody else has yet.
type descriptor uintptr

func (d descriptor) Control(f func(fd uintptr)) error { f(uintptr(d)); return nil }

func (d descriptor) Read(func(fd uintptr) bool) error { return os.ErrInvalid }

func (d descriptor) Write(func(fd uintptr) bool) error { return os.ErrInvalid }

// rejoin makes the socket a member of its group on an interface that came back.
func (k *udpSocket) rejoin(i *net.Interface) error {
	if k.origin != nil { // it hears from anywhere
		return k.withConn(func(c *net.UDPConn) error { return k.joinAgain(c, i) })
	}
	family := unix.AF_INET
	if k.group.Is6() {
		family = unix.AF_INET6
	}
	var failed error
	if err := k.conn.Control(func(fd uintptr) { failed = stayOn(int(fd), family, i) }); err != nil || failed != nil {
		return errors.Join(err, failed)
	}
	return k.withConn(func(c *net.UDPConn) error { return k.joinAgain(c, i) })
}

// withConn calls f with the socket as package net has it.
func (k *udpSocket) withConn(f func(*net.UDPConn) error) error {
	var conn net.PacketConn
	var failed error
	err := k.conn.Control(func(fd uintptr) {
		own, dupErr := unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
		if dupErr != nil {
			failed = dupErr
			return
		}
		file := os.NewFile(uintptr(own), "group")
		defer file.Close()
		conn, failed = net.FilePacketConn(file)
	})
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	defer conn.Close()
	return f(conn.(*net.UDPConn))
}

func group4(group netip.AddrPort) (ip [4]byte) {
	if group.Addr().Is4() {
		ip = group.Addr().As4()
	}
	return ip
}
