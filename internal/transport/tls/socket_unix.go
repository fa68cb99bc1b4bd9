//go:build unix

package tls

import "syscall"

// readSocket waits until there is something to read, and holds no buffer until then. At
// the end it says 0 bytes.
func (r *records) readSocket() (buf *[]byte, n int, err error) {
	if r.raw == nil {
		return r.readUnder()
	}
	var failed error
	err = r.raw.Read(func(fd uintptr) bool {
		buf = buffers.Get().(*[]byte)
		for {
			n, failed = syscall.Read(int(fd), *buf)
			if failed != syscall.EINTR {
				break
			}
		}
		if n > 0 {
			return true
		}
		buffers.Put(buf)
		return failed != syscall.EAGAIN
	})
	if err == nil {
		err = failed
	}
	return buf, max(n, 0), err
}
