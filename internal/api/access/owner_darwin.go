package access

import (
	"errors"
	"net"

	"golang.org/x/sys/unix"
)

const knowsPeers = true

// socketOwner is who is at the other end of a Unix socket, as the kernel noted it.
func socketOwner(c net.Conn) (uid, pid int, err error) {
	u, ok := c.(*net.UnixConn)
	if !ok {
		return 0, 0, errors.New("no Unix socket")
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return 0, 0, err
	}
	var cred *unix.Xucred
	if ctl := raw.Control(func(fd uintptr) {
		if cred, err = unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED); err == nil {
			pid, _ = unix.GetsockoptInt(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERPID) // 0 if it is not known
		}
	}); ctl != nil {
		err = ctl
	}
	if err != nil {
		return 0, 0, err
	}
	return int(cred.Uid), pid, nil
}
