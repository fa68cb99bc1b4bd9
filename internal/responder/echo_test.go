package responder

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/rule"
)

// isStorm reports whether an event tells of a loop that was cut, by a session.
func isStorm(e sockeye.Event, of *session) bool {
	return e.Kind == sockeye.Failed && e.Session.ID == of.id.ID && e.Detail.Err.Kind == sockeye.LimitReached && strings.Contains(e.Detail.Err.Hint.En, "--lift-guard storm")
}

// T53: a board that faces an echoer falls silent by itself, and the record says why;
// what is new goes round until the side that began it stops it.
func TestEchoStorm(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		t.Run(network, func(t *testing.T) {
			w := bench(t)
			pc := open(t, w, endpoint(t, sockeye.Listen, network+"://127.0.0.1:0"), Answer{Echo: true})
			board := open(t, w, endpoint(t, sockeye.Connect, network+"://"+pc.Locals()[0].String()), Answer{Device: &Device{Hello: []byte("Hello 01Studio!"), Interval: time.Millisecond}})
			e := wait(t, w, "the guard of the board", func(e sockeye.Event) bool { return isStorm(e, board) })
			if e.Peer == nil || e.Detail.Err.Target == "" || e.Detail.Err.Message.Zh == "" {
				t.Errorf("%+v", e.Detail.Err)
			}
			if n := board.Peers()[0].Counters().SentMessages; n > 40 {
				t.Errorf("%d messages before it stopped", n)
			}
			pc.send(t, "typed")
			wait(t, w, "the guard of the PC", func(e sockeye.Event) bool { return isStorm(e, pc) })
			quiet(t, pc, board)
		})
	}
}

// quiet fails if anything still crosses: everything that was sent has come, and nothing
// was sent for it.
func quiet(t *testing.T, a, b *session) {
	t.Helper()
	waitFor(t, "silence", func() bool {
		before := a.Status().Counters.Plus(b.Status().Counters)
		time.Sleep(30 * time.Millisecond)
		after := a.Status().Counters.Plus(b.Status().Counters)
		return before == after && after.SentBytes == after.ReceivedBytes
	})
}

// Two sessions that both echo fall silent, too, and do not if a storm is allowed.
func TestEchoStormOfTwo(t *testing.T) {
	w := bench(t)
	for _, free := range []bool{false, true} {
		allow := rule.Allowed{Storm: free}
		a := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), Answer{Echo: true, Allow: allow})
		b := open(t, w, endpoint(t, sockeye.Connect, a.Locals()[0].String()), Answer{Echo: true, Allow: allow})
		b.send(t, "go")
		if free {
			waitFor(t, "a storm that is allowed", func() bool { return b.Status().Counters.ReceivedMessages > 1000 })
			b.Close()
			continue
		}
		wait(t, w, "the guard", func(e sockeye.Event) bool { return isStorm(e, b) })
		quiet(t, a, b)
	}
}

// A client that says the same again and again, each time as soon as it has its answer,
// is a load generator as good as any: nothing stops it.
func TestEchoOfClosedLoops(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		w := bench(t)
		s := open(t, w, endpoint(t, sockeye.Listen, network+"://127.0.0.1:0"), Answer{Echo: true})
		c := dial(t, s)
		message, got := bytes.Repeat([]byte{'x'}, 64), make([]byte, 64)
		c.SetDeadline(time.Now().Add(patience))
		for n := range 5000 {
			if _, err := c.Write(message); err != nil {
				t.Fatal(err)
			}
			for have := 0; have < len(got); {
				k, err := c.Read(got[have:])
				if err != nil {
					t.Fatalf("%s: no echo of message %d: %v", network, n, err)
				}
				have += k
			}
		}
		if s.echo.watched.Load() != 0 || len(s.echo.peers) != 0 {
			t.Errorf("%s: the guard keeps something of who is no suspect", network)
		}
	}
}

// What is known of peers that left does not add up.
func TestEchoGuardForgets(t *testing.T) {
	w := bench(t)
	s := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), Answer{Echo: true})
	for range 5 * minSweep {
		c := dial(t, s)
		waitFor(t, "the peer", func() bool { return len(s.Peers()) == 1 })
		s.send(t, "hello")
		p := s.Peers()[0]
		c.Close()
		<-p.Done()
	}
	s.echo.mu.Lock()
	defer s.echo.mu.Unlock()
	if n, watched := len(s.echo.peers), s.echo.watched.Load(); n > 2*minSweep || int(watched) > n {
		t.Errorf("%d peers are kept, %d watched", n, watched)
	}
}
