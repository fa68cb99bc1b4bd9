// Package transporttest tests drivers: a recorder, sessions on loopback, networks that a
// test makes for itself, and a suite that every driver passes. Only tests import it.
package transporttest

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"slices"
	"sockeye/internal/transport"
	"sockeye/internal/transport/schemes"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sockeye"
)

// Patience is how long a test waits for what must happen. It is only ever used
// up by a failing test.
const Patience = time.Minute

// EventLog keeps every event and lets a test wait for one.
type EventLog struct {
	mu     sync.Mutex
	events []sockeye.Event
	more   chan struct{} // closed and renewed with every event

	noData, nothing bool
}

// DropData makes the Recorder forget the bytes of events, for tests with many.
func (r *EventLog) DropData() {
	r.mu.Lock()
	r.noData = true
	r.mu.Unlock()
}

// KeepNothing makes the Recorder only count.
func (r *EventLog) KeepNothing() {
	r.mu.Lock()
	r.nothing = true
	r.mu.Unlock()
}

// NewRecorder makes a recorder that keeps everything.
func NewRecorder() *EventLog { return &EventLog{more: make(chan struct{})} }

// Append takes an event.
func (r *EventLog) Append(e sockeye.Event) uint64 {
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

// AppendAll takes events.
func (r *EventLog) AppendAll(events []sockeye.Event) {
	for i, e := range events {
		events[i].Seq = r.Append(e)
	}
}

// All returns the events that match.
func (r *EventLog) All(match func(sockeye.Event) bool) []sockeye.Event {
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

// Wait returns the first event that matches, past or to come.
func (r *EventLog) Wait(t testing.TB, what string, match func(sockeye.Event) bool) sockeye.Event {
	t.Helper()
	var found sockeye.Event
	r.WaitAll(t, what, func(events []sockeye.Event) bool {
		i := slices.IndexFunc(events, match)
		if i >= 0 {
			found = events[i]
		}
		return i >= 0
	})
	return found
}

// WaitAll waits until all events together are what is waited for. They are lent for the
// call.
func (r *EventLog) WaitAll(t testing.TB, what string, holds func(events []sockeye.Event) bool) {
	t.Helper()
	late := time.After(Patience)
	for {
		r.mu.Lock()
		more := r.more
		done := holds(r.events)
		r.mu.Unlock()
		if done {
			return
		}
		select {
		case <-more:
		case <-late:
			t.Fatalf("no event: %s\n%s", what, r)
		}
	}
}

// WaitKind waits for the n-th event of a kind, counted from 1.
func (r *EventLog) WaitKind(t testing.TB, kind sockeye.EventKind, n int) sockeye.Event {
	t.Helper()
	r.WaitAll(t, kind.String(), func(events []sockeye.Event) bool {
		count := 0
		for _, e := range events {
			if e.Kind == kind {
				count++
			}
		}
		return count >= n
	})
	return r.All(IsKind(kind))[n-1]
}

// WaitBytes waits until n bytes of a kind are recorded, and returns them.
func (r *EventLog) WaitBytes(t testing.TB, kind sockeye.EventKind, n int) []byte {
	t.Helper()
	r.WaitAll(t, "bytes "+kind.String(), func(events []sockeye.Event) bool {
		sum := 0
		for _, e := range events {
			if e.Kind == kind {
				sum += len(e.Data)
			}
		}
		return sum >= n
	})
	return r.Bytes(kind)
}

// Bytes joins the data of all events of a kind.
func (r *EventLog) Bytes(kind sockeye.EventKind) []byte {
	var out []byte
	for _, e := range r.All(IsKind(kind)) {
		out = append(out, e.Data...)
	}
	return out
}

// IsKind matches the events of a kind.
func IsKind(k sockeye.EventKind) func(sockeye.Event) bool {
	return func(e sockeye.Event) bool { return e.Kind == k }
}

// String lists the events, for failing tests.
func (r *EventLog) String() string {
	var b []byte
	for _, e := range r.All(func(sockeye.Event) bool { return true }) {
		b = append(e.AppendJSON(b, sockeye.English), '\n')
	}
	return string(b)
}

// Peers numbers the peers of all tests of a program.
var Peers atomic.Uint64

// The kinds of connection of a Listening session's peers. Nobody can tell them apart, so every
// test of such a session runs on both.
const (
	AnyConn      = "any" // the one that the session chooses
	PortableConn = "portable"
)

// ConnKind is the kind of connection of the sessions that a test opens.
var ConnKind = AnyConn

// CADir is where the sessions that a test opens have their certificate authority.
var CADir string

// OnEachConnKind runs a test on both kinds of connection.
func OnEachConnKind(t *testing.T, test func(t *testing.T)) {
	for _, kind := range []string{AnyConn, PortableConn} {
		t.Run(kind, func(t *testing.T) {
			ConnKind = kind
			t.Cleanup(func() { ConnKind = AnyConn })
			test(t)
		})
	}
}

// Open opens an endpoint for a test and closes it at the test's end.
func Open(t testing.TB, ep sockeye.Endpoint, answer transport.Responder) (*transport.Session, *EventLog) {
	t.Helper()
	s, r, err := TryOpen(t, ep, answer)
	if err != nil {
		t.Fatal(err)
	}
	return s, r
}

// TryOpen is Open that may fail.
func TryOpen(t testing.TB, ep sockeye.Endpoint, answer transport.Responder) (*transport.Session, *EventLog, error) {
	r := NewRecorder()
	s, err := transport.Open(t.Context(), ep, ConfigOf(ep, r, answer))
	if err == nil {
		t.Cleanup(s.Close)
	}
	return s, r, err
}

// ConfigOf is what a session of a test is given.
func ConfigOf(ep sockeye.Endpoint, sink transport.EventSink, answer transport.Responder) transport.Config {
	return transport.Config{
		Driver:  schemes.Driver(ep.Address.Network),
		Session: &sockeye.Session{ID: "s1", Endpoint: ep}, Sink: sink, Responder: answer,
		NextPeer: func() uint64 { return Peers.Add(1) }, Now: time.Now,
		PortableOnly: ConnKind == PortableConn,
		CADir:        CADir,
	}
}

// At parses an address for a test.
func At(t testing.TB, typed string) sockeye.Address {
	t.Helper()
	a, err := sockeye.ParseAddress(typed)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Listening opens a server on a free loopback port.
func Listening(t testing.TB, network string, o sockeye.Options, answer transport.Responder) (*transport.Session, *EventLog) {
	t.Helper()
	return Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: At(t, network+"://127.0.0.1:0"), Options: o}, answer)
}

// AddressOf is where a session's first socket is bound, as an endpoint address.
func AddressOf(s *transport.Session) sockeye.Address {
	l := s.Locals()[0]
	return sockeye.Address{Network: s.Endpoint().Address.Network, Host: l.Addr().String(), Port: l.Port()}
}

// DialTCP is a plain client of a session.
func DialTCP(t testing.TB, s *transport.Session) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", s.Locals()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(Patience))
	return c.(*net.TCPConn)
}

// FirstPeer waits for a session's first peer.
func FirstPeer(t testing.TB, s *transport.Session, r *EventLog) *transport.Peer {
	t.Helper()
	e := r.WaitKind(t, sockeye.Joined, 1)
	if p := s.Peer(e.Peer.ID); p != nil {
		return p
	}
	t.Fatalf("peer %v is gone already\n%s", e.Peer, r)
	return nil
}

// Echoing answers like the echo of a workbench.
type Echoing struct{}

// Joined does nothing.
func (Echoing) Joined(*transport.Peer) {}

// Received sends the data back.
func (Echoing) Received(p *transport.Peer, data []byte) {
	p.Send(context.Background(), data)
}

// Reply makes it a SyncResponder.
func (Echoing) Reply(_ *transport.Peer, data []byte) ([]byte, bool) { return data, true }

// NeedIPv6 fails the test if this machine has no IPv6 loopback address.
func NeedIPv6(t testing.TB) {
	t.Helper()
	l, err := net.ListenPacket("udp6", "[::1]:0")
	if err != nil {
		t.Fatalf("this test needs the IPv6 loopback address ::1: %v", err)
	}
	l.Close()
}

// LoopbackPort is a port of 127.0.0.1.
func LoopbackPort(p uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), p)
}

// Eventually waits until a condition holds.
func Eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	late := time.Now().Add(Patience)
	for !holds() {
		if time.Now().After(late) {
			t.Fatalf("not in time: %s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Count is how many events there are.
func (r *EventLog) Count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.events)
}

// ConnOf returns the connection of a peer.
func ConnOf(p *transport.Peer) transport.PeerConn { return (*transport.DriverPeer)(p).Conn() }

// Control calls f with the descriptor of a peer, while it is open.
func Control(p *transport.Peer, f func(fd uintptr)) error {
	return ConnOf(p).(transport.FDController).Control(f)
}

// DialUDP is a plain client of a session.
func DialUDP(t testing.TB, s *transport.Session) *net.UDPConn {
	t.Helper()
	c, err := net.Dial("udp", s.Locals()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(Patience))
	return c.(*net.UDPConn)
}

// LendBuffer has the peers of a session read into one buffer.
func LendBuffer(s *transport.Session, b *[]byte) {
	(*transport.DriverSession)(s).NewBuffers(func() *[]byte { return b })
}
