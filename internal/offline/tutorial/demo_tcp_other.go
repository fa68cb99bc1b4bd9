//go:build !linux

package tutorial

import (
	"errors"
	"net"
)

// setBacklog is not used here.
func setBacklog(*net.TCPListener, int) error { return errors.ErrUnsupported }
