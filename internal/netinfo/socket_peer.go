//go:build linux || darwin

package netinfo

import (
	"errors"
	"net"
)

// controlSocket calls f with the descriptor of a Unix socket, while it is open.
func controlSocket(c net.Conn, f func(fd int) error) error {
	u, ok := c.(*net.UnixConn)
	if !ok {
		return errors.ErrUnsupported
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = f(int(fd)) })
	return errors.Join(err, failed)
}
