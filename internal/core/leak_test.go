//go:build linux

package core

import (
	"os"
	"runtime"
	"sockeye/internal/responder"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sockeye"
)

// Cycles of each kind, shared out to some workers.
const (
	cycles  = 10_000
	workers = 8
)

// G27: opening and closing 10,000 sessions of each transport and mode leaves no
// goroutine and no descriptor behind. Half are closed in good order, half at once.
func TestSessionsLeaveNothing(t *testing.T) {
	w := New(1 << 20)
	defer w.Shutdown(t.Context())
	for _, test := range []struct {
		name    string
		mode    sockeye.Mode
		address string // of those that listen, or of the server of those that connect
	}{
		{"tcp listen", sockeye.Listen, "127.0.0.1:0"},
		{"tcp connect", sockeye.Connect, "127.0.0.1:0"},
		{"udp listen", sockeye.Listen, "udp://127.0.0.1:0"},
		{"udp connect", sockeye.Connect, "udp://127.0.0.1:0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			ep := endpoint(t, sockeye.Listen, test.address)
			if test.mode == sockeye.Connect {
				server := open(t, w, ep, responder.Answer{Echo: true})
				ep.Address.Port = server.Locals()[0].Port()
			}
			ep.Mode = test.mode
			cycle(t, w, ep, true) // what is made once is there now
			goroutines, files := runtime.NumGoroutine(), openFiles(t)
			var n atomic.Int64
			var all sync.WaitGroup
			for range workers {
				all.Go(func() {
					for i := n.Add(1); i <= cycles; i = n.Add(1) {
						cycle(t, w, ep, i%2 == 0)
					}
				})
			}
			all.Wait()
			settle(t, "goroutines", goroutines, runtime.NumGoroutine)
			settle(t, "descriptors", files, func() int { return openFiles(t) })
		})
	}
}

// cycle opens a session, has a peer where it connects, and closes it.
func cycle(t *testing.T, w *Core, ep sockeye.Endpoint, inOrder bool) {
	s, err := w.Open(t.Context(), ep, responder.Answer{})
	if err != nil {
		t.Error(err)
		return
	}
	for _, p := range s.Peers() {
		if _, err := p.Send(t.Context(), []byte("x")); err != nil {
			t.Error(err)
		}
	}
	if inOrder {
		s.shutdown(t.Context())
	} else {
		s.transport.Close()
	}
}

// settle waits until a count has come down to what it was. A server notes the end
// of its last peers a moment after they have left.
func settle(t *testing.T, what string, before int, count func() int) {
	t.Helper()
	for deadline := time.Now().Add(patience); count() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d %s, %d before", count(), what, before)
		}
	}
}

// openFiles counts the descriptors of this process.
func openFiles(t *testing.T) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}
