package netinfo

import (
	"net"

	"golang.org/x/sys/unix"
)

// KnowsSocketPeers says that SocketPeer works here.
const KnowsSocketPeers = true

// SocketPeer is the user and the process at the other end of a connected Unix socket, as
// the kernel noted them (SO_PEERCRED, unix(7)). The process is 0 if it is one that this
// machine does not show us.
func SocketPeer(c net.Conn) (uid uint32, pid int, err error) {
	err = controlSocket(c, func(fd int) error {
		cred, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
		if err == nil {
			uid, pid = cred.Uid, int(cred.Pid)
		}
		return err
	})
	return uid, pid, err
}
