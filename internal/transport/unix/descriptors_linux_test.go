package unix_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye"
	"sockeye/internal/transport/transporttest"
)

// C42: descriptors that a peer passes (SCM_RIGHTS) are refused and not left open, whoever
// connected to whom; what came with them is taken.
func TestPassedDescriptorsAreRefused(t *testing.T) {
	precious := filepath.Join(t.TempDir(), "precious")
	file, err := os.Create(precious)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var passed []int
	for range 40 {
		passed = append(passed, int(file.Fd()))
	}
	for _, network := range []sockeye.Network{sockeye.Unix, sockeye.Unixgram, sockeye.Unixpacket} {
		for _, mode := range []sockeye.Mode{sockeye.Listen, sockeye.Connect} {
			t.Run(fmt.Sprint(network, " ", mode), func(t *testing.T) {
				r, send := hostilePeer(t, network, mode)
				const messages = 5
				for range messages {
					if err := send([]byte("take"), unix.UnixRights(passed...)); err != nil {
						t.Fatal(err)
					}
				}
				r.WaitBytes(t, sockeye.Received, messages*len("take"))
				if n := openedOf(t, precious); n != 1 {
					t.Errorf("the file is open %d times, want once", n)
				}
				if network != sockeye.Unix { // a stream does not say
					if e := r.WaitKind(t, sockeye.Failed, 1).Detail.Err; e.Kind != sockeye.Unsupported || e.Hint.IsZero() {
						t.Errorf("the event says %v", e)
					}
				}
			})
		}
	}
}

// hostilePeer opens a session beside a plain socket, and returns its events and what sends
// to it from there, with control messages.
func hostilePeer(t *testing.T, network sockeye.Network, mode sockeye.Mode) (*transporttest.EventLog, func(data, control []byte) error) {
	t.Helper()
	a := at(t, network)
	if mode == sockeye.Listen {
		_, r, err := transporttest.TryOpen(t, sockeye.Endpoint{Mode: mode, Address: a}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if network != sockeye.Unixgram {
			return r, sender(transporttest.DialPlain(t, a).(*net.UnixConn), nil)
		}
		return r, sender(unixgram(t, at(t, network).Path), &net.UnixAddr{Name: a.Path, Net: "unixgram"})
	}
	name := &net.UnixAddr{Name: a.Path, Net: string(network)}
	if network != sockeye.Unixgram {
		l, err := net.ListenUnix(string(network), name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		_, r := transporttest.Open(t, sockeye.Endpoint{Mode: mode, Address: a}, nil)
		c, err := l.AcceptUnix()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return r, sender(c, nil)
	}
	c := unixgram(t, a.Path)
	s, r := transporttest.Open(t, sockeye.Endpoint{Mode: mode, Address: a}, nil)
	if _, err := transporttest.FirstPeer(t, s, r).Send(t.Context(), []byte("hello")); err != nil {
		t.Fatal(err)
	}
	_, from, err := c.ReadFromUnix(make([]byte, 10))
	if err != nil {
		t.Fatal(err)
	}
	return r, sender(c, from)
}

// unixgram is a plain datagram socket of a path.
func unixgram(t *testing.T, path string) *net.UnixConn {
	t.Helper()
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func sender(c *net.UnixConn, to *net.UnixAddr) func(data, control []byte) error {
	return func(data, control []byte) error {
		_, _, err := c.WriteMsgUnix(data, control, to)
		return err
	}
}

// openedOf counts the descriptors of this process that are of a file.
func openedOf(t *testing.T, path string) (n int) {
	t.Helper()
	const dir = "/proc/self/fd"
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if of, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil && of == path {
			n++
		}
	}
	return n
}
