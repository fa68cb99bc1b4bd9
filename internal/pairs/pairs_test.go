package pairs

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sockeye"
	"sockeye/internal/decode"
)

var begin = time.Date(2026, 1, 31, 15, 4, 5, 0, time.UTC)

// talk feeds messages: "s" is sent, "r" received, each with its milliseconds and key.
func talk(m *Matcher, p *sockeye.Peer, list ...MessageInfo) {
	for _, one := range list {
		one.Peer = p
		m.Message(one)
	}
}

func sent(ms int, key string) MessageInfo {
	return MessageInfo{Kind: sockeye.Sent, Time: begin.Add(time.Duration(ms) * time.Millisecond), Key: key}
}

func received(ms int, key string) MessageInfo {
	m := sent(ms, key)
	m.Kind = sockeye.Received
	return m
}

// Answers are paired in order, and counted as late, missing or unexpected where they are.
func TestPairsInOrder(t *testing.T) {
	m := New(MatchRule{Requests: sockeye.Sent, Timeout: 100 * time.Millisecond})
	board := &sockeye.Peer{ID: 1}
	talk(m, board, sent(0, ""), received(10, ""), sent(20, ""), sent(30, ""), received(40, ""), received(250, ""), received(260, ""), sent(300, ""), sent(400, ""))
	r := m.Report(begin.Add(450 * time.Millisecond))
	want := Counts{Requests: 5, Answered: 3, Late: 1, Missing: 1, Unexpected: 1, Waiting: 1}
	if diff := cmp.Diff(want, r.All); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if r.Latency.Count != 3 || r.Latency.Min/1000 != 10 || r.Latency.Max/1000 != 220 || r.Latency.P50/1000 != 20 {
		t.Errorf("%+v", r.Latency)
	}
	if r := m.Report(time.Time{}); r.All.Missing != 2 || r.All.Waiting != 0 {
		t.Errorf("at the end %+v", r.All)
	}
	total := int64(0)
	for _, b := range r.Histogram {
		total += b.Count
	}
	if total != 3 || r.Histogram[0].From != 10_000 {
		t.Errorf("%+v", r.Histogram)
	}
}

// Requests with keys may be answered in any order. A message that is one part of an answer does
// not complete it, and a request whose decoder says one-way is not counted as unanswered.
func TestPairsByKey(t *testing.T) {
	m := New(MatchRule{Requests: sockeye.Sent})
	a, b := &sockeye.Peer{ID: 1}, &sockeye.Peer{ID: 2}
	part := received(5, "1")
	part.Part = true
	alone := received(6, "")
	alone.Role = decode.OneWay
	talk(m, a, sent(0, "1"), sent(1, "2"), received(4, "2"), part, alone, received(9, "1"), received(10, "3"))
	talk(m, b, sent(0, "1"))
	m.Left(b)
	r := m.Report(begin)
	want := []Counts{{Requests: 2, Answered: 2, Unexpected: 1, OneWay: 1}, {Requests: 1, Missing: 1}}
	if diff := cmp.Diff(want, []Counts{r.Peers[0].Counts, r.Peers[1].Counts}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if r.Peers[0].Latency.Max/1000 != 9 || r.All.Requests != 3 {
		t.Errorf("%+v", r)
	}
}

// Of more peers than are kept the messages are counted, and a peer that was never
// answered costs no histogram.
func TestPairsAreBounded(t *testing.T) {
	m := New(MatchRule{Requests: sockeye.Sent})
	for id := range uint64(maxPeers + 5) {
		talk(m, &sockeye.Peer{ID: id}, sent(0, ""))
	}
	if r := m.Report(begin); len(r.Peers) != maxPeers || r.LeftOut != 5 || r.All.Requests != maxPeers || r.Latency != (Latency{}) {
		t.Errorf("%d peers, %d left out, %+v", len(r.Peers), r.LeftOut, r.All)
	}
	for _, p := range m.order {
		if p.latency != nil {
			t.Fatal("a histogram of nothing")
		}
	}
}

// Whatever is lost, doubled and moved a little is counted as that.
func TestSequenceCountsWhatHappened(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.SampledFrom([]int{16, 32, 64}).Draw(t, "bits")
		start := rapid.Uint64Range(0, 1<<16-1).Draw(t, "start")
		const count = 300
		var numbers []uint64
		lost, doubled := 0, 0
		for n := range uint64(count) {
			number := start + n
			if bits < 64 {
				number &= 1<<bits - 1
			}
			switch rapid.IntRange(0, 9).Draw(t, "fate") {
			case 0:
				if n > 0 && n < count-1 { // who loses the first or the last, nobody can tell
					lost++
					continue
				}
			case 1:
				doubled++
				numbers = append(numbers, number)
			}
			numbers = append(numbers, number)
		}
		s := NewSequence(bits)
		for n, number := range numbers {
			s.Message(nil, sockeye.Received, begin.Add(time.Duration(n)*time.Millisecond), number)
		}
		r := s.Reports()[0]
		want := SequenceReport{Kind: sockeye.Received, Messages: len(numbers), Lost: lost, Duplicates: doubled, Jitter: r.Jitter}
		if diff := cmp.Diff(want, r); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		if r.Jitter > 100 {
			t.Fatalf("messages at equal distances have a jitter of %v µs", r.Jitter)
		}
	})
}

// From the numbers in messages follow those lost, repeated, out of order, and restarts.
func TestSequenceOrder(t *testing.T) {
	s := NewSequence(64)
	for n, number := range []uint64{1, 2, 4, 3, 5, 5, 8, 100_000, 100_001} {
		s.Message(nil, sockeye.Received, begin.Add(time.Duration(n*n)*time.Millisecond), number)
	}
	r := s.Reports()[0]
	if r.Reordered != 1 || r.Duplicates != 1 || r.Lost != 2 || r.Restarts != 1 || r.Jitter < 100 {
		t.Errorf("%+v", r)
	}
}
