package serialport

import (
	"strings"

	"go.bug.st/serial/enumerator"

	"sockeye"
)

func list() ([]PortInfo, error) {
	found, err := enumerator.GetDetailedPortsList()
	if err != nil {
		return nil, &sockeye.Error{Kind: sockeye.System, Op: "read", Target: "serial ports", Err: err}
	}
	var ports []PortInfo
	for _, f := range found {
		p := PortInfo{Name: f.Name}
		if f.IsUSB {
			p.USB = &USB{Vendor: strings.ToLower(f.VID), Product: strings.ToLower(f.PID), ProductName: f.Product, Serial: f.SerialNumber}
		}
		ports = append(ports, p)
	}
	return ports, nil
}
