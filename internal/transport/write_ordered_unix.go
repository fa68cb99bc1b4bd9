//go:build unix

package transport

import (
	"net"
	"syscall"
)

// WriteOrdered writes all of b, and calls took in the step of order in which the kernel took
// the last byte. It holds nothing while the kernel's buffer is full.
func WriteOrdered(c Conn, b []byte, order SendOrder, took func()) (n int, err error) {
	if layer, ok := c.(OrderedWriter); ok {
		return writeLayered(layer, b, order, took)
	}
	has, ok := c.(syscall.Conn)
	if !ok {
		return writeThenRecord(c, b, order, took)
	}
	raw, err := has.SyscallConn()
	if err != nil {
		return 0, err
	}
	var failed error
	err = raw.Write(func(fd uintptr) bool {
		for n < len(b) {
			var m int
			m, failed = order.writeOnce(rawWrite, fd, b[n:], took)
			n += max(m, 0)
			switch failed {
			case nil, syscall.EINTR:
				failed = nil
			case syscall.EAGAIN:
				failed = nil
				return false
			default:
				return true
			}
		}
		return true
	})
	if failed != nil {
		err = &net.OpError{Op: "write", Net: "tcp", Err: failed}
	}
	return n, err
}

func rawWrite(fd uintptr, b []byte) (int, error) { return syscall.Write(int(fd), b) }
