//go:build !linux

package epoll

import (
	"net"

	"sockeye"
	"sockeye/internal/transport"
	"sockeye/internal/transport/sockopt"
)

// Serve serves nothing: every peer has a transport.StreamConn.
func Serve(*transport.DriverSession, []*net.TCPListener, *sockopt.SendQueues) bool { return false }

// Join joins nothing.
func Join(*transport.DriverSession, *net.TCPConn, *sockeye.Detail) (*transport.DriverPeer, bool) {
	return nil, false
}
