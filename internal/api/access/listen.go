package access

import (
	"net"

	"sockeye/internal/activation"
)

// Listen takes an address, as net.Listen does, unless the service manager has taken it for
// this process: then it gives that socket.
func Listen(network, address string) (net.Listener, error) {
	if l := activation.ListenTCP(network, address); l != nil {
		return l, nil
	}
	return net.Listen(network, address)
}
