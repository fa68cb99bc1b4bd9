package serialport

import (
	"time"

	"sockeye"
)

// LineErrors counts what went wrong on the line since the port's driver started.
type LineErrors struct {
	Framing  uint32 // no stop bit where one was due: the baud rates differ
	Parity   uint32
	Overrun  uint32 // the hardware lost characters
	Overflow uint32 // the driver's buffer lost characters
	Break    uint32
}

// Sub is how much the counters grew.
func (e LineErrors) Sub(before LineErrors) LineErrors {
	return LineErrors{e.Framing - before.Framing, e.Parity - before.Parity, e.Overrun - before.Overrun, e.Overflow - before.Overflow, e.Break - before.Break}
}

// OpenPort is an open serial port. Read and Write may be called at the same time, and Close
// ends both.
type OpenPort interface {
	// Read waits for at least one byte, until the read deadline. A port that was
	// unplugged gives an *sockeye.Error of kind Closed.
	Read(b []byte) (int, error)
	// Write returns when the driver took all bytes, which may be before they are on
	// the line.
	Write(b []byte) (int, error)
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
	// Close drops what is not on the line yet, so that it need not wait.
	Close() error

	SetConfig(c Config) error
	SetDTR(on bool) error
	SetRTS(on bool) error
	// Break holds the line in the break state for a time, or until Close.
	Break(d time.Duration) error
	// Lines and Errors are of kind Unsupported where the port has no such lines or
	// counters, as a pseudo-terminal.
	Lines() (sockeye.ModemLines, error)
	Errors() (LineErrors, error)
	// Unsent is how many bytes the driver has not put on the line yet.
	Unsent() (int, error)
}

// Open opens a port by its name, "/dev/ttyUSB0" or "COM3", for this process alone. The
// error is an *sockeye.Error.
func Open(name string, c Config) (OpenPort, error) {
	c = c.Effective()
	return open(name, c)
}

func unsupported(op, name string) error {
	return &sockeye.Error{Kind: sockeye.Unsupported, Op: op, Target: name,
		Message: sockeye.Text{En: "this port has no such line", Zh: "这个串口没有这根信号线"},
		Hint:    sockeye.Text{En: "a pseudo-terminal has none; leave DTR and RTS as they are", Zh: "伪终端没有信号线；请不要设置 DTR 和 RTS"}}
}
