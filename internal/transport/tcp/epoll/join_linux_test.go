package epoll_test

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/transport"
	"sockeye/internal/transport/schemes"
	"sockeye/internal/transport/transporttest"
)

// dialling opens a session that dials a listener on demand and sends back what it receives.
func dialling(t *testing.T, o sockeye.Options) (*transport.Session, *transporttest.EventLog, *net.TCPListener) {
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	ep := sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, l.Addr().String()), Options: o}
	log := transporttest.NewRecorder()
	s, err := transport.Open(t.Context(), ep, transport.Config{Driver: schemes.Driver(ep.Address.Network), Session: &sockeye.Session{ID: "s1", Endpoint: ep},
		Sink: log, Now: time.Now, NextPeer: func() uint64 { return transporttest.Peers.Add(1) }, Responder: transporttest.Echoing{}, OnDemand: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, log, l
}

// One loop serves all that a session dials, which may be dialled at the same moment; it ends
// with the session.
func TestDialledOnDemandShareALoop(t *testing.T) {
	s, _, l := dialling(t, sockeye.Options{})
	const count = 20
	var dials sync.WaitGroup
	for range count {
		dials.Go(func() {
			if p, err := s.Dial(t.Context()); err != nil || !isOnLoop(p) {
				t.Errorf("served by a loop: %v, %v", p, err)
			}
		})
	}
	for range count {
		c, err := l.AcceptTCP()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(time.Minute))
		for range 3 {
			io.WriteString(c, "question")
			got := make([]byte, 8)
			if _, err := io.ReadFull(c, got); err != nil || string(got) != "question" {
				t.Fatalf("%q, %v", got, err)
			}
		}
	}
	dials.Wait()
	s.Close()
	<-s.Done()
	if p, err := s.Dial(t.Context()); err == nil {
		t.Errorf("a session that has ended dials %v", p)
	}
}

// What is to stay connected is dialled anew after it ended, and served by the same loop.
func TestKeepDialed(t *testing.T) {
	s, log, l := dialling(t, sockeye.Options{})
	s.KeepDialed()
	for n := range 2 {
		c, err := l.AcceptTCP()
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, "x")
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		if all := s.Peers(); len(all) != 1 || !isOnLoop(all[0]) {
			t.Errorf("time %d: %v", n, all)
		}
		c.Close()
		log.WaitKind(t, sockeye.Left, n+1)
	}
	s.Close()
	<-s.Done()
	s.KeepDialed() // does nothing any more
}
