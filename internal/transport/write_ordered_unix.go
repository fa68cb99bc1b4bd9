//go:build unix

package transport

import (
	"net"
	"sync"
	"syscall"
)

// WriteOrdered writes all of b, and calls took while it still holds order over the write
// that took the last byte. order is free while the kernel's buffer is full.
func WriteOrdered(c Conn, b []byte, order sync.Locker, took func()) (n int, err error) {
	if layer, ok := c.(OrderedWriter); ok {
		return writeLayered(layer, b, order, took)
	}
	has, ok := c.(syscall.Conn)
	if !ok {
		return writeThenTell(c, b, order, took)
	}
	raw, err := has.SyscallConn()
	if err != nil {
		return 0, err
	}
	var failed error
	err = raw.Write(func(fd uintptr) bool {
		for n < len(b) {
			order.Lock()
			var m int
			m, failed = syscall.Write(int(fd), b[n:])
			if n += max(m, 0); n == len(b) {
				took()
			}
			order.Unlock()
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
