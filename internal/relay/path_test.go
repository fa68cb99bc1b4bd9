package relay

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sockeye"
	"sockeye/internal/fault"
)

// target notes when what arrives, by the clock of the bubble.
type target struct {
	begun time.Time
	block chan struct{} // if not nil, a send waits for one value

	mu   sync.Mutex
	got  []string
	hits []sockeye.FaultEvent
}

func (g *target) send(data []byte, _ sockeye.MessageType) {
	if g.block != nil {
		<-g.block
	}
	g.note("%v %q", time.Since(g.begun), data)
}

func (g *target) end(how fault.DirectionEnd) { g.note("%v end %d", time.Since(g.begun), how) }

func (g *target) record(e sockeye.FaultEvent) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.hits = append(g.hits, e)
}

func (g *target) note(format string, args ...any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.got = append(g.got, fmt.Sprintf(format, args...))
}

func (g *target) all() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return strings.Join(g.got, "|")
}

// kinds are what was recorded.
func (g *target) kinds() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []string
	for _, h := range g.hits {
		out = append(out, h.Kind)
	}
	return strings.Join(out, " ")
}

// staged is a path with faults between, in a bubble.
type staged struct {
	*path
	*target
	cancel context.CancelFunc
	sent   uint64
	held   uint64
}

func stage(t *testing.T, waits bool, frame string, faults ...string) *staged {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	s := &staged{target: &target{begun: time.Now()}, cancel: cancel}
	s.path = newPath(ctx, s.target, waits, func() uint64 { s.held++; return s.held }, new(sync.WaitGroup), &wakeups{start: ordinaryClock})
	s.set(t, frame, faults...)
	return s
}

func (s *staged) set(t *testing.T, frame string, faults ...string) {
	t.Helper()
	var set *fault.RelayFaults
	if len(faults) > 0 {
		var err error
		if set, err = fault.ParseSet(frame, faults); err != nil {
			t.Fatal(err)
		}
		set.Since = time.Now()
	}
	traits := sockeye.TCP.Traits()
	if !s.waits {
		traits = sockeye.UDP.Traits()
	}
	s.use(set, fault.Direction{Way: fault.ToUpstream, Peer: &sockeye.Peer{ID: 1}, Connection: 1, From: traits, To: traits})
}

func (s *staged) say(text string) {
	s.take([]byte(text), s.sent, "")
	s.sent += uint64(len(text))
}

// A latency of 10 ms is 10 ms, whatever else waits, and the end of the direction comes
// after what was sent before it.
func TestLatencyIsExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stage(t, true, "", "latency 10ms")
		for n := range 3 {
			s.say(fmt.Sprint(n))
			time.Sleep(4 * time.Millisecond)
		}
		s.finish(fault.Finishes)
		time.Sleep(time.Second)
		if got, want := s.all(), `10ms "0"|14ms "1"|18ms "2"|18ms end 1`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got := s.kinds(); got != "latency latency latency" {
			t.Errorf("recorded %q", got)
		}
		if s.isEngaged.Load() != true {
			t.Error("there are faults, and nobody looks for them")
		}
	})
}

// Faults that are taken away hold nothing back any more; then the reader passes on
// directly again.
func TestClearLetsEverythingGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stage(t, true, "line", "latency 1h", "hold when is:b")
		s.say("a\nb\nhalf")
		time.Sleep(time.Second)
		if got := s.all(); got != "" {
			t.Errorf("too early: %s", got)
		}
		s.set(t, "")
		synctest.Wait()
		if got, want := s.all(), `1s "a\n"|1s "b\n"|1s "half"`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if s.isEngaged.Load() {
			t.Error("nothing waits, and there is no fault")
		}
		if got := s.kinds(); !strings.HasSuffix(got, "release") {
			t.Errorf("recorded %q", got)
		}
	})
}

// Other faults take the place of the first ones, and nothing overtakes what waited.
func TestFaultsChangeInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stage(t, true, "", "latency 1h")
		s.say("a")
		s.set(t, "", "latency 5ms")
		s.say("b")
		time.Sleep(time.Second)
		if got, want := s.all(), `0s "a"|5ms "b"`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// A message stays held, and what is behind it waits, when other faults are set and its hold
// among them; without the hold both go on in their order.
func TestHeldMessagesStayHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stage(t, true, "line", "hold when is:b", "latency 1h")
		s.say("a\nb\nc\n")
		s.set(t, "line", "latency 5ms", "hold when is:b")
		s.say("d\n")
		time.Sleep(time.Second)
		if got, want := s.all(), `0s "a\n"`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if held := s.path.held(); len(held) != 1 || string(held[0].Data) != "b\n" || s.heldCount() != 1 {
			t.Errorf("held: %+v", held)
		}
		s.set(t, "line", "latency 5ms")
		time.Sleep(time.Second)
		if got, want := s.all(), `0s "a\n"|1s "b\n"|1s "c\n"|1s "d\n"`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got := s.kinds(); !strings.HasSuffix(got, " release") || strings.Count(got, "release") != 1 {
			t.Errorf("recorded %q", got)
		}
	})
}

// Nothing is read from who sends faster than a rate lets go on, so memory does not grow;
// datagrams that find no room are dropped, and counted.
func TestQueueHoldsTheReaderBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stage(t, true, "", "rate 1mib")
		piece := strings.Repeat("x", 64<<10)
		for range 128 { // 8 MiB
			s.say(piece)
		}
		if took := time.Since(s.begun); took < 3*time.Second || took > 6*time.Second {
			t.Errorf("8 MiB were taken in %v", took)
		}
		time.Sleep(time.Minute)
		bytes := 0
		for _, line := range strings.Split(s.all(), "|") {
			bytes += strings.Count(line, "x")
		}
		if bytes != 8<<20 {
			t.Errorf("%d bytes went on", bytes)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s := stage(t, false, "", "latency 1h")
		for range 200 {
			s.say(strings.Repeat("x", 60_000))
		}
		if got := strings.Count(s.kinds(), "overflow"); got == 0 || time.Since(s.begun) > 0 {
			t.Errorf("%d found no room, after %v", got, time.Since(s.begun))
		}
	})
}

// A stall reads nothing, until its time is over.
func TestStallReadsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stage(t, true, "", "stall from 1s for 2s")
		s.say("a")
		time.Sleep(time.Second)
		s.say("b")
		if took := time.Since(s.begun); took != 3*time.Second {
			t.Errorf("the reader went on after %v", took)
		}
		s.say("c")
		synctest.Wait()
		if got, want := s.all(), `0s "a"|3s "b"|3s "c"`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// A connection is reset after a time, though nothing is sent.
func TestResetAfterTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stage(t, true, "", "reset after 5s")
		s.say("a")
		time.Sleep(time.Minute)
		if got, want := s.all(), `0s "a"|5s end 2`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		s.say("late")
		synctest.Wait()
		if got, want := s.kinds(), "reset blackhole"; got != want {
			t.Errorf("recorded %q, want %q", got, want)
		}
	})
}

// A stream from which bytes are missing never goes on, though its fault is taken away.
func TestBlackholedStreamStaysSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stage(t, true, "", "blackhole")
		s.say("a")
		s.set(t, "")
		s.say("b")
		s.set(t, "", "latency 1ms")
		s.say("c")
		time.Sleep(time.Second)
		if got := s.all(); got != "" || s.kinds() != "blackhole blackhole blackhole" {
			t.Errorf("got %q, recorded %q", got, s.kinds())
		}
	})
}

// What waits when the pair ends is lost, and said; nobody who waits for room waits on.
func TestEndWithSomethingWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stage(t, true, "", "stall")
		read := make(chan struct{})
		go func() { s.say("abc"); close(read) }()
		synctest.Wait()
		s.cancel()
		<-read
		synctest.Wait()
		if got := s.kinds(); got != "stall lost" {
			t.Errorf("recorded %q", got)
		}
	})
}

// A person decides about a message, while the sender is not held up before the queue is
// full.
func TestDecideWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stage(t, true, "line", "hold when is:b")
		s.say("a\nb\nc\n")
		time.Sleep(time.Hour)
		held := s.path.held()
		if len(held) != 1 || held[0].Number != 1 || string(held[0].Data) != "b\n" || held[0].Offset != 2 {
			t.Fatalf("held: %+v", held)
		}
		if s.decide(2, fault.Release, nil) || !s.decide(1, fault.Edit, []byte("B!\n")) || s.decide(1, fault.Discard, nil) {
			t.Error("only 1 is held, and once")
		}
		synctest.Wait()
		if got, want := s.all(), `0s "a\n"|1h0m0s "B!\n"|1h0m0s "c\n"`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got := s.kinds(); got != "hold edit" {
			t.Errorf("recorded %q", got)
		}
	})
}

// While the other side does not read, its queue is as full as before.
func TestSlowReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stage(t, true, "", "latency 1ms")
		s.block = make(chan struct{})
		done := make(chan struct{})
		go func() {
			for range 200 {
				s.say(strings.Repeat("x", 64<<10))
			}
			close(done)
		}()
		time.Sleep(time.Hour)
		select {
		case <-done:
			t.Error("12.5 MiB were read, though nobody takes them")
		default:
		}
		close(s.block)
		<-done
	})
}

// Connections whose messages are due at almost the same time are woken together, and never
// early; who waits only a little is woken exactly.
func TestWakeTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, other, short := stage(t, true, "", "latency 10ms"), stage(t, true, "", "latency 10ms"), stage(t, true, "", "latency 2ms")
		time.Sleep(100 * time.Microsecond)
		one.say("a")
		short.say("c")
		time.Sleep(300 * time.Microsecond)
		other.say("b")
		time.Sleep(time.Second)
		for s, want := range map[*staged]string{one: `10.5ms "a"`, other: `10.5ms "b"`, short: `2.1ms "c"`} {
			if got := s.all(); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	})
}

// paused notes when an event loop is to read its peer, and when not.
type paused struct{ *target }

func (p paused) Pause()  { p.note("%v pause", time.Since(p.begun)) }
func (p paused) Resume() { p.note("%v resume", time.Since(p.begun)) }

// An event loop is not held up: its peer is paused when the queue is full, and resumed once when
// there is room, or when nothing is passed on any more.
func TestKeepPausesTheSender(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stage(t, true, "", "stall from 1s for 2s")
		s.sender = paused{s.target}
		s.keep([]byte("a"), 0)
		time.Sleep(time.Second)
		s.keep([]byte("b"), 1)
		time.Sleep(time.Hour)
		s.keep([]byte("c"), 2)
		synctest.Wait()
		if got, want := s.all(), `0s "a"|1s pause|3s "b"|3s resume|1h0m1s "c"`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s := stage(t, true, "", "stall")
		s.sender = paused{s.target}
		s.keep([]byte("a"), 0)
		s.cancel()
		synctest.Wait()
		if got, want := s.all()+" "+s.kinds(), "0s pause|0s resume stall lost"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}
