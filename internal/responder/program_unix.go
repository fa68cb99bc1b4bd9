//go:build unix

package responder

import (
	"os/exec"
	"syscall"
)

// ownProcessGroup gives a program a group of its own, so that what it started can be
// ended with it.
func ownProcessGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func killProcessGroup(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
