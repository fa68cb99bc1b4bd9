package pcapng

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"net/netip"
	"strings"
	"testing"
	"testing/iotest"

	"sockeye"
)

// inParts is a segment with one event in three packets between two short ones, and
// where the blocks of the three begin.
func inParts(t *testing.T) (segment []byte, blocks []int) {
	t.Helper()
	s := newScene()
	p := s.peer(session("s1", sockeye.Listen, "tcp://:1"), "10.0.0.1:1", "10.0.0.2:2")
	s.received(p, "before")
	s.received(p, noise(150_000))
	s.received(p, "after")
	segment = s.encode(EncodeOptions{})
	for at := 0; at < len(segment); {
		n := int(le.Uint32(segment[at+4:]))
		if le.Uint32(segment[at:]) == blockPacket && n > 10_000 {
			blocks = append(blocks, at)
		}
		at += n
	}
	if len(blocks) != 3 {
		t.Fatalf("the event is in %d packets", len(blocks))
	}
	return segment, blocks
}

// edit changes the integrity option of the packet block at an offset, and makes its checksum right.
func edit(b []byte, at int, change func(integrity []byte)) {
	n := int(le.Uint32(b[at+4:]))
	change(b[at:][n-blockTail-integrityOption-12 : n])
	resealBlock(b[at : at+n])
}

// putNumber, putPart and putParts write the number, the part and the count of parts into what
// edit changes.
func putNumber(b []byte, n uint64) { le.PutUint64(b[4:], n) }
func putPart(b []byte, n uint16)   { le.PutUint16(b[24:], n) }
func putParts(b []byte, n uint16)  { le.PutUint16(b[26:], n) }

// Parts that do not fit together, though every checksum is right, make no event: it is
// told of, and what is around it is read.
func TestHostileParts(t *testing.T) {
	for name, change := range map[string]func(b []byte, blocks []int) []byte{
		"a part beyond the parts": func(b []byte, blocks []int) []byte {
			edit(b, blocks[1], func(integrity []byte) { putParts(integrity, 1) })
			return b
		},
		"the last part beyond the parts": func(b []byte, blocks []int) []byte {
			edit(b, blocks[2], func(integrity []byte) { putPart(integrity, 65535) })
			return b
		},
		"a part is missing": func(b []byte, blocks []int) []byte {
			return append(b[:blocks[1]:blocks[1]], b[blocks[2]:]...)
		},
		"the first part is missing": func(b []byte, blocks []int) []byte {
			return append(b[:blocks[0]:blocks[0]], b[blocks[1]:]...)
		},
		"a part of another event": func(b []byte, blocks []int) []byte {
			edit(b, blocks[1], func(integrity []byte) { putNumber(integrity, 9) })
			return b
		},
		"two parts change places": func(b []byte, blocks []int) []byte {
			end := blocks[2] + int(le.Uint32(b[blocks[2]+4:]))
			moved := append(bytes.Clone(b[blocks[2]:end]), b[blocks[1]:blocks[2]]...)
			return append(append(b[:blocks[1]:blocks[1]], moved...), b[end:]...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			segment, blocks := inParts(t)
			got := decode(change(segment, blocks), DecodeOptions{})
			if got.err != nil || len(got.damage) == 0 {
				t.Errorf("error %v, damage %v", got.err, got.damage)
			}
			var data []string
			for _, e := range got.events {
				if len(e.Data) > 0 {
					data = append(data, string(e.Data[:min(len(e.Data), 10)]))
				}
			}
			if said := strings.Join(data, ","); said != "before,after" {
				t.Errorf("the events are %q", said)
			}
		})
	}
}

// A packet that claims to be longer than its block, or than any, is damage and nothing
// is read beyond the block.
func TestHostileCapturedLength(t *testing.T) {
	s := newScene()
	p := s.peer(session("s1", sockeye.Listen, "tcp://:1"), "10.0.0.1:1", "10.0.0.2:2")
	s.received(p, "damaged")
	s.received(p, "after")
	l := s.layout(EncodeOptions{})
	sound := decode(l.segment, DecodeOptions{})
	at := 0
	for le.Uint32(l.segment[at:]) != blockPacket {
		at += int(le.Uint32(l.segment[at+4:]))
	}
	n, captured := le.Uint32(l.segment[at+4:]), le.Uint32(l.segment[at+20:])
	for _, claimed := range []uint32{captured + 4, captured + 8, captured + 40, n - packetFixed, n, n + 4, maxPacket, maxPacket + 1, 1 << 31, 1<<32 - 4, 1<<32 - 1} {
		b := bytes.Clone(l.segment)
		le.PutUint32(b[at+20:], claimed)
		crc := sealedOver(b[at:at+int(n)], int(min(claimed, n)))
		le.PutUint32(b[at+int(n)-blockTail-4:], crc)
		got := decode(b, DecodeOptions{})
		if got.err != nil || len(got.damage) == 0 || len(got.events) < len(sound.events)-1 {
			t.Errorf("%d bytes claimed: error %v, %d events, damage %v", claimed, got.err, len(got.events), got.damage)
			continue
		}
		for _, e := range got.events {
			if len(e.Data) > 0 && string(e.Data) != "after" && string(e.Data) != "damaged" {
				t.Errorf("%d bytes claimed: event %q", claimed, e.Data)
			}
		}
	}
}

// A packet that ends so near to its block's integrity option that its options would begin in it is no
// block, even if there are the codes of options.
func TestHostileOptionsInTheIntegrityOption(t *testing.T) {
	s := newScene()
	p := s.peer(session("s1", sockeye.Listen, "tcp://:1"), "10.0.0.1:1", "10.0.0.2:2")
	s.received(p, "damaged")
	l := s.layout(EncodeOptions{})
	begin := 0
	for le.Uint32(l.segment[begin:]) != blockPacket {
		begin += int(le.Uint32(l.segment[begin+4:]))
	}
	b := l.segment[begin : begin+int(le.Uint32(l.segment[begin+4:]))]
	at := len(b) - blockTail - integrityOption
	captured := at - 16 - packetFixed
	le.PutUint32(b[20:], uint32(captured))
	le.PutUint32(b[at-16:], optFlags|4<<16)
	le.PutUint64(b[at-8:], optHash|5<<16) // in the place of the event's number
	le.PutUint32(b[len(b)-blockTail-4:], sealedOver(b, captured))
	if got := decode(l.segment, DecodeOptions{}); got.err != nil || len(got.events) != 0 || len(got.damage) == 0 {
		t.Errorf("error %v, events %v, damage %v", got.err, got.events, got.damage)
	}
}

// A long file of another program is given up after a bounded search, not read to its end.
func TestSearchGivesUp(t *testing.T) {
	text := bytes.NewReader(bytes.Repeat([]byte("Hello 01Studio!\n"), 4<<20))
	if _, err := NewDecoder(text, DecodeOptions{}).Next(); err != ErrForeign {
		t.Errorf("Next fails with %v", err)
	}
	if read := text.Size() - int64(text.Len()); read > searched+2*maxLookahead {
		t.Errorf("%d bytes were read to know that the file is foreign", read)
	}
}

// The memory of a giant event is let go of when the next long one comes.
func TestGiantIsForgotten(t *testing.T) {
	s := newScene()
	p := s.peer(session("s1", sockeye.Listen, "tcp://:1"), "10.0.0.1:1", "10.0.0.2:2")
	s.received(p, string(noise(5*maxLookahead)))
	s.received(p, string(noise(3*maxPacket)))
	d := NewDecoder(bytes.NewReader(s.encode(EncodeOptions{})), DecodeOptions{})
	for i, e := range s.events {
		if got, err := d.Next(); err != nil || !bytes.Equal(got.Data, e.Data) {
			t.Fatalf("event %d: %d bytes, %v", i+1, len(got.Data), err)
		}
	}
	if kept := cap(d.reassembly.data); kept > maxLookahead {
		t.Errorf("%d bytes are kept for an event of %d", kept, 3*maxPacket)
	}
}

// castagnoliOf is the checksum that a block of these parts would have.
func castagnoliOf(parts ...[]byte) (crc uint32) {
	for _, p := range parts {
		crc = crc32.Update(crc, castagnoli, p)
	}
	return crc
}

func sealedOver(b []byte, captured int) uint32 {
	end := min(packetFixed+captured, len(b)-blockTail-4)
	return castagnoliOf(b[:packetFixed], b[end:len(b)-blockTail-4])
}

// Mending gives up after so many tries, however much is damaged.
func TestMendingIsBounded(t *testing.T) {
	s := newScene()
	p := s.peer(session("s1", sockeye.Listen, "udp://:1"), "10.0.0.1:1", "10.0.0.2:2")
	for range 6000 {
		s.received(p, "x")
	}
	b := s.encode(EncodeOptions{})
	blocks := 0
	for at := 0; at < len(b); blocks++ {
		n := int(le.Uint32(b[at+4:]))
		if blocks > 2 {
			b[at+13] ^= 3 // two bits of the time: nothing that mending finds
		}
		at += n
	}
	d := NewDecoder(bytes.NewReader(b), DecodeOptions{})
	for {
		if _, err := d.Next(); err != nil {
			break
		}
	}
	if d.repairTries <= maxRepairTries || d.repairTries > maxRepairTries+100*blocks {
		t.Errorf("%d tries in %d damaged blocks, want little more than %d", d.repairTries, blocks, maxRepairTries)
	}
}

// A reader that gives neither bytes nor an error is not asked for ever.
func TestReaderWithoutProgress(t *testing.T) {
	d := NewDecoder(silent{}, DecodeOptions{})
	if _, err := d.Next(); err != io.ErrNoProgress {
		t.Errorf("the end is %v", err)
	}
	d = NewDecoder(iotest.OneByteReader(bytes.NewReader(classroom().encode(EncodeOptions{}))), DecodeOptions{})
	if _, err := d.Next(); err != nil {
		t.Errorf("a slow one: %v", err)
	}
}

type silent struct{}

func (silent) Read([]byte) (int, error) { return 0, nil }

// No whole datagram has the checksum 0, which would say that it has none (RFC 768).
func TestDatagramChecksum(t *testing.T) {
	from, to := netip.MustParseAddrPort("10.0.0.1:1000"), netip.MustParseAddrPort("10.0.0.2:2000")
	f := newFlow("udp", sockeye.IPSocketAddr(from), sockeye.IPSocketAddr(to), inbound)
	packet := make([]byte, f.size+2)
	zeros := 0
	for v := range 1 << 16 {
		binary.BigEndian.PutUint16(packet[f.size:], uint16(v))
		f.putUDP(packet, 2)
		switch sum := le.Uint16(packet[f.ip+6:]); sum {
		case 0:
			t.Fatalf("the payload %04x has the checksum 0", v)
		case 0xFFFF:
			zeros++
		}
	}
	if zeros == 0 {
		t.Error("no payload has a checksum that would be 0: nothing was tried")
	}
}

// lastNonZero is what a slow search finds.
func TestLastNonZero(t *testing.T) {
	for size := range 20 {
		for at := -1; at < size; at++ {
			b := make([]byte, size)
			if at >= 0 {
				b[at] = 1
			}
			if got := lastNonZero(b); got != at {
				t.Errorf("of %x: %d, want %d", b, got, at)
			}
		}
	}
}

// The bytes between a packet and its options are zero, whatever the buffer held before.
func TestPaddingIsCleared(t *testing.T) {
	s := newScene()
	p := s.peer(session("s1", sockeye.Listen, "tcp://:1"), "10.0.0.1:1", "10.0.0.2:2")
	for n := range 4 {
		s.received(p, strings.Repeat("x", 9+n))
	}
	e := NewEncoder(EncodeOptions{})
	dirty := bytes.Repeat([]byte{0xEE}, 64<<10)
	out := e.Begin(dirty[:0], s.now)
	for i := range s.events {
		out = e.Append(out, &s.events[i])
	}
	for at := 0; at < len(out); at += int(le.Uint32(out[at+4:])) {
		if le.Uint32(out[at:]) != blockPacket {
			continue
		}
		captured := int(le.Uint32(out[at+20:]))
		for _, b := range out[at+packetFixed+captured : at+packetFixed+padded(captured)] {
			if b != 0 {
				t.Fatalf("behind a packet of %d bytes stands %x", captured, b)
			}
		}
	}
}
