package transporttest

import (
	"context"
	"io"
	"slices"
	"testing"

	"sockeye"
	"sockeye/internal/transport"
)

// ListenSuite is Suite for a driver that only listens: what is said of the server there is
// shown with the case's plain client on the other side, and that it refuses to connect.
func ListenSuite(t *testing.T, k Case) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Case)
	}{
		{"the record is in order", testListenOrder},
		{"every byte crosses once", testListenEveryByte},
		{"one direction does not end alone", testListenHalfClose},
		{"an abort ends it at once", testListenAbort},
		{"who does not read delays nobody", testSlowReader},
		{"it does not connect, and a canceled opening ends", testListenCancel},
		{"nothing is left over", testListenLeftovers},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, k) })
	}
}

// echoed sends data from a plain client, and waits until it comes back.
func echoed(t *testing.T, c io.ReadWriter, data []byte) {
	t.Helper()
	if _, err := c.Write(data); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(data))
	if n, err := io.ReadFull(c, got); err != nil || !slices.Equal(got, data) {
		t.Fatalf("%d bytes came back of %d, or others: %v", n, len(data), err)
	}
}

func testListenOrder(t *testing.T, k Case) {
	s, r, at := k.listen(t, Echoing{})
	c := k.Dial(t, at)
	echoed(t, c, []byte("hello"))
	c.Close()
	left := r.WaitKind(t, sockeye.Left, 1)
	s.Shutdown(t.Context())
	var kinds []string
	for _, e := range r.All(func(sockeye.Event) bool { return true }) {
		if kinds = append(kinds, e.Kind.String()); e.Session == nil || e.Session.ID != "s1" {
			t.Errorf("an event of no session: %+v", e)
		}
	}
	if want := []string{"opened", "joined", "received", "sent", "finished", "left", "closed"}; !slices.Equal(kinds, want) {
		t.Errorf("the record is %v, want %v\n%s", kinds, want, r)
	}
	if left.Detail.Reason != sockeye.ReasonEOF {
		t.Errorf("the peer left for %q, want eof", left.Detail.Reason)
	}
}

func testListenEveryByte(t *testing.T, k Case) {
	_, r, at := k.listen(t, Echoing{})
	c := k.Dial(t, at)
	const messages, size = 40, 1000
	var all []byte
	for i := range messages {
		message := make([]byte, size)
		for j := range message {
			message[j] = byte(i*7 + j)
		}
		echoed(t, c, message)
		all = append(all, message...)
	}
	for _, kind := range []sockeye.EventKind{sockeye.Received, sockeye.Sent} {
		if got := r.WaitBytes(t, kind, len(all)); !slices.Equal(got, all) {
			t.Errorf("%s are %d bytes that differ from the %d", kind, len(got), len(all))
		}
	}
	if n := len(r.All(IsKind(sockeye.Received))); at.Network.Traits().Bounded() && n != messages {
		t.Errorf("%d messages came, want %d", n, messages)
	}
}

func testListenHalfClose(t *testing.T, k Case) {
	s, r, at := k.listen(t, Echoing{})
	c := k.Dial(t, at)
	p := FirstPeer(t, s, r)
	if at.Network.Traits().HalfClose {
		t.Fatal("a driver with half-close needs a test of it here")
	}
	if err := p.Finish(t.Context()); sockeye.ErrorOf(err).Kind != sockeye.Unsupported {
		t.Errorf("Finish says %v, want unsupported", err)
	}
	echoed(t, c, []byte("still"))
}

func testListenAbort(t *testing.T, k Case) {
	s, r, at := k.listen(t, nil)
	c := k.Dial(t, at)
	FirstPeer(t, s, r).Abort()
	if n, err := io.ReadFull(c, make([]byte, 1)); err == nil {
		t.Errorf("the client still reads %d bytes", n)
	}
	if e := r.WaitKind(t, sockeye.Left, 1); e.Detail.Reason != sockeye.ReasonAborted {
		t.Errorf("left for %q, want aborted", e.Detail.Reason)
	}
}

func testListenCancel(t *testing.T, k Case) {
	_, _, at := k.listen(t, nil)
	ep := sockeye.Endpoint{Mode: sockeye.Connect, Address: at}
	if s, err := transport.Open(t.Context(), ep, ConfigOf(ep, NewRecorder(), nil)); err == nil {
		s.Close()
		t.Error("a driver that only listens connected: it can run Suite")
	} else if kind := sockeye.ErrorOf(err).Kind; kind != sockeye.Unsupported && kind != sockeye.Invalid {
		t.Errorf("to connect says %v (%s), want unsupported or invalid", err, kind)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ep = sockeye.Endpoint{Mode: sockeye.Listen, Address: k.Address(t), Options: k.Options}
	if s, err := transport.Open(ctx, ep, ConfigOf(ep, NewRecorder(), nil)); err == nil {
		s.Close() // to bind does not wait, so it may be through before it looks
	} else if kind := sockeye.ErrorOf(err).Kind; kind != sockeye.Canceled {
		t.Errorf("the error is %v (%s), want canceled", err, kind)
	}
}

func testListenLeftovers(t *testing.T, k Case) {
	at := k.Address(t)
	round := func() {
		s, r, err := TryOpen(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: at, Options: k.Options}, Echoing{})
		if err != nil {
			t.Fatal(err)
		}
		c := k.Dial(t, boundTo(s))
		echoed(t, c, []byte("x"))
		s.Close()
		c.Close()
		if e := r.All(func(sockeye.Event) bool { return true }); e[len(e)-1].Kind != sockeye.Ended {
			t.Errorf("the last event is %s", e[len(e)-1].Kind)
		}
	}
	leaveNothing(t, round)
}
