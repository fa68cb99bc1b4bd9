//go:build !linux && !windows

package serialport

import (
	"strings"

	"go.bug.st/serial"

	"sockeye"
)

// list has names only: what USB device is behind a port is known to a library of the
// system that cannot be linked without cgo.
func list() ([]PortInfo, error) {
	names, err := serial.GetPortsList()
	if err != nil {
		return nil, &sockeye.Error{Kind: sockeye.System, Op: "read", Target: "serial ports", Err: err}
	}
	var ports []PortInfo
	for _, name := range names {
		// each port has two names; /dev/cu.… does not wait for the carrier line
		if !strings.HasPrefix(name, "/dev/tty.") {
			ports = append(ports, PortInfo{Name: name})
		}
	}
	return ports, nil
}
