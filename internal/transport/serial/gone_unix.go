//go:build unix

package serial

import (
	"errors"
	"syscall"
)

// isGone reports whether an error is that of a port that was unplugged. A pseudo-terminal
// whose other side closed gives EIO.
func isGone(err error) bool {
	return errors.Is(err, syscall.EIO) || errors.Is(err, syscall.ENXIO) || errors.Is(err, syscall.ENODEV)
}
