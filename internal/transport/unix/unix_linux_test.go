package unix_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"sockeye"
	"sockeye/internal/transport"
	"sockeye/internal/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// at is a free path in a short directory: a socket's has 107 bytes.
func at(t testing.TB, network sockeye.Network) sockeye.Address {
	t.Helper()
	dir, err := os.MkdirTemp("", "sock")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return sockeye.Address{Network: network, Path: filepath.Join(dir, "x.sock")}
}

// Every kind of Unix socket does what every driver must do, with a file and with an abstract
// name.
func TestSuite(t *testing.T) {
	for _, network := range []sockeye.Network{sockeye.Unix, sockeye.Unixgram, sockeye.Unixpacket} {
		t.Run(string(network), func(t *testing.T) {
			transporttest.Suite(t, transporttest.Case{
				Address: func(t *testing.T) sockeye.Address { return at(t, network) },
				Dial: func(t *testing.T, to sockeye.Address) net.Conn {
					if network != sockeye.Unixgram {
						return transporttest.DialPlain(t, to)
					}
					own := at(t, network).Path
					c, err := net.DialUnix("unixgram", &net.UnixAddr{Name: own, Net: "unixgram"}, &net.UnixAddr{Name: to.Path, Net: "unixgram"})
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() { c.Close() })
					c.SetDeadline(time.Now().Add(transporttest.Patience))
					return c
				},
			})
		})
	}
	t.Run("name without a file", func(t *testing.T) {
		transporttest.Suite(t, transporttest.Case{
			Address: func(t *testing.T) sockeye.Address { return unnamed(t, sockeye.Unix) },
			Dial:    transporttest.DialPlain,
		})
	})
}

// unnamed is a free name without a file.
func unnamed(t *testing.T, network sockeye.Network) sockeye.Address {
	t.Helper()
	return sockeye.Address{Network: network, Path: "@" + strings.ReplaceAll(at(t, network).Path, "/", "-")}
}

func listen(t *testing.T, a sockeye.Address, o sockeye.Options) (*transport.Session, *transporttest.EventLog, error) {
	return transporttest.TryOpen(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: a, Options: o}, transporttest.Echoing{})
}

func listenFails(t *testing.T, a sockeye.Address) *sockeye.Error {
	t.Helper()
	s, _, err := listen(t, a, sockeye.Options{})
	if err == nil {
		s.Close()
		t.Fatalf("%s was bound", a)
	}
	return sockeye.ErrorOf(err)
}

// The file has the permission that was asked for whatever the umask is, 600 by itself,
// and is gone when the session is.
func TestFileHasItsModeAndIsRemoved(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o077))
	for digits, want := range map[int]os.FileMode{0: 0o600, 600: 0o600, 660: 0o660, 666: 0o666} {
		a := at(t, sockeye.Unix)
		s, _, err := listen(t, a, sockeye.Options{SocketMode: digits})
		if err != nil {
			t.Fatal(err)
		}
		st, err := os.Stat(a.Path)
		if err != nil || st.Mode().Perm() != want {
			t.Errorf("mode %d: the file has %v, %v", digits, st.Mode(), err)
		}
		s.Close()
		if _, err := os.Lstat(a.Path); !os.IsNotExist(err) {
			t.Errorf("the file is still there: %v", err)
		}
	}
}

// Before it is bound, a socket has the permission that its file will have: there is no
// moment in which the umask decides.
func TestFileIsNeverMoreOpen(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	a := at(t, sockeye.Unix)
	stop, seen := make(chan struct{}), make(chan os.FileMode, 1)
	go func() {
		worst := os.FileMode(0)
		for {
			select {
			case <-stop:
				seen <- worst
				return
			default:
			}
			if st, err := os.Lstat(a.Path); err == nil {
				worst |= st.Mode().Perm()
			}
		}
	}()
	for range 50 {
		s, _, err := listen(t, a, sockeye.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
	}
	close(stop)
	if worst := <-seen; worst&^0o600 != 0 {
		t.Errorf("the file had %v for a moment", worst)
	}
}

// C42: only the file of a socket that nobody listens on makes room.
func TestOnlyAStaleSocketIsRemoved(t *testing.T) {
	a := at(t, sockeye.Unix)
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: a.Path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	if e := listenFails(t, a); e.Kind != sockeye.AddressInUse || e.Hint.IsZero() {
		t.Errorf("beside a live listener: %v", e)
	}
	stale.SetUnlinkOnClose(false)
	stale.Close()
	s, _, err := listen(t, a, sockeye.Options{})
	if err != nil {
		t.Fatalf("a stale file stands in the way: %v", err)
	}
	s.Close()

	if err := os.WriteFile(a.Path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if e := listenFails(t, a); e.Kind != sockeye.AddressInUse {
		t.Errorf("on a regular file: %v", e)
	}
	if data, _ := os.ReadFile(a.Path); string(data) != "precious" {
		t.Error("the file is damaged")
	}
	link := at(t, sockeye.Unix)
	if err := os.Symlink(a.Path, link.Path); err != nil {
		t.Fatal(err)
	}
	if e := listenFails(t, link); e.Kind != sockeye.AddressInUse {
		t.Errorf("on a link: %v", e)
	}
}

// C42: a name without a file is free again when its session is closed, whatever its type;
// until then who wants it is told that a program has it.
func TestNameWithoutAFile(t *testing.T) {
	for _, network := range []sockeye.Network{sockeye.Unix, sockeye.Unixgram, sockeye.Unixpacket} {
		a := unnamed(t, network)
		for range 2 {
			s, r, err := listen(t, a, sockeye.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if e := listenFails(t, a); e.Kind != sockeye.AddressInUse || e.Hint.IsZero() {
				t.Errorf("%s: %v", a, e)
			}
			c, err := net.Dial(string(network), a.Path)
			if err != nil {
				t.Fatal(err)
			}
			c.Write([]byte("hello"))
			r.WaitBytes(t, sockeye.Received, 5)
			if e := r.WaitKind(t, sockeye.Joined, 1).Detail; e == nil || e.Process == nil || e.Process.PID != os.Getpid() {
				t.Errorf("%s: joined with %+v", a, e)
			}
			c.Close()
			s.Close()
		}
	}
}

// C42: whose queue is full is alive: only a connect that is refused makes room.
func TestFileOfABusyListenerStays(t *testing.T) {
	a := at(t, sockeye.Unix)
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrUnix{Name: a.Path}), unix.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	waiting := transporttest.DialPlain(t, a) // fills the queue of one
	defer waiting.Close()
	if e := listenFails(t, a); e.Kind != sockeye.AddressInUse {
		t.Errorf("got %v", e)
	}
	gram := at(t, sockeye.Unixgram)
	unixgram(t, gram.Path)
	if e := listenFails(t, sockeye.Address{Network: sockeye.Unix, Path: gram.Path}); e.Kind != sockeye.AddressInUse {
		t.Errorf("over one of the other type: %v", e)
	}
	for _, path := range []string{a.Path, gram.Path} {
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("the file is gone: %v", err)
		}
	}
}

// A file that took the place of ours stays when the session ends.
func TestFileOfAnotherStays(t *testing.T) {
	a := at(t, sockeye.Unix)
	s, _, err := listen(t, a, sockeye.Options{})
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(a.Path)
	if err := os.WriteFile(a.Path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := os.Lstat(a.Path); err != nil {
		t.Error("it was removed")
	}
}

// Who connects is told: process, user and program.
func TestPeerIsNamed(t *testing.T) {
	for _, network := range []sockeye.Network{sockeye.Unix, sockeye.Unixgram, sockeye.Unixpacket} {
		a := at(t, network)
		s, r, err := listen(t, a, sockeye.Options{})
		if err != nil {
			t.Fatal(err)
		}
		c, err := net.Dial(string(network), a.Path)
		if err != nil {
			t.Fatal(err)
		}
		c.Write([]byte("x"))
		e := r.WaitKind(t, sockeye.Joined, 1)
		if e.Detail == nil || e.Detail.Process == nil || e.Detail.Process.PID != os.Getpid() || e.Detail.Process.Program == "" || e.Detail.Process.User == "" {
			t.Errorf("%s: joined with %+v", network, e.Detail)
		}
		r.WaitBytes(t, sockeye.Received, 1)
		if st := s.Peers()[0].Status(); st.Process == nil || st.Process.PID != os.Getpid() {
			t.Errorf("%s: the status says %+v", network, st.Process)
		}
		c.Close()
		s.Close()
	}
}

// A datagram of a socket without a name is taken, and cannot be answered: the error says
// why.
func TestUnnamedSenderCannotBeAnswered(t *testing.T) {
	a := at(t, sockeye.Unixgram)
	s, r, err := transporttest.TryOpen(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: a}, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("unixgram", a.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Write([]byte("who am I"))
	r.WaitBytes(t, sockeye.Received, 8)
	_, err = s.Peers()[0].Send(t.Context(), []byte("?"))
	if e := sockeye.ErrorOf(err); e.Kind != sockeye.Unsupported || e.Hint.IsZero() {
		t.Errorf("the answer says %v", err)
	}
}

// Each failure says what to do next.
func TestFailuresHaveANextStep(t *testing.T) {
	there := at(t, sockeye.Unix)
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: there.Path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false)
	left.Close()
	gram := at(t, sockeye.Unixgram)
	g, _, err := listen(t, gram, sockeye.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	for _, test := range []struct {
		name    string
		mode    sockeye.Mode
		address sockeye.Address
		kind    sockeye.ErrorKind
	}{
		{"no such directory", sockeye.Listen, sockeye.Address{Network: sockeye.Unix, Path: "/nowhere/at/all.sock"}, sockeye.NotFound},
		{"no such socket", sockeye.Connect, at(t, sockeye.Unix), sockeye.NotFound},
		{"nobody listens", sockeye.Connect, there, sockeye.Refused},
		{"no such name", sockeye.Connect, sockeye.Address{Network: sockeye.Unix, Path: "@sockeye-nobody"}, sockeye.Refused},
		{"another type", sockeye.Connect, sockeye.Address{Network: sockeye.Unix, Path: gram.Path}, sockeye.Refused},
		{"another type of connection", sockeye.Connect, sockeye.Address{Network: sockeye.Unixpacket, Path: gram.Path}, sockeye.Refused},
	} {
		_, _, err := transporttest.TryOpen(t, sockeye.Endpoint{Mode: test.mode, Address: test.address}, nil)
		if e := sockeye.ErrorOf(err); err == nil || e.Kind != test.kind || e.Hint.En == "" || e.Hint.Zh == "" || e.Target != test.address.String() {
			t.Errorf("%s: %v, hint %+v", test.name, err, e)
		}
	}
}

// Why nobody takes a connection is told by what is at the path.
func TestRefusalSaysWhatIsThere(t *testing.T) {
	left := at(t, sockeye.Unix)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: left.Path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	file := filepath.Join(filepath.Dir(left.Path), "notes.txt")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][2]string{
		left.Path:               {"nobody listens on the socket", "may have left the socket's file behind"},
		file:                    {"this is a file, no socket", "check the path"},
		filepath.Dir(left.Path): {"this is a directory, no socket", "check the path"},
		left.Path + ".none":     {"there is no such socket", "check the path"},
		"@sockeye-nobody":       {"no program listens under this name", "check the name"},
	} {
		for _, network := range []sockeye.Network{sockeye.Unix, sockeye.Unixgram, sockeye.Unixpacket} {
			_, _, err := transporttest.TryOpen(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: sockeye.Address{Network: network, Path: path}}, nil)
			if err == nil {
				t.Fatalf("%s://%s was opened", network, path)
			}
			if e := sockeye.ErrorOf(err); e.Message.En != want[0] || !strings.Contains(e.Hint.En, want[1]) || e.Message.Zh == "" || e.Hint.Zh == "" {
				t.Errorf("%s://%s: %v, hint %q; want %q", network, path, e, e.Hint.En, want)
			}
		}
	}
}

// A stream of any size goes both ways.
func TestLargeStream(t *testing.T) {
	a := at(t, sockeye.Unix)
	s, _, err := listen(t, a, sockeye.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := transporttest.DialPlain(t, a).(*net.UnixConn)
	data := bytes.Repeat([]byte("0123456789abcdef"), 256<<10)
	go func() {
		c.Write(data)
		c.CloseWrite()
	}()
	back, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(back, data) {
		t.Errorf("%d of %d bytes came back, %v", len(back), len(data), err)
	}
}

// The send buffer that was asked for is the socket's, whoever connected to whom (the kernel
// doubles it, socket(7)).
func TestSendBufferIsSet(t *testing.T) {
	for _, network := range []sockeye.Network{sockeye.Unix, sockeye.Unixgram, sockeye.Unixpacket} {
		a, o := at(t, network), sockeye.Options{SendBuffer: 16 << 10}
		s, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: a, Options: o}, nil)
		client, cr := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: a, Options: o}, nil)
		to := transporttest.FirstPeer(t, client, cr)
		if _, err := to.Send(t.Context(), []byte("x")); err != nil {
			t.Fatal(err)
		}
		for _, p := range []*transport.Peer{to, transporttest.FirstPeer(t, s, r)} {
			got := 0
			if err := transporttest.Control(p, func(fd uintptr) { got, _ = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUF) }); err != nil {
				t.Fatal(network, err)
			}
			if got != 32<<10 {
				t.Errorf("%s: the send buffer of %s has %d bytes", network, p, got)
			}
		}
	}
}
