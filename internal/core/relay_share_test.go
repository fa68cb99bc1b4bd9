package core

import (
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/responder"
)

// sharedPort is a relay to a serial port that its peers share, and the board at its other
// end.
type sharedPort struct {
	t     *testing.T
	a, b  string // the two ends of the cable
	bench *Core
	s     *Session
	board *Core
	pull  func() // the cable
}

func sharePort(t *testing.T, w Writers) *sharedPort {
	t.Helper()
	dir := t.TempDir()
	x := &sharedPort{t: t, a: filepath.Join(dir, "a"), b: filepath.Join(dir, "b"), board: New(0), bench: New(0)}
	x.plug()
	at := sockeye.Address{Network: sockeye.Serial, Path: x.a}
	s, err := x.bench.OpenRelay(t.Context(), sockeye.Endpoint{Mode: sockeye.Listen, Address: addressOf(t, "127.0.0.1:0")}, sockeye.Endpoint{Mode: sockeye.Connect, Address: at}, RelayOptions{Share: w})
	if err != nil {
		t.Fatal(err)
	}
	x.s = s
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		x.bench.Shutdown(ctx)
		x.board.Shutdown(ctx)
		x.pull()
	})
	return x
}

// plug connects the two ends, with a board at one that echoes.
func (x *sharedPort) plug() {
	x.t.Helper()
	cmd := exec.Command("socat", "pty,raw,echo=0,link="+x.a, "pty,raw,echo=0,link="+x.b)
	if err := cmd.Start(); err != nil {
		x.t.Fatal(err)
	}
	var device *Session
	waitUntil(x.t, "the board has its port", func() bool {
		var err error
		if _, err = os.Stat(x.a); err != nil {
			return false
		}
		device, err = x.board.Open(x.t.Context(), sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: sockeye.Serial, Path: x.b}}, responder.Answer{Echo: true})
		return err == nil
	})
	x.pull = func() {
		device.transport.Close()
		cmd.Process.Kill()
		cmd.Wait()
	}
}

func (x *sharedPort) client() net.Conn {
	x.t.Helper()
	c, err := net.Dial("tcp", x.s.Locals()[0].String())
	if err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c
}

func hears(t *testing.T, c net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Errorf("%q %v, want %q", got, err, want)
	}
}

// All peers hear what the port says, and each may write to it.
func TestShareAPort(t *testing.T) {
	x := sharePort(t, AllWrite)
	one, two := x.client(), x.client()
	waitUntil(t, "both are there, and the port", func() bool { return len(x.s.Peers()) == 2 && len(x.s.Relay().Upstream().Peers()) == 1 })
	io.WriteString(one, "from one")
	hears(t, one, "from one")
	hears(t, two, "from one")
	io.WriteString(two, "from two")
	hears(t, one, "from two")
	hears(t, two, "from two")
	one.Close()
	two.Close()
	waitUntil(t, "the port is free", func() bool { return len(x.s.Peers())+len(x.s.Relay().Upstream().Peers()) == 0 })
	three := x.client()
	io.WriteString(three, "again")
	hears(t, three, "again")
	paired := 0
	cursor := x.bench.View(0)
	defer cursor.Close()
	for e, ok := cursor.Try(); ok; e, ok = cursor.Try() {
		if e.Kind == sockeye.Paired {
			paired++
		}
	}
	if paired != 3 {
		t.Errorf("%d pairs", paired)
	}
}

// Only the peer that is there longest may write; when it leaves, the next one does.
func TestShareWithOneWriter(t *testing.T) {
	x := sharePort(t, OneWrites)
	one := x.client()
	waitUntil(t, "the first is there", func() bool { return len(x.s.Peers()) == 1 })
	two := x.client()
	waitUntil(t, "both are there", func() bool { return len(x.s.Peers()) == 2 })
	r := &relayed{x.bench, x.s, nil}
	io.WriteString(two, "not passed on")
	waitUntil(t, "it is said", func() bool { return len(r.faultEvents(t)) == 1 })
	io.WriteString(one, "passed on")
	hears(t, one, "passed on")
	hears(t, two, "passed on")
	one.Close()
	waitUntil(t, "the other one may write", func() bool { return len(r.faultEvents(t)) == 2 })
	io.WriteString(two, "now")
	hears(t, two, "now")
	if got := r.faultEvents(t); got[0].Kind != "read-only" || got[0].Bytes != 13 || got[1].Kind != "may-write" {
		t.Errorf("recorded %+v", got)
	}
}

// The port may be unplugged and plugged in again: the peers stay.
func TestShareReplugs(t *testing.T) {
	x := sharePort(t, AllWrite)
	c := x.client()
	io.WriteString(c, "before")
	hears(t, c, "before")
	x.pull()
	waitUntil(t, "the port is gone", func() bool { return len(x.s.Relay().Upstream().Peers()) == 0 })
	x.plug()
	waitUntil(t, "the port is there", func() bool { return len(x.s.Relay().Upstream().Peers()) == 1 })
	io.WriteString(c, "after")
	hears(t, c, "after")
}

// What peers send while the upstream is away waits for it.
func TestShareWaitsForTheUpstream(t *testing.T) {
	up, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer up.Close()
	_, s := openRelayWith(t, addressOf(t, "127.0.0.1:0"), addressOf(t, up.Addr().String()), RelayOptions{Share: AllWrite})
	x := &sharedPort{t: t, s: s}
	c := x.client()
	first, err := up.Accept()
	if err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "the upstream is there", func() bool { return len(s.Relay().Upstream().Peers()) == 1 })
	first.Close()
	waitUntil(t, "the upstream is gone", func() bool { return len(s.Relay().Upstream().Peers()) == 0 })
	io.WriteString(c, "meanwhile")
	second, err := up.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	second.SetDeadline(time.Now().Add(patience))
	hears(t, second, "meanwhile")
}

// A peer that does not read is reset, and no other waits for it.
func TestShareWithASlowPeer(t *testing.T) {
	up, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer up.Close()
	_, s := openRelayWith(t, addressOf(t, "127.0.0.1:0"), addressOf(t, up.Addr().String()), RelayOptions{Share: AllWrite})
	x := &sharedPort{t: t, s: s}
	slow, fast := x.client(), x.client()
	device, err := up.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer device.Close()
	waitUntil(t, "both are there", func() bool { return len(s.Peers()) == 2 })
	const all = 32 << 20
	fast.SetDeadline(time.Now().Add(5 * patience)) // that is much for a busy machine
	go io.Copy(device, io.LimitReader(zeros{}, all))
	if n, err := io.CopyN(io.Discard, fast, all); err != nil {
		t.Errorf("after %d bytes: %v", n, err)
	}
	waitUntil(t, "the slow one is reset", func() bool { return len(s.Peers()) == 1 })
	slow.Close()
}
