package responder

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sockeye"
	"sockeye/internal/journal"
	"sockeye/internal/payload"
	"sockeye/internal/transport"
	"sockeye/internal/transport/schemes"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is only ever used up by a failing test.
const patience = time.Minute

// harness opens sessions that responders answer, over real sockets and one journal.
type harness struct {
	*journal.Journal
	memory   MemoryLimit
	peers    atomic.Uint64
	sessions []*session
}

// session is one of them.
type session struct {
	*transport.Session
	*SessionResponder
	id *sockeye.Session
}

func newHarness(t *testing.T, limit int) *harness {
	t.Helper()
	w := &harness{Journal: journal.New(limit)}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		for _, s := range w.sessions {
			s.shutdown(ctx)
		}
		w.Journal.Close()
	})
	return w
}

func bench(t *testing.T) *harness { return newHarness(t, 0) }

func endpoint(t *testing.T, mode sockeye.Mode, address string) sockeye.Endpoint {
	t.Helper()
	a, err := sockeye.ParseAddress(address)
	if err != nil {
		t.Fatal(err)
	}
	return sockeye.Endpoint{Mode: mode, Address: a}
}

func open(t *testing.T, w *harness, ep sockeye.Endpoint, a Answer) *session {
	t.Helper()
	id := &sockeye.Session{ID: fmt.Sprintf("s%d", len(w.sessions)+1), Endpoint: ep}
	r := New(a, Config{Session: id, Journal: w.Journal, Memory: &w.memory, Vars: func(*payload.Template) payload.Vars { return payload.Vars{} }})
	s, err := transport.Open(t.Context(), ep, transport.Config{
		Driver: schemes.Driver(ep.Address.Network), Session: id, Sink: w.Journal, Responder: r.Transport(), OnSend: r.OnSend(), Now: journal.Now,
		BufferLease: func() transport.BufferLease { return w.Lease() },
		NextPeer:    func() uint64 { return w.peers.Add(1) },
	})
	if err != nil {
		t.Fatal(err)
	}
	out := &session{Session: s, SessionResponder: r, id: id}
	w.sessions = append(w.sessions, out)
	return out
}

func (s *session) SetRules(r *RuleConfig, off bool) error {
	return s.SessionResponder.SetRules(r, off, s.Peers)
}

// Close ends the session at once.
func (s *session) Close() {
	s.Session.Close()
	s.SessionResponder.Close()
}

// shutdown ends it in good order, until ctx ends.
func (s *session) shutdown(ctx context.Context) {
	s.Session.Shutdown(ctx)
	s.SessionResponder.Close()
}

// send sends data to all peers.
func (s *session) send(t *testing.T, data string) {
	t.Helper()
	for _, p := range s.Peers() {
		if _, err := p.Send(t.Context(), []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
}

// wait reads the journal from its beginning until an event matches.
func wait(t *testing.T, w *harness, what string, match func(sockeye.Event) bool) sockeye.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := w.Cursor(1)
	defer c.Close()
	for {
		e, err := c.Next(ctx)
		if err != nil {
			t.Fatalf("no event: %s", what)
		}
		if match(e) {
			e.Data = bytes.Clone(e.Data)
			return e
		}
	}
}

// waitFor waits until something has come about.
func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func dial(t *testing.T, s *session) net.Conn {
	t.Helper()
	c, err := net.Dial(string(s.id.Endpoint.Address.Network), s.Locals()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c
}
