package serial_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"sockeye"
	"sockeye/internal/transport"
	"sockeye/internal/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// cable is a pair of pseudo-terminals that socat joins, at dir/a and dir/b.
func cable(t *testing.T, dir string) (unplug func()) {
	t.Helper()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	cmd := exec.Command("socat", "pty,raw,echo=0,link="+a, "pty,raw,echo=0,link="+b)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pulled := false
	unplug = func() {
		if !pulled {
			pulled = true
			cmd.Process.Kill()
			cmd.Wait()
			os.Remove(a) // socat was killed: the links stay
			os.Remove(b)
		}
	}
	t.Cleanup(unplug)
	transporttest.Eventually(t, "socat makes a pair of terminals", func() bool {
		_, errA := os.Stat(a)
		_, errB := os.Stat(b)
		return errA == nil && errB == nil
	})
	return unplug
}

// at is the near end of a new cable.
func at(t *testing.T) sockeye.Address {
	dir := t.TempDir()
	cable(t, dir)
	return sockeye.Address{Network: sockeye.Serial, Path: filepath.Join(dir, "a")}
}

func farEnd(of sockeye.Address) sockeye.Address {
	of.Path = filepath.Join(filepath.Dir(of.Path), "b")
	return of
}

// plain is a port as a program without Sockeye has it.
type plain struct{ *os.File }

func (plain) LocalAddr() net.Addr  { return nil }
func (plain) RemoteAddr() net.Addr { return nil }

func dialPlain(t *testing.T, to sockeye.Address) net.Conn {
	t.Helper()
	f, err := os.OpenFile(farEnd(to).Path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	f.SetDeadline(time.Now().Add(transporttest.Patience))
	return plain{f}
}

// A serial port does what every driver must do.
func TestSuite(t *testing.T) {
	transporttest.Suite(t, transporttest.Case{Address: independent, Dial: dialPlain, FarEnd: farEnd})
}

func open(t *testing.T, mode sockeye.Mode, a sockeye.Address, o sockeye.Options) (*transport.Session, *transporttest.EventLog) {
	t.Helper()
	s, r, err := transporttest.TryOpen(t, sockeye.Endpoint{Mode: mode, Address: a, Options: o}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s, r
}

// The settings reach the kernel, and are what the session says of its own side.
func TestOptionsReachThePort(t *testing.T) {
	a := at(t)
	s, r := open(t, sockeye.Connect, a, sockeye.Options{Serial: sockeye.SerialOptions{Baud: 31250, StopBits: sockeye.TwoStopBits, Flow: sockeye.HardwareFlowControl}})
	transporttest.FirstPeer(t, s, r)
	if got := s.Locals()[0].String(); got != "31250 8N2 rts/cts" {
		t.Errorf("%q", got)
	}
	near, err := os.OpenFile(a.Path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Skipf("only root opens a port that is taken: %v", err)
	}
	defer near.Close()
	settings, err := unix.IoctlGetTermios(int(near.Fd()), unix.TCGETS2)
	if err != nil || settings.Ospeed != 31250 || settings.Cflag&unix.CSTOPB == 0 || settings.Cflag&unix.CRTSCTS == 0 {
		t.Errorf("%+v %v", settings, err)
	}
}

// A port that is pulled out is a reason for leaving, and the end of a session that does
// not connect again.
func TestUnpluggingIsAReason(t *testing.T) {
	dir := t.TempDir()
	unplug := cable(t, dir)
	s, r := open(t, sockeye.Connect, sockeye.Address{Network: sockeye.Serial, Path: filepath.Join(dir, "a")}, sockeye.Options{})
	transporttest.FirstPeer(t, s, r)
	unplug()
	left := r.WaitKind(t, sockeye.Left, 1)
	if left.Detail.Reason != sockeye.ReasonUnplugged || left.Detail.Err == nil || left.Detail.Err.Hint.IsZero() {
		t.Errorf("%+v", left.Detail)
	}
	<-s.Done()
}

// A session that reconnects, and one that listens, has the port again when it is back.
func TestReconnectAfterReplugging(t *testing.T) {
	for name, c := range map[string]struct {
		mode sockeye.Mode
		o    sockeye.Options
	}{
		"reconnect": {sockeye.Connect, sockeye.Options{Reconnect: true}},
		"listen":    {sockeye.Listen, sockeye.Options{}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			unplug := cable(t, dir)
			a := sockeye.Address{Network: sockeye.Serial, Path: filepath.Join(dir, "a")}
			_, r := open(t, c.mode, a, c.o)
			r.WaitKind(t, sockeye.Joined, 1)
			unplug()
			r.WaitKind(t, sockeye.Left, 1)
			if e := r.WaitKind(t, sockeye.Failed, 1).Detail.Err; e.Kind != sockeye.NotFound {
				t.Errorf("while it is away: %v", e)
			}
			cable(t, dir)
			r.WaitKind(t, sockeye.Joined, 2)
			dialPlain(t, a).Write([]byte("back"))
			if got := r.WaitBytes(t, sockeye.Received, 4); string(got) != "back" {
				t.Errorf("%q", got)
			}
		})
	}
}

// Whoever opens a port that is taken, is not there or is none is told by one error.
func TestPortsThatCannotBeOpened(t *testing.T) {
	a := at(t)
	open(t, sockeye.Connect, a, sockeye.Options{})
	for path, want := range map[string]sockeye.ErrorKind{
		a.Path: sockeye.AddressInUse, "/dev/no-such-port": sockeye.NotFound, "/dev/null": sockeye.Invalid, os.TempDir(): sockeye.Invalid,
	} {
		_, _, err := transporttest.TryOpen(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: sockeye.Address{Network: sockeye.Serial, Path: path}}, nil)
		if e := sockeye.ErrorOf(err); err == nil || e.Kind != want || e.Hint.IsZero() || e.Message.Zh == "" || strings.Contains(e.Error(), "\n") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// A pseudo-terminal has no modem lines: setting them says so, and a break is a break.
func TestSetLinesWithoutLines(t *testing.T) {
	s, r := open(t, sockeye.Connect, at(t), sockeye.Options{})
	p := transporttest.FirstPeer(t, s, r)
	if err := p.SetLines(sockeye.LineSetting{DTR: sockeye.Off}); err == nil || sockeye.ErrorOf(err).Kind != sockeye.Unsupported {
		t.Errorf("DTR: %v", err)
	}
	if err := p.SetLines(sockeye.LineSetting{}); err == nil || sockeye.ErrorOf(err).Kind != sockeye.Invalid {
		t.Errorf("nothing: %v", err)
	}
	if err := p.SetLines(sockeye.LineSetting{Break: sockeye.MaxBreak + 1}); err == nil || sockeye.ErrorOf(err).Kind != sockeye.Invalid {
		t.Errorf("a long break: %v", err)
	}
	if err := p.SetLines(sockeye.LineSetting{Break: time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	if e := r.WaitKind(t, sockeye.Lines, 1).Detail.Lines; e.Break != sockeye.BreakSent {
		t.Errorf("%+v", e)
	}
}
