package sockopt

import (
	"errors"
	"net"

	"sockeye"
	"sockeye/internal/transport"
)

// Change applies options that were changed to sockets that are open. Acknowledging at
// once is seen to by who reads.
func Change(o *sockeye.Options, sockets []transport.FDController) error {
	if err := RefuseUnknown(o); err != nil {
		return err
	}
	for _, socket := range sockets {
		var failed error
		err := socket.Control(func(fd uintptr) { failed = setCork(fd, o.Cork) })
		if err = errors.Join(err, failed); err != nil && !errors.Is(err, net.ErrClosed) {
			return err
		}
	}
	return nil
}
