package serialport

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// serialICounter is struct serial_icounter_struct of linux/serial.h.
type serialICounter struct {
	cts, dsr, rng, dcd, rx, tx              int32
	frame, overrun, parity, brk, bufOverrun int32
	_                                       [9]int32
}

func (t *tty) Errors() (LineErrors, error) {
	var c serialICounter
	err := t.control(func(fd int) error {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TIOCGICOUNT, uintptr(unsafe.Pointer(&c)))
		if errno != 0 {
			return errno
		}
		return nil
	})
	return LineErrors{
		Framing: uint32(c.frame), Parity: uint32(c.parity), Overrun: uint32(c.overrun), Overflow: uint32(c.bufOverrun), Break: uint32(c.brk),
	}, t.lineError(err)
}
