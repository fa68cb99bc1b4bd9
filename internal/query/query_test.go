package query

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/journal"
	"sockeye/internal/recording"
)

// written is a workbench whose journal has n events of two peers in turn; every
// tenth says "ten".
func written(n, limit int) *Reader {
	w := newReader(limit)
	s := &sockeye.Session{ID: "s1"}
	peers := []*sockeye.Peer{{ID: 1, Session: s, Network: "tcp"}, {ID: 2, Session: s, Network: "tcp"}}
	for i := 1; i <= n; i++ {
		text := fmt.Sprintf("event %d", i)
		if i%10 == 0 {
			text += " ten"
		}
		w.journal.Append(sockeye.Event{Time: journal.Now(), Kind: sockeye.Received, Session: s, Peer: peers[i%2], Data: []byte(text)})
	}
	return w
}

func numbers(seen *Page) []uint64 {
	var list []uint64
	for _, e := range seen.Events {
		list = append(list, e.Seq)
	}
	return list
}

func span(from, to, step uint64) []uint64 {
	var list []uint64
	for n := from; n <= to; n += step {
		list = append(list, n)
	}
	return list
}

// A query finds the events that its filter asks for, from either end, and says where to go on.
func TestQueryFindsAndContinues(t *testing.T) {
	w := written(50_000, 0)
	tens := recording.Filter{Bytes: []byte(" ten")}
	for _, c := range []struct {
		name string
		q    Query
		want []uint64
		to   uint64
		done bool
	}{
		{"oldest", Query{Limit: 3}, span(1, 3, 1), 4, false},
		{"middle", Query{From: 1000, Limit: 200}, span(1000, 1199, 1), 1200, false},
		{"end", Query{From: 49_999, Limit: 10}, span(49_999, 50_000, 1), 50_001, true},
		{"beyond", Query{From: 60_000}, nil, 60_000, true},
		{"newest", Query{Backward: true, Limit: 3}, span(49_998, 50_000, 1), 49_998, false},
		{"before", Query{Backward: true, From: 100, Limit: 3}, span(97, 99, 1), 97, false},
		{"beginning", Query{Backward: true, From: 3}, span(1, 2, 1), 1, true},
		{"peer", Query{From: 5, Limit: 3, Filter: recording.Filter{Peer: "1"}}, span(6, 10, 2), 11, false},
		{"text", Query{From: 5, Limit: 3, Filter: tens}, span(10, 30, 10), 31, false},
		{"text back", Query{Backward: true, Limit: 3, Filter: tens}, span(49_980, 50_000, 10), 49_971, false},
		{"far back", Query{Backward: true, From: 49_000, Limit: 5, Filter: recording.Filter{Bytes: []byte("event 7 ")}}, nil, 1, true},
		{"kind", Query{Kinds: []sockeye.EventKind{sockeye.Joined}}, nil, 50_001, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			q, got := c.q, []uint64(nil)
			var seen *Page
			for more := true; more; more = len(got) == 0 && !seen.Done { // a slow machine may need several looks
				var err error
				if seen, err = w.Query(context.Background(), q); err != nil {
					t.Fatal(err)
				}
				got = numbers(seen)
				q.From = seen.ScannedTo
			}
			if diff := cmp.Diff(c.want, got); diff != "" || seen.ScannedTo != c.to || seen.Done != c.done {
				t.Errorf("to %d, done %v (-want +got):\n%s", seen.ScannedTo, seen.Done, diff)
			}
		})
	}
}

// However one pages, forward or back, in whatever steps, no wanted event is missed
// and none comes twice: also when the data of a window is more than it may hold.
func TestQueryPagesLoseNothing(t *testing.T) {
	w := newReader(256 << 20)
	s := &sockeye.Session{ID: "s1"}
	p := &sockeye.Peer{ID: 1, Session: s, Network: "tcp"}
	rnd := rand.New(rand.NewPCG(1, 2))
	var all, marked []uint64
	for range 3000 {
		data := bytes.Repeat([]byte{'.'}, 1+rnd.IntN(1<<(4+rnd.IntN(16))))
		if rnd.IntN(7) == 0 {
			data[len(data)-1] = '!'
		}
		seq := w.journal.Append(sockeye.Event{Time: journal.Now(), Kind: sockeye.Received, Session: s, Peer: p, Data: data})
		all = append(all, seq)
		if data[len(data)-1] == '!' {
			marked = append(marked, seq)
		}
	}
	for _, back := range []bool{false, true} {
		for _, c := range []struct {
			filter recording.Filter
			want   []uint64
		}{{recording.Filter{}, all}, {recording.Filter{Bytes: []byte("!")}, marked}} {
			var got []uint64
			q := Query{Backward: back, Filter: c.filter}
			for {
				q.Limit = 1 + rnd.IntN(400)
				seen, err := w.Query(context.Background(), q)
				if err != nil {
					t.Fatal(err)
				}
				if back {
					got = slices.Concat(numbers(seen), got)
				} else {
					got = append(got, numbers(seen)...)
				}
				if seen.Done {
					break
				}
				q.From = seen.ScannedTo
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("back %v (-want +got):\n%s", back, diff)
			}
		}
	}
}

// A match that begins in the event before the window is found.
func TestQueryOverTheBorder(t *testing.T) {
	w := newReader(0)
	s := &sockeye.Session{ID: "s1"}
	p := &sockeye.Peer{ID: 1, Session: s, Network: "tcp"}
	for _, text := range []string{"a", "need", "le", "z"} {
		w.journal.Append(sockeye.Event{Time: journal.Now(), Kind: sockeye.Received, Session: s, Peer: p, Data: []byte(text)})
	}
	seen, err := w.Query(context.Background(), Query{From: 3, Filter: recording.Filter{Bytes: []byte("needle")}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]uint64{3}, numbers(seen)); diff != "" {
		t.Error(diff)
	}
}

// What memory no longer holds comes from the recording.
func TestQueryOnDisk(t *testing.T) {
	w := newReader(64 << 10)
	recorder, err := w.journal.Record(recording.WriteOptions{Dir: t.TempDir() + "/r"})
	if err != nil {
		t.Fatal(err)
	}
	s := &sockeye.Session{ID: "s1"}
	p := &sockeye.Peer{ID: 1, Session: s, Network: "tcp"}
	for range 20_000 {
		w.journal.Append(sockeye.Event{Time: journal.Now(), Kind: sockeye.Received, Session: s, Peer: p, Data: []byte("0123456789")})
	}
	if err := recorder.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	oldest, _ := w.Span()
	if oldest < 1000 {
		t.Fatalf("memory still holds from %d on", oldest)
	}
	seen, err := w.Query(context.Background(), Query{From: 100, Limit: 5})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(span(100, 104, 1), numbers(seen)); diff != "" || seen.Oldest != 1 {
		t.Errorf("oldest %d (-want +got):\n%s", seen.Oldest, diff)
	}
	if e, err := w.Event(7); err != nil || string(e.Data) != "0123456789" {
		t.Errorf("event 7: %q, %v", e.Data, err)
	}
}

// newReader reads a journal of its own, of limit bytes.
func newReader(limit int) *Reader { return NewReader(journal.New(limit)) }
