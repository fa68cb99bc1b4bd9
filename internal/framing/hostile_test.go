package framing

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"sockeye/internal/checksum"
)

// T34: a length of 4 GiB, 2^63 or below zero costs no memory: what is kept grows by what
// has come, and is given back.
func TestHugeLengths(t *testing.T) {
	for _, typed := range []string{"length:size=4", "length:size=8", "length:size=8,order=little", "length:size=varint", "length:size=8,counts=all", "length:offset=1,size=4,adjust=-8"} {
		for _, head := range [][]byte{
			{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {0x80, 0, 0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0, 0x80},
			{0, 0, 0, 0, 0, 0, 0, 0}, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
		} {
			f := New(spec(t, typed), checksum.Trailer{})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			f.Feed(Chunk{Data: head, Time: begin})
			got := 0
			for {
				fr, ok := f.Next()
				if !ok {
					break
				}
				got += len(fr.Data)
			}
			runtime.ReadMemStats(&after)
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20 {
				t.Errorf("%s % x: %d bytes of memory", typed, head, grown)
			}
			if got+f.Pending() != len(head) {
				t.Errorf("%s % x: %d bytes came out and %d wait", typed, head, got, f.Pending())
			}
		}
	}
}

// T40, for the framers there are: whatever comes in whatever chunks, every byte comes
// out in one frame, in order, but for white space between JSON values, and nothing hangs.
func TestFramersKeepEveryByte(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	common := []byte("\x00\x01\x02\x03\x04\x06\x7d\x7e\xaa\x55\xc0\xdb\xdc\xff\r\n{}[]\"\\$*")
	for _, typed := range specs {
		for range 30 {
			f := New(spec(t, typed), checksum.Trailer{})
			var sent []byte
			told := 0
			drain := func() {
				for {
					fr, ok := f.Next()
					if !ok {
						return
					}
					if len(fr.Data) == 0 {
						t.Fatalf("%s: a frame without bytes after % x", typed, sent)
					}
					from := int(fr.Offset)
					if from < told || len(bytes.TrimSpace(sent[told:from])) > 0 || !bytes.Equal(fr.Data, sent[from:from+len(fr.Data)]) {
						t.Fatalf("%s: after %d bytes % x came out of % x", typed, told, fr.Data, sent[told:])
					}
					told = from + len(fr.Data)
				}
			}
			for n := range 20 {
				chunk := make([]byte, random.IntN(40))
				for i := range chunk {
					chunk[i] = common[random.IntN(len(common))]
				}
				sent = append(sent, chunk...)
				f.Feed(Chunk{Data: chunk, Time: begin.Add(time.Duration(n) * time.Millisecond)})
				drain()
			}
			f.End()
			drain()
			rest := sent[told:]
			switch { // marks with nothing between them are no frame (RFC 1055)
			case strings.HasPrefix(typed, "slip"):
				rest = bytes.Trim(rest, "\xc0")
			case strings.HasPrefix(typed, "cobs"):
				rest = bytes.Trim(rest, "\x00")
			}
			if len(bytes.TrimSpace(rest)) > 0 {
				t.Fatalf("%s: % x did not come out", typed, rest)
			}
		}
	}
}

// Reset makes a framer as new, in the middle of anything.
func TestReset(t *testing.T) {
	for _, typed := range specs {
		f := New(spec(t, typed), checksum.Trailer{})
		f.Feed(Chunk{Data: []byte("\x02{\"\xc0\xdb\xaa\x55\x01\x03\x00"), Time: begin})
		for {
			if _, ok := f.Next(); !ok {
				break
			}
		}
		f.Reset()
		fresh := New(spec(t, typed), checksum.Trailer{})
		stream := []byte("one\ntwo\r\n\x03\x00\x00\xc0{\"a\":1}\n$a*11")
		for _, g := range []*Framer{f, fresh} {
			g.Feed(Chunk{Data: stream, Time: begin.Add(time.Hour)})
			g.End()
		}
		for {
			a, okA := f.Next()
			b, okB := fresh.Next()
			if okA != okB || !bytes.Equal(a.Data, b.Data) || a.Mark != b.Mark || a.Offset != b.Offset {
				t.Fatalf("%s: %q %s after Reset, %q %s as new", typed, a.Data, a.Mark, b.Data, b.Mark)
			}
			if !okA {
				break
			}
		}
	}
}
