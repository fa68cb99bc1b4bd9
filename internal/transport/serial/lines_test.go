package serial_test

import (
	"io"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/serialport"
	"sockeye/internal/transport"
	"sockeye/internal/transport/serial"
	"sockeye/internal/transport/transporttest"
)

// board is a port with modem lines and counters, which pseudo-terminals have not.
type board struct {
	closed chan struct{}
	once   sync.Once

	mu     sync.Mutex
	lines  sockeye.ModemLines
	errors serialport.LineErrors
	breaks []time.Duration
}

func newBoard() *board {
	return &board{closed: make(chan struct{}), lines: sockeye.ModemLines{DTR: true, RTS: true, CTS: true}}
}

func (b *board) Read([]byte) (int, error) {
	<-b.closed
	return 0, io.ErrClosedPipe
}

func (b *board) Write(p []byte) (int, error) { return len(p), nil }

func (b *board) SetReadDeadline(time.Time) error  { return nil }
func (b *board) SetWriteDeadline(time.Time) error { return nil }

func (b *board) Close() error {
	b.once.Do(func() { close(b.closed) })
	return nil
}

func (b *board) SetConfig(serialport.Config) error { return nil }

// change changes what the other side does.
func (b *board) change(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

// SetDTR is answered by the other side with DSR.
func (b *board) SetDTR(on bool) error {
	b.change(func() { b.lines.DTR, b.lines.DSR = on, on })
	return nil
}

func (b *board) SetRTS(on bool) error {
	b.change(func() { b.lines.RTS = on })
	return nil
}

func (b *board) Break(d time.Duration) error {
	b.change(func() { b.breaks = append(b.breaks, d) })
	return nil
}

func (b *board) Lines() (sockeye.ModemLines, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lines, nil
}

func (b *board) Errors() (serialport.LineErrors, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.errors, nil
}

func (b *board) Unsent() (int, error) { return 0, nil }

func openBoard(t *testing.T, b *board) (*transport.Peer, *transporttest.EventLog) {
	t.Helper()
	ep := sockeye.Endpoint{Mode: sockeye.Connect, Address: sockeye.Address{Network: sockeye.Serial, Path: "COM7"}}
	r := transporttest.NewRecorder()
	cfg := transporttest.ConfigOf(ep, r, nil)
	cfg.Driver = serial.Driver{Open: func(string, serialport.Config) (serialport.OpenPort, error) { return b, nil }}
	s, err := transport.Open(t.Context(), ep, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return transporttest.FirstPeer(t, s, r), r
}

// The lines are told when the port opens, whenever one changes, and in the status.
func TestModemLinesAreEvents(t *testing.T) {
	b := newBoard()
	p, r := openBoard(t, b)
	joined := r.WaitKind(t, sockeye.Joined, 1).Detail
	if want := (sockeye.ModemLines{DTR: true, RTS: true, CTS: true}); joined == nil || joined.Lines.ModemLines != want || *p.Status().Lines != want {
		t.Errorf("%+v, status %+v", joined, p.Status().Lines)
	}
	b.change(func() { b.lines.CTS, b.lines.RI = false, true })
	e := r.WaitKind(t, sockeye.Lines, 1)
	want := &sockeye.LineEvent{ModemLines: sockeye.ModemLines{DTR: true, RTS: true, RI: true}, Changed: []string{"CTS", "RI"}}
	if diff := cmp.Diff(want, e.Detail.Lines); diff != "" || e.Peer.ID != p.ID {
		t.Error(diff)
	}
	if p.Status().Lines.CTS || !p.Status().Lines.RI {
		t.Errorf("the status has %v", p.Status().Lines)
	}
}

// What a person sets is an event as what the other side does, and a break too.
func TestLinesAreSet(t *testing.T) {
	b := newBoard()
	p, r := openBoard(t, b)
	if err := p.SetLines(sockeye.LineSetting{DTR: sockeye.On, RTS: sockeye.Off, Break: 250 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	e := r.WaitKind(t, sockeye.Lines, 1).Detail.Lines
	want := &sockeye.LineEvent{ModemLines: sockeye.ModemLines{DTR: true, CTS: true, DSR: true}, Changed: []string{"RTS", "DSR"}, Break: sockeye.BreakSent}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]time.Duration{250 * time.Millisecond}, b.breaks); diff != "" {
		t.Error(diff)
	}
}

// Damaged and lost characters are counted in an error, with what to do; a break that is
// received is no error.
func TestLineErrorsAreEvents(t *testing.T) {
	b := newBoard()
	b.errors = serialport.LineErrors{Framing: 7} // before the port was opened: nobody's
	_, r := openBoard(t, b)
	b.change(func() { b.errors.Framing, b.errors.Parity = 9, 1 })
	e := r.WaitKind(t, sockeye.Failed, 1).Detail.Err
	if e.Kind != sockeye.LineFault || e.Message.En != "2 framing errors, 1 parity errors" || e.Hint.IsZero() || e.Target != "COM7" {
		t.Errorf("%v", e)
	}
	b.change(func() { b.errors.Overflow, b.errors.Overrun = 3, 4 })
	if e := r.WaitKind(t, sockeye.Failed, 2).Detail.Err; e.Message.Zh != "4 个硬件溢出，3 个驱动缓冲区溢出" {
		t.Errorf("%v", e.Message)
	}
	b.change(func() { b.errors.Break = 1 })
	if e := r.WaitKind(t, sockeye.Lines, 1).Detail.Lines; e.Break != sockeye.BreakReceived || e.Changed != nil {
		t.Errorf("%+v", e)
	}
}
