package core

import "sockeye/internal/serialport"

// SerialPorts are the serial ports of this machine. Names of devices come from the
// devices.
func SerialPorts() ([]serialport.PortInfo, error) { return serialport.List() }
