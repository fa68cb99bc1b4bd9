package pcapng

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// mixed is a small segment with every kind of block: two sessions, TCP and UDP,
// IPv4 and IPv6, an event in several packets, errors, a gap.
func mixed() *scene {
	s := classroom()
	c := session("s2", sockeye.Connect, "udp6://[::1]:5000")
	p := s.peer(c, "[::1]:6000", "[::1]:5000")
	s.on(c, sockeye.Opened, nil)
	s.at(p, sockeye.Joined, "")
	s.sent(p, "ping")
	s.received(p, "")
	s.received(p, "pong")
	s.at(p, sockeye.Left, sockeye.ReasonLocal)
	s.on(c, sockeye.Ended, &sockeye.Detail{Reason: sockeye.ReasonLocal})
	return s
}

// layout is where the blocks of a scene's events are.
type layout struct {
	segment []byte
	ends    []int // of each event's blocks
}

func (s *scene) layout(o EncodeOptions) layout {
	o.Run = 77
	e := NewEncoder(o)
	l := layout{segment: e.Begin(nil, s.events[0].Time)}
	for i := range s.events {
		l.segment = e.Append(l.segment, &s.events[i])
		l.ends = append(l.ends, len(l.segment))
	}
	return l
}

// eventAt is the index of the event whose blocks hold an offset, -1 for the
// section header.
func (l layout) eventAt(offset int, begin int) int {
	if offset < begin {
		return -1
	}
	for i, end := range l.ends {
		if offset < end {
			return i
		}
	}
	return len(l.ends)
}

// Every single bit that flips is reported, at its place, and costs at most the
// event that it is in.
func TestEveryFlippedBit(t *testing.T) {
	s := mixed()
	l := s.layout(EncodeOptions{OS: "linux"})
	begin := len(NewEncoder(EncodeOptions{OS: "linux"}).Begin(nil, s.now))
	lost := 0
	for i := range len(l.segment) * 8 {
		l.segment[i/8] ^= 1 << (i % 8)
		got := decode(l.segment, DecodeOptions{})
		l.segment[i/8] ^= 1 << (i % 8)

		hit := l.eventAt(i/8, begin)
		name := fmt.Sprintf("bit %d of byte %d, in event %d", i%8, i/8, hit+1)
		if got.err != nil || len(got.damage) != 1 {
			t.Fatalf("%s: error %v, damage %v", name, got.err, got.damage)
		}
		if d := got.damage[0]; d.Offset > int64(i/8) || d.Offset+d.Length <= int64(i/8) {
			t.Errorf("%s is reported elsewhere: %v", name, d)
		}
		want := s.events
		if len(got.events) < len(want) && hit >= 0 {
			lost++
			want = append(append([]sockeye.Event(nil), want[:hit]...), want[hit+1:]...)
		}
		if diff := diffEvents(want, got.events); diff != "" {
			t.Fatalf("%s: %s", name, diff)
		}
	}
	data := 0
	for i := range s.events {
		if n := len(s.events[i].Data); n > 0 {
			data += n
		}
	}
	t.Logf("of %d flips, %d cost an event; all events have %d bits of data", len(l.segment)*8, lost, data*8)
}

// A file cut anywhere gives the events that are whole, and says where it is torn.
func TestTruncationAtEveryByte(t *testing.T) {
	s := mixed()
	s.received(s.events[2].Peer, string(bytes.Repeat([]byte("0123456789"), 20000))) // several packets
	l := s.layout(EncodeOptions{})
	begin := len(NewEncoder(EncodeOptions{}).Begin(nil, s.now))
	boundaries := map[int]bool{0: true}
	for at := 0; at < len(l.segment); {
		at += int(le.Uint32(l.segment[at+4:]))
		boundaries[at] = true
	}
	step := 1
	for cut := 0; cut <= len(l.segment); cut += step {
		if len(l.segment)-cut < 100_000 && len(l.segment)-cut > 1000 || cut > 20_000 {
			step = 997
		}
		got := decode(l.segment[:cut], DecodeOptions{})
		whole := l.eventAt(cut, begin)
		want := s.events[:max(0, whole)]
		// The event that the cut is in is there if its first block is: what follows
		// are acknowledgements.
		if len(got.events) == len(want)+1 {
			want = s.events[:len(got.events)]
		}
		if diff := diffEvents(want, got.events); diff != "" || got.err != nil {
			t.Fatalf("cut at %d: error %v, %s", cut, got.err, diff)
		}
		torn := len(got.damage) == 1 && got.damage[0].Kind == Torn && got.damage[0].Offset+got.damage[0].Length == int64(cut)
		if lastWhole := got.end == int64(cut); torn == lastWhole || !torn && len(got.damage) > 0 {
			t.Fatalf("cut at %d: Offset %d, damage %v", cut, got.end, got.damage)
		}
		for i, end := range l.ends {
			if whole := end <= int(got.end); whole && i >= len(got.events) || !whole && i < len(got.events)-1 {
				t.Fatalf("cut at %d: Offset %d is in the middle of event %d", cut, got.end, i+1)
			}
		}
		if !boundaries[int(got.end)] {
			t.Fatalf("cut at %d: Offset %d is inside a block", cut, got.end)
		}
	}
}

// Each kind of damage to a segment is found and named with its event, and every event beside it
// is still read.
func TestDamage(t *testing.T) {
	s := mixed()
	l := s.layout(EncodeOptions{})
	whole := len(l.segment)
	event := func(i int) (from, to int) { return l.ends[i-2], l.ends[i-1] } // by number
	other := classroom().encode(EncodeOptions{Run: 5})
	without := func(i int) []sockeye.Event {
		return append(append([]sockeye.Event(nil), s.events[:i-1]...), s.events[i:]...)
	}
	for _, test := range []struct {
		name string
		edit func(b []byte) []byte
		kind DamageKind
		seq  uint64
		want []sockeye.Event
	}{
		{"a tail of zeros", func(b []byte) []byte { return append(b, make([]byte, 5000)...) }, Torn, 0, s.events},
		{"a long tail of zeros", func(b []byte) []byte { return append(b, make([]byte, 5<<20)...) }, Torn, 0, s.events},
		{"half a block, then zeros", func(b []byte) []byte { return append(b[:whole-50], make([]byte, 4000)...) }, Torn, 0, s.events[:len(s.events)-1]},
		{"8 bytes of a block, then zeros", func(b []byte) []byte {
			from, _ := event(len(s.events))
			return append(b[:from+8], make([]byte, 8)...)
		}, Torn, 0, s.events[:len(s.events)-1]},
		{"a block twice", func(b []byte) []byte {
			from, to := event(4)
			return append(b[:to:to], b[from:]...)
		}, Repeated, 4, s.events},
		{"a block of zeros", func(b []byte) []byte {
			from, to := event(5)
			clear(b[from:to])
			return b
		}, Broken, 0, without(5)},
		{"a burst in the options", func(b []byte) []byte {
			_, to := event(5)
			copy(b[to-40:], "damaged bytes")
			return b
		}, Broken, 0, without(5)},
		{"a burst over a length", func(b []byte) []byte {
			from, _ := event(5)
			copy(b[from+2:], "damage")
			return b
		}, Broken, 0, without(5)},
		{"a burst in the data", func(b []byte) []byte {
			from, _ := event(4)
			copy(b[from+packetFixed+42:], "XXX")
			return b
		}, Broken, 4, without(4)},
		{"a stretch of another recording", func(b []byte) []byte {
			_, to := event(4)
			other := other[len(NewEncoder(EncodeOptions{}).Begin(nil, s.now)):]
			n := int(le.Uint32(other[4:])) // its first block
			return append(b[:to:to], append(other[:n:n], b[to:]...)...)
		}, Broken, 0, s.events},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := decode(test.edit(bytes.Clone(l.segment)), DecodeOptions{})
			if got.err != nil || len(got.damage) != 1 {
				t.Fatalf("error %v, damage %v", got.err, got.damage)
			}
			if d := got.damage[0]; d.Kind != test.kind || d.Seq != test.seq || d.What.Zh == "" {
				t.Errorf("damage %v, want %s of event %d", d, test.kind, test.seq)
			}
			if diff := diffEvents(test.want, got.events); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Recorded data may hold blocks of another segment, or of this one: damage
// beside them must not bring them to life.
func TestBlocksInDataAreData(t *testing.T) {
	s := newScene()
	p := s.peer(session("s1", sockeye.Listen, "tcp://:1"), "10.0.0.1:1", "10.0.0.2:2")
	s.received(p, "before")
	s.received(p, string(classroom().encode(EncodeOptions{Run: 5})))
	s.received(p, "after")
	l := s.layout(EncodeOptions{})
	for at := l.ends[0]; at < l.ends[0]+12; at++ {
		b := bytes.Clone(l.segment)
		b[at] ^= 0xFF
		got := decode(b, DecodeOptions{})
		if len(got.events) != 2 || string(got.events[1].Data) != "after" {
			t.Errorf("byte %d changed: %d events", at-l.ends[0], len(got.events))
		}
	}
}

// A block that is damaged at several places, its end among them, is as long as it says at
// its front if a sound block follows there: a block of this very segment in its data, with
// a number that is still to come, is no event.
func TestBlockOfThisSegmentInDamagedData(t *testing.T) {
	for before := range 4 { // blocks begin at multiples of four
		s := newScene()
		p := s.peer(session("s1", sockeye.Listen, "tcp://:1"), "10.0.0.1:1", "10.0.0.2:2")
		s.received(p, "before")
		s.received(p, "")
		s.received(p, "in data")
		l := s.layout(EncodeOptions{})
		within := string(l.segment[l.ends[1]:l.ends[2]])
		s.events = s.events[:1]
		s.received(p, "1234"[:before]+within)
		s.received(p, "after")
		l = s.layout(EncodeOptions{})
		from, to := l.ends[0], l.ends[1]
		for _, b := range [][]byte{l.segment[from+packetFixed : from+packetFixed+36], l.segment[to-40 : to]} {
			for i := range b {
				b[i] ^= 0x5A
			}
		}
		got := decode(l.segment, DecodeOptions{})
		if len(got.events) != 2 || string(got.events[1].Data) != "after" {
			t.Errorf("%d events, %v", len(got.events), got.events)
		}
		if len(got.damage) != 1 || got.damage[0].Offset != int64(from) || got.damage[0].Length != int64(to-from) {
			t.Errorf("damage %v, want one from %d of %d bytes", got.damage, from, to-from)
		}
	}
}

// A file that ends between two blocks of one event has no torn block, but half an event:
// it is told of, from its first block on.
func TestHalfAnEventAtTheEnd(t *testing.T) {
	s := newScene()
	p := s.peer(session("s1", sockeye.Listen, "tcp://:1"), "10.0.0.1:1", "10.0.0.2:2")
	s.received(p, "before")
	s.received(p, string(noise(3*maxPacket)))
	l := s.layout(EncodeOptions{})
	from := l.ends[0]
	end := from + int(le.Uint32(l.segment[from+4:])) // of its first block
	if end >= l.ends[1] {
		t.Fatal("the event is one block")
	}
	got := decode(l.segment[:end], DecodeOptions{})
	if got.err != nil || len(got.events) != 1 || len(got.damage) != 1 {
		t.Fatalf("error %v, %d events, damage %v", got.err, len(got.events), got.damage)
	}
	want := Damage{Offset: int64(from), Length: int64(end - from), Kind: Torn, Seq: 2, What: halfText}
	if diff := cmp.Diff(want, got.damage[0]); diff != "" {
		t.Error(diff)
	}
}

// A segment without its header is read all the same, and the damage is reported once.
func TestLostSectionHeader(t *testing.T) {
	s := mixed()
	b := s.encode(EncodeOptions{})
	header := int(le.Uint32(b[4:]))
	for _, test := range []struct {
		name    string
		segment []byte
	}{
		{"cut off", b[header:]},
		{"overwritten", append(bytes.Repeat([]byte("garbage!"), header/8), b[header/8*8:]...)},
		{"after garbage", append(bytes.Repeat([]byte("garbage!"), 100_000), b[header:]...)},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := decode(test.segment, DecodeOptions{})
			if got.err != nil || len(got.damage) != 1 || got.damage[0].What != headerText {
				t.Fatalf("error %v, damage %v", got.err, got.damage)
			}
			if diff := diffEvents(s.events, got.events); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A file that is no segment of ours is foreign, not damaged, and one without content is neither.
func TestForeign(t *testing.T) {
	pcap := append([]byte{0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0}, make([]byte, 100)...)
	for _, test := range []struct {
		name string
		file []byte
	}{
		{"text", []byte("Hello 01Studio!\n")},
		{"a short text", []byte("hi")},
		{"a long text", bytes.Repeat([]byte("Hello 01Studio!\n"), 2<<20)},
		{"pcap", pcap},
		{"pcapng", appendForeignSection(nil)},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := decode(test.file, DecodeOptions{}); !errors.Is(got.err, ErrForeign) || len(got.damage) > 0 {
				t.Errorf("error %v, damage %v, want ErrForeign", got.err, got.damage)
			}
		})
	}
	for _, empty := range [][]byte{nil, make([]byte, 4096)} {
		if got := decode(empty, DecodeOptions{}); got.err != nil || len(got.events) > 0 {
			t.Errorf("a file without content gives error %v, %d events", got.err, len(got.events))
		}
	}
}

// appendForeignSection appends a section header as other programs write it.
func appendForeignSection(dst []byte) []byte {
	start := len(dst)
	dst = appendSection(dst)
	dst = appendOption(dst, optApplication, "Dumpcap")
	dst = le.AppendUint32(dst, optEnd)
	le.PutUint32(dst[start+4:], uint32(len(dst)+4-start))
	return le.AppendUint32(dst, uint32(len(dst)+4-start))
}
