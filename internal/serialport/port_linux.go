package serialport

import (
	"errors"
	"io"
	"math"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"sockeye"
)

// tty is a port of Linux: a terminal in raw mode whose descriptor is non-blocking, so
// that deadlines and Close work as those of a network connection (termios(3),
// ioctl_tty(2)).
type tty struct {
	*os.File
	name    string
	closing chan struct{} // closed when Close begins
	once    sync.Once
	breaks  sync.Mutex // held while the line is in the break state
}

func open(name string, c Config) (OpenPort, error) {
	// O_NONBLOCK also keeps open(2) from waiting for the carrier line.
	f, err := os.OpenFile(name, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, openError(name, err)
	}
	t := &tty{File: f, name: name, closing: make(chan struct{})}
	if err := t.claim(); err != nil {
		f.Close() // not ours: what others set stays
		return nil, openError(name, err)
	}
	if err := t.SetConfig(c); err != nil {
		t.Close()
		return nil, err
	}
	if err := t.setLines(c); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

// control calls f with the descriptor, and fails if the port was closed meanwhile.
func (t *tty) control(f func(fd int) error) error {
	raw, err := t.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := raw.Control(func(fd uintptr) { inner = f(int(fd)) }); err != nil {
		return err
	}
	return inner
}

// claim makes the port this process's alone. TIOCEXCL refuses others' open(2), but not
// root's, who has to ask; the lock of the file is what other programs look at.
func (t *tty) claim() error {
	return t.control(func(fd int) error {
		if _, err := unix.IoctlGetTermios(fd, unix.TCGETS2); err != nil {
			return err // ENOTTY: no terminal
		}
		if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err != nil {
			return unix.EBUSY
		}
		exclusive, err := unix.IoctlGetInt(fd, unix.TIOCGEXCL)
		if err == nil && exclusive != 0 && portOwner(t.name) != nil {
			return unix.EBUSY
		}
		return unix.IoctlSetInt(fd, unix.TIOCEXCL, 0)
	})
}

// Close gives the port back. The kernel would wait up to 30 seconds for what is not on
// the line yet, so it is dropped.
func (t *tty) Close() error {
	t.once.Do(func() { close(t.closing) })
	t.breaks.Lock() // a break has been taken back
	defer t.breaks.Unlock()
	t.control(func(fd int) error {
		unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCOFLUSH)
		return unix.IoctlSetInt(fd, unix.TIOCNXCL, 0)
	})
	return t.File.Close()
}

// SetConfig sets raw mode and everything else at once. The kernel takes what of it the
// driver cannot do without a word, so the result is read back.
func (t *tty) SetConfig(c Config) error {
	c = c.Effective()
	err := t.control(func(fd int) error {
		s, err := unix.IoctlGetTermios(fd, unix.TCGETS2)
		if err != nil {
			return err
		}
		s.Iflag, s.Oflag, s.Lflag = 0, 0, 0
		s.Cflag = unix.CREAD | unix.CLOCAL | controlFlags(c)
		if c.Flow == sockeye.SoftwareFlowControl {
			s.Iflag = unix.IXON | unix.IXOFF
			s.Cc[unix.VSTART], s.Cc[unix.VSTOP] = 0x11, 0x13
		}
		s.Cc[unix.VMIN], s.Cc[unix.VTIME] = 1, 0
		s.Ispeed, s.Ospeed = uint32(c.Baud), uint32(c.Baud)
		if err := unix.IoctlSetTermios(fd, unix.TCSETS2, s); err != nil {
			return err
		}
		if s, err = unix.IoctlGetTermios(fd, unix.TCGETS2); err == nil && !isNear(int(s.Ospeed), c.Baud) {
			return unix.EINVAL
		}
		return err
	})
	if err != nil {
		return openFailure(t.name, c, err)
	}
	return nil
}

// isNear says whether a rate is so near to the wanted one that ten bits are read rightly:
// hardware divides a clock and rarely makes it exactly.
func isNear(rate, wanted int) bool {
	return math.Abs(float64(rate-wanted)) <= 0.03*float64(wanted)
}

// controlFlags are the bits of c_cflag. BOTHER takes any baud rate as a number.
func controlFlags(c Config) uint32 {
	flags := uint32(unix.BOTHER)
	flags |= map[int]uint32{5: unix.CS5, 6: unix.CS6, 7: unix.CS7, 8: unix.CS8}[c.DataBits]
	switch c.Parity {
	case sockeye.OddParity:
		flags |= unix.PARENB | unix.PARODD
	case sockeye.EvenParity:
		flags |= unix.PARENB
	case sockeye.MarkParity:
		flags |= unix.PARENB | unix.PARODD | unix.CMSPAR
	case sockeye.SpaceParity:
		flags |= unix.PARENB | unix.CMSPAR
	}
	if c.StopBits != sockeye.OneStopBit { // with five data bits the hardware makes 1.5 of it
		flags |= unix.CSTOPB
	}
	if c.Flow == sockeye.HardwareFlowControl {
		flags |= unix.CRTSCTS
	}
	return flags
}

// setLines sets DTR and RTS as asked for. The kernel has raised both when the port was
// opened; a port without such lines is left alone unless one was asked for.
func (t *tty) setLines(c Config) error {
	for _, l := range []struct {
		want sockeye.OptionalBool
		set  func(bool) error
	}{{c.DTR, t.SetDTR}, {c.RTS, t.SetRTS}} {
		if l.want == sockeye.Default {
			continue
		}
		if err := l.set(l.want == sockeye.On); err != nil {
			return err
		}
	}
	return nil
}

func (t *tty) SetDTR(on bool) error { return t.setLine(unix.TIOCM_DTR, on) }
func (t *tty) SetRTS(on bool) error { return t.setLine(unix.TIOCM_RTS, on) }

func (t *tty) setLine(bit int, on bool) error {
	request := uint(unix.TIOCMBIC)
	if on {
		request = unix.TIOCMBIS
	}
	return t.lineError(t.control(func(fd int) error { return unix.IoctlSetPointerInt(fd, request, bit) }))
}

func (t *tty) Lines() (sockeye.ModemLines, error) {
	var bits int
	err := t.control(func(fd int) (err error) {
		bits, err = unix.IoctlGetInt(fd, unix.TIOCMGET)
		return err
	})
	return sockeye.ModemLines{
		DTR: bits&unix.TIOCM_DTR != 0, RTS: bits&unix.TIOCM_RTS != 0, CTS: bits&unix.TIOCM_CTS != 0,
		DSR: bits&unix.TIOCM_DSR != 0, RI: bits&unix.TIOCM_RNG != 0, DCD: bits&unix.TIOCM_CAR != 0,
	}, t.lineError(err)
}

// Break sets the break state and takes it back, also if the port is closed meanwhile.
func (t *tty) Break(d time.Duration) error {
	t.breaks.Lock()
	defer t.breaks.Unlock()
	if err := t.control(func(fd int) error { return unix.IoctlSetInt(fd, unix.TIOCSBRK, 0) }); err != nil {
		return t.lineError(err)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.closing:
	}
	return t.lineError(t.control(func(fd int) error { return unix.IoctlSetInt(fd, unix.TIOCCBRK, 0) }))
}

func (t *tty) Unsent() (n int, err error) {
	err = t.control(func(fd int) (err error) {
		n, err = unix.IoctlGetInt(fd, unix.TIOCOUTQ)
		return err
	})
	return n, t.lineError(err)
}

// lineError says of ENOTTY and EINVAL that the port has no such thing.
func (t *tty) lineError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.ENOTTY), errors.Is(err, unix.EINVAL):
		return unsupported("set", t.name)
	case errors.Is(err, os.ErrClosed):
		return err
	}
	return Gone(t.name, err)
}

// Read says of the errors of a port that was unplugged what they mean. A pseudo-terminal
// whose other side closed gives EIO as well.
func (t *tty) Read(b []byte) (int, error) {
	n, err := t.File.Read(b)
	if err == io.EOF || errors.Is(err, unix.EIO) || errors.Is(err, unix.ENXIO) || errors.Is(err, unix.ENODEV) {
		return n, Gone(t.name, err)
	}
	return n, err
}

func (t *tty) Write(b []byte) (int, error) {
	n, err := t.File.Write(b)
	if errors.Is(err, unix.EIO) || errors.Is(err, unix.ENXIO) || errors.Is(err, unix.ENODEV) {
		return n, Gone(t.name, err)
	}
	return n, err
}
