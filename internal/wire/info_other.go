//go:build !linux

package wire

import "sockeye"

// This system tells nothing of its connections through the standard interfaces.

func (c *stream) fill(*sockeye.PeerStatus) {}

func (c *stream) unacknowledged() int { return -1 }

func acceptQueue(controller) *sockeye.AcceptQueue { return nil }
