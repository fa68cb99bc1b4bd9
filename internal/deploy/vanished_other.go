//go:build !linux

package deploy

import "syscall"

// endsSilence leaves it to the probes of the system, which find out about a connection that
// is idle.
func endsSilence(_, _ string, _ syscall.RawConn) error { return nil }
