package framing

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sockeye"
	"sockeye/internal/checksum"
)

// A clone goes on from the same place, and neither hears of what the other is fed.
func TestClone(t *testing.T) {
	specs := []string{"line:max=8", "length:size=1,max=8", "json:max=9", "slip:max=5", "cobs", "idle:5ms", "fixed:3", "modbus-rtu", "between:head=61,tail=62", "none"}
	rapid.Check(t, func(t *rapid.T) {
		s, err := Parse(rapid.SampledFrom(specs).Draw(t, "spec"))
		if err != nil {
			t.Fatal(err)
		}
		session := &sockeye.Session{ID: "s1"}
		peers := []*sockeye.Peer{{ID: 1, Session: session, Network: "tcp"}, {ID: 2, Session: session, Network: "tcp"}}
		now := begin
		events := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) sockeye.Event {
			now = now.Add(time.Duration(rapid.IntRange(0, 10).Draw(t, "ms")) * time.Millisecond)
			kinds := []sockeye.EventKind{sockeye.Received, sockeye.Received, sockeye.Received, sockeye.Sent, sockeye.Left, sockeye.Gap}
			e := sockeye.Event{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Time: now}
			if e.Kind != sockeye.Gap {
				e.Peer = rapid.SampledFrom(peers).Draw(t, "peer")
			}
			if e.Kind == sockeye.Received || e.Kind == sockeye.Sent {
				e.Data = rapid.SliceOfN(rapid.SampledFrom([]byte("ab\n\x00\x01\x02{}\"\xc0\xdb 1")), 1, 6).Draw(t, "data")
			}
			return e
		}), 1, 30).Draw(t, "events")
		feed := func(split *Splitter, from, to int) (list []string) {
			for n := from; n < to; n++ {
				e := events[n]
				e.Seq, e.Data = uint64(n+1), slices.Clone(e.Data)
				split.Event(&e, func(f *PeerFrame) {
					list = append(list, fmt.Sprint(n, f.Peer.ID, f.Kind, f.Offset, f.Mark, f.Reads, f.Seq, string(f.Data), "=", string(f.Body)))
				})
				clear(e.Data) // it was lent
			}
			return list
		}
		want := feed(NewSplitter(s, checksum.Trailer{}), 0, len(events))
		at := rapid.IntRange(0, len(events)).Draw(t, "at")
		first := NewSplitter(s, checksum.Trailer{})
		begun := feed(first, 0, at)
		second := first.Clone()
		third := second.Clone()
		for n, split := range []*Splitter{second, first, third} {
			split.Rests(now, func(*PeerFrame) {})
			if diff := cmp.Diff(want, append(slices.Clone(begun), feed(split, at, len(events))...)); diff != "" {
				t.Fatalf("%d, %s (-want +got):\n%s", n, s, diff)
			}
			held := 0
			for _, f := range split.ways {
				held += f.Pending()
			}
			if split.held != held {
				t.Fatalf("%d bytes are held, told are %d", held, split.held)
			}
		}
	})
}

// What no event has ended is told as it is now, and stays.
func TestRests(t *testing.T) {
	p := &sockeye.Peer{ID: 1, Network: "tcp"}
	for _, c := range []struct {
		spec, fed string
		want      []piece
		next      time.Duration
	}{
		{"line", "one\ntwo", []piece{{"two", "two", Open}}, 0},
		{"idle:5ms", "one", []piece{{"one", "one", Open}}, 5 * time.Millisecond},
		{"idle:3ms", "one", []piece{{"one", "one", Whole}}, 0},
		{"stx", "x\x02a", []piece{{"x", "x", Garbage}, {"\x02a", "\x02a", Open}}, 0},
		{"json", "1 ", nil, 0},
		{"json", "12", []piece{{"12", "12", Open}}, 0},
	} {
		split := NewSplitter(spec(t, c.spec), checksum.Trailer{})
		split.Event(&sockeye.Event{Kind: sockeye.Received, Peer: p, Time: begin, Data: []byte(c.fed)}, func(*PeerFrame) {})
		for range 2 {
			var got []piece
			next := split.Rests(begin.Add(4*time.Millisecond), func(f *PeerFrame) { got = append(got, piece{string(f.Data), string(f.Body), f.Mark}) })
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s of %q (-want +got):\n%s", c.spec, c.fed, diff)
			}
			if c.next == 0 != next.IsZero() || !next.IsZero() && next.Sub(begin) != c.next {
				t.Errorf("%s: the next is due at %v", c.spec, next)
			}
		}
	}
}

// Where the body lies is known if it is a part of the frame.
func TestBodyAt(t *testing.T) {
	for _, c := range []struct {
		spec, fed string
		from, to  int
		within    bool
	}{
		{"line", "ab\r\n", 0, 2, true}, {"line", "\n", 0, 0, true}, {"stx", "\x02abc\x03", 1, 4, true},
		{"slip", "ab\xc0", 0, 0, false}, {"fixed:2", "ab", 0, 2, true}, {"json", " [1]", 1, 4, true},
	} {
		f := New(spec(t, c.spec), checksum.Trailer{})
		f.Feed(Chunk{Data: []byte(c.fed), Time: begin})
		fr, ok := f.Next()
		if from, to, within := fr.BodyAt(); !ok || from != c.from || to != c.to || within != c.within {
			t.Errorf("%s of %q: %d to %d, %v", c.spec, c.fed, from, to, within)
		}
	}
}
