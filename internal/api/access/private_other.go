//go:build !unix

package access

import (
	"os"
	"syscall"
)

const refusedErrno = syscall.Errno(10061) // WSAECONNREFUSED

// checkPrivateDir has nothing to look at: a user's directories are private here.
func checkPrivateDir(string) error { return nil }

func readPrivate(path string) ([]byte, error) { return os.ReadFile(path) }
