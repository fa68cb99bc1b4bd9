package query

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/framing"
	"sockeye/internal/journal"
	"sockeye/internal/recording"
)

// cutOf reads a way to cut.
func cutOf(t testing.TB, frame, check string) *FrameQuery {
	t.Helper()
	c := &FrameQuery{}
	var err error
	if c.Spec, err = framing.Parse(frame); err != nil {
		t.Fatal(err)
	}
	if check != "" {
		if c.Check, err = checksum.ParseTrailer(check); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// riding is a frame and the event that it ended by.
type riding struct {
	Event       uint64
	Peer        uint64
	Kind        sockeye.EventKind
	First, Last uint64
	Offset      uint64
	Data        string
	Mark        framing.Mark
	Check       framing.CheckResult
	Cuts        []int
}

func ridingOn(seq uint64, f *framing.PeerFrame) riding {
	return riding{seq, f.Peer.ID, f.Kind, f.Seq, f.LastSeq, f.Offset, string(f.Data), f.Mark, f.Check, append([]int(nil), f.Reads...)}
}

// cutAtOnce cuts a journal from its beginning with one splitter.
func cutAtOnce(w *Reader, c *FrameQuery, wants func(*framing.PeerFrame) bool) (list []riding) {
	split := framing.NewSplitter(c.Spec, c.Check)
	s := w.Range(0, 0)
	defer s.Close()
	for {
		e, err := s.Next(context.Background())
		if err != nil {
			return list
		}
		split.Event(&e, func(f *framing.PeerFrame) {
			if wants == nil || wants(f) {
				list = append(list, ridingOn(e.Seq, f))
			}
		})
	}
}

// traffic is a journal of several peers: lines, length prefixes, Modbus RTU, garbage, cut
// anywhere, with pauses, and peers that come, finish and leave.
func traffic(rnd *rand.Rand, events int) *Reader {
	w := newReader(64 << 20)
	w.caches.every = 3000
	s := &sockeye.Session{ID: "s1"}
	now := journal.Now()
	var peers []*sockeye.Peer
	join := func() {
		p := &sockeye.Peer{ID: uint64(len(peers) + 1), Session: s, Network: "tcp", Remote: sockeye.IPSocketAddr(netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), uint16(1000+len(peers))))}
		if rnd.IntN(4) == 0 {
			p.Network = "udp"
		}
		peers = append(peers, p)
		w.journal.Append(sockeye.Event{Time: now, Kind: sockeye.Joined, Session: s, Peer: p})
	}
	join()
	for range events {
		now = now.Add(time.Duration(rnd.IntN(30)) * time.Millisecond)
		p := peers[rnd.IntN(len(peers))]
		switch n := rnd.IntN(100); {
		case n < 2:
			join()
			continue
		case n < 3:
			w.journal.Append(sockeye.Event{Time: now, Kind: sockeye.Left, Session: s, Peer: p, Detail: &sockeye.Detail{Reason: sockeye.ReasonEOF}})
			continue
		case n < 4:
			w.journal.Append(sockeye.Event{Time: now, Kind: sockeye.Finished, Session: s, Peer: p, Detail: &sockeye.Detail{Reason: sockeye.ReasonEOF}})
			continue
		}
		kind := sockeye.Received
		if rnd.IntN(3) == 0 {
			kind = sockeye.Sent
		}
		w.journal.Append(sockeye.Event{Time: now, Kind: kind, Session: s, Peer: p, Data: someBytes(rnd)})
	}
	return w
}

func someBytes(rnd *rand.Rand) []byte {
	var b []byte
	for range 1 + rnd.IntN(3) {
		switch rnd.IntN(4) {
		case 0:
			b = fmt.Appendf(b, "line %d\r\n", rnd.IntN(1000))
		case 1:
			body := bytes.Repeat([]byte{byte(rnd.IntN(256))}, rnd.IntN(40))
			b = append(binary.BigEndian.AppendUint16(b, uint16(len(body))), body...)
		case 2:
			b = append(b, 1, 3, 0, 0, 0, 10, 0xc5, 0xcd)
		case 3:
			b = append(b, `{"a":[1,2]}`...)
		}
	}
	from := rnd.IntN(len(b))
	return b[from : from+1+rnd.IntN(len(b)-from)]
}

// lookAll asks for the whole journal window by window.
func lookAll(t *testing.T, w *Reader, q Query, rnd *rand.Rand) (list []riding) {
	t.Helper()
	for {
		q.Limit = 1 + rnd.IntN(200)
		seen, err := w.Query(context.Background(), q)
		if err != nil {
			t.Error(err)
			return nil
		}
		var part []riding
		for _, e := range seen.Events {
			isData := e.Kind == sockeye.Received || e.Kind == sockeye.Sent
			if e.LeftOut > 0 || isData && (len(e.Frames) == 0 || len(e.Data) > 0) {
				t.Errorf("event %d has %d frames, %d left out, and data %q", e.Seq, len(e.Frames), e.LeftOut, e.Data)
			}
			for i := range e.Frames {
				part = append(part, ridingOn(e.Seq, &e.Frames[i].PeerFrame))
			}
		}
		if q.Backward {
			list = slices.Concat(part, list)
		} else {
			list = append(list, part...)
		}
		if seen.Done {
			return list
		}
		q.From = seen.ScannedTo
	}
}

// However one pages, with whatever was looked at before, the frames are those of one
// splitter over the whole journal.
func TestQueryCutsAlike(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	w := traffic(rnd, 3000)
	for _, c := range []struct{ frame, check string }{
		{"line", ""}, {"length:size=2,max=64", "sum8"}, {"idle:20ms", "crc16modbus"}, {"modbus-rtu", ""}, {"json:max=100", ""}, {"none", ""}, {"slip:max=50", ""},
	} {
		cut := cutOf(t, c.frame, c.check)
		for _, q := range []Query{
			{}, {Backward: true}, {Filter: recording.Filter{Peer: "3"}}, {Backward: true, Filter: recording.Filter{Peer: "2", Direction: sockeye.Received}},
			{Backward: true, Kinds: []sockeye.EventKind{sockeye.Sent}},
		} {
			t.Run(fmt.Sprintf("%s back %v peer %s", c.frame, q.Backward, q.Filter.Peer), func(t *testing.T) {
				q.Cut = cut
				want := cutAtOnce(w, cut, func(f *framing.PeerFrame) bool {
					return (q.Filter.Peer == "" || fmt.Sprint(f.Peer.ID) == q.Filter.Peer) && (q.Filter.Direction == 0 || f.Kind == q.Filter.Direction) &&
						(q.Kinds == nil || f.Kind == q.Kinds[0])
				})
				for range 20 { // windows anywhere leave marks anywhere
					q := Query{Cut: cut, From: rnd.Uint64N(3100), Backward: rnd.IntN(2) == 0, Limit: 1 + rnd.IntN(50)}
					if _, err := w.Query(t.Context(), q); err != nil {
						t.Fatal(err)
					}
				}
				if len(want) == 0 {
					t.Fatal("no frames")
				}
				if diff := cmp.Diff(want, lookAll(t, w, q, rnd)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		}
	}
	if n := len(w.caches.list); n != maxFrameCaches {
		t.Errorf("%d ways to cut are remembered, want %d", n, maxFrameCaches)
	}
}

// What is asked of bytes is asked of frames, not of chunks.
func TestQueryFiltersFrames(t *testing.T) {
	w := newReader(0)
	s := &sockeye.Session{ID: "s1"}
	p := &sockeye.Peer{ID: 1, Session: s, Network: "tcp"}
	for _, text := range []string{"one\ntw", "o\nthree", "\nfour\ntwo"} {
		w.journal.Append(sockeye.Event{Time: journal.Now(), Kind: sockeye.Received, Session: s, Peer: p, Data: []byte(text)})
	}
	w.journal.Append(sockeye.Event{Time: journal.Now(), Kind: sockeye.Left, Session: s, Peer: p})
	q := Query{Cut: cutOf(t, "line", ""), Filter: recording.Filter{Bytes: []byte("two")}}
	want := []riding{
		{Event: 2, Peer: 1, Kind: sockeye.Received, First: 1, Last: 2, Offset: 4, Data: "two\n", Cuts: []int{2}},
		{Event: 4, Peer: 1, Kind: sockeye.Received, First: 3, Last: 3, Offset: 19, Data: "two", Mark: framing.Incomplete},
	}
	if diff := cmp.Diff(want, lookAll(t, w, q, rand.New(rand.NewPCG(1, 1)))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What no event has ended yet is told beside the events: it is a frame when its pause
// is over, before anything else comes.
func TestQueryTellsWhatIsOpen(t *testing.T) {
	w := newReader(0)
	s := &sockeye.Session{ID: "s1"}
	p := &sockeye.Peer{ID: 1, Session: s, Network: "tcp"}
	w.journal.Append(sockeye.Event{Time: journal.Now().Add(-time.Second), Kind: sockeye.Received, Session: s, Peer: p, Data: []byte("half")})
	open := func(frame string, back bool) (mark string, due bool) {
		seen, err := w.Query(t.Context(), Query{Cut: cutOf(t, frame, ""), Backward: back})
		if err != nil || len(seen.Events) > 0 || len(seen.Frames.Open) != 1 || !seen.Done {
			t.Fatalf("%+v, %v", seen, err)
		}
		o := seen.Frames.Open[0]
		if o.Seq != 1 || len(o.Frames) != 1 || string(o.Frames[0].Data) != "half" || o.Peer != p {
			t.Fatalf("%+v", o)
		}
		return o.Frames[0].Mark.String(), seen.Frames.Due > 0
	}
	for _, c := range []struct {
		frame, mark string
		due         bool
	}{{"line", "open", false}, {"idle:10ms", "whole", false}, {"idle:1h", "open", true}} {
		for _, back := range []bool{false, true} {
			if mark, due := open(c.frame, back); mark != c.mark || due != c.due {
				t.Errorf("%s: %s, due %v", c.frame, mark, due)
			}
		}
	}
	w.journal.Append(sockeye.Event{Time: journal.Now(), Kind: sockeye.Received, Session: s, Peer: p, Data: []byte("more")})
	want := []riding{{Event: 2, Peer: 1, Kind: sockeye.Received, First: 1, Last: 1, Data: "half"}}
	if diff := cmp.Diff(want, lookAll(t, w, Query{Cut: cutOf(t, "idle:10ms", "")}, rand.New(rand.NewPCG(1, 1)))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A stream whose beginning has left the memory is cut as before by whom it was cut
// before, and from its middle by others, who say so.
func TestQueryWhereTheBeginningIsGone(t *testing.T) {
	w := newReader(64 << 10)
	w.caches.every = 500
	s := &sockeye.Session{ID: "s1"}
	p := &sockeye.Peer{ID: 1, Session: s, Network: "tcp"}
	seen, fresh := cutOf(t, "fixed:7", ""), cutOf(t, "fixed:7", "sum8")
	newest := func(c *FrameQuery) *Page {
		got, err := w.Query(t.Context(), Query{Cut: c, Backward: true, Limit: 20})
		if err != nil || len(got.Events) == 0 {
			t.Fatalf("%+v, %v", got, err)
		}
		return got
	}
	for range 2000 {
		w.journal.Append(sockeye.Event{Time: journal.Now(), Kind: sockeye.Received, Session: s, Peer: p, Data: []byte("0123456789")})
		newest(seen)
	}
	oldest := w.Oldest()
	if oldest < 100 {
		t.Fatalf("memory holds all from %d on", oldest)
	}
	for _, c := range []struct {
		cut  *FrameQuery
		from uint64
	}{{seen, 1}, {fresh, oldest}} {
		got := newest(c.cut)
		last := got.Events[len(got.Events)-1].Frames
		begun := (c.from - 1) * 10 // offsets count from there
		f := last[len(last)-1]
		if got.Frames.From != c.from || (f.Offset+begun)%10 != uint64(f.Data[0]-'0') || f.Offset%7 != 0 {
			t.Errorf("cut from %d, want %d: %+v", got.Frames.From, c.from, f)
		}
	}
	// Where the marks begin, the frames are those of before again.
	got, err := w.Query(t.Context(), Query{Cut: seen, From: oldest, Limit: 1000})
	if err != nil || got.Frames.From != oldest {
		t.Fatalf("from %d, %v", got.Frames.From, err)
	}
	last := got.Events[len(got.Events)-1]
	if f := last.Frames[0]; f.Offset < 7*oldest {
		t.Errorf("the last frame is at %d: cut from the middle", f.Offset)
	}
}

// However much there is, what is remembered of it is bounded, and so is an answer.
func TestQueryForFramesIsBounded(t *testing.T) {
	w := newReader(0)
	w.caches.every = 100
	s := &sockeye.Session{ID: "s1"}
	chunk := bytes.Repeat([]byte("x"), 60<<10)
	for i := range 400 {
		p := &sockeye.Peer{ID: uint64(i%50 + 1), Session: s, Network: "tcp"}
		w.journal.Append(sockeye.Event{Time: journal.Now(), Kind: sockeye.Received, Session: s, Peer: p, Data: chunk})
		for range 20 {
			w.journal.Append(sockeye.Event{Time: journal.Now(), Kind: sockeye.Received, Session: s, Peer: p, Data: []byte("y")})
		}
	}
	ask := func(q Query) (*Page, error) {
		for {
			seen, err := w.Query(t.Context(), q)
			if err != nil || len(seen.Events) > 0 || seen.Done {
				return seen, err
			}
			q.From = seen.ScannedTo
		}
	}
	seen, err := ask(Query{Cut: cutOf(t, "fixed:1", "")})
	if err != nil {
		t.Fatal(err)
	}
	if e := seen.Events[0]; len(e.Frames) != maxFrames || e.LeftOut != 60<<10-maxFrames {
		t.Errorf("%d frames, and %d left out", len(e.Frames), e.LeftOut)
	}
	size := 0
	for _, e := range seen.Events {
		size += e.size()
	}
	if size > maxPageData {
		t.Errorf("an answer of %d bytes", size)
	}
	if _, err := ask(Query{Cut: cutOf(t, "line:max=16777216", ""), Backward: true}); err != nil {
		t.Fatal(err)
	}
	for _, c := range w.caches.list {
		held := 0
		for _, m := range c.points {
			held += m.size
		}
		if len(c.points) > maxResumePoints || held > maxResumePointSize || len(c.stops) > maxStops {
			t.Errorf("%s: %d marks of %d bytes, and %d stops", c.name, len(c.points), held, len(c.stops))
		}
	}
	for i := range 400 {
		p := &sockeye.Peer{ID: uint64(i%50 + 1), Session: s, Network: "tcp"}
		w.journal.Append(sockeye.Event{Time: journal.Now(), Kind: sockeye.Received, Session: s, Peer: p, Data: chunk})
	}
	_, err = ask(Query{Cut: cutOf(t, "line:max=16777216", ""), Backward: true})
	if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.TooLarge {
		t.Errorf("%d bytes that are no frame: %v", 800*len(chunk), err)
	}
}

// A look whose time is over before it comes to its window has not been in vain: the next
// goes on where it stopped.
func TestQueryForFramesGoesOn(t *testing.T) {
	w := newReader(0)
	s := &sockeye.Session{ID: "s1"}
	p := &sockeye.Peer{ID: 1, Session: s, Network: "tcp"}
	chunk := append(bytes.Repeat([]byte("x"), 4000), '\n')
	for range 1000 {
		w.journal.Append(sockeye.Event{Time: journal.Now(), Kind: sockeye.Received, Session: s, Peer: p, Data: chunk})
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	q := Query{Cut: cutOf(t, "line", ""), From: 990, Limit: 3}
	reached := uint64(0)
	for n := 0; ; n++ {
		seen, err := w.Query(over, q)
		if err != nil {
			t.Fatal(err)
		}
		if len(seen.Events) > 0 {
			if f := seen.Events[0].Frames[0]; n < 2 || f.Offset != 989*4001 || seen.Frames.From != 1 {
				t.Errorf("after %d looks: %+v", n, f)
			}
			return
		}
		if seen.Done || seen.ScannedTo != q.From || seen.Frames.To <= reached {
			t.Fatalf("look %d came to %d, after %d: %+v", n, seen.Frames.To, reached, seen)
		}
		reached = seen.Frames.To
	}
}

// Several views may cut alike at the same time, while more comes.
func TestQueryForFramesTogether(t *testing.T) {
	w := traffic(rand.New(rand.NewPCG(5, 6)), 1000)
	cut := cutOf(t, "line", "")
	want := cutAtOnce(w, cut, nil)
	_, end := w.Span()
	var views sync.WaitGroup
	for n := range 6 {
		views.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(n), 7))
			q := Query{Cut: cut, Backward: n%2 == 0}
			if q.Backward {
				q.From = end
			}
			var got []riding
			for _, f := range lookAll(t, w, q, rnd) {
				if f.Event < end {
					got = append(got, f)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("view %d (-want +got):\n%s", n, diff)
			}
		})
	}
	s := &sockeye.Session{ID: "s2"}
	p := &sockeye.Peer{ID: 1000, Session: s, Network: "tcp"}
	for range 500 {
		w.journal.Append(sockeye.Event{Time: journal.Now(), Kind: sockeye.Received, Session: s, Peer: p, Data: []byte("more\n")})
	}
	views.Wait()
}
