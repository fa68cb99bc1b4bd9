//go:build !linux

package wire

import (
	"syscall"

	"sockeye"
)

// This system tells nothing of its connections through the standard interfaces.

func (c *stream) fill(*sockeye.PeerStatus) {}

func (c *stream) unacknowledged() int { return -1 }

func acceptQueue(syscall.RawConn) *sockeye.AcceptQueue { return nil }
