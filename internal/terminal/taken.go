package terminal

import (
	"errors"
	"syscall"
)

// IsTaken reports whether a listener failed as another socket has its port.
func IsTaken(err error) bool {
	const windows = syscall.Errno(10048) // WSAEADDRINUSE
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, windows)
}
