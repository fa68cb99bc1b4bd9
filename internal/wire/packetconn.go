package wire

import (
	"net"
	"net/netip"
)

// packetConn is a bound UDP socket. All methods may be called from any goroutine.
type packetConn interface {
	// Control calls f with the descriptor, unless the socket is closed.
	Control(f func(fd uintptr)) error
	// send sends a datagram to the given address, which a connected socket knows. The
	// control message says from which address of ours, if there is one.
	send(data, control []byte, to netip.AddrPort) (int, error)
	// Close makes every call fail with net.ErrClosed, those under way included.
	Close() error
}

// netPacketConn is the socket of package net, as every system has it.
type netPacketConn struct {
	*net.UDPConn
	connected bool
}

func (c netPacketConn) Control(f func(fd uintptr)) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Control(f)
}

func (c netPacketConn) send(data, control []byte, to netip.AddrPort) (int, error) {
	switch {
	case c.connected:
		return c.Write(data)
	case control == nil:
		return c.WriteToUDPAddrPort(data, to)
	}
	n, _, err := c.WriteMsgUDPAddrPort(data, control, to)
	return n, err
}
