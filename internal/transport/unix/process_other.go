//go:build !linux && !darwin

package unix

import "sockeye"

// peerProcess is nobody: this system is not asked.
func peerProcess(uintptr) *sockeye.Process { return nil }

func programName(int) string { return "" }
