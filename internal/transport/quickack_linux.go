package transport

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// AckAtOnce makes the kernel acknowledge received bytes without delay, which lasts for some
// segments only (TCP_QUICKACK, tcp(7)). So it is called after each read of a session that has
// the option.
func AckAtOnce(fd uintptr) {
	on := int32(1)
	syscall.RawSyscall6(unix.SYS_SETSOCKOPT, fd, unix.SOL_TCP, unix.TCP_QUICKACK, uintptr(unsafe.Pointer(&on)), unsafe.Sizeof(on), 0)
}
