//go:build !windows

package netinfo

import "sockeye"

// ExcludedPorts are none: only Windows keeps ports from all programs.
func ExcludedPorts(sockeye.Network) []PortRange { return nil }
