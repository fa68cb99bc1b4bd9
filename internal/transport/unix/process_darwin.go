package unix

import (
	"golang.org/x/sys/unix"

	"sockeye"
)

// peerProcess is who connected, or listened, at the other end (LOCAL_PEERCRED and
// LOCAL_PEERPID, unix(4)).
func peerProcess(fd uintptr) *sockeye.Process {
	c, err := unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return nil
	}
	pid, _ := unix.GetsockoptInt(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERPID)
	return process(pid, c.Uid)
}

func programName(int) string { return "" }
