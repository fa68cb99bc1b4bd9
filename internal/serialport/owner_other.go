//go:build !linux

package serialport

import "sockeye"

// portOwner is not known here.
func portOwner(string) *sockeye.Process { return nil }

// groupOf is the group that may open ports on most systems.
func groupOf(string) string { return "dialout" }
