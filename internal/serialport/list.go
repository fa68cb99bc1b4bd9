package serialport

import (
	"strings"

	"sockeye"
)

// PortInfo is a port of this machine.
type PortInfo struct {
	Name string // what Open takes
	// Driver is the kernel's word for it, "cdc_acm"; "" if the system does not tell.
	Driver string
	// USB is nil for a port that is no USB device.
	USB *USB
}

// Address is how an endpoint names the port.
func (i PortInfo) Address() sockeye.Address {
	return sockeye.Address{Network: sockeye.Serial, Path: i.Name}
}

// Label is what the port is, in few words: what its device calls itself, or its driver.
func (i PortInfo) Label() string {
	if i.USB == nil {
		return i.Driver
	}
	name := strings.TrimSpace(i.USB.VendorName + " " + i.USB.ProductName)
	return strings.TrimSpace(name + " " + i.USB.Vendor + ":" + i.USB.Product + " " + i.USB.Serial)
}

// USB is what a USB device says of itself. Its texts come from the device.
type USB struct {
	Vendor, Product         string // identifiers, four hex digits
	VendorName, ProductName string
	Serial                  string // the serial number, "" for none
}

// List is every serial port that has hardware behind it, in the order of their names.
// The error is an *sockeye.Error.
func List() ([]PortInfo, error) { return list() }
