//go:build !linux

package netinfo

import (
	"errors"
	"net/netip"
)

// Sockets are not told by this system without its own tools.
func Sockets(func(Socket) bool) ([]Socket, error) { return nil, errors.ErrUnsupported }

// Counters are not told by this system.
func Counters() map[string]uint64 { return nil }

// AcceptQueue is a listening TCP socket's queue of connections that wait to be accepted.
type AcceptQueue struct {
	Local            netip.AddrPort
	Waiting, Backlog int
}

// AcceptQueues are not told by this system.
func AcceptQueues(uint16) ([]AcceptQueue, error) { return nil, errors.ErrUnsupported }
