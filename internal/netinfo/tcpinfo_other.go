//go:build !linux

package netinfo

import "sockeye"

// OutQueue is -1: this system does not say how many bytes are unacknowledged.
func OutQueue(int) int { return -1 }

// AcceptQueueOf is nil: this system does not tell the length of an accept queue of one
// socket.
func AcceptQueueOf(interface{ Control(func(fd uintptr)) error }) *sockeye.AcceptQueue { return nil }

// SendStateOf is not told by this system.
func SendStateOf(int) (SendState, bool) { return SendState{}, false }
