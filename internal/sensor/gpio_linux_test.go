package sensor

import (
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"sockeye"
)

// fakeChip answers the system calls of a chip with lines: the kernels of test machines
// have neither gpio-sim nor gpio-mockup.
type fakeChip struct {
	mu        sync.Mutex
	names     []string
	requested lineRequest
	high      bool
	busy      bool
	events    int // the end of the line's pipe that events are written into
}

func (c *fakeChip) system() gpioSystem {
	return gpioSystem{open: func(path string) (int, error) { return unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0) }, ioctl: c.ioctl}
}

func (c *fakeChip) ioctl(_ int, request uint, argument unsafe.Pointer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch request {
	case getChipInfo:
		(*chipInfo)(argument).lines = uint32(len(c.names))
	case getLineInfo:
		info := (*lineInfo)(argument)
		copy(info.name[:], c.names[info.offset])
		if info.offset == 1 {
			info.flags = flagOutput
			copy(info.consumer[:], "led")
		}
	case getLine:
		if c.busy {
			return unix.EBUSY
		}
		r := (*lineRequest)(argument)
		var ends [2]int
		if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
			return err
		}
		r.fd, c.events = int32(ends[0]), ends[1]
		c.requested, c.high = *r, r.config.attributes > 0 && r.config.attribute[0].id == attributeValues && r.config.attribute[0].value == 1
	case getValues:
		if c.high {
			(*lineValues)(argument).bits = 1
		}
	case setValues:
		c.high = (*lineValues)(argument).bits == 1
	default:
		return unix.ENOTTY
	}
	return nil
}

// event writes what the kernel would.
func (c *fakeChip) event(t *testing.T, rising bool, sequence uint32) {
	var b [lineEventSize]byte
	id := uint32(2)
	if rising {
		id = risingEdgeEvent
	}
	binary.NativeEndian.PutUint32(b[8:], id)
	binary.NativeEndian.PutUint32(b[20:], sequence)
	if _, err := unix.Write(c.events, b[:]); err != nil {
		t.Error(err)
	}
}

// lines is a machine with one chip.
func lines(t *testing.T, c *fakeChip) *Hardware {
	t.Helper()
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "dev"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "dev/gpiochip0"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	m := NewHardware(root)
	m.chips = c.system()
	t.Cleanup(func() {
		if c.events != 0 {
			unix.Close(c.events)
		}
	})
	return m
}

// The sizes that the kernel's header has; the ioctl numbers contain them.
func TestSizesOfGPIO(t *testing.T) {
	got := map[uint]uintptr{getChipInfo: unsafe.Sizeof(chipInfo{}), getLineInfo: unsafe.Sizeof(lineInfo{}), getLine: unsafe.Sizeof(lineRequest{}),
		getValues: unsafe.Sizeof(lineValues{}), setValues: unsafe.Sizeof(lineValues{})}
	for request, size := range got {
		if want := uintptr(request >> 16 & 0x3fff); size != want {
			t.Errorf("the struct of ioctl %#x has %d bytes, want %d", request, size, want)
		}
	}
}

// The list of sensors has each GPIO line with its name and direction.
func TestListGPIO(t *testing.T) {
	m := lines(t, &fakeChip{names: []string{"BUTTON", "LED", "", "ID_SD"}})
	want := []Info{{Path: "gpio/gpiochip0/0", Label: "BUTTON in"}, {Path: "gpio/gpiochip0/1", Label: "LED out (led)"}, {Path: "gpio/gpiochip0/3", Label: "ID_SD in"}}
	if diff := cmp.Diff(want, m.List(t.Context())); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

// A line that is opened as an output is requested as such, and takes values.
func TestLineOutput(t *testing.T) {
	c := &fakeChip{names: make([]string, 2)}
	m := lines(t, c)
	l, err := m.OpenLine("gpio/gpiochip0/1", LineOptions{Output: true, Value: true, ActiveLow: true})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if c.requested.offsets[0] != 1 || c.requested.config.flags != flagOutput|flagActiveLow || cString(c.requested.consumer[:]) != "sockeye" {
		t.Errorf("requested %+v", c.requested)
	}
	for _, on := range []bool{true, false, true} {
		if err := l.Set(on); err != nil {
			t.Fatal(err)
		}
		if v, err := l.Read(t.Context()); err != nil || v != (GPIOEvent{Rising: on}).Value() {
			t.Errorf("set to %v it reads %v, %v", on, v, err)
		}
	}
}

// A line with edges is requested as such, and each event says how many before it were missed.
func TestLineEvents(t *testing.T) {
	c := &fakeChip{names: make([]string, 1)}
	m := lines(t, c)
	l, err := m.OpenLine("gpio/gpiochip0/0", LineOptions{Edge: "both", Bias: "pull-up", Debounce: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	config := c.requested.config
	if config.flags != flagInput|flagRising|flagFalling|flagPullUp || config.attributes != 1 || config.attribute[0].id != attributeDebounce || config.attribute[0].value != 5000 {
		t.Errorf("requested %+v", config)
	}
	c.event(t, true, 1)
	c.event(t, false, 2)
	c.event(t, true, 5)
	ctx, cancel := context.WithCancel(t.Context())
	var got []GPIOEvent
	if err := l.Events(ctx, func(e GPIOEvent) bool {
		if got = append(got, e); len(got) == 3 {
			cancel() // the read that waits for the fourth ends
		}
		return true
	}); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]GPIOEvent{{Rising: true}, {}, {Rising: true, Missed: 2}}, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// A line that cannot be used is refused with the reason.
func TestLineFaults(t *testing.T) {
	c := &fakeChip{names: make([]string, 1), busy: true}
	m := lines(t, c)
	_, err := m.OpenLine("gpio/gpiochip0/0", LineOptions{})
	if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.AccessDenied || e.Hint.IsZero() {
		t.Errorf("a busy line: %+v", e)
	}
	for _, path := range []string{"gpio/gpiochip0/1", "gpio/gpiochip9/0"} {
		if _, err := m.OpenLine(path, LineOptions{}); sockeye.ErrorOf(err) == nil || sockeye.ErrorOf(err).Kind != sockeye.NotFound {
			t.Errorf("%s: %v", path, err)
		}
	}
	if wrong := CheckLine(LineOptions{Edge: "up", Bias: "strong"}); len(wrong) != 2 {
		t.Errorf("CheckLine finds %v", wrong)
	}
}
