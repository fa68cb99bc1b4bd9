package deploy

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// endsSilence makes the system give a connection up when the other side has acknowledged
// nothing for vanishLimit; it goes on for a quarter of an hour otherwise (tcp(7),
// TCP_USER_TIMEOUT).
func endsSilence(_, _ string, raw syscall.RawConn) error {
	return raw.Control(func(fd uintptr) {
		unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(vanishLimit.Milliseconds())) // without it, it is late
	})
}
