//go:build !unix

package access

import "syscall"

const refusedErrno = syscall.Errno(10061) // WSAECONNREFUSED
