package serial

import (
	"testing"

	"sockeye/internal/serialport"
)

// A USB device that comes back under another name is found by what it says of itself.
func TestDeviceIsFoundAgain(t *testing.T) {
	usb := func(serial string) *serialport.USB {
		return &serialport.USB{Vendor: "1a86", Product: "7523", Serial: serial}
	}
	board := &portDevice{name: "/dev/ttyUSB0", usb: usb("A1")}
	anonymous := &portDevice{name: "/dev/ttyUSB0", usb: usb("")}
	for name, c := range map[string]struct {
		d     *portDevice
		ports []serialport.PortInfo
		want  string
	}{
		"same path":                {board, []serialport.PortInfo{{Name: "/dev/ttyUSB1", USB: usb("A1")}, {Name: "/dev/ttyUSB0", USB: usb("A1")}}, "/dev/ttyUSB0"},
		"another path":             {board, []serialport.PortInfo{{Name: "/dev/ttyUSB0", USB: usb("B2")}, {Name: "/dev/ttyUSB3", USB: usb("A1")}}, "/dev/ttyUSB3"},
		"not there":                {board, []serialport.PortInfo{{Name: "/dev/ttyUSB3", USB: usb("B2")}, {Name: "/dev/ttyS0"}}, "/dev/ttyUSB0"},
		"no serial number, one":    {anonymous, []serialport.PortInfo{{Name: "/dev/ttyUSB1", USB: usb("")}}, "/dev/ttyUSB1"},
		"no serial number, alike":  {anonymous, []serialport.PortInfo{{Name: "/dev/ttyUSB1", USB: usb("")}, {Name: "/dev/ttyUSB2", USB: usb("")}}, "/dev/ttyUSB0"},
		"no USB device":            {&portDevice{name: "/dev/ttyS1"}, []serialport.PortInfo{{Name: "/dev/ttyUSB1", USB: usb("")}}, "/dev/ttyS1"},
		"nothing is plugged in":    {board, nil, "/dev/ttyUSB0"},
		"another product, same no": {board, []serialport.PortInfo{{Name: "/dev/ttyUSB1", USB: &serialport.USB{Vendor: "1a86", Product: "55d4", Serial: "A1"}}}, "/dev/ttyUSB0"},
	} {
		if got := c.d.findIn(c.ports); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
