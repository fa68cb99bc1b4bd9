//go:build !linux

package sensor

import (
	"context"

	"sockeye"
)

// GPIO lines are those of Linux.
type (
	gpioSystem    struct{}
	gpioChip      struct{ lines uint32 }
	describedLine struct{ name, consumer string }
	heldLine      struct{}
)

var systemGPIO gpioSystem

var errNoGPIO = &sockeye.Error{Kind: sockeye.Unsupported,
	Message: sockeye.Text{En: "GPIO lines are read on Linux only", Zh: "仅在 Linux 上支持 GPIO"}}

func openChip(gpioSystem, string) (*gpioChip, error)                 { return nil, errNoGPIO }
func (*gpioChip) close()                                             {}
func (*gpioChip) line(uint32) (describedLine, error)                 { return describedLine{}, errNoGPIO }
func (*gpioChip) request(uint32, LineOptions) (*heldLine, error)     { return nil, errNoGPIO }
func (describedLine) String() string                                 { return "" }
func (*heldLine) value() (bool, error)                               { return false, errNoGPIO }
func (*heldLine) set(bool) error                                     { return errNoGPIO }
func (*heldLine) events(context.Context, func(GPIOEvent) bool) error { return errNoGPIO }
func (*heldLine) close() error                                       { return nil }
func lineFault(string, string, error) error                          { return errNoGPIO }
