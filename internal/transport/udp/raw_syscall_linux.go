package udp

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// System calls that cannot block, made without telling Go's scheduler, which for
// a short call costs more than the call.

// countResult converts the result of a system call that returns a count.
func countResult(n, _ uintptr, errno syscall.Errno) (int, syscall.Errno) {
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// rawSendmsg is sendmsg(2).
func rawSendmsg(fd int, m *unix.Msghdr) (int, syscall.Errno) {
	return countResult(syscall.RawSyscall(unix.SYS_SENDMSG, uintptr(fd), uintptr(unsafe.Pointer(m)), unix.MSG_NOSIGNAL))
}

// rawRecvmmsg is recvmmsg(2).
func rawRecvmmsg(fd int, into []mmsghdr) (int, syscall.Errno) {
	return countResult(syscall.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(into))), uintptr(len(into)), unix.MSG_TRUNC, 0, 0))
}

// rawSendmmsg is sendmmsg(2).
func rawSendmmsg(fd int, from []mmsghdr) (int, syscall.Errno) {
	return countResult(syscall.RawSyscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(from))), uintptr(len(from)), unix.MSG_NOSIGNAL, 0, 0))
}
