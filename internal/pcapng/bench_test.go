package pcapng

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"sockeye"
)

func benchmarkAppend(b *testing.B, size int) {
	s := newScene()
	l := session("s1", sockeye.Listen, "tcp://:10000")
	p := s.peer(l, "192.168.1.111:10000", "192.168.1.50:54036")
	e := NewEncoder(EncodeOptions{})
	buf := e.Begin(make([]byte, 0, 1<<20), s.now)
	ev := sockeye.Event{Seq: 1, Time: s.now, Kind: sockeye.Received, Session: l, Peer: p, Data: make([]byte, size)}
	for i := range ev.Data {
		ev.Data[i] = byte(i * 7)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		if len(buf)+size+1000 > cap(buf) {
			buf = buf[:0]
		}
		buf = e.Append(buf, &ev)
		ev.Seq++
	}
	buf = e.Append(buf[:0], &ev)
	b.ReportMetric(float64(len(buf)-size), "overhead-B/op")
}

// BenchmarkAppend64B measures an event of 64 bytes as a block.
func BenchmarkAppend64B(b *testing.B) { benchmarkAppend(b, 64) }

// BenchmarkAppend64KiB measures an event of 64 KiB as blocks.
func BenchmarkAppend64KiB(b *testing.B) { benchmarkAppend(b, 64<<10) }

// BenchmarkDecode measures reading blocks back to events.
func BenchmarkDecode(b *testing.B) {
	for _, test := range []struct {
		name string
		size int
	}{{"64B", 64}, {"1400B", 1400}, {"64KiB", 64 << 10}} {
		b.Run(test.name, func(b *testing.B) {
			s := newScene()
			p := s.peer(session("s1", sockeye.Listen, "tcp://:10000"), "192.168.1.111:10000", "192.168.1.50:54036")
			data := string(make([]byte, test.size))
			for range 16 << 20 / (test.size + 140) {
				s.received(p, data)
			}
			segment := s.encode(EncodeOptions{})
			b.SetBytes(int64(len(segment)))
			b.ReportAllocs()
			for b.Loop() {
				d := NewDecoder(bytes.NewReader(segment), DecodeOptions{})
				for {
					if _, err := d.Next(); errors.Is(err, io.EOF) {
						break
					} else if err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(s.events)), "ns/event")
		})
	}
}
