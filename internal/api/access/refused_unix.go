//go:build unix

package access

import "syscall"

const refusedErrno = syscall.ECONNREFUSED
