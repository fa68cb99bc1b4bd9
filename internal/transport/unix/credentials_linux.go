package unix

import (
	"os"

	"golang.org/x/sys/unix"

	"sockeye"
)

// controlSpace holds the credentials of a datagram and nothing else: for descriptors that its
// sender passes (SCM_RIGHTS) no room is left, so the kernel closes them (unix(7)). It writes
// credentials first.
var controlSpace = unix.CmsgSpace(unix.SizeofUcred)

// requestCredentials has the kernel say with each message who sent it (SO_PASSCRED).
func requestCredentials(fd int) error {
	return os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PASSCRED, 1))
}

// credentials reads who sent a datagram.
func credentials(oob []byte) *sockeye.Process {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil
	}
	for i := range messages {
		if c, err := unix.ParseUnixCredentials(&messages[i]); err == nil && c.Pid != 0 {
			return process(int(c.Pid), c.Uid)
		}
	}
	return nil
}
