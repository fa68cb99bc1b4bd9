package pcapng

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"sockeye"
)

// The decoder reads the same however few bytes a reader gives at a time.
func TestReadersOfEverySort(t *testing.T) {
	s := mixed()
	s.received(s.events[2].Peer, noise(300_000))
	b := s.encode(EncodeOptions{})
	for _, test := range []struct {
		name string
		r    io.Reader
	}{
		{"a byte at a time", iotest.OneByteReader(bytes.NewReader(b))},
		{"half of what is asked", iotest.HalfReader(bytes.NewReader(b))},
		{"data with the end", iotest.DataErrReader(bytes.NewReader(b))},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := NewDecoder(test.r, DecodeOptions{})
			var got []sockeye.Event
			for {
				ev, err := d.Next()
				if errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatal(err)
				}
				ev.Data = bytes.Clone(ev.Data)
				got = append(got, ev)
			}
			if diff := diffEvents(s.events, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A fault of the reader is not damage of the file.
// An error of the reader is not the end of the file, wherever it comes: in a block, behind
// one, or at once.
func TestReaderFails(t *testing.T) {
	s := mixed()
	l := s.layout(EncodeOptions{})
	for _, at := range []struct{ bytes, events int }{
		{len(l.segment) - 50, len(s.events) - 1}, {len(l.segment), len(s.events)}, {l.ends[0], 1}, {0, 0},
	} {
		d := NewDecoder(io.MultiReader(bytes.NewReader(l.segment[:at.bytes]), iotest.ErrReader(io.ErrClosedPipe)), DecodeOptions{
			Damaged: func(d Damage) { t.Error(d) },
		})
		n := 0
		_, err := d.Next()
		for ; err == nil; _, err = d.Next() {
			n++
		}
		if !errors.Is(err, io.ErrClosedPipe) || n != at.events {
			t.Errorf("after %d bytes: error %v after %d events, want %d", at.bytes, err, n, at.events)
		}
	}
}

// A segment says which run, program and machine wrote it, without losing its first event.
func TestSegmentSaysWhatItIs(t *testing.T) {
	s := classroom()
	d := NewDecoder(bytes.NewReader(s.encode(EncodeOptions{Application: "Sockeye 1.0", Hardware: "board", OS: "linux", Run: 5})), DecodeOptions{})
	got, err := d.Segment()
	if err != nil || got.Run != 5 || got.ID == 0 || !got.Began.Equal(s.events[0].Time) ||
		got.Application != "Sockeye 1.0" || got.Hardware != "board" || got.OS != "linux" {
		t.Errorf("Segment = %+v, %v", got, err)
	}
	if ev, err := d.Next(); err != nil || ev.Seq != 1 {
		t.Errorf("then Next = event %d, %v", ev.Seq, err)
	}
}

// A segment whose description of a session is damaged does not borrow that of the segment
// before, which gave the same number to another session.
func TestInterfacesOfEachSegment(t *testing.T) {
	segment := func(id string, run uint64) []byte {
		s := newScene()
		p := s.peer(session(id, sockeye.Listen, "tcp://:1"), "10.0.0.1:1", "10.0.0.2:2")
		s.received(p, "of "+id)
		return s.encode(EncodeOptions{Run: run})
	}
	first, second := segment("first", 1), segment("second", 2)
	header := int(le.Uint32(second[4:]))
	clear(second[header : header+int(le.Uint32(second[header+4:]))])
	got := decode(append(first, second...), DecodeOptions{})
	if len(got.events) != 2 || len(got.damage) != 1 || string(got.events[1].Data) != "of second" {
		t.Fatalf("events %v, damage %v", got.events, got.damage)
	}
	if of := got.events[1].Session; of != nil && of.ID == "first" {
		t.Errorf("what the second session received is told of as the first's")
	}
}

// An error stays what it is.
func TestErrorsStay(t *testing.T) {
	d := NewDecoder(strings.NewReader("Hello 01Studio!"), DecodeOptions{})
	for range 2 {
		if _, err := d.Segment(); err != ErrForeign {
			t.Errorf("Segment fails with %v", err)
		}
		if _, err := d.Next(); err != ErrForeign {
			t.Errorf("Next fails with %v", err)
		}
	}
}

// An older Sockeye refuses what a newer one recorded, and says so (F24).
func TestNewerVersionIsRefused(t *testing.T) {
	b := appendSection(nil)
	b = closeBlock(b, 0, &integrity{version: Version + 1, segment: 1, number: 1})
	got := decode(append(b, classroom().encode(EncodeOptions{})...), DecodeOptions{})
	e := sockeye.ErrorOf(got.err)
	if e == nil || e.Kind != sockeye.Unsupported || !strings.Contains(e.Message.En, "version 2") || !strings.Contains(e.Message.Zh, "版本为 2") {
		t.Errorf("error %v", got.err)
	}
}

// A decoder with the Names of another one can begin at any event.
func TestBeginInTheMiddle(t *testing.T) {
	s := mixed()
	b := s.encode(EncodeOptions{})
	names := NewRegistry()
	d := NewDecoder(bytes.NewReader(b), DecodeOptions{Names: names})
	var starts []int64
	var first []sockeye.Event
	for ev, err := d.Next(); err == nil; ev, err = d.Next() {
		starts = append(starts, d.Start())
		ev.Data = bytes.Clone(ev.Data)
		first = append(first, ev)
	}
	for i, at := range starts {
		got := decode(b[at:], DecodeOptions{Offset: at, Names: names})
		if got.err != nil || len(got.damage) > 0 || got.end != int64(len(b)) {
			t.Fatalf("from event %d: error %v, damage %v, Offset %d", i+1, got.err, got.damage, got.end)
		}
		if diff := diffEvents(s.events[i:], got.events); diff != "" {
			t.Fatalf("from event %d: %s", i+1, diff)
		}
		for k, ev := range got.events {
			if ev.Session != first[i+k].Session || ev.Peer != first[i+k].Peer {
				t.Fatalf("from event %d: event %d has another session or peer", i+1, ev.Seq)
			}
		}
	}
}

// A file that is still being written is read on from where it was whole.
func TestReadWhileWritten(t *testing.T) {
	s := mixed()
	s.received(s.events[2].Peer, noise(200_000))
	b := s.encode(EncodeOptions{})
	names := NewRegistry()
	var got []sockeye.Event
	at := int64(0)
	for end := 1; end <= len(b); end = min(end+17+end/9, max(len(b), end+1)) {
		one := decode(b[at:end], DecodeOptions{Offset: at, Names: names})
		if one.err != nil || len(one.damage) > 1 || len(one.damage) == 1 && one.damage[0].Kind != Torn {
			t.Fatalf("to byte %d: error %v, damage %v", end, one.err, one.damage)
		}
		got = append(got, one.events...)
		at = one.end
	}
	if diff := diffEvents(s.events, got); diff != "" {
		t.Error(diff)
	}
}

// Without these Names it knows what the packets say.
func TestBeginInTheMiddleWithoutNames(t *testing.T) {
	s := classroom()
	b := s.encode(EncodeOptions{})
	at := bytes.Index(b, []byte("Hello 01Studio!")) - 40 - packetFixed
	got := decode(b[at:], DecodeOptions{Offset: int64(at)})
	if got.err != nil || len(got.damage) > 0 || len(got.events) != len(s.events)-2 {
		t.Fatalf("error %v, damage %v, %d events", got.err, got.damage, len(got.events))
	}
	ev := got.events[0]
	if string(ev.Data) != "Hello 01Studio!" || ev.Peer.Remote != s.events[2].Peer.Remote || ev.Peer.Local != s.events[2].Peer.Local ||
		ev.Peer.Network != "tcp" || ev.Session == nil || ev.Peer.Session != ev.Session {
		t.Errorf("event %+v of %+v", ev, ev.Peer)
	}
}

// Peers of a journal that still runs are the ones in memory.
func TestKeptPeers(t *testing.T) {
	s := classroom()
	p := s.events[2].Peer
	names := NewRegistry()
	names.Keep(77, p)
	b := s.encode(EncodeOptions{})
	p.SetAlias("renamed since")
	for _, ev := range decode(b, DecodeOptions{Names: names}).events {
		if ev.Peer != nil && (ev.Peer != p || ev.Session != p.Session) {
			t.Errorf("event %d has another peer or session", ev.Seq)
		}
	}
	if p.Alias() != "renamed since" {
		t.Errorf("what was read changed the alias to %q", p.Alias())
	}
}

// Segments may be read in any order: the newest alias stays.
func TestNewestAliasStays(t *testing.T) {
	s := newScene()
	p := s.peer(session("s1", sockeye.Listen, "tcp://:1"), "10.0.0.1:1", "10.0.0.2:2")
	e := NewEncoder(EncodeOptions{})
	var segments [][]byte
	for _, alias := range []string{"first", "second"} {
		p.SetAlias(alias)
		s.received(p, alias)
		segments = append(segments, e.Append(e.Begin(nil, s.now), &s.events[len(s.events)-1]))
	}
	names := NewRegistry()
	decode(segments[1], DecodeOptions{Names: names})
	if got := decode(segments[0], DecodeOptions{Names: names}).events[0].Peer.Alias(); got != "second" {
		t.Errorf("alias %q, want the newest", got)
	}
}

// However long the texts of an event are, its block can be read.
func TestLongNotes(t *testing.T) {
	s := newScene()
	p := s.peer(session("s1", sockeye.Listen, "tcp://:1"), "10.0.0.1:1", "10.0.0.2:2")
	long := strings.Repeat("长", 20_000)
	d := &sockeye.Detail{Reason: sockeye.ReasonError, Err: &sockeye.Error{Kind: sockeye.System, Target: long}} // more than one option holds
	s.add(sockeye.Event{Kind: sockeye.Failed, Peer: p, Detail: d})
	wantEvents(t, s.events, s.encode(EncodeOptions{}))

	p.SetAlias(strings.Repeat(long, 3))
	s.add(sockeye.Event{Kind: sockeye.Failed, Peer: p, Detail: &sockeye.Detail{
		Reason: sockeye.ReasonError, Err: &sockeye.Error{Kind: sockeye.System, Message: sockeye.Text{En: strings.Repeat(long, 5)}}}})
	got := decode(s.encode(EncodeOptions{}), DecodeOptions{})
	if len(got.damage) > 0 || len(got.events) != 2 || got.events[1].Detail.Reason != sockeye.ReasonError {
		t.Errorf("damage %v, %d events", got.damage, len(got.events))
	}
}

// Reading takes little memory, whatever there is to read.
func TestMemoryIsBounded(t *testing.T) {
	s := newScene()
	p := s.peer(session("s1", sockeye.Listen, "tcp://:1"), "10.0.0.1:1", "10.0.0.2:2")
	for range 300 {
		s.received(p, noise(100_000))
	}
	b := s.encode(EncodeOptions{})
	for name, file := range map[string][]byte{
		"sound": b, "headers only": bytes.Repeat(b[:8], 4<<20), "zeros": make([]byte, 32<<20), "broken": spoiled(b),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			d := NewDecoder(bytes.NewReader(file), DecodeOptions{})
			for {
				if _, err := d.Next(); err != nil {
					break
				}
			}
			runtime.ReadMemStats(&after)
			if n := after.TotalAlloc - before.TotalAlloc; n > 4<<20 {
				t.Errorf("%d bytes were allocated", n)
			}
		})
	}
}

// spoiled has a byte changed in each 10,000.
func spoiled(b []byte) []byte {
	b = bytes.Clone(b)
	for i := 500; i < len(b); i += 10_000 {
		b[i] ^= 0x55
	}
	return b
}
