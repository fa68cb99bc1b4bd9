package framing

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/decode"
)

// talk feeds events to a splitter of lines and notes the frames as "kind body mark".
type talk struct {
	*Splitter
	got []string
	seq uint64
}

func newTalk(t *testing.T) *talk {
	return &talk{Splitter: NewSplitter(spec(t, "line"), checksum.Trailer{})}
}

func (k *talk) event(e sockeye.Event) {
	k.seq++
	e.Seq, e.Time = k.seq, begin
	k.Event(&e, func(f *PeerFrame) {
		k.got = append(k.got, fmt.Sprintf("%s #%d %q %s", f.Kind, f.Peer.ID, f.Body, f.Mark))
	})
}

func peerOf(id uint64, network string) *sockeye.Peer {
	return &sockeye.Peer{ID: id, Network: sockeye.Network(network), Remote: sockeye.ParseSocketAddr("192.0.2.1:5000")}
}

// A peer that leaves ends both its streams, and nothing of it is kept: thousands come
// and go in a session.
func TestSplitterForgets(t *testing.T) {
	k := newTalk(t)
	empty := k.Held()
	for id := range uint64(1000) {
		p := peerOf(id, "tcp")
		k.event(sockeye.Event{Kind: sockeye.Received, Peer: p, Data: []byte("half")})
		k.event(sockeye.Event{Kind: sockeye.Sent, Peer: p, Data: []byte("ours")})
		k.event(sockeye.Event{Kind: sockeye.Left, Peer: p})
	}
	if len(k.ways) != 0 || k.Held() != empty {
		t.Errorf("%d streams of peers that left are kept, %d bytes", len(k.ways), k.Held()-empty)
	}
	if want := []string{`received #0 "half" incomplete`, `sent #0 "ours" incomplete`}; len(k.got) != 2000 || !cmp.Equal(k.got[:2], want) {
		t.Errorf("%d frames, first %q", len(k.got), k.got[:2])
	}
}

// No frame reaches over the end of a datagram.
func TestSplitterDatagrams(t *testing.T) {
	k := newTalk(t)
	p := peerOf(1, "udp")
	k.event(sockeye.Event{Kind: sockeye.Received, Peer: p, Data: []byte("one\ntw")})
	k.event(sockeye.Event{Kind: sockeye.Received, Peer: p, Data: []byte("o\n")})
	want := []string{`received #1 "one" whole`, `received #1 "tw" incomplete`, `received #1 "o" whole`}
	if diff := cmp.Diff(want, k.got); diff != "" {
		t.Error(diff)
	}
}

// A hole in the record ends all streams, one in a session's does not: it is known whose.
func TestSplitterGap(t *testing.T) {
	k := newTalk(t)
	for id := range uint64(2) {
		k.event(sockeye.Event{Kind: sockeye.Received, Peer: peerOf(id, "tcp"), Data: []byte("half")})
	}
	k.event(sockeye.Event{Kind: sockeye.Gap, Session: &sockeye.Session{ID: "s1"}, Detail: &sockeye.Detail{}})
	if len(k.got) != 0 {
		t.Errorf("a gap of a session ended %q", k.got)
	}
	k.event(sockeye.Event{Kind: sockeye.Gap, Detail: &sockeye.Detail{}})
	if want := []string{`received #0 "half" incomplete`, `received #1 "half" incomplete`}; !cmp.Equal(k.got, want) {
		t.Errorf("a hole in the record ended %q, want %q", k.got, want)
	}
}

// Who finishes sending ends that direction and no other.
func TestSplitterFinished(t *testing.T) {
	for _, ours := range []bool{false, true} {
		k := newTalk(t)
		p := peerOf(1, "tcp")
		k.event(sockeye.Event{Kind: sockeye.Received, Peer: p, Data: []byte("theirs")})
		k.event(sockeye.Event{Kind: sockeye.Sent, Peer: p, Data: []byte("ours")})
		e, want := sockeye.Event{Kind: sockeye.Finished, Peer: p}, `received #1 "theirs" incomplete`
		if ours {
			e.Detail, want = &sockeye.Detail{Reason: sockeye.ReasonLocal}, `sent #1 "ours" incomplete`
		}
		k.event(e)
		if !cmp.Equal(k.got, []string{want}) {
			t.Errorf("ours: %v: %q, want %q", ours, k.got, want)
		}
	}
}

// A length is taken for one only if the frame fits, however the number overflows; one
// that is too short for what must be there is none either.
func TestHugeLength(t *testing.T) {
	for _, typed := range []string{"length:size=8", "length:size=8,order=little", "length:size=varint", "length:size=8,counts=all", "length:size=8,adjust=100"} {
		p := newPrefixed(spec(t, typed))
		for _, v := range []uint64{1 << 63, 1<<63 - 1, math.MaxUint64, math.MaxUint64 - 7, math.MaxUint64 - 107, 1 << 62, uint64(p.max) + 1, uint64(p.max) + 1<<17 + 1} {
			if n, ok := p.fit(v, 0, p.first); ok {
				t.Errorf("%s: a frame whose length is %d is taken for one of %d bytes", typed, v, n)
			}
		}
	}
	p := &prefixed{head: []byte("ab"), tail: []byte("cd"), max: 100, first: 3}
	for v, want := range map[uint64]bool{3: false, 4: true, 100: true, 101: false} {
		if n, ok := p.fit(v, 0, p.first); ok != want || ok && n != int(v) {
			t.Errorf("length %d: %d, %v", v, n, ok)
		}
	}
}

// The length of a Modbus TCP frame is 2 to 254.
func TestMBAPLengths(t *testing.T) {
	for length, whole := range map[byte]bool{0: false, 1: false, 2: true, 254: true, 255: false} {
		frame := append([]byte{0, 1, 0, 0, 0, length}, make([]byte, length)...)
		n, _ := mbap{}.cut(frame, 0)
		if whole && n != len(frame) || !whole && n != -1 {
			t.Errorf("length %d: cut at %d of %d", length, n, len(frame))
		}
	}
	for at := 2; at < 5; at++ { // protocol number, and the length's high byte
		frame := []byte{0, 1, 0, 0, 0, 2, 1, 3}
		frame[at] = 1
		if n, _ := (mbap{}).cut(frame, 0); n != -1 {
			t.Errorf("%x: cut at %d", frame, n)
		}
	}
}

// The code 255 of COBS is 254 bytes without a zero behind them.
func TestCOBSLongBlock(t *testing.T) {
	block := make([]byte, 254)
	for i := range block {
		block[i] = byte(i + 1)
	}
	coded := append(append([]byte{255}, block...), 2, 'x')
	if got, ok := decode.UnescapeCOBS(nil, coded); !ok || string(got) != string(block)+"x" {
		t.Errorf("%v, %d bytes: %x", ok, len(got), got)
	}
	for _, short := range [][]byte{{2}, {255, 1}, {0}} {
		if got, ok := decode.UnescapeCOBS(nil, short); ok {
			t.Errorf("%x gives %x", short, got)
		}
	}
}

// A frame that begins with a read has that read's number and time, though what stands
// before it was held back until then.
func TestFrameHasTheTimeOfItsRead(t *testing.T) {
	f := New(spec(t, "stx"), checksum.Trailer{})
	var got []string
	for n, data := range []string{"??", "\x02a\x03", "\x02b", "c\x03\x02d\x03"} {
		f.Feed(Chunk{Data: []byte(data), Seq: uint64(n + 1), Time: begin.Add(time.Duration(n) * time.Second)})
		for fr, ok := f.Next(); ok; fr, ok = f.Next() {
			got = append(got, fmt.Sprintf("%s %q of %d..%d at %s..%s", fr.Mark, fr.Body, fr.Seq, fr.LastSeq, fr.Time.Sub(begin), fr.End.Sub(begin)))
		}
	}
	want := []string{`garbage "??" of 1..1 at 0s..0s`, `whole "a" of 2..2 at 1s..1s`, `whole "bc" of 3..4 at 2s..3s`, `whole "d" of 4..4 at 3s..3s`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Of several lengths with a right checksum an RTU frame has the shortest.
func TestRTULengths(t *testing.T) {
	both := appendCRC([]byte{1, 3, 8, 0, 0, 1})
	both = append(both, 0, 0, 0, 0, 0) // a checksum that was right stays so over zeros
	if n, _ := (rtu{}).cut(both, 0); n != 8 || crcModbus(both) != 0 {
		t.Errorf("cut at %d of %x, want 8", n, both)
	}
}

func appendCRC(b []byte) []byte {
	crc := crcModbus(b)
	return append(b, byte(crc), byte(crc>>8))
}
