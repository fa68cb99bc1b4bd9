//go:build !linux

package transport

import "sockeye"

// This system tells nothing of its connections through the standard interfaces.

func (c *portableConn) fillStatus(st *sockeye.PeerStatus) { st.Queued = int(c.waiting.Load()) }

func (c *portableConn) unacknowledged() int { return -1 }

func (c *portableConn) outgoing() (outgoing, bool) { return outgoing{}, false }

func isAcknowledged(uintptr) bool { return true }

func acceptQueue(fdController) *sockeye.AcceptQueue { return nil }
