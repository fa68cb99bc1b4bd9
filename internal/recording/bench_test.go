package recording

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sockeye"
)

// benchPeer is whose bytes are recorded.
func benchPeer() *sockeye.Peer {
	s := &sockeye.Session{ID: "s1", Endpoint: sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: sockeye.TCP, Port: 10000}}}
	return &sockeye.Peer{ID: 1, Session: s, Network: "tcp"}
}

// fill appends bytes of events of one size and flushes as the recorder does.
func fill(b *testing.B, w *Writer, p *sockeye.Peer, size, events int) {
	e := sockeye.Event{Kind: sockeye.Received, Session: p.Session, Peer: p, Time: time.Now(), Data: bytes.Repeat([]byte("sockeye "), size/8)}
	for n := range events {
		e.Seq = uint64(n + 1)
		w.Append(&e)
		if w.Full() {
			if err := w.Flush(); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
}

// What it takes to record an event in segments of a directory that is bounded, so
// that the run fits any disk.
func BenchmarkWriter(b *testing.B) {
	for _, size := range []int{64, 64 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			w, err := OpenWriter(WriteOptions{Dir: b.TempDir(), TotalBytes: 256 << 20})
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			b.ResetTimer()
			fill(b, w, benchPeer(), size, b.N)
			b.StopTimer()
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// benchRecording is a directory with about so many bytes in events of 1 KiB.
func benchRecording(b *testing.B, bytes int) string {
	b.Helper()
	dir := b.TempDir()
	w, err := OpenWriter(WriteOptions{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	fill(b, w, benchPeer(), 1<<10, bytes>>10)
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return dir
}

// Indexes are deleted before each round, and made again from the segments.
func BenchmarkIndexRebuild(b *testing.B) {
	const size = 256 << 20
	dir := benchRecording(b, size)
	b.SetBytes(size)
	for b.Loop() {
		indexes, _ := filepath.Glob(filepath.Join(dir, "*.idx"))
		for _, x := range indexes {
			os.Remove(x)
		}
		r, err := Open(dir)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := r.Summarize(context.Background(), nil); err != nil {
			b.Fatal(err)
		}
	}
}

// The first event of a gibibyte whose writer was killed: no index, and a torn tail.
func BenchmarkFirstEventAfterUncleanStop(b *testing.B) {
	dir := benchRecording(b, 1<<30)
	segments, _ := filepath.Glob(filepath.Join(dir, "*.pcapng"))
	last := segments[len(segments)-1]
	if st, err := os.Stat(last); err != nil || os.Truncate(last, st.Size()-100) != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		r, err := Open(dir)
		if err != nil {
			b.Fatal(err)
		}
		d, err := r.Read(ReadOptions{})
		if err != nil {
			b.Fatal(err)
		}
		if e, err := d.Next(context.Background()); err != nil || e.Seq != 1 {
			b.Fatal(e, err)
		}
		d.Close()
	}
}

// A text that is not there is looked for in everything.
func BenchmarkSearch(b *testing.B) {
	const size = 256 << 20
	dir := benchRecording(b, size)
	m, err := Filter{Bytes: []byte("walnut")}.Matcher()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	for b.Loop() {
		r, err := Open(dir)
		if err != nil {
			b.Fatal(err)
		}
		d, err := r.Read(ReadOptions{})
		if err != nil {
			b.Fatal(err)
		}
		if err := d.Each(context.Background(), m, func(*sockeye.Event) error { b.Fatal("found"); return nil }); err != nil {
			b.Fatal(err)
		}
		d.Close()
	}
}
