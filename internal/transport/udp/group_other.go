//go:build !unix

package udp

import (
	"context"
	"net"
	"net/netip"

	"sockeye"
	"sockeye/internal/transport/inet"
)

// bindGroup binds a socket on which a group can be heard. Windows binds no group: package
// net binds the port on every address, and shares it.
func (v *datagramServer) bindGroup(ctx context.Context, group netip.AddrPort, _ *net.Interface) (*net.UDPConn, error) {
	lc := net.ListenConfig{Control: v.groupSetter.Listen}
	conn, err := lc.ListenPacket(ctx, inet.FamilyOf(sockeye.UDP6, group.Addr()), group.String())
	if err != nil {
		return nil, err
	}
	return conn.(*net.UDPConn), nil
}

// rejoin makes the socket a member of its group on an interface that came back.
func (k *udpSocket) rejoin(i *net.Interface) error {
	return k.joinAgain(k.conn.(netUDPConn).UDPConn, i)
}
