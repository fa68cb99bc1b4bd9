package responder

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/framing"
	"sockeye/internal/rule"
)

// frameRule cuts a stream of length-prefixed frames of 1 KiB and asks one rule with a
// prefix about each, as a session does between a read and a reply.
type frameRule struct {
	framer *framing.Framer
	engine *rule.Engine
	peer   *sockeye.Peer
	stream []byte
	now    time.Time
	frames int
}

func newFrameRule(t testing.TB, r rule.Rule) *frameRule {
	t.Helper()
	spec, err := framing.Parse("length:size=2")
	if err != nil {
		t.Fatal(err)
	}
	program, err := rule.Compile(rule.Set{Rules: []rule.Rule{r}})
	if err != nil {
		t.Fatal(err)
	}
	one := append(binary.BigEndian.AppendUint16(nil, 1024), bytes.Repeat([]byte("x"), 1024)...)
	return &frameRule{
		framer: framing.New(spec, checksum.Trailer{}),
		engine: rule.NewEngine(program, rule.EngineOptions{Allow: rule.Allowed{Storm: true}}),
		peer:   &sockeye.Peer{ID: 1, Network: "tcp", Remote: sockeye.ParseSocketAddr("192.0.2.1:5000")},
		stream: bytes.Repeat(one, 1024),
		now:    time.Date(2026, 1, 31, 9, 30, 0, 0, time.UTC),
	}
}

// pass takes the stream in reads of 64 KiB, which end in the middle of frames.
func (f *frameRule) pass() {
	for at := 0; at < len(f.stream); at += 64 << 10 {
		f.framer.Feed(framing.Chunk{Data: f.stream[at:min(len(f.stream), at+64<<10)], Time: f.now})
		for fr, ok := f.framer.Next(); ok; fr, ok = f.framer.Next() {
			f.engine.Frame(f.peer, fr.Body, f.now)
			f.frames++
		}
	}
}

var (
	another = rule.Rule{Match: "prefix:abc", Replies: text("ok")}
	// resting is matched and answers nothing any more: the cost without the reply.
	resting = rule.Rule{Match: `prefix:\x04\x00xxx`, Replies: text("ok"), Count: 1}
)

// A frame costs no allocation on its way to a rule, whether that matches or not.
func TestFramesAndRuleAllocateNothing(t *testing.T) {
	for name, r := range map[string]rule.Rule{"no match": another, "match": resting} {
		f := newFrameRule(t, r)
		f.pass() // buffers grow, and the rule answers once
		f.frames = 0
		if n := testing.AllocsPerRun(5, f.pass); n > 0 || f.frames != 6*1024 {
			t.Errorf("%s: %v allocations for 1,024 frames (%d in all)", name, n, f.frames)
		}
		hits := f.engine.Hits()[0]
		if matched := hits.Hits+hits.Skipped > 0; matched != (name == "match") {
			t.Errorf("%s: %+v", name, hits)
		}
	}
}

// BenchmarkFramesAndRule is to reach 1 GB/s; see docs/performance.md.
func BenchmarkFramesAndRule(b *testing.B) {
	for name, r := range map[string]rule.Rule{"another": another, "matching": resting} {
		b.Run(name, func(b *testing.B) {
			f := newFrameRule(b, r)
			f.pass()
			b.SetBytes(int64(len(f.stream)))
			b.ReportAllocs()
			for b.Loop() {
				f.pass()
			}
		})
	}
}
