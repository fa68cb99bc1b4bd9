//go:build !linux

package epoll

import (
	"net"

	"sockeye/internal/transport"
	"sockeye/internal/transport/sockopt"
)

// Serve serves nothing: every peer has a transport.StreamMover.
func Serve(*transport.DriverSession, []*net.TCPListener, *sockopt.SendQueues) bool { return false }
