//go:build !linux

package serialport

import (
	"errors"
	"io/fs"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"go.bug.st/serial"

	"sockeye"
)

// readSlice is how long one read of the library may wait: deadlines are looked at
// between two.
const readSlice = 50 * time.Millisecond

// port wraps the library's port, which has no deadlines of its own.
type port struct {
	serial.Port
	name     string
	deadline atomic.Int64 // of reading, in nanoseconds since 1970; 0 is none
	closed   atomic.Bool
	dtr, rts atomic.Bool // as they were set: the library does not read them
}

func open(name string, c Config) (OpenPort, error) {
	if c.Flow != sockeye.NoFlowControl {
		return nil, &sockeye.Error{Kind: sockeye.Unsupported, Op: "open", Target: name,
			Message: sockeye.Text{En: "flow control of serial ports works on Linux only", Zh: "串口流控目前仅支持 Linux"},
			Hint:    sockeye.Text{En: "leave --flow out", Zh: "请去掉 --flow"}}
	}
	mode := modeOf(c)
	if c.DTR != sockeye.Default || c.RTS != sockeye.Default {
		mode.InitialStatusBits = &serial.ModemOutputBits{DTR: c.DTR.Or(true), RTS: c.RTS.Or(true)}
	}
	p, err := serial.Open(name, mode)
	if err != nil {
		return nil, openFailure(name, c, errnoOf(err))
	}
	if err := p.SetReadTimeout(readSlice); err != nil {
		p.Close()
		return nil, openError(name, err)
	}
	out := &port{Port: p, name: name}
	out.dtr.Store(c.DTR.Or(true))
	out.rts.Store(c.RTS.Or(true))
	return out, nil
}

func modeOf(c Config) *serial.Mode {
	return &serial.Mode{
		BaudRate: c.Baud, DataBits: c.DataBits,
		Parity: map[sockeye.Parity]serial.Parity{sockeye.NoParity: serial.NoParity, sockeye.OddParity: serial.OddParity, sockeye.EvenParity: serial.EvenParity,
			sockeye.MarkParity: serial.MarkParity, sockeye.SpaceParity: serial.SpaceParity}[c.Parity],
		StopBits: map[sockeye.StopBits]serial.StopBits{sockeye.OneStopBit: serial.OneStopBit, sockeye.OneHalfStopBits: serial.OnePointFiveStopBits, sockeye.TwoStopBits: serial.TwoStopBits}[c.StopBits],
	}
}

// errnoOf puts the library's codes into the terms of the system.
func errnoOf(err error) error {
	e, ok := errors.AsType[*serial.PortError](err)
	if !ok {
		return err
	}
	switch e.Code() {
	case serial.PortBusy:
		return syscall.EBUSY
	case serial.PortNotFound:
		return fs.ErrNotExist
	case serial.PermissionDenied:
		return fs.ErrPermission
	case serial.InvalidSerialPort:
		return syscall.ENOTTY
	case serial.InvalidSpeed, serial.InvalidDataBits, serial.InvalidParity, serial.InvalidStopBits:
		return syscall.EINVAL
	}
	return err
}

func (p *port) Read(b []byte) (int, error) {
	for {
		n, err := p.Port.Read(b)
		switch {
		case p.closed.Load():
			return n, os.ErrClosed
		case err != nil:
			return n, Gone(p.name, err)
		case n > 0 || len(b) == 0:
			return n, nil
		}
		if d := p.deadline.Load(); d != 0 && time.Now().UnixNano() >= d {
			return 0, os.ErrDeadlineExceeded
		}
	}
}

func (p *port) Write(b []byte) (int, error) {
	n, err := p.Port.Write(b)
	switch {
	case p.closed.Load():
		return n, os.ErrClosed
	case err != nil:
		return n, Gone(p.name, err)
	}
	return n, nil
}

func (p *port) SetReadDeadline(t time.Time) error {
	if t.IsZero() {
		p.deadline.Store(0)
	} else {
		p.deadline.Store(t.UnixNano())
	}
	return nil
}

// SetWriteDeadline has no effect: the library's writes cannot be interrupted.
func (p *port) SetWriteDeadline(time.Time) error { return nil }

func (p *port) Close() error {
	p.closed.Store(true)
	return p.Port.Close()
}

func (p *port) SetConfig(c Config) error {
	c = c.Effective()
	if err := p.SetMode(modeOf(c)); err != nil {
		return openFailure(p.name, c, errnoOf(err))
	}
	return nil
}

func (p *port) SetDTR(on bool) error {
	p.dtr.Store(on)
	return p.Port.SetDTR(on)
}

func (p *port) SetRTS(on bool) error {
	p.rts.Store(on)
	return p.Port.SetRTS(on)
}

func (p *port) Lines() (sockeye.ModemLines, error) {
	bits, err := p.GetModemStatusBits()
	if err != nil {
		return sockeye.ModemLines{}, unsupported("read", p.name)
	}
	return sockeye.ModemLines{DTR: p.dtr.Load(), RTS: p.rts.Load(), CTS: bits.CTS, DSR: bits.DSR, RI: bits.RI, DCD: bits.DCD}, nil
}

func (p *port) Errors() (LineErrors, error) { return LineErrors{}, unsupported("read", p.name) }

func (p *port) Unsent() (int, error) { return 0, unsupported("read", p.name) }
