// Package serialport opens the serial ports of this machine and lists them: USB adapters,
// the UARTs of boards, pseudo-terminals.
package serialport

import (
	"fmt"
	"strings"

	"sockeye"
)

// Config is how a port is set. The zero value of each field has the meaning of Default's.
type Config struct {
	Baud     int // bits a second
	DataBits int // of a character, 5 to 8
	Parity   sockeye.Parity
	StopBits sockeye.StopBits
	Flow     sockeye.FlowControl
	// DTR and RTS are how these lines are set when the port is opened; by default both
	// are on. Many boards restart when DTR goes on, or stay in their boot loader while
	// RTS is on.
	DTR, RTS sockeye.OptionalBool
}

// Default is what boards and their IDEs use: 115200 8N1 without flow control.
var Default = Config{Baud: 115200, DataBits: 8, Parity: sockeye.NoParity, StopBits: sockeye.OneStopBit, Flow: sockeye.NoFlowControl}

// Effective is the configuration with defaults in the place of zero values.
func (c Config) Effective() Config {
	d := Default
	if c.Baud != 0 {
		d.Baud = c.Baud
	}
	if c.DataBits != 0 {
		d.DataBits = c.DataBits
	}
	if c.Parity != "" {
		d.Parity = c.Parity
	}
	if c.StopBits != "" {
		d.StopBits = c.StopBits
	}
	if c.Flow != "" {
		d.Flow = c.Flow
	}
	d.DTR, d.RTS = c.DTR, c.RTS
	return d
}

// String is the short form that people use: "115200 8N1", with the flow control if there
// is one.
func (c Config) String() string {
	c = c.Effective()
	s := fmt.Sprintf("%d %d%s%s", c.Baud, c.DataBits, strings.ToUpper(string(c.Parity[:1])), c.StopBits)
	if c.Flow != sockeye.NoFlowControl {
		s += " " + string(c.Flow)
	}
	return s
}
