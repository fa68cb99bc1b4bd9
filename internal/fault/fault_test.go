package fault

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// A fault is written as it was read, without what is usual.
func TestParsePrintsWhatItReads(t *testing.T) {
	for typed, want := range map[string]string{
		"latency 100ms": "latency 100ms",
		"  latency 0.1s jitter 20ms  distribution pareto correlation 25%  30% to upstream": "latency 100ms jitter 20ms distribution pareto correlation 25% to upstream 30%",
		"rate 10k":                                "rate 10240",
		"slice 16 delay 5ms":                      "slice 16 delay 5ms",
		"merge 1m":                                "merge 1m",
		"drop retransmission 200ms 5%":            "drop 5%",
		"drop retransmission 1s":                  "drop retransmission 1s",
		"duplicate copies 2":                      "duplicate copies 2",
		"reorder gap 1 within 1s":                 "reorder",
		"reorder gap 5 within 50ms":               "reorder gap 5 within 50ms",
		"corrupt bits 3 seed 7":                   "corrupt bits 3 seed 7",
		"truncate 0":                              "truncate 0",
		"blackhole from upstream":                 "blackhole from upstream",
		"stall for 2s every 1h from 10s peer #3":  "stall peer 3 from 10s for 2s every 1h",
		"reset after 64k peer ::ffff:10.0.0.1":    "reset after 65536 peer 10.0.0.1",
		"reset after 5s":                          "reset after 5s",
		"refuse 50%":                              "refuse 50%",
		"half-close after 5":                      "half-close after 5",
		"hold timeout 30s when contains:a when b": "hold timeout 30s when contains:a when b",
		"corrupt when hex:01 ?? *":                "corrupt when hex:01 ?? *",
	} {
		f, err := Parse(typed)
		if err != nil {
			t.Errorf("%q: %v", typed, err)
			continue
		}
		if got := f.String(); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
	for _, k := range Kinds {
		if f, err := Parse(k.Example()); err != nil || f.Kind != k {
			t.Errorf("the example of %s: %v", k, err)
		}
	}
}

// What is wrong is said with its column and a way out.
func TestParseFaults(t *testing.T) {
	for typed, want := range map[string]string{
		"":                           "which fault?",
		"lag 5ms":                    `"lag" is no fault`,
		"latency":                    "a time is missing",
		"latency x":                  `"x" is not a time`,
		"reset after":                "a time or a number of bytes is missing",
		"latency 100":                `"100" has no unit`,
		"latency 1.5":                `"1.5" has no unit`,
		"hold timeout 30":            `"30" has no unit`,
		"reset after 5x":             `"5x" is neither a time nor a number of bytes`,
		"reset after -5s":            "neither a time nor",
		"latency -5ms":               "not between 0 and 24h",
		"latency 25h":                "not between 0 and 24h",
		"latency 5ms jiter 1ms":      `"jiter" says nothing about latency`,
		"latency 5ms correlation 5%": "no jitter",
		"latency 5ms jitter 1ms distribution flat": "no distribution",
		"rate 0":                               "not between 1",
		"rate x":                               "not a size",
		"slice 16 bits 3":                      `"bits" says nothing about slice`,
		"drop 0%":                              "no percentage",
		"drop 101%":                            "no percentage",
		"drop 5% 6%":                           "said twice",
		"drop to upstream from upstream":       "said twice",
		"drop every 1s":                        "every needs how long",
		"drop for 2s every 1s":                 "every needs how long",
		"duplicate copies 0":                   "no number from 1",
		"corrupt bits 2000":                    "no number from 1",
		"drop seed x":                          "no seed",
		"drop peer x":                          "no peer",
		"drop when x:":                         "begins no pattern",
		"refuse to upstream":                   "refused before it sent",
		"reset after 5s when any":              "hits the connection",
		"drop " + strings.Repeat("x", MaxText): "longer than",
	} {
		_, err := Parse(typed)
		e := &sockeye.Error{}
		if !errors.As(err, &e) || !strings.Contains(e.Message.En, want) || e.Message.Zh == "" || e.Hint.En == "" || e.Hint.Zh == "" {
			t.Errorf("%.40q: %v, hint %+v; want %q", typed, err, e.Hint, want)
		}
	}
}

// A fault that was parsed and written out is read back as the same one.
func FuzzParse(f *testing.F) {
	for _, k := range Kinds {
		f.Add(k.Example())
	}
	f.Add("drop 5% to upstream peer 3 from 1s for 2s every 3s seed 4 when regexp:^a(b)$")
	f.Fuzz(func(t *testing.T, typed string) {
		one, err := Parse(typed)
		if err != nil {
			return
		}
		text := one.String()
		again, err := Parse(text)
		if err != nil || again.String() != text {
			t.Fatalf("%q is written %q, which is read as %q, %v", typed, text, again, err)
		}
	})
}

var start = time.Unix(1_700_000_000, 0)

var tcp, udp = sockeye.TCP.Traits(), sockeye.UDP.Traits()

func setOf(t testing.TB, frame string, faults ...string) *RelayFaults {
	t.Helper()
	s, err := ParseSet(frame, faults)
	if err != nil {
		t.Fatal(err)
	}
	s.Since = start
	return s
}

func (s *RelayFaults) lineTo(connection uint64, traits sockeye.Traits) *Line {
	return s.Line(Direction{Way: ToUpstream, Peer: &sockeye.Peer{ID: connection}, Connection: connection, From: traits, To: traits}, start)
}

// message is one of eight bytes, the last of which are its number.
func message(n int) SentMessage {
	text := fmt.Appendf(nil, "msg %04d", n)
	return SentMessage{Data: text, Body: text, Offset: uint64(8 * n)}
}

// run plans n messages of eight bytes, a millisecond apart, and says what comes out.
func run(l *Line, n int) (out []string) {
	var q DelayQueue
	number := uint64(0)
	now := start
	take := func() {
		for {
			p, _, ok := q.Next(now)
			if !ok {
				return
			}
			out = append(out, fmt.Sprintf("%v %q %d", now.Sub(start), p.Data, p.End))
		}
	}
	for m := range n {
		plan := l.Plan(message(m), now)
		q.Push(plan.Parcels, now, func() uint64 { number++; return number })
		take()
		now = now.Add(time.Millisecond)
	}
	for len(q.parcels) > 0 {
		wait := q.parcels[0].Due.Sub(now)
		if now = now.Add(wait); wait > never/2 {
			return append(out, "waits")
		}
		take()
	}
	return out
}

// The same seed over the same input gives the same; another seed, connection or direction
// something else.
func TestSeedRepeatsARun(t *testing.T) {
	for _, text := range []string{"latency 10ms jitter 9ms distribution normal correlation 30%", "drop 30%", "duplicate 20%", "reorder gap 2 20%", "corrupt bits 3 50%", "truncate 3 30%"} {
		of := func(seed, connection uint64, w Way) string {
			s := setOf(t, "", fmt.Sprintf("%s seed %d", text, seed))
			l := s.Line(Direction{Way: w, Peer: &sockeye.Peer{}, Connection: connection, From: udp, To: udp}, start)
			return strings.Join(run(l, 200), "\n")
		}
		first := of(1, 1, ToUpstream)
		if again := of(1, 1, ToUpstream); again != first {
			t.Errorf("%s: another run gives something else:\n%s", text, cmp.Diff(first, again))
		}
		for _, other := range []string{of(2, 1, ToUpstream), of(1, 2, ToUpstream), of(1, 1, FromUpstream)} {
			if other == first {
				t.Errorf("%s: another seed, connection or direction gives the same", text)
			}
		}
	}
}

// What hits a message depends on its number alone: not on patterns, and not on the other
// faults.
func TestDrawsAreIndependent(t *testing.T) {
	hits := func(faults ...string) (out []uint64) {
		l := setOf(t, "", faults...).lineTo(1, udp)
		for m := range 300 {
			for _, h := range l.Plan(message(m), start).Hits {
				if h.Kind == "corrupt" {
					out = append(out, h.Offset/8)
				}
			}
		}
		return out
	}
	all := hits("corrupt 30% seed 5")
	if with := hits("latency 5ms jitter 2ms seed 9", "duplicate 50% seed 5", "corrupt 30% seed 5"); !slices.Equal(all, with) {
		t.Errorf("with others %v, alone %v", with, all)
	}
	for _, hit := range hits("corrupt 30% seed 5 when suffix:7") {
		if hit%10 != 7 || !slices.Contains(all, hit) {
			t.Errorf("message %d was hit, of %v", hit, all)
		}
	}
}

// Every kind does what it says.
func TestKinds(t *testing.T) {
	for _, c := range []struct {
		fault  string
		traits sockeye.Traits
		n      int
		want   string
	}{
		{"latency 10ms", tcp, 2, `10ms "msg 0000" 0|11ms "msg 0001" 0`},
		{"rate 4000", udp, 2, `2ms "msg 0000" 0|4ms "msg 0001" 0`},
		{"rate 40", tcp, 1, `50ms "ms" 0|100ms "g " 0|150ms "00" 0|200ms "00" 0`},
		{"slice 3 delay 2ms", tcp, 2, `0s "msg" 0|2ms " 00" 0|4ms "00" 0|4ms "msg" 0|6ms " 00" 0|8ms "01" 0`},
		{"merge 5ms", tcp, 3, `5ms "msg 0000msg 0001msg 0002" 0`},
		{"drop when suffix:1", udp, 3, `0s "msg 0000" 0|2ms "msg 0002" 0`},
		{"drop retransmission 10ms when suffix:1", tcp, 3, `0s "msg 0000" 0|11ms "msg 0001" 0|11ms "msg 0002" 0`},
		{"duplicate copies 2 when suffix:1", udp, 2, `0s "msg 0000" 0|1ms "msg 0001" 0|1ms "msg 0001" 0|1ms "msg 0001" 0`},
		{"reorder gap 2 when suffix:0", udp, 4, `1ms "msg 0001" 0|2ms "msg 0002" 0|2ms "msg 0000" 0|3ms "msg 0003" 0`},
		{"reorder within 20ms when suffix:1", udp, 2, `0s "msg 0000" 0|21ms "msg 0001" 0`},
		{"corrupt seed 1", udp, 2, `0s "msG 0000" 0|1ms "msg 0005" 0`},
		{"truncate 3", udp, 2, `0s "msg" 0|1ms "msg" 0`},
		{"blackhole when suffix:1", udp, 3, `0s "msg 0000" 0|2ms "msg 0002" 0`},
		{"blackhole when suffix:1", tcp, 3, `0s "msg 0000" 0`},
		{"blackhole from 1ms for 1ms", udp, 3, `0s "msg 0000" 0|2ms "msg 0002" 0`},
		{"blackhole for 1ms every 2ms", udp, 4, `1ms "msg 0001" 0|3ms "msg 0003" 0`},
		{"stall from 1ms for 10ms", tcp, 3, `0s "msg 0000" 0|11ms "msg 0001" 0|11ms "msg 0002" 0`},
		{"stall", tcp, 1, `waits`},
		{"reset after 12", tcp, 3, `0s "msg 0000" 0|1ms "msg " 0|1ms "" 2`},
		{"half-close when suffix:1", tcp, 3, `0s "msg 0000" 0|1ms "" 1`},
		{"hold timeout 5ms when suffix:0", tcp, 2, `5ms "msg 0000" 0|5ms "msg 0001" 0`},
		{"latency 10ms peer 2", tcp, 1, ``},
	} {
		l := setOf(t, "", c.fault).lineTo(1, c.traits)
		var got string
		if l != nil {
			got = strings.Join(run(l, c.n), "|")
		}
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.fault, got, c.want)
		}
	}
}

// Each message that is hit has an event that says where it is and what was done.
func TestHits(t *testing.T) {
	l := setOf(t, "", "corrupt bits 2 50% seed 3", "latency 5ms when suffix:3").lineTo(1, udp)
	var got []sockeye.FaultEvent
	for m := range 4 {
		got = append(got, l.Plan(message(m), start).Hits...)
	}
	for n := range got {
		if k := got[n].Kind; k == "corrupt" && (len(got[n].Bits) != 2 || got[n].Bytes != 8 || got[n].Offset%8 != 0) {
			t.Errorf("%+v", got[n])
		}
		if text := got[n].Text(); text.En == "" || text.Zh == "" || strings.Contains(text.En+text.Zh, "{") {
			t.Errorf("%+v says %+v", got[n], text)
		}
	}
	last := got[len(got)-1]
	if last.Kind != "latency" || last.Offset != 24 || last.DelayMS != 5 {
		t.Errorf("the last is %+v", last)
	}
}

// Jitter is spread as its distribution says, and a correlation leaves that as it is.
func TestDistributions(t *testing.T) {
	const n = 50_000
	for _, c := range []struct {
		how       string
		deviation float64 // in jitters
		spread    float64
	}{{"uniform", 1 / math.Sqrt(3), 0.02}, {"normal", 1, 0.03}, {"pareto", 1, 0.25}, {"normal correlation 50%", 1, 0.04}, {"pareto correlation 50%", 1, 0.3}} {
		l := setOf(t, "", "latency 1s jitter 50ms distribution "+c.how+" seed 11").lineTo(1, udp)
		var sum, squares, lagged, before float64
		for range n {
			x := l.Plan(SentMessage{Data: []byte("x")}, start).Hits[0].DelayMS - 1000
			sum += x
			squares += x * x
			lagged += x * before
			before = x
		}
		mean, deviation := sum/n, math.Sqrt(squares/n)
		if math.Abs(mean) > 1.5 || math.Abs(deviation/50-c.deviation) > c.spread {
			t.Errorf("%s: mean %.2f ms, standard deviation %.2f ms", c.how, mean, deviation)
		}
		follows := lagged / squares
		if want := strings.Contains(c.how, "correlation"); want != (follows > 0.3) || !want && math.Abs(follows) > 0.05 {
			t.Errorf("%s: a delay follows the one before by %.2f", c.how, follows)
		}
	}
}

// A probability is that of being hit.
func TestProbabilityIsKept(t *testing.T) {
	l := setOf(t, "", "drop 30% seed 4").lineTo(1, udp)
	lost := 0
	for range 10_000 {
		lost += 1 - len(l.Plan(SentMessage{Data: []byte("x")}, start).Parcels)
	}
	if lost < 2850 || lost > 3150 {
		t.Errorf("%d of 10000 were lost", lost)
	}
}

// A stream that is only late, sliced, merged, held up or lost in retransmissions arrives
// byte for byte and in order, whatever the faults are.
func TestStreamsStayWhole(t *testing.T) {
	const seed = 14
	random := rand.New(rand.NewPCG(seed, seed))
	l := setOf(t, "line", "latency 20ms jitter 20ms distribution pareto", "rate 1mb 50%", "slice 7 delay 100us 40%", "merge 3ms 30%", "stall for 2ms every 9ms", "hold timeout 4ms 5%").lineTo(1, tcp)
	splitter := NewSplitter(setOf(t, "line").Frame, 0)
	var q DelayQueue
	var in, out []byte
	now, number := start, uint64(0)
	push := func(m SentMessage) {
		q.Push(l.Plan(m, now).Parcels, now, func() uint64 { number++; return number })
	}
	for range 1000 {
		piece := make([]byte, 1+random.IntN(300))
		for i := range piece {
			piece[i] = "abcdefg\r\n\n"[random.IntN(10)]
		}
		in = append(in, piece...)
		splitter.Split(piece, now, push)
		now = now.Add(time.Duration(random.IntN(int(2 * time.Millisecond))))
		for {
			p, _, ok := q.Next(now)
			if !ok {
				break
			}
			out = append(out, p.Data...)
		}
	}
	splitter.End(push)
	for _, p := range q.parcels {
		out = append(out, p.Data...)
	}
	if diff := cmp.Diff(string(in), string(out)); diff != "" {
		t.Errorf("seed %d: what came out is not what went in: %d and %d bytes", seed, len(in), len(out))
	}
}

// A person lets a message go, changes it or drops it; then what waited behind it goes on.
func TestDecide(t *testing.T) {
	for d, want := range map[Decision]string{Release: "ABC", Edit: "AxxC", Discard: "AC"} {
		l := setOf(t, "", "hold when is:B").lineTo(1, tcp)
		var q DelayQueue
		for n, m := range []string{"A", "B", "C"} {
			q.Push(l.Plan(SentMessage{Data: []byte(m), Body: []byte(m), Offset: uint64(n)}, start).Parcels, start, func() uint64 { return 7 })
		}
		q.Next(start)
		held := q.Held(start)
		if len(held) != 1 || held[0].Number != 7 || string(held[0].Data) != "B" || !held[0].Until.IsZero() || held[0].Offset != 1 {
			t.Fatalf("held: %+v", held)
		}
		if _, ok := q.Decide(8, d, nil, start); ok {
			t.Error("there is no 8")
		}
		e, ok := q.Decide(7, d, []byte("xx"), start)
		if !ok || e.Kind != string(d) || e.Held != 7 {
			t.Errorf("%s: %+v", d, e)
		}
		got := "A"
		for p, _, ok := q.Next(start); ok; p, _, ok = q.Next(start) {
			got += string(p.Data)
		}
		if got != want || q.bytes != 0 {
			t.Errorf("%s: %q, %d bytes are left", d, got, q.bytes)
		}
	}
}

// A queue is bounded, and what it holds goes on at once when the faults are over.
func TestQueueIsBounded(t *testing.T) {
	l := setOf(t, "", "latency 1h").lineTo(1, udp)
	var q DelayQueue
	n := 0
	for q.HasRoom(60_000) {
		q.Push(l.Plan(SentMessage{Data: make([]byte, 60_000)}, start).Parcels, start, nil)
		n++
	}
	if !q.IsFull() && n*60_000 < MaxQueued-60_000 {
		t.Errorf("%d messages found room", n)
	}
	if _, wait, ok := q.Next(start); ok || wait != time.Hour {
		t.Errorf("waits %v, %v", wait, ok)
	}
	q.Flush(nil, start)
	for range n {
		if _, _, ok := q.Next(start); !ok {
			t.Fatal("something waits still")
		}
	}
	if q.bytes != 0 {
		t.Errorf("%d bytes are left", q.bytes)
	}
	if s := setOf(t, "", "stall").lineTo(1, tcp); true {
		q.Push(s.Plan(SentMessage{Data: []byte("x")}, start).Parcels, start, nil)
	}
	if !q.IsFull() {
		t.Error("a stall reads on")
	}
}

// Faults that need messages are refused on a stream that is not cut into any.
func TestCheck(t *testing.T) {
	for _, c := range []struct {
		frame, fault string
		from, to     sockeye.Network
		want         string
	}{
		{"", "truncate 3", sockeye.TCP, sockeye.UDP, "faults[0]"},
		{"", "truncate 3 to upstream", sockeye.UDP, sockeye.TCP, ""},
		{"", "reorder from upstream", sockeye.UDP, sockeye.TCP, "faults[0]"},
		{"line", "duplicate", sockeye.TCP, sockeye.TCP, ""},
		{"", "drop", sockeye.TCP, sockeye.TCP, ""},
	} {
		err := setOf(t, c.frame, c.fault).Check(c.from, c.to)
		if got := ""; err != nil {
			if got = sockeye.ErrorOf(err).Target; got != c.want {
				t.Errorf("%+v: %v", c, err)
			}
		} else if c.want != "" {
			t.Errorf("%+v: nothing is wrong", c)
		}
	}
	_, err := ParseSet("idle:20ms", []string{"drop", "x", "rate"})
	if err == nil || len(err.(interface{ Unwrap() []error }).Unwrap()) != 3 {
		t.Errorf("%v", err)
	}
}

// A connection ends after a time.
func TestAlarm(t *testing.T) {
	l := setOf(t, "", "half-close after 9s", "reset after 5s").lineTo(1, tcp)
	at, by, ok := l.Alarm()
	if !ok || at != start.Add(5*time.Second) || by.Kind != Reset {
		t.Errorf("%v %v %v", at, by, ok)
	}
	if p := l.EndBy(by, at); len(p.Parcels) != 1 || p.Parcels[0].End != Resets || len(p.Hits) != 1 {
		t.Errorf("%+v", p)
	}
	if p := l.Plan(SentMessage{Data: []byte("x")}, at); len(p.Parcels) != 0 || p.Hits[0].Kind != "blackhole" {
		t.Errorf("%+v", p)
	}
	spared := 0
	for n := range uint64(1000) {
		if _, _, hit := setOf(t, "", "reset after 5s 25% seed 1").lineTo(n, tcp).Alarm(); !hit {
			spared++
		}
	}
	if spared < 700 || spared > 800 {
		t.Errorf("%d of 1000 are spared by 25 %%", spared)
	}
}
