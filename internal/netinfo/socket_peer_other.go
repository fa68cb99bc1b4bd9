//go:build !linux && !darwin

package netinfo

import (
	"errors"
	"net"
)

// KnowsSocketPeers says that SocketPeer works here.
const KnowsSocketPeers = false

// SocketPeer is not told here.
func SocketPeer(net.Conn) (uid uint32, pid int, err error) { return 0, 0, errors.ErrUnsupported }
