//go:build !linux && !windows && !darwin

package netinfo

import "errors"

// Sockets are not told by this system without its own tools.
func Sockets(func(SocketInfo) bool) ([]SocketInfo, error) { return nil, errors.ErrUnsupported }

// Counters are not told by this system.
func Counters() map[string]uint64 { return nil }

// AcceptQueues are not told by this system.
func AcceptQueues(uint16) ([]ListenQueue, error) { return nil, errors.ErrUnsupported }

// Limits are the ports that programs may use, as far as they are the same everywhere.
func Limits() PortLimits { return PortLimits{Unprivileged: firstFreePort} }

func routingTable() ([]tableRoute, error) { return nil, errors.ErrUnsupported }

func neighbourTable() ([]tableNeighbour, error) { return nil, errors.ErrUnsupported }
