package transport

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// AckAtOnce has the kernel acknowledge what has come, and go on so for a while
// (TCP_QUICKACK, tcp(7)). It is called after each read of a session that has the option.
func AckAtOnce(fd uintptr) {
	on := int32(1)
	syscall.RawSyscall6(unix.SYS_SETSOCKOPT, fd, unix.SOL_TCP, unix.TCP_QUICKACK, uintptr(unsafe.Pointer(&on)), unsafe.Sizeof(on), 0)
}
