package netinfo

import (
	"net"

	"golang.org/x/sys/unix"
)

// KnowsSocketPeers says that SocketPeer works here.
const KnowsSocketPeers = true

// SocketPeer is the user and the process at the other end of a connected Unix socket, as
// the kernel noted them (LOCAL_PEERCRED and LOCAL_PEERPID, unix(4)). The process is 0 if
// it is not told.
func SocketPeer(c net.Conn) (uid uint32, pid int, err error) {
	err = controlSocket(c, func(fd int) error {
		cred, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
		if err != nil {
			return err
		}
		uid = cred.Uid
		pid, _ = unix.GetsockoptInt(fd, unix.SOL_LOCAL, unix.LOCAL_PEERPID)
		return nil
	})
	return uid, pid, err
}
