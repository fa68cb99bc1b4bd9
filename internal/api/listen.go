package api

import (
	"net"

	"sockeye/internal/api/access"
)

// Listen takes an address for Serve, as net.Listen does, or gives the socket that the service
// manager has opened there for this process.
func Listen(network, address string) (net.Listener, error) { return access.Listen(network, address) }
