//go:build unix

package workspace

import (
	"syscall"
	"time"
)

// processTime is the time of processors that the process has used: that other programs
// keep them busy does not count.
func processTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
