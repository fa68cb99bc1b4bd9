package pcapng

import (
	"bytes"
	"hash/crc32"
	"testing"

	"sockeye"
)

// FuzzDecoder: whatever a file holds, reading it ends, says where each damage is,
// and gives events that are within bounds; a second reading gives the same.
func FuzzDecoder(f *testing.F) {
	s := mixed()
	segment := s.encode(EncodeOptions{OS: "linux"})
	f.Add(segment)
	f.Add(segment[:len(segment)-30])
	f.Add(append(bytes.Clone(segment), make([]byte, 100)...))
	f.Add(spoiled(segment))
	f.Add(segment[le.Uint32(segment[4:]):])
	f.Add(appendForeignSection(nil))
	f.Add(closeBlock(appendSection(nil), 0, &integrity{version: Version + 1}))
	f.Fuzz(func(t *testing.T, b []byte) {
		first := decode(b, DecodeOptions{})
		size := int64(len(b))
		if first.end < 0 || first.end > size {
			t.Errorf("Offset is %d of %d", first.end, size)
		}
		at := int64(0)
		for _, d := range first.damage {
			if d.Offset < 0 || d.Length < 0 || d.Offset+d.Length > size || d.Kind == "" || d.What.IsZero() {
				t.Errorf("damage %+v in a file of %d bytes", d, size)
			}
			if d.Offset < at {
				t.Errorf("damage %v is before an earlier one", d)
			}
			at = d.Offset
		}
		total := 0
		for _, ev := range first.events {
			total += len(ev.Data)
			ev.AppendJSON(nil, sockeye.English)
		}
		if total > len(b) {
			t.Errorf("%d bytes of data from %d", total, len(b))
		}
		if second := decode(b, DecodeOptions{}); len(second.events) != len(first.events) || len(second.damage) != len(first.damage) {
			t.Error("the second reading differs from the first")
		}
	})
}

// FuzzDecoderSealed is FuzzDecoder for blocks whose checksums are right, so that
// what is behind the checksums is reached.
func FuzzDecoderSealed(f *testing.F) {
	segment := mixed().encode(EncodeOptions{})
	f.Add(segment, 10, byte(1))
	f.Fuzz(func(t *testing.T, b []byte, at int, x byte) {
		if at < 0 || at >= len(b) || len(b) > 1<<20 {
			return
		}
		b = bytes.Clone(b)
		b[at] ^= x
		reseal(b)
		got := decode(b, DecodeOptions{})
		if got.end < 0 || got.end > int64(len(b)) {
			t.Errorf("Offset is %d of %d", got.end, len(b))
		}
		for _, ev := range got.events {
			ev.AppendJSON(nil, sockeye.Chinese)
		}
	})
}

// reseal makes the checksums of the blocks in b right, as far as they are blocks.
func reseal(b []byte) {
	for len(b) >= blockTail {
		n, ok := lengthOf(b)
		if !ok || n > len(b) {
			return
		}
		resealBlock(b[:n])
		b = b[n:]
	}
}

func resealBlock(b []byte) {
	n := len(b)
	crc := crc32.Checksum(b[:n-blockTail-4], castagnoli)
	if le.Uint32(b) == blockPacket {
		captured := int(le.Uint32(b[20:]))
		if captured > maxPacket || packetFixed+padded(captured)+packetAfter > n {
			return
		}
		hash := crc32.ChecksumIEEE(b[packetFixed:][:captured])
		o := b[packetFixed+padded(captured):]
		le.PutUint32(o[12:], hashCRC32|hash<<8)
		o[16] = byte(hash >> 24)
		crc = crc32.Checksum(b[:packetFixed], castagnoli)
		crc = crc32.Update(crc, castagnoli, b[packetFixed+captured:n-blockTail-4])
	}
	le.PutUint32(b[n-blockTail-4:], crc)
}
