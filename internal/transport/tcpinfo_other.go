//go:build !linux

package transport

import "sockeye"

// This system tells nothing of its connections through the standard interfaces.

func (c *portableConn) fillStatus(*sockeye.PeerStatus) {}

func (c *portableConn) unacknowledged() int { return -1 }

func acceptQueue(fdController) *sockeye.AcceptQueue { return nil }
