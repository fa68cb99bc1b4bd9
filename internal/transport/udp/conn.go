package udp

import (
	"net"
	"net/netip"
)

// udpConn is a bound UDP socket. All methods may be called from any goroutine.
type udpConn interface {
	// Control calls f with the descriptor, unless the socket is closed.
	Control(f func(fd uintptr)) error
	// send sends a datagram to the given address, which a connected socket knows. The
	// control message says from which address of ours, if there is one.
	send(data, control []byte, to netip.AddrPort) (int, error)
	// Close makes every call fail with net.ErrClosed, those under way included.
	Close() error
}

// netUDPConn is the socket of package net, as every system has it.
type netUDPConn struct {
	*net.UDPConn
	connected bool
}

func (c netUDPConn) Control(f func(fd uintptr)) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Control(f)
}

func (c netUDPConn) send(data, control []byte, to netip.AddrPort) (int, error) {
	switch {
	case c.connected:
		return c.Write(data)
	case control == nil:
		return c.WriteToUDPAddrPort(data, to)
	}
	n, _, err := c.WriteMsgUDPAddrPort(data, control, to)
	return n, err
}
