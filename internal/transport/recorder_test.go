package transport

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sockeye"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must happen. It is only ever used
// up by a failing test.
const patience = time.Minute

// recorder keeps every event and lets a test wait for one.
type recorder struct {
	mu     sync.Mutex
	events []sockeye.Event
	more   chan struct{} // closed and renewed with every event

	noData, nothing bool
}

// dropData makes the recorder forget the bytes of events, for tests with many.
func (r *recorder) dropData() {
	r.mu.Lock()
	r.noData = true
	r.mu.Unlock()
}

// keepNothing makes the recorder only count.
func (r *recorder) keepNothing() {
	r.mu.Lock()
	r.nothing = true
	r.mu.Unlock()
}

func newRecorder() *recorder { return &recorder{more: make(chan struct{})} }

func (r *recorder) Append(e sockeye.Event) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.Seq = uint64(len(r.events) + 1)
	if r.nothing {
		return e.Seq
	}
	e.Data = bytes.Clone(e.Data)
	if r.noData {
		e.Data = nil
		if e.Kind == sockeye.Received || e.Kind == sockeye.Sent {
			return e.Seq
		}
	}
	r.events = append(r.events, e)
	close(r.more)
	r.more = make(chan struct{})
	return e.Seq
}

func (r *recorder) AppendAll(events []sockeye.Event) {
	for i, e := range events {
		events[i].Seq = r.Append(e)
	}
}

// all returns the events that match.
func (r *recorder) all(match func(sockeye.Event) bool) []sockeye.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []sockeye.Event
	for _, e := range r.events {
		if match(e) {
			out = append(out, e)
		}
	}
	return out
}

// wait returns the first event that matches, past or to come.
func (r *recorder) wait(t testing.TB, what string, match func(sockeye.Event) bool) sockeye.Event {
	t.Helper()
	late := time.After(patience)
	for {
		r.mu.Lock()
		more := r.more
		i := slices.IndexFunc(r.events, match)
		var found sockeye.Event
		if i >= 0 {
			found = r.events[i]
		}
		r.mu.Unlock()
		if i >= 0 {
			return found
		}
		select {
		case <-more:
		case <-late:
			t.Fatalf("no event: %s\n%s", what, r)
		}
	}
}

// waitKind waits for the n-th event of a kind, counted from 1.
func (r *recorder) waitKind(t testing.TB, kind sockeye.EventKind, n int) sockeye.Event {
	t.Helper()
	r.wait(t, kind.String(), func(sockeye.Event) bool {
		count := 0
		for _, e := range r.events { // the lock is held by wait
			if e.Kind == kind {
				count++
			}
		}
		return count >= n
	})
	return r.all(isKind(kind))[n-1]
}

// waitBytes waits until n bytes of a kind are recorded, and returns them.
func (r *recorder) waitBytes(t testing.TB, kind sockeye.EventKind, n int) []byte {
	t.Helper()
	r.wait(t, "bytes "+kind.String(), func(sockeye.Event) bool {
		sum := 0
		for _, e := range r.events {
			if e.Kind == kind {
				sum += len(e.Data)
			}
		}
		return sum >= n
	})
	return r.bytes(kind)
}

// bytes joins the data of all events of a kind.
func (r *recorder) bytes(kind sockeye.EventKind) []byte {
	var out []byte
	for _, e := range r.all(isKind(kind)) {
		out = append(out, e.Data...)
	}
	return out
}

func isKind(k sockeye.EventKind) func(sockeye.Event) bool {
	return func(e sockeye.Event) bool { return e.Kind == k }
}

// String lists the events, for failing tests.
func (r *recorder) String() string {
	var b []byte
	for _, e := range r.all(func(sockeye.Event) bool { return true }) {
		b = append(e.AppendJSON(b, sockeye.English), '\n')
	}
	return string(b)
}

var testPeers atomic.Uint64

// The kinds of connection of a listening session's peers. Nobody can tell them apart, so every
// test of such a session runs on both.
const (
	fastestConn      = "any" // the one that the session chooses
	portableConnKind = "portable"
)

// testConnKind is the kind of connection of the sessions that a test opens.
var testConnKind = fastestConn

func onEachConnKind(t *testing.T, test func(t *testing.T)) {
	for _, mover := range []string{fastestConn, portableConnKind} {
		t.Run(mover, func(t *testing.T) {
			testConnKind = mover
			t.Cleanup(func() { testConnKind = fastestConn })
			test(t)
		})
	}
}

// open opens an endpoint for a test and closes it at the test's end.
func open(t testing.TB, ep sockeye.Endpoint, answer Responder) (*Session, *recorder) {
	t.Helper()
	s, r, err := tryOpen(t, ep, answer)
	if err != nil {
		t.Fatal(err)
	}
	return s, r
}

func tryOpen(t testing.TB, ep sockeye.Endpoint, answer Responder) (*Session, *recorder, error) {
	r := newRecorder()
	s, err := Open(t.Context(), ep, Config{
		Session: &sockeye.Session{ID: "s1", Endpoint: ep}, Sink: r, Responder: answer,
		NextPeer: func() uint64 { return testPeers.Add(1) }, Now: time.Now,
		portableOnly: testConnKind == portableConnKind,
	})
	if err == nil {
		t.Cleanup(s.Close)
	}
	return s, r, err
}

// at parses an address for a test.
func at(t testing.TB, typed string) sockeye.Address {
	t.Helper()
	a, err := sockeye.ParseAddress(typed)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// listening opens a server on a free loopback port.
func listening(t testing.TB, network string, o sockeye.Options, answer Responder) (*Session, *recorder) {
	t.Helper()
	return open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: at(t, network+"://127.0.0.1:0"), Options: o}, answer)
}

// addressOf is where a session's first socket is bound, as an endpoint address.
func addressOf(s *Session) sockeye.Address {
	l := s.Locals()[0]
	return sockeye.Address{Network: s.ep.Address.Network, Host: l.Addr().String(), Port: l.Port()}
}

// dialTCP is a plain client of a session.
func dialTCP(t testing.TB, s *Session) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", s.Locals()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c.(*net.TCPConn)
}

// firstPeer waits for a session's first peer.
func firstPeer(t testing.TB, s *Session, r *recorder) *Peer {
	t.Helper()
	e := r.waitKind(t, sockeye.Joined, 1)
	if p := s.Peer(e.Peer.ID); p != nil {
		return p
	}
	t.Fatalf("peer %v is gone already\n%s", e.Peer, r)
	return nil
}

// echoing answers like the echo of a workbench.
type echoing struct{}

func (echoing) Joined(*Peer) {}
func (echoing) Received(p *Peer, data []byte) {
	p.Send(context.Background(), data)
}

// Reply makes it a Prompt.
func (echoing) Reply(_ *Peer, data []byte) ([]byte, bool) { return data, true }

// loopback reports whether the machine has IPv6 loopback.
func hasIPv6(t testing.TB) {
	t.Helper()
	l, err := net.ListenPacket("udp6", "[::1]:0")
	if err != nil {
		t.Fatalf("this test needs the IPv6 loopback address ::1: %v", err)
	}
	l.Close()
}

func loopbackPort(p uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), p)
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	late := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(late) {
			t.Fatalf("not in time: %s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
