package sensor

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"sockeye"
)

// The GPIO character device, version 2 (include/uapi/linux/gpio.h). The structs have no
// hidden padding on any CPU.
type (
	chipInfo struct {
		name, label [32]byte
		lines       uint32
	}
	lineAttribute struct {
		id, _ uint32
		value uint64 // flags, values or the debounce time, by id
	}
	lineConfigAttribute struct {
		lineAttribute
		mask uint64
	}
	lineConfig struct {
		flags      uint64
		attributes uint32
		_          [5]uint32
		attribute  [10]lineConfigAttribute
	}
	lineRequest struct {
		offsets     [64]uint32
		consumer    [32]byte
		config      lineConfig
		lines       uint32
		eventBuffer uint32
		_           [5]uint32
		fd          int32
	}
	lineInfo struct {
		name, consumer [32]byte
		offset         uint32
		attributes     uint32
		flags          uint64
		attribute      [10]lineAttribute
		_              [4]uint32
	}
	lineValues struct{ bits, mask uint64 }
)

const (
	getChipInfo = 0x8044b401
	getLineInfo = 0xc100b405
	getLine     = 0xc250b407
	getValues   = 0xc010b40e
	setValues   = 0xc010b40f

	flagActiveLow = 1 << 1
	flagInput     = 1 << 2
	flagOutput    = 1 << 3
	flagRising    = 1 << 4
	flagFalling   = 1 << 5
	flagPullUp    = 1 << 8
	flagPullDown  = 1 << 9
	flagNoBias    = 1 << 10

	attributeValues   = 2
	attributeDebounce = 3

	lineEventSize   = 48 // time, id, offset, two sequence numbers, padding
	risingEdgeEvent = 1
)

// gpioSystem is the system calls of GPIO; tests have others.
type gpioSystem struct {
	open  func(path string) (fd int, err error)
	ioctl func(fd int, request uint, argument unsafe.Pointer) error
}

var systemGPIO = gpioSystem{
	open: func(path string) (int, error) { return unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0) },
	ioctl: func(fd int, request uint, argument unsafe.Pointer) error {
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(request), uintptr(argument)); errno != 0 {
			return errno
		}
		return nil
	},
}

// gpioChip is an open chip.
type gpioChip struct {
	system gpioSystem
	fd     int
	lines  uint32
}

func openChip(s gpioSystem, path string) (*gpioChip, error) {
	fd, err := s.open(path)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	var info chipInfo
	if err := s.ioctl(fd, getChipInfo, unsafe.Pointer(&info)); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return &gpioChip{s, fd, info.lines}, nil
}

func (c *gpioChip) close() { unix.Close(c.fd) }

// describedLine is what a chip says of one of its lines.
type describedLine struct {
	name, consumer    string
	output, activeLow bool
}

func (l describedLine) String() string {
	words := []string{l.name, "in"}
	if l.output {
		words[1] = "out"
	}
	if l.consumer != "" {
		words = append(words, "("+l.consumer+")")
	}
	return strings.TrimSpace(strings.Join(words, " "))
}

func (c *gpioChip) line(offset uint32) (describedLine, error) {
	info := lineInfo{offset: offset}
	if err := c.system.ioctl(c.fd, getLineInfo, unsafe.Pointer(&info)); err != nil {
		return describedLine{}, err
	}
	return describedLine{cString(info.name[:]), cString(info.consumer[:]), info.flags&flagOutput != 0, info.flags&flagActiveLow != 0}, nil
}

func cString(b []byte) string {
	text, _, _ := bytes.Cut(b, []byte{0})
	return string(text)
}

// flagsOf are the kernel's words for options.
func flagsOf(o LineOptions) uint64 {
	flags := uint64(flagInput)
	if o.Output {
		flags = flagOutput
	}
	if o.ActiveLow {
		flags |= flagActiveLow
	}
	flags |= map[string]uint64{"rising": flagRising, "falling": flagFalling, "both": flagRising | flagFalling}[o.Edge]
	return flags | map[string]uint64{"pull-up": flagPullUp, "pull-down": flagPullDown, "none": flagNoBias}[o.Bias]
}

func (c *gpioChip) request(offset uint32, o LineOptions) (*heldLine, error) {
	r := lineRequest{lines: 1, config: lineConfig{flags: flagsOf(o)}}
	r.offsets[0] = offset
	copy(r.consumer[:], "sockeye")
	add := func(id uint32, value uint64) {
		r.config.attribute[r.config.attributes] = lineConfigAttribute{lineAttribute{id: id, value: value}, 1}
		r.config.attributes++
	}
	if o.Output && o.Value {
		add(attributeValues, 1)
	}
	if o.Debounce > 0 {
		add(attributeDebounce, uint64(o.Debounce.Microseconds()))
	}
	if err := c.system.ioctl(c.fd, getLine, unsafe.Pointer(&r)); err != nil {
		return nil, err
	}
	// In the runtime's poller a read can be ended.
	if err := unix.SetNonblock(int(r.fd), true); err != nil {
		unix.Close(int(r.fd))
		return nil, err
	}
	return &heldLine{c.system, os.NewFile(uintptr(r.fd), "gpio line")}, nil
}

// heldLine is a line that was requested.
type heldLine struct {
	system gpioSystem
	file   *os.File
}

// control is an ioctl on the line, which Close waits for.
func (l *heldLine) control(request uint, v *lineValues) error {
	raw, err := l.file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = l.system.ioctl(int(fd), request, unsafe.Pointer(v)) }); err != nil {
		return err
	}
	return failed
}

func (l *heldLine) value() (bool, error) {
	v := lineValues{mask: 1}
	err := l.control(getValues, &v)
	return v.bits&1 != 0, err
}

func (l *heldLine) set(on bool) error {
	v := lineValues{mask: 1}
	if on {
		v.bits = 1
	}
	return l.control(setValues, &v)
}

func (l *heldLine) events(ctx context.Context, changed func(GPIOEvent) bool) error {
	stop := context.AfterFunc(ctx, func() { l.file.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	var before uint32
	for buffer := make([]byte, 16*lineEventSize); ; {
		n, err := l.file.Read(buffer)
		if err != nil {
			return err
		}
		for b := buffer[:n]; len(b) >= lineEventSize; b = b[lineEventSize:] {
			sequence := binary.NativeEndian.Uint32(b[20:])
			e := GPIOEvent{Rising: binary.NativeEndian.Uint32(b[8:]) == risingEdgeEvent}
			if before != 0 {
				e.Missed = sequence - before - 1
			}
			before = sequence
			if !changed(e) {
				return nil
			}
		}
	}
}

func (l *heldLine) close() error { return l.file.Close() }

// lineFault is an error with its next step.
func lineFault(op, path string, err error) error {
	e := sockeye.ErrorOf(unreadable(path, err))
	e.Op = op
	switch {
	case errors.Is(err, unix.EBUSY):
		e.Kind = sockeye.AccessDenied
		e.Message = sockeye.Text{En: "another program or a driver of the kernel holds this line", Zh: "该引脚已被其他程序或内核驱动占用"}
		e.Hint = sockeye.Text{En: "gpioinfo or sockeye sensors shows who", Zh: "用 gpioinfo 或 sockeye sensors 查看占用者"}
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		e.Kind = sockeye.AccessDenied
		e.Hint = sockeye.Text{En: "put this user into the group gpio, or run it as root", Zh: "请把本用户加入 gpio 组，或以 root 运行"}
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTTY):
		e.Kind = sockeye.NotFound
		e.Message = sockeye.Text{En: "there is no GPIO chip of this name", Zh: "没有这个名称的 GPIO 芯片"}
		e.Hint = sockeye.Text{En: "ls /dev/gpiochip* shows those there are", Zh: "用 ls /dev/gpiochip* 查看"}
	case errors.Is(err, unix.EINVAL):
		e.Message = sockeye.Text{En: "the chip cannot do this with the line", Zh: "芯片不支持对该引脚这样设置"}
	}
	return e
}
