package responder

import (
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/journal"
	"sockeye/internal/rule"
	"sockeye/internal/transport"
)

// maxIdlePeer is what a quiet peer with rules may need, in bytes.
const maxIdlePeer = 4096

// inUse is what the program holds: the heap's objects and the stacks of goroutines.
func inUse() int64 {
	runtime.GC()
	runtime.GC() // what pools gave up by the first
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// smallBench is a harness whose journal is full already, so that it does not grow.
func smallBench(t *testing.T) *harness {
	t.Helper()
	w := newHarness(t, 1<<20)
	filler := make([]byte, 4096)
	for range 1024 {
		w.Append(sockeye.Event{Kind: sockeye.Received, Data: filler, Time: journal.Now()})
	}
	return w
}

// manyRules are as many as a device has, with one that answers everything.
func manyRules() []rule.Rule {
	rules := []rule.Rule{}
	for n := range 40 {
		rules = append(rules, rule.Rule{Match: fmt.Sprintf("prefix:never %d", n), Replies: text("no")})
	}
	return append(rules, rule.Rule{Match: "any", Replies: text(strings.Repeat("p", 500))})
}

// 8,192 addresses that anybody can write into a datagram cost little each, and have no
// goroutine.
func TestRulesOfManyUDPPeersNeedLittle(t *testing.T) {
	if !inOwnNetwork(t) {
		return
	}
	ip(t, "link", "set", "lo", "up")
	ip(t, "address", "add", "10.77.0.1/24", "dev", "lo")
	w := smallBench(t)
	s := open(t, w, endpoint(t, sockeye.Listen, "udp://10.77.0.1:0"), byRules(t, "none", manyRules()...))
	goroutines, before := runtime.NumGoroutine(), inUse()
	const peers = 8192
	for n := range peers {
		forge(t, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 78, byte(n >> 8), byte(n)}), 40000), s.Locals()[0].AddrPort(), strings.Repeat("q", 500))
		if n%64 == 63 {
			waitFor(t, "peers", func() bool { return len(s.Peers()) == n+1 })
		}
	}
	checkIdle(t, s, peers, goroutines+8, before)
}

// A connection with rules has the goroutine that reads from it, and little else; what
// it was answered with and half a frame that was ended are given back.
func TestRulesOfManyTCPPeersNeedLittle(t *testing.T) {
	w := smallBench(t)
	a := byRules(t, "line", manyRules()...)
	a.Changeable = true
	s := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), a)
	const peers = 1000
	none := inUse()
	conns := make([]net.Conn, peers)
	for n := range conns { // the test's own ends are there before
		c, err := net.Dial("tcp", s.Locals()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		conns[n] = c
	}
	waitFor(t, "peers", func() bool { return len(s.Peers()) == peers })
	empty := inUse()
	if each := (empty - none) / peers; each > maxIdlePeer {
		t.Errorf("a peer and the test's own end of it need %d bytes, want at most %d", each, maxIdlePeer)
	}
	reply := make([]byte, 500)
	for _, c := range conns {
		c.Write([]byte(strings.Repeat("q", 2000)))
	}
	waitFor(t, "half the frames", func() bool { return s.dynamic.rules.Load().reserved.Load() == peers*2000 })
	for _, c := range conns {
		c.Write([]byte("q\n"))
		if _, err := readFull(c, reply); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, "replies to be done", func() bool { return s.dynamic.rules.Load().reserved.Load() == 0 })
	trimmed(s)
	t.Logf("%d bytes for each peer and its other end, before %d", (inUse()-none)/peers, (empty-none)/peers)
	if grown := (inUse() - empty) / peers; grown > 1024 {
		t.Errorf("a peer that was answered needs %d bytes more than before", grown)
	}
	for _, c := range conns {
		c.Close()
	}
	waitFor(t, "all to leave", func() bool { return len(s.Peers()) == 0 })
	waitFor(t, "all to be forgotten", func() bool {
		r := s.dynamic.rules.Load()
		states, more := r.engine.PeerStates(1)
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.peers) == 0 && len(states)+more == 0
	})
}

// trimmed lets the time pass after which replies are forgotten.
func trimmed(s *session) {
	r := s.dynamic.rules.Load()
	r.trimLater(journal.Now())
	r.trim(journal.Now().Add(2 * replyMemory))
}

func checkIdle(t *testing.T, s *session, peers, goroutines int, before int64) {
	t.Helper()
	waitFor(t, "replies to be done", func() bool { return s.dynamic.rules.Load().reserved.Load() == 0 })
	waitFor(t, "goroutines to end", func() bool { return runtime.NumGoroutine() <= goroutines })
	trimmed(s)
	each := (inUse() - before) / int64(peers)
	t.Logf("%d bytes for each of %d peers", each, peers)
	if each > maxIdlePeer {
		t.Errorf("%d bytes for each of %d peers, want at most %d", each, peers, maxIdlePeer)
	}
}

func readFull(c net.Conn, b []byte) (int, error) {
	c.SetReadDeadline(time.Now().Add(patience))
	n := 0
	for n < len(b) {
		m, err := c.Read(b[n:])
		if n += m; err != nil {
			return n, err
		}
	}
	return n, nil
}

// Unfinished frames of all peers together are bounded, and the record says when that
// takes effect; a frame that is complete is answered all the same.
func TestRulesBoundAllFramesTogether(t *testing.T) {
	w := smallBench(t)
	s := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), byRules(t, "line", rule.Rule{Match: "any", Replies: text("pong\n")}))
	r := s.dynamic.rules.Load()
	if !r.reserve(maxRuleMemory - 1000) {
		t.Fatal("nothing may be kept")
	}
	c, err := net.Dial("tcp", s.Locals()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Write([]byte(strings.Repeat("q", 2000)))
	e := wait(t, w, "the bound", func(e sockeye.Event) bool { return e.Kind == sockeye.Failed })
	if err := e.Detail.Err; err.Kind != sockeye.LimitReached || !strings.Contains(err.Message.En, "more than 64 MiB") || err.Hint.IsZero() {
		t.Errorf("%+v", err)
	}
	if held := r.reserved.Load(); held > maxRuleMemory {
		t.Errorf("%d bytes are held", held)
	}
	r.release(maxRuleMemory - 1000)
	c.Write([]byte("\nping\n"))
	reads(t, c, "pong\n")
	if r.full.Load() {
		t.Error("the bound would not be said again")
	}
}

// The bound is one for all sessions of a core: what the rules of one keep, another has
// not, and has it again when they end.
func TestRulesOfAllSessionsAreBoundTogether(t *testing.T) {
	w := smallBench(t)
	greedy := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), byRules(t, "line", rule.Rule{Match: "any", Replies: text("pong\n")}))
	s := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), byRules(t, "line", rule.Rule{Match: "any", Replies: text("pong\n")}))
	if !greedy.dynamic.rules.Load().reserve(maxRuleMemory - 1000) {
		t.Fatal("nothing may be kept")
	}
	c, err := net.Dial("tcp", s.Locals()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Write([]byte(strings.Repeat("q", 2000)))
	e := wait(t, w, "the bound", func(e sockeye.Event) bool { return e.Kind == sockeye.Failed })
	if err := e.Detail.Err; e.Session.ID != s.id.ID || err.Kind != sockeye.LimitReached || !strings.Contains(err.Message.En, "all sessions together") {
		t.Errorf("in session %s: %+v", e.Session.ID, err)
	}
	old := greedy.dynamic.rules.Load()
	if err := greedy.dynamic.set(nil, false, func() []*transport.Peer { return nil }); err != nil {
		t.Fatal(err)
	}
	if held := w.memory.reserved.Load(); held != 0 {
		t.Errorf("%d bytes are held by rules that ended", held)
	}
	old.release(maxRuleMemory - 1000) // what they had still to give back
	if old.reserve(1) || w.memory.reserved.Load() != 0 {
		t.Errorf("rules that ended changed the reserved memory to %d", w.memory.reserved.Load())
	}
	c.Write([]byte("\nping\n" + strings.Repeat("q", 2000)))
	reads(t, c, "pong\n")
	waitFor(t, "the frame to be kept", func() bool { return w.memory.reserved.Load() == 2000 })
	if s.dynamic.rules.Load().full.Load() {
		t.Error("the bound would not be said again")
	}
}
