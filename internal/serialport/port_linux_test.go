package serialport

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"sockeye"
)

// cable is a pair of pseudo-terminals that socat joins.
func cable(t *testing.T) (a, b string, unplug func()) {
	t.Helper()
	dir := t.TempDir()
	a, b = filepath.Join(dir, "a"), filepath.Join(dir, "b")
	cmd := exec.Command("socat", "pty,raw,echo=0,link="+a, "pty,raw,echo=0,link="+b)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	unplug = func() { cmd.Process.Kill(); cmd.Wait() }
	t.Cleanup(unplug)
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		_, errA := os.Stat(a)
		_, errB := os.Stat(b)
		if errA == nil && errB == nil {
			return a, b, unplug
		}
		if time.Now().After(end) {
			t.Fatal("socat has made no pair of terminals")
		}
	}
}

func mustOpen(t *testing.T, name string, c Config) OpenPort {
	t.Helper()
	p, err := Open(name, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// Every byte value crosses unchanged both ways: nothing is taken for a control character
// or turned into another.
func TestEveryByteCrosses(t *testing.T) {
	nameA, nameB, _ := cable(t)
	a, b := mustOpen(t, nameA, Config{}), mustOpen(t, nameB, Config{Baud: 9600, Parity: sockeye.EvenParity})
	var all []byte
	for i := range 3 << 8 {
		all = append(all, byte(i))
	}
	for _, way := range []struct{ from, to OpenPort }{{a, b}, {b, a}} {
		if n, err := way.from.Write(all); n != len(all) || err != nil {
			t.Fatal(n, err)
		}
		got := make([]byte, len(all))
		way.to.SetReadDeadline(time.Now().Add(30 * time.Second))
		if _, err := io.ReadFull(way.to, got); err != nil || !bytes.Equal(got, all) {
			t.Fatalf("%v: % x", err, got)
		}
	}
}

// The kernel has the rate, stop bits and flow control that a port is opened with, and those that
// are set later.
func TestSettingsArriveInTheKernel(t *testing.T) {
	name, _, _ := cable(t)
	p := mustOpen(t, name, Config{Baud: 250000, DataBits: 7, Parity: sockeye.OddParity, StopBits: sockeye.TwoStopBits, Flow: sockeye.HardwareFlowControl})
	settings := func() *unix.Termios {
		var s *unix.Termios
		if err := p.(*tty).control(func(fd int) (err error) { s, err = unix.IoctlGetTermios(fd, unix.TCGETS2); return err }); err != nil {
			t.Fatal(err)
		}
		return s
	}
	// a pseudo-terminal holds every rate and flag, but always eight bits without parity
	if s := settings(); s.Ospeed != 250000 || s.Cflag&unix.CRTSCTS == 0 || s.Cflag&unix.CSTOPB == 0 || s.Lflag != 0 || s.Oflag != 0 {
		t.Errorf("%+v", s)
	}
	if err := p.SetConfig(Config{Flow: sockeye.SoftwareFlowControl}); err != nil {
		t.Fatal(err)
	}
	if s := settings(); s.Ospeed != 115200 || s.Cflag&unix.CRTSCTS != 0 || s.Iflag&(unix.IXON|unix.IXOFF) != unix.IXON|unix.IXOFF || s.Cc[unix.VSTART] != 0x11 || s.Cc[unix.VSTOP] != 0x13 {
		t.Errorf("%+v", s)
	}
}

// Each setting sets the flags of termios that it means.
func TestControlFlags(t *testing.T) {
	for _, c := range []struct {
		config Config
		want   uint32
	}{
		{Config{}, unix.CS8},
		{Config{DataBits: 5, StopBits: sockeye.OneHalfStopBits}, unix.CS5 | unix.CSTOPB},
		{Config{DataBits: 7, Parity: sockeye.OddParity}, unix.CS7 | unix.PARENB | unix.PARODD},
		{Config{Parity: sockeye.MarkParity}, unix.CS8 | unix.PARENB | unix.PARODD | unix.CMSPAR},
		{Config{Parity: sockeye.SpaceParity, StopBits: sockeye.TwoStopBits}, unix.CS8 | unix.PARENB | unix.CMSPAR | unix.CSTOPB},
		{Config{DataBits: 6, Parity: sockeye.EvenParity, Flow: sockeye.HardwareFlowControl}, unix.CS6 | unix.PARENB | unix.CRTSCTS},
	} {
		if got := controlFlags(c.config.Effective()); got != c.want|unix.BOTHER {
			t.Errorf("%v: %#x, not %#x", c.config, got, c.want|unix.BOTHER)
		}
	}
}

// A port that is open is refused to a second session, which is told who has it.
func TestOneProgramAtATime(t *testing.T) {
	name, _, _ := cable(t)
	mustOpen(t, name, Config{})
	_, err := Open(name, Config{})
	e, ok := errors.AsType[*sockeye.Error](err)
	if !ok || e.Kind != sockeye.AddressInUse || e.Message.En != "another session of this program has the port open" {
		t.Error(err)
	}
}

// Who has the port is named: another program with a lock on it, as screen and picocom take.
func TestHolderIsNamed(t *testing.T) {
	name, _, _ := cable(t)
	held := exec.Command("flock", "-x", name, "sh", "-c", "echo held; exec cat")
	in, err := held.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := held.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := held.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	_, err = Open(name, Config{})
	e := sockeye.ErrorOf(err)
	want := fmt.Sprintf("process %d", held.Process.Pid)
	if err == nil || e.Kind != sockeye.AddressInUse || !strings.Contains(e.Message.En, want) || !strings.Contains(e.Message.En, "has the port open") {
		t.Errorf("%v, want %s", err, want)
	}
	in.Close()
	held.Wait()
	if _, err := Open(name, Config{}); err != nil {
		t.Errorf("nobody has it any more: %v", err)
	}
}

// A port that is given back can be opened again at once, and the exclusive mode with it.
func TestClosedPortIsFree(t *testing.T) {
	name, _, _ := cable(t)
	for range 3 {
		p := mustOpen(t, name, Config{})
		p.Close()
	}
	f, err := os.OpenFile(name, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if exclusive, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGEXCL); err != nil || exclusive != 0 {
		t.Errorf("the port stays exclusive: %d, %v", exclusive, err)
	}
}

// The process that holds the lock of a device is found in the kernel's table of locks.
func TestLockOwner(t *testing.T) {
	const locks = "1: POSIX  ADVISORY  WRITE 7 00:18:5 0 EOF\n2: FLOCK  ADVISORY  WRITE 4242 00:18:5 0 EOF\n"
	if pid := lockOwner(locks, unix.Mkdev(0, 0x18), 5); pid != 4242 {
		t.Error(pid)
	}
	if pid := lockOwner(locks, unix.Mkdev(0, 0x18), 6); pid != 0 {
		t.Error(pid)
	}
}

// A read that waits ends at its deadline, and when the port is closed.
func TestDeadlineAndCloseEndARead(t *testing.T) {
	name, _, _ := cable(t)
	p := mustOpen(t, name, Config{})
	p.SetReadDeadline(time.Now().Add(time.Millisecond))
	if _, err := p.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
	p.SetReadDeadline(time.Time{})
	ended := make(chan error)
	go func() { _, err := p.Read(make([]byte, 1)); ended <- err }()
	p.Close()
	if err := <-ended; !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
}

// A port that is pulled out says so, in reading and in writing.
func TestUnpluggedPortFails(t *testing.T) {
	name, _, unplug := cable(t)
	p := mustOpen(t, name, Config{})
	unplug()
	p.SetReadDeadline(time.Now().Add(30 * time.Second))
	_, readErr := p.Read(make([]byte, 1))
	_, writeErr := p.Write([]byte("x"))
	for what, err := range map[string]error{"read": readErr, "write": writeErr} {
		if e, ok := errors.AsType[*sockeye.Error](err); !ok || e.Kind != sockeye.Unplugged || e.Hint.IsZero() {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A pseudo-terminal has no modem lines; asking for them is an error of its own kind,
// and a port that was asked to set one at the start does not open.
func TestNoModemLines(t *testing.T) {
	name, _, _ := cable(t)
	p := mustOpen(t, name, Config{})
	_, lines := p.Lines()
	_, counters := p.Errors()
	for what, err := range map[string]error{"lines": lines, "counters": counters, "DTR": p.SetDTR(true), "RTS": p.SetRTS(false)} {
		if e, ok := errors.AsType[*sockeye.Error](err); !ok || e.Kind != sockeye.Unsupported {
			t.Errorf("%s: %v", what, err)
		}
	}
	p.Close()
	if _, err := Open(name, Config{DTR: sockeye.Off}); sockeye.ErrorOf(err).Kind != sockeye.Unsupported {
		t.Errorf("opened without DTR being off: %v", err)
	}
	if _, err := Open(name, Config{}); err != nil {
		t.Errorf("the failed attempt holds the port: %v", err)
	}
}

// A tree like /sys as Raspberry Pi OS shows it, with two adapters, the board's own UART
// and a UART without hardware.
func TestListIn(t *testing.T) {
	link := func(to string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(to), Mode: os.ModeSymlink} }
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s + "\n")} }
	dir := &fstest.MapFile{Mode: os.ModeDir | 0o755}
	const usb = "devices/platform/usb1/1-1"
	sys := fstest.MapFS{
		"class/tty/ttyUSB10": link("../../" + usb + "/1-1.2/1-1.2:1.0/ttyUSB10/tty/ttyUSB10"),
		usb + "/1-1.2/1-1.2:1.0/ttyUSB10/tty/ttyUSB10/device": link("../../../ttyUSB10"),
		usb + "/1-1.2/1-1.2:1.0/ttyUSB10/driver":              link("../../../../../../bus/usb-serial/drivers/ch341-uart"),
		usb + "/1-1.2/idVendor":                               file("1a86"), usb + "/1-1.2/idProduct": file("7523"),
		usb + "/1-1.2/product":                              file("USB Serial"),
		"class/tty/ttyUSB2":                                 link("../../" + usb + "/1-1.3/1-1.3:1.0/ttyUSB2/tty/ttyUSB2"),
		usb + "/1-1.3/1-1.3:1.0/ttyUSB2/tty/ttyUSB2/device": link("../../../ttyUSB2"),
		usb + "/1-1.3/1-1.3:1.0/ttyUSB2/driver":             link("../../../../../../bus/usb-serial/drivers/cp210x"),
		usb + "/1-1.3/idVendor":                             file("10c4"), usb + "/1-1.3/idProduct": file("ea60"), usb + "/1-1.3/serial": file("0001"),
		usb + "/1-1.3/manufacturer":                    file("Silicon Labs"),
		"class/tty/ttyAMA0":                            link("../../devices/platform/serial0/tty/ttyAMA0"),
		"devices/platform/serial0/tty/ttyAMA0/device":  link("../../../serial0"),
		"devices/platform/serial0/tty/ttyAMA0/type":    file("32"),
		"devices/platform/serial0/driver":              link("../../../bus/amba/drivers/uart-pl011"),
		"class/tty/ttyS3":                              link("../../devices/platform/serial8250/tty/ttyS3"),
		"devices/platform/serial8250/tty/ttyS3/device": link("../../../serial8250"),
		"devices/platform/serial8250/tty/ttyS3/type":   file("0"),
		"class/tty/tty0":                               link("../../devices/virtual/tty/tty0"),
		"devices/virtual/tty/tty0":                     dir,
	}
	got, err := listIn(sys)
	if err != nil {
		t.Fatal(err)
	}
	want := []PortInfo{
		{Name: "/dev/ttyAMA0", Driver: "uart-pl011"},
		{Name: "/dev/ttyUSB2", Driver: "cp210x", USB: &USB{Vendor: "10c4", Product: "ea60", VendorName: "Silicon Labs", Serial: "0001"}},
		{Name: "/dev/ttyUSB10", Driver: "ch341-uart", USB: &USB{Vendor: "1a86", Product: "7523", ProductName: "USB Serial"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := List(); err != nil {
		t.Error(err)
	}
}
