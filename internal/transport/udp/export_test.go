package udp

import (
	"net/netip"
	"sockeye"

	"sockeye/internal/transport"
)

// What the tests of package udp_test look into.

// Arrive returns what has datagrams come to the first socket of a session, in place of
// the system. The socket knows one peer then.
func Arrive(s *transport.Session) func(from netip.AddrPort, data []byte) {
	k := socketOf(s)
	return func(from netip.AddrPort, data []byte) {
		k.reader.takeAll([]datagram{{from: from, data: data, size: len(data)}})
	}
}

func socketOf(s *transport.Session) *udpSocket {
	p, err := s.Reach(sockeye.IPSocketAddr(netip.MustParseAddrPort("127.0.0.1:9")))
	if err != nil {
		panic(err)
	}
	return (*transport.DriverPeer)(p).Conn().(*udpPeer).socket
}
