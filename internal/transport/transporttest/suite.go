package transporttest

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/transport"
)

// Case is a kind of socket that the suite runs on.
type Case struct {
	// Address is a free one of this machine to listen on.
	Address func(t *testing.T) sockeye.Address
	// Dial is a plain client of what listens on an address, without Sockeye.
	Dial func(t *testing.T, to sockeye.Address) net.Conn
	// FarEnd is what a client opens to reach an address that something is opened at; nil:
	// the same. A line has two ends.
	FarEnd func(of sockeye.Address) sockeye.Address
	// Longest is the most bytes of a message; 0 is 16 KiB or more.
	Longest int
	// Options are those of what listens.
	Options sockeye.Options
}

func (k Case) farEnd(of sockeye.Address) sockeye.Address {
	if k.FarEnd == nil {
		return of
	}
	return k.FarEnd(of)
}

// tells reports whether a peer is told that the other one closed.
func tells(t sockeye.Traits) bool { return t.Connections && !t.Line }

// Suite is what every driver does: what is opened, joined and left is recorded in order,
// every byte once; directions end alone and connections are reset where the traits say
// so; who does not read delays nobody; what is canceled ends; and nothing is left over.
// A driver's tests call it, once on each kind of connection that it has.
func Suite(t *testing.T, k Case) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Case)
	}{
		{"the record is in order", testOrder},
		{"every byte crosses once", testEveryByte},
		{"one direction ends alone", testHalfClose},
		{"an abort is a reset", testReset},
		{"who does not read delays nobody", testSlowReader},
		{"a canceled dial ends", testCancel},
		{"nothing is left over", testLeftovers},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, k) })
	}
}

// ends is a server and a client of it.
type ends struct {
	server, client             *transport.Session
	serverRecord, clientRecord *EventLog
	traits                     sockeye.Traits
}

func (k Case) pair(t *testing.T, answer transport.Responder) *ends {
	t.Helper()
	p := &ends{}
	var at sockeye.Address
	p.server, p.serverRecord, at = k.listen(t, answer)
	p.client, p.clientRecord = Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: k.farEnd(at)}, nil)
	p.traits = at.Network.Traits()
	return p
}

func (k Case) listen(t *testing.T, answer transport.Responder) (*transport.Session, *EventLog, sockeye.Address) {
	t.Helper()
	s, r := Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: k.Address(t), Options: k.Options}, answer)
	return s, r, boundTo(s)
}

// boundTo is the endpoint address of what a session is really bound to.
func boundTo(s *transport.Session) sockeye.Address {
	a := s.Endpoint().Address
	if l := s.Locals()[0]; l.IsIP() {
		a.Host, a.Port = l.Addr().String(), l.Port()
	}
	return a
}

func testOrder(t *testing.T, k Case) {
	p := k.pair(t, Echoing{})
	to := FirstPeer(t, p.client, p.clientRecord)
	if _, err := to.Send(t.Context(), []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if got := p.clientRecord.WaitBytes(t, sockeye.Received, 5); string(got) != "hello" {
		t.Fatalf("the client received %q", got)
	}
	p.client.Shutdown(t.Context())
	if tells(p.traits) {
		p.serverRecord.WaitKind(t, sockeye.Left, 1)
	}
	p.server.Shutdown(t.Context())
	want := []string{"opened", "joined", "received", "sent", "left", "closed"}
	if tells(p.traits) {
		want = slices.Insert(want, 4, "finished")
	}
	var kinds []string
	for _, e := range p.serverRecord.All(func(sockeye.Event) bool { return true }) {
		if kinds = append(kinds, e.Kind.String()); e.Session == nil || e.Session.ID != "s1" {
			t.Errorf("an event of no session: %+v", e)
		}
	}
	if !slices.Equal(kinds, want) {
		t.Errorf("the record is %v, want %v\n%s", kinds, want, p.serverRecord)
	}
	if left := p.serverRecord.WaitKind(t, sockeye.Left, 1); tells(p.traits) && left.Detail.Reason != sockeye.ReasonEOF {
		t.Errorf("the peer left for %q, want eof", left.Detail.Reason)
	}
}

func testEveryByte(t *testing.T, k Case) {
	p := k.pair(t, Echoing{})
	to := FirstPeer(t, p.client, p.clientRecord)
	const messages, size = 40, 1000
	var all []byte
	for i := range messages {
		message := make([]byte, size)
		for j := range message {
			message[j] = byte(i*7 + j)
		}
		if _, err := to.Send(t.Context(), message); err != nil {
			t.Fatal(err)
		}
		all = append(all, message...)
		p.clientRecord.WaitBytes(t, sockeye.Received, len(all))
	}
	for name, got := range map[string][]byte{
		"the server received": p.serverRecord.WaitBytes(t, sockeye.Received, len(all)), "the server sent": p.serverRecord.WaitBytes(t, sockeye.Sent, len(all)),
		"the client sent": p.clientRecord.WaitBytes(t, sockeye.Sent, len(all)), "the client received": p.clientRecord.Bytes(sockeye.Received),
	} {
		if !slices.Equal(got, all) {
			t.Errorf("%s %d bytes that differ from the %d", name, len(got), len(all))
		}
	}
	if n := len(p.serverRecord.All(IsKind(sockeye.Received))); p.traits.Bounded() && n != messages {
		t.Errorf("%d messages came, want %d", n, messages)
	}
}

func testHalfClose(t *testing.T, k Case) {
	p := k.pair(t, nil)
	to := FirstPeer(t, p.client, p.clientRecord)
	if !p.traits.HalfClose {
		if err := to.Finish(t.Context()); sockeye.ErrorOf(err).Kind != sockeye.Unsupported {
			t.Errorf("Finish says %v, want unsupported", err)
		}
		return
	}
	from := FirstPeer(t, p.server, p.serverRecord)
	from.Hold()
	if err := to.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e := p.serverRecord.WaitKind(t, sockeye.Finished, 1); e.Detail.Reason != sockeye.ReasonEOF {
		t.Errorf("finished for %q", e.Detail.Reason)
	}
	if _, err := from.Send(t.Context(), []byte("still")); err != nil {
		t.Error(err)
	}
	p.clientRecord.WaitBytes(t, sockeye.Received, 5)
	from.Release()
	if e := p.serverRecord.WaitKind(t, sockeye.Left, 1); e.Detail.Reason != sockeye.ReasonEOF {
		t.Errorf("left for %q, want eof", e.Detail.Reason)
	}
}

func testReset(t *testing.T, k Case) {
	p := k.pair(t, nil)
	to := FirstPeer(t, p.client, p.clientRecord)
	if !tells(p.traits) {
		to.Abort()
		if e := p.clientRecord.WaitKind(t, sockeye.Left, 1); e.Detail.Reason != sockeye.ReasonAborted {
			t.Errorf("left for %q, want aborted", e.Detail.Reason)
		}
		return
	}
	FirstPeer(t, p.server, p.serverRecord)
	to.Abort()
	want := sockeye.ReasonEOF
	if p.traits.Reset {
		want = sockeye.ReasonReset
	}
	if e := p.serverRecord.WaitKind(t, sockeye.Left, 1); e.Detail.Reason != want {
		t.Errorf("left for %q, want %s", e.Detail.Reason, want)
	}
	if e := p.clientRecord.WaitKind(t, sockeye.Left, 1); e.Detail.Reason != sockeye.ReasonAborted {
		t.Errorf("left for %q, want aborted", e.Detail.Reason)
	}
}

func testSlowReader(t *testing.T, k Case) {
	s, r, at := k.listen(t, nil)
	mute := k.Dial(t, at)
	mute.Write([]byte("I do not read"))
	p := FirstPeer(t, s, r)
	r.DropData()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var sending sync.WaitGroup
	stuck := make(chan error, 1)
	sending.Go(func() {
		// Datagrams that nobody reads fill the send buffer of the socket, which all its peers
		// share: a few are sent.
		message, most := make([]byte, 16<<10), 1<<20
		if s.Endpoint().Address.Network.Traits().Datagram {
			message, most = message[:1<<10], 5
		}
		if k.Longest > 0 {
			message = message[:min(len(message), k.Longest)]
		}
		for range most {
			if _, err := p.Send(ctx, message); err != nil {
				stuck <- err
				return
			}
		}
		<-ctx.Done()
		stuck <- context.Cause(ctx)
	})
	if s.Endpoint().Address.Network.Traits().Line { // there is nobody else
		mute.Write([]byte("but I talk"))
		Eventually(t, "what it says is read", func() bool { return p.Counters().ReceivedBytes == 23 })
		cancel()
		if err := <-stuck; !errors.Is(err, context.Canceled) && sockeye.ErrorOf(err).Kind != sockeye.Canceled {
			t.Errorf("the send that was canceled says %v", err)
		}
		return
	}
	other := k.Dial(t, at)
	other.Write([]byte("and I do"))
	r.WaitKind(t, sockeye.Joined, 2)
	i := slices.IndexFunc(s.Peers(), func(q *transport.Peer) bool { return q.ID != p.ID })
	if i < 0 {
		t.Fatalf("the other one is gone\n%s", r)
	}
	if _, err := s.Peers()[i].Send(t.Context(), []byte("here")); err != nil {
		t.Error(err)
	}
	if n, err := io.ReadFull(other, make([]byte, 4)); err != nil {
		t.Errorf("the other one got %d bytes, %v", n, err)
	}
	cancel()
	if err := <-stuck; !errors.Is(err, context.Canceled) && sockeye.ErrorOf(err).Kind != sockeye.Canceled {
		t.Errorf("the send that was canceled says %v", err)
	}
	sending.Wait()
}

func testCancel(t *testing.T, k Case) {
	_, _, at := k.listen(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ep := sockeye.Endpoint{Mode: sockeye.Connect, Address: k.farEnd(at)}
	s, err := transport.Open(ctx, ep, ConfigOf(ep, NewRecorder(), nil))
	if err == nil {
		s.Close()
		if at.Network.Traits().Connections {
			t.Error("a dial that was canceled connected")
		}
		return
	}
	if kind := sockeye.ErrorOf(err).Kind; kind != sockeye.Canceled {
		t.Errorf("the error is %v (%s), want canceled", err, kind)
	}
}

func testLeftovers(t *testing.T, k Case) {
	at := k.Address(t)
	round := func() {
		s, r, err := TryOpen(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: at, Options: k.Options}, Echoing{})
		if err != nil {
			t.Fatal(err)
		}
		c, cr := Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: k.farEnd(boundTo(s))}, nil)
		if _, err := FirstPeer(t, c, cr).Send(t.Context(), []byte("x")); err != nil {
			t.Fatal(err)
		}
		cr.WaitBytes(t, sockeye.Received, 1)
		c.Close()
		s.Close()
		if e := r.All(func(sockeye.Event) bool { return true }); e[len(e)-1].Kind != sockeye.Ended {
			t.Errorf("the last event is %s", e[len(e)-1].Kind)
		}
	}
	leaveNothing(t, round)
}

// leaveNothing fails the test if rounds leave descriptors open.
func leaveNothing(t *testing.T, round func()) {
	t.Helper()
	round() // what is made once for all is made
	before := descriptors(t)
	for range 3 {
		round()
	}
	Eventually(t, "as many descriptors are open as before", func() bool { return descriptors(t) <= before })
}

// descriptors counts the sockets and other descriptors that are open.
func descriptors(t *testing.T) (n int) {
	if runtime.GOOS != "linux" {
		return 0
	}
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && (strings.HasPrefix(to, "socket:") || strings.HasPrefix(to, "anon_inode:[eventfd]") || strings.HasPrefix(to, "/dev/pts/")) {
			n++
		}
	}
	return n
}

// DialPlain is Case.Dial for what package net dials.
func DialPlain(t *testing.T, to sockeye.Address) net.Conn {
	t.Helper()
	c, err := net.Dial(string(to.Network), to.HostPort())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(Patience))
	return c
}
