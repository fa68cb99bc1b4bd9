package netinfo

import (
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/windows"

	"sockeye"
)

// ExcludedPorts are the ranges that Windows keeps for itself (Hyper-V, WSL and others
// reserve them): no program may bind their ports. It runs netsh; nil if that fails.
func ExcludedPorts(network sockeye.Network) []PortRange {
	system, err := windows.GetSystemDirectory()
	if err != nil {
		return nil
	}
	out, err := exec.Command(filepath.Join(system, "netsh.exe"), "interface", "ipv4", "show", "excludedportrange", "protocol="+string(network.Transport())).Output()
	if err != nil {
		return nil
	}
	return parseExcludedPorts(string(out))
}
