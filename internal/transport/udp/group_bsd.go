//go:build unix && !linux

package udp

import (
	"net"

	"golang.org/x/sys/unix"
)

// shareGroup lets several sockets have the address.
func shareGroup(fd, family int, _ *net.Interface) error {
	for _, option := range []int{unix.SO_REUSEADDR, unix.SO_REUSEPORT} {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, option, 1); err != nil {
			return err
		}
	}
	if family == unix.AF_INET6 {
		return unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1)
	}
	return nil
}

// stayOn is seen to by the system.
func stayOn(int, int, *net.Interface) error { return nil }
