package unix

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"sockeye"
)

// peerProcess is who connected, or listened, at the other end (SO_PEERCRED, unix(7)).
func peerProcess(fd uintptr) *sockeye.Process {
	c, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil || c.Pid == 0 {
		return nil
	}
	return process(int(c.Pid), c.Uid)
}

// programName is what the system calls a process (proc(5)).
func programName(pid int) string {
	name, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
	if err != nil {
		return ""
	}
	return printable(strings.TrimSpace(string(name)))
}
