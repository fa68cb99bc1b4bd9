//go:build unix

package netinfo

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// portableErrno is the number that the rest of the package compares with.
func portableErrno(n syscall.Errno) syscall.Errno { return n }

// errnoName is the system's name of a number, "ECONNREFUSED", or "".
func errnoName(n syscall.Errno) string { return unix.ErrnoName(n) }

// DescriptorLimit is how many descriptors this process may have, 0 if unknown.
func DescriptorLimit() uint64 {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	return uint64(limit.Cur)
}
