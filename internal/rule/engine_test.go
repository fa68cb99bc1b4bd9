package rule

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/payload"
)

var begin = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func at(ms int) time.Time { return begin.Add(time.Duration(ms) * time.Millisecond) }

func tcpPeer(id uint64) *sockeye.Peer {
	return &sockeye.Peer{ID: id, Network: "tcp", Remote: sockeye.ParseSocketAddr("192.0.2.1:5000")}
}

func engine(t testing.TB, s Set, o EngineOptions) *Engine {
	t.Helper()
	p, err := Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	return NewEngine(p, o)
}

func span(text string) DurationRange {
	var s DurationRange
	if err := s.UnmarshalText([]byte(text)); err != nil {
		panic(err)
	}
	return s
}

// show is a plan as text: when, to whom, what.
func show(p ReplyPlan) (out []string) {
	for _, s := range p.Steps {
		what := fmt.Sprintf("%q", s.Data)
		if s.End != "" {
			what = string(s.End)
		} else if s.To != Sender {
			what += " to " + string(s.To)
		}
		out = append(out, fmt.Sprintf("%dms #%d %s", s.At.Sub(begin).Milliseconds(), s.Peer.ID, what))
	}
	for _, e := range p.Trouble {
		out = append(out, "! "+e.Error())
	}
	return out
}

func want(t *testing.T, got ReplyPlan, lines ...string) {
	t.Helper()
	if diff := cmp.Diff(lines, show(got)); diff != "" {
		t.Error(diff)
	}
}

// A device: it greets, wants a password, answers in its state, and hangs up.
func TestStates(t *testing.T) {
	e := engine(t, Set{Start: "login", Rules: []Rule{
		{Name: "greeting", Join: true, Replies: []Reply{{Text: `login:\n`}}},
		{Name: "password", Match: "is:secret", In: []string{"login"}, Goto: "ready", Replies: []Reply{{Text: "ok"}}},
		{Match: "any", In: []string{"login"}, Count: 2, Replies: []Reply{{Text: "again"}}},
		{Match: "any", In: []string{"login"}, End: Abort},
		{Match: `regexp:^add (\d+)$`, In: []string{"ready"}, Replies: []Reply{{Text: "{{match.1}}", Delay: span("20ms")}, {Hex: "06 {{match}}", Delay: span("5ms"), To: All}}},
		{Match: "is:bye", In: []string{"ready"}, Replies: []Reply{{Text: "bye", To: Others}}, End: Close},
	}}, EngineOptions{})
	a, b := tcpPeer(1), tcpPeer(2)
	want(t, e.Joined(a, at(0)), `0ms #1 "login:\n"`)
	want(t, e.Frame(a, []byte("add 3"), at(1)), `1ms #1 "again"`)
	want(t, e.Frame(a, []byte("secret"), at(2)), `2ms #1 "ok"`)
	want(t, e.Frame(a, []byte("add 37"), at(3)), `23ms #1 "37"`, `28ms #1 "\x06add 37" to all`)
	want(t, e.Frame(a, []byte("what"), at(4)))                // those of another state were near it
	want(t, e.Frame(b, []byte("x"), at(5)), `5ms #2 "again"`) // a peer of its own
	want(t, e.Frame(b, []byte("x"), at(6)), `6ms #2 "again"`)
	want(t, e.Frame(b, []byte("x"), at(7)), `7ms #2 abort`)
	want(t, e.Frame(a, []byte("bye"), at(8)), `8ms #1 "bye" to others`, `8ms #1 close`)
	if got := []string{e.State(a), e.State(b)}; !cmp.Equal(got, []string{"ready", "login"}) {
		t.Error(got)
	}
	if diff := cmp.Diff([]Hits{{Hits: 1}, {Hits: 1}, {Hits: 3, Skipped: 1, Near: 1}, {Hits: 1, Near: 1}, {Hits: 1}, {Hits: 1}}, e.Hits()); diff != "" {
		t.Error(diff)
	}
	e.Left(a)
	if e.State(a) != "login" {
		t.Error("a peer that left is remembered")
	}
}

// Cool-down, count and chance hold a rule back; a seed repeats a run.
func TestLimits(t *testing.T) {
	half := 0.5
	set := Set{Rules: []Rule{
		{Match: "is:cool", Cooldown: span("10ms"), Replies: []Reply{{Text: "c"}}},
		{Match: "is:once", Count: 1, Replies: []Reply{{Text: "1"}}},
		{Match: "is:maybe", Chance: &half, Replies: []Reply{{Text: "m", Delay: span("1ms..1000ms")}}},
	}}
	e := engine(t, set, EngineOptions{Seed: 7})
	p := tcpPeer(1)
	want(t, e.Frame(p, []byte("cool"), at(0)), `0ms #1 "c"`)
	want(t, e.Frame(p, []byte("cool"), at(9)))
	want(t, e.Frame(p, []byte("cool"), at(10)), `10ms #1 "c"`)
	want(t, e.Frame(p, []byte("once"), at(11)), `11ms #1 "1"`)
	want(t, e.Frame(p, []byte("once"), at(12)))
	run := func(seed uint64) (all []string) {
		e := engine(t, set, EngineOptions{Seed: seed})
		for range 90 {
			all = append(all, strings.Join(show(e.Frame(p, []byte("maybe"), at(0))), ""))
		}
		return all
	}
	first, other := run(7), run(8)
	if cmp.Equal(first, other) || !cmp.Equal(first, run(7)) {
		t.Error("the seed does not decide alone")
	}
	hits := 0
	for _, s := range first {
		if s != "" {
			hits++
		}
	}
	if hits < 20 || hits > 70 {
		t.Errorf("%d of 90 hits", hits)
	}
}

// Timers run while the peer is in their state; a late tick is not made up for.
func TestTimers(t *testing.T) {
	e := engine(t, Set{Start: "on", Rules: []Rule{
		{Every: span("100ms"), In: []string{"on"}, Replies: []Reply{{Text: "{{seq}}"}}},
		{After: span("250ms"), In: []string{"on"}, Goto: "off", Replies: []Reply{{Text: "enough"}}},
		{Match: "is:on", Goto: "on"},
	}}, EngineOptions{})
	p := tcpPeer(1)
	e.Joined(p, at(0))
	if due := e.Due(); !due.Equal(at(100)) {
		t.Errorf("due at %s", due)
	}
	want(t, e.Tick(at(99)))
	want(t, e.Tick(at(100)), `100ms #1 "1"`)
	want(t, e.Tick(at(230)), `200ms #1 "2"`)
	want(t, e.Tick(at(250)), `250ms #1 "enough"`)
	if due := e.Due(); !due.IsZero() {
		t.Errorf("due at %s although no timer runs", due)
	}
	want(t, e.Tick(at(1000)))
	want(t, e.Frame(p, []byte("on"), at(1000)))
	want(t, e.Tick(at(1100)), `1100ms #1 "4"`)
	want(t, e.Tick(at(1550)), `1200ms #1 "5"`, `1250ms #1 "enough"`)
	e.Left(p)
	if due := e.Due(); !due.IsZero() {
		t.Errorf("a peer that left is due at %s", due)
	}
}

// F19: a timer that stood still for a minute goes off once, and then keeps its rhythm.
func TestLateTimerGoesOffOnce(t *testing.T) {
	e := engine(t, Set{Rules: []Rule{{Every: span("100ms"), Replies: []Reply{{Text: "{{seq}}"}}}}}, EngineOptions{})
	e.Joined(tcpPeer(1), at(0))
	want(t, e.Tick(at(60_050)), `100ms #1 "1"`)
	if due := e.Due(); !due.Equal(at(60_100)) {
		t.Errorf("due next at %s, want %s", due, at(60_100))
	}
	want(t, e.Tick(at(60_099)))
	want(t, e.Tick(at(60_100)), `60100ms #1 "2"`)
}

// Everything that is wrong with a set is said, with its place.
func TestCompileFaults(t *testing.T) {
	two := 2.0
	_, err := Compile(Set{Rules: []Rule{
		{Name: "no trigger"},
		{Match: "any", Join: true},
		{Match: "hex:0"},
		{Match: "any", Replies: []Reply{{Text: "{{nonsense}}"}, {Text: "a", Hex: "00"}, {Text: "x", To: "everybody"}}},
		{Join: true, Replies: []Reply{{Text: "{{match}}"}}},
		{Every: span("1us")},
		{Match: "any", Chance: &two, Count: -1, End: "explode", Cooldown: span("1s..2s")},
		{Match: "any", In: []string{"nowhere"}},
	}})
	var got []string
	for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
		x, ok := errors.AsType[*sockeye.Error](e)
		if !ok || x.Kind != sockeye.Invalid || x.Message.Zh == "" {
			t.Errorf("%v", e)
		}
		got = append(got, x.Target)
	}
	if diff := cmp.Diff([]string{
		"rule 1 (no trigger)", "rule 2", "rule 3: match", "rule 4: reply 1", "rule 4: reply 2", "rule 4: reply 3", "rule 5: reply 1", "rule 6: every",
		"rule 7: cooldown", "rule 7: chance", "rule 7: count", "rule 7: end", "rule 8: in",
	}, sorted(got)); diff != "" {
		t.Error(diff)
	}
}

func sorted(s []string) []string {
	// within rule 7 the order of faults is not a promise
	order := map[string]int{"rule 7: cooldown": 0, "rule 7: chance": 1, "rule 7: count": 2, "rule 7: end": 3}
	for i := range s {
		for j := i + 1; j < len(s); j++ {
			a, okA := order[s[i]]
			b, okB := order[s[j]]
			if okA && okB && b < a {
				s[i], s[j] = s[j], s[i]
			}
		}
	}
	return s
}

// play lets two engines answer each other, each reply arriving at once, and returns
// how many messages crossed and what stopped it.
func play(a, b *Engine, first string, every time.Duration) (messages int, why string) {
	pa, pb := tcpPeer(1), tcpPeer(1)
	sides := []struct {
		e *Engine
		p *sockeye.Peer
	}{{a, pa}, {b, pb}}
	now, message := begin, []byte(first)
	for messages = 0; messages < 10_000; messages++ {
		s := sides[messages%2]
		plan := s.e.Frame(s.p, message, now)
		for _, e := range plan.Trouble {
			why += e.Message.En
		}
		if len(plan.Steps) == 0 {
			return messages, why
		}
		message = plan.Steps[0].Data
		now = now.Add(every)
	}
	return messages, why
}

// T53: two repliers that feed each other are stopped, and the reason is said. What
// a busy client does is not.
func TestStormIsStopped(t *testing.T) {
	rules := func(match, reply string) Set {
		return Set{Rules: []Rule{{Match: match, Replies: []Reply{{Text: reply}}}}}
	}
	for _, c := range []struct {
		name, a, b string // the replies
		every      time.Duration
		most       int
		why        string
	}{
		{"they echo", "{{match}}", "{{match}}", 100 * time.Millisecond, 100, "our own reply came back"},
		{"growing", "I got: {{match}}", "I got: {{match}}", time.Second, 30, "held our own reply and grew"},
		{"ping pong", "ping", "pong", time.Millisecond, 300, "said nothing new"},
		{"counting", "a{{seq}}", "b{{seq}}", 10 * time.Microsecond, 5000, "answered in a second"},
	} {
		n, why := play(engine(t, rules("any", c.a), EngineOptions{}), engine(t, rules("any", c.b), EngineOptions{}), "hello", c.every)
		if n > c.most || !strings.Contains(why, c.why) {
			t.Errorf("%s: %d messages, %s", c.name, n, why)
		}
		free := EngineOptions{Allow: Allowed{Storm: true}}
		if c.name == "growing" {
			continue // until a frame is too long for a pattern
		}
		if n, why := play(engine(t, rules("any", c.a), free), engine(t, rules("any", c.b), free), "hello", c.every); n < 10_000 {
			t.Errorf("%s stopped although it is allowed: %d messages, %s", c.name, n, why)
		}
	}
	// A master that polls 500 times a second with a number in each request, and one
	// that asks the same 50 times a second.
	for name, ask := range map[string]func(n int) (string, time.Duration){
		"numbered":  func(n int) (string, time.Duration) { return fmt.Sprintf("read %d", n), 2 * time.Millisecond },
		"unvarying": func(int) (string, time.Duration) { return "read", 20 * time.Millisecond },
		"echoing":   func(int) (string, time.Duration) { return "readback", time.Second },
		"short":     func(n int) (string, time.Duration) { return "read" + strings.Repeat("b", n%5), time.Second },
	} {
		reply := "21.5"
		if name == "echoing" {
			reply = "{{match}}"
		} else if name == "short" {
			reply = "b"
		}
		e, p, now := engine(t, rules("contains:read", reply), EngineOptions{}), tcpPeer(1), begin
		for n := range 3000 {
			text, every := ask(n)
			if plan := e.Frame(p, []byte(text), now); len(plan.Steps) != 1 {
				t.Fatalf("%s: request %d got %v", name, n, show(plan))
			}
			now = now.Add(every)
		}
	}
}

// T53: an address that anybody could have forged gets no more than it sent, ten
// times a second; servers' ports get nothing.
func TestUDPBudget(t *testing.T) {
	e := engine(t, Set{Rules: []Rule{{Match: "any", Replies: []Reply{{Text: "0123456789"}}}}}, EngineOptions{})
	session := &sockeye.Session{Endpoint: sockeye.Endpoint{Mode: sockeye.Listen}}
	peer := func(id uint64, from string) *sockeye.Peer {
		return &sockeye.Peer{ID: id, Session: session, Network: "udp", Remote: sockeye.ParseSocketAddr(from)}
	}
	try := func(p *sockeye.Peer, in, size int, now time.Time) string {
		e.Input(p, in, now)
		ok, trouble := e.Permit(p, size, now)
		s := fmt.Sprint(ok)
		if trouble != nil {
			s += " " + trouble.Message.En
		}
		return s
	}
	far := peer(1, "203.0.113.9:5000")
	sent := 0
	for range 100 {
		if try(far, 10, 10, at(0)) == "true" {
			sent++
		}
	}
	if sent != budgetBurst {
		t.Errorf("%d replies at once, want %d", sent, budgetBurst)
	}
	if got := try(far, 10, 10, at(100)); got != "true" {
		t.Errorf("after a tenth of a second: %s", got)
	}
	if got := try(peer(2, "203.0.113.9:5001"), 9, 10, at(0)); !strings.HasPrefix(got, "false a reply of 10 bytes") {
		t.Errorf("amplification: %s", got)
	}
	if got := try(peer(3, "127.0.0.1:53"), 99, 10, at(0)); !strings.HasPrefix(got, "false port 53") {
		t.Errorf("low port: %s", got)
	}
	if got := try(peer(4, "127.0.0.1:5000"), 1, 1000, at(0)); got != "true" {
		t.Errorf("this machine: %s", got)
	}
	if ok, _ := e.Permit(tcpPeer(5), 1<<20, at(0)); !ok {
		t.Error("TCP has a budget")
	}
}

// Frames that match no rule, and the matching itself, allocate nothing.
func TestNoAllocation(t *testing.T) {
	e := engine(t, Set{Rules: []Rule{{Match: "prefix:abc", Cooldown: span("24h")}, {Match: "hex:01 * ff"}, {Match: "contains:zzz"}}}, EngineOptions{Allow: Allowed{Storm: true}})
	p, body := tcpPeer(1), []byte(strings.Repeat("x", 1024))
	e.Frame(p, body, begin)
	if n := testing.AllocsPerRun(100, func() { e.Frame(p, body, begin) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkPrefix1K measures matching rules by a prefix.
func BenchmarkPrefix1K(b *testing.B) {
	e := engine(b, Set{Rules: []Rule{{Match: "prefix:abc"}}}, EngineOptions{})
	p, body := tcpPeer(1), []byte(strings.Repeat("x", 1024))
	b.SetBytes(1024)
	b.ReportAllocs()
	for b.Loop() {
		e.Frame(p, body, begin)
	}
}

// Many expressions share the length of the frames that they are tried on, so that all
// together take no longer than two; too many are refused, and which.
func TestExpressionsShareOneBudget(t *testing.T) {
	one := Rule{Match: "regexp:(ab|cd){30}x"}
	limits := map[int]int{}
	for _, n := range []int{1, 10, 30} {
		var set Set
		for range n {
			set.Rules = append(set.Rules, one)
		}
		set.Rules = append(set.Rules, Rule{Match: "prefix:x"})
		p, err := Compile(set)
		if err != nil {
			t.Fatal(err)
		}
		limits[n] = p.rules[0].pattern.Limit()
		if total := n * p.rules[0].pattern.instructions * limits[n]; total > 2*payload.MaxWork {
			t.Errorf("%d expressions take %d steps", n, total)
		}
		if p.rules[n].pattern.Limit() != MaxInput {
			t.Error("a prefix is not tried on every frame")
		}
	}
	if !(limits[1] > limits[10] && limits[10] > limits[30] && limits[30] >= minInput) {
		t.Errorf("%v", limits)
	}
	var set Set
	for range 100 {
		set.Rules = append(set.Rules, one)
	}
	p, err := ParsePattern(one.Match)
	if err != nil {
		t.Fatal(err)
	}
	each := p.instructions
	_, err = Compile(set)
	if f, ok := errors.AsType[*RuleFault](err); !ok || f.Rule*each > maxTogether || (f.Rule+1)*each <= maxTogether || f.Field != "match" {
		t.Errorf("%v", err)
	}
}
