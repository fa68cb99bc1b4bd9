//go:build !linux

package offline

import (
	"errors"
	"net"
)

// setBacklog is not used here.
func setBacklog(*net.TCPListener, int) error { return errors.ErrUnsupported }
