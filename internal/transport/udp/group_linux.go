package udp

import (
	"errors"
	"net"

	"golang.org/x/sys/unix"
)

// shareGroup lets several sockets have the address, and has this one hear its own
// memberships only: Linux would give it whatever any socket of the machine has joined.
func shareGroup(fd, family int, i *net.Interface) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return err
	}
	if family == unix.AF_INET {
		return unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_MULTICAST_ALL, 0)
	}
	unix.SetsockoptInt(fd, unix.SOL_IPV6, unix.IPV6_MULTICAST_ALL, 0) // unknown before Linux 4.20
	return errors.Join(unix.SetsockoptInt(fd, unix.SOL_IPV6, unix.IPV6_V6ONLY, 1), stayOn(fd, family, i))
}

// stayOn has a socket of IPv6 hear its interface only: Linux compares the group of a
// membership, and not the interface, as it does for IPv4. Before Linux 5.7 only root may.
func stayOn(fd, family int, i *net.Interface) error {
	if family == unix.AF_INET {
		return nil
	}
	if err := unix.BindToDevice(fd, i.Name); err != nil && !errors.Is(err, unix.EPERM) {
		return err
	}
	return nil
}
