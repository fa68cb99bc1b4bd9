package transport_test

import (
	"sockeye/internal/transport"
	"sockeye/internal/transport/schemes"
	"sockeye/internal/transport/transporttest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sockeye"
)

// The idle time of a peer that Backpressure held back begins when it is let go, whoever
// looked or did not look meanwhile.
func TestIdleTimeBeginsWhenLetGo(t *testing.T) {
	const idle = time.Hour
	begun := time.Now()
	var passed atomic.Int64 // time.Duration since begun
	now := func() time.Time { return begun.Add(time.Duration(passed.Load())) }
	held, release := make(chan struct{}, 100), make(chan struct{})
	letPass := sync.OnceFunc(func() { close(release) })
	r := transporttest.NewRecorder()
	ep := sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, "127.0.0.1:0"), Options: sockeye.Options{IdleTimeout: idle}}
	s, err := transport.Open(t.Context(), ep, transport.Config{
		Driver: schemes.Driver(ep.Address.Network), Session: &sockeye.Session{ID: "s1", Endpoint: ep}, Sink: r, Now: now,
		NextPeer: func() uint64 { return transporttest.Peers.Add(1) },
		Backpressure: func(_, closed <-chan struct{}) {
			held <- struct{}{}
			select {
			case <-release:
			case <-closed:
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	defer letPass()
	c := transporttest.DialTCP(t, s)
	p := transporttest.FirstPeer(t, s, r)
	<-held // its reader

	stays := func(when string) {
		t.Helper()
		s.SweepOnce(now())
		if reason := p.ReasonNow(); reason != "" {
			t.Fatalf("%s it is ended as %q", when, reason)
		}
	}
	passed.Store(int64(5 * idle))
	stays("held back for five hours")
	// Nobody looked while it was held for ten hours more.
	passed.Store(int64(15 * idle))
	letPass()
	transporttest.Eventually(t, "the peer is not held any more", func() bool { return p.HoldBack(0) == 0 })
	passed.Store(int64(15*idle + idle/2))
	stays("half an hour after it was let go")
	passed.Store(int64(17 * idle))
	s.SweepOnce(now())
	if e := r.WaitKind(t, sockeye.Left, 1); e.Detail.Reason != sockeye.ReasonIdle {
		t.Errorf("left for %q, want idle after an hour without traffic", e.Detail.Reason)
	}
	c.Close()
}
