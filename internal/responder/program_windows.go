package responder

import "os/exec"

// ownProcessGroup does nothing: Windows has no process groups of that kind; what the program started stays.
func ownProcessGroup(*exec.Cmd) {}

func killProcessGroup(cmd *exec.Cmd) { cmd.Process.Kill() }
