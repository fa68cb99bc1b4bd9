package query

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"sockeye"
	"sockeye/internal/journal"
	"sockeye/internal/recording"
)

// BenchmarkQuery is what a page asks while one scrolls: 200 rows anywhere in a long
// journal, in memory and on disk.
func BenchmarkQuery(b *testing.B) {
	fill := func(w *Reader, n int) {
		s := &sockeye.Session{ID: "s1", Endpoint: sockeye.Endpoint{Mode: sockeye.Listen}}
		p := &sockeye.Peer{ID: 1, Session: s, Network: "tcp"}
		data := make([]byte, 64)
		for range n {
			w.journal.Append(sockeye.Event{Time: journal.Now(), Kind: sockeye.Received, Session: s, Peer: p, Data: data})
		}
	}
	ask := func(b *testing.B, w *Reader, q Query) {
		oldest := w.Oldest()
		_, next, _, _ := w.VisibleSpan()
		for b.Loop() {
			q.From = oldest + rand.Uint64N(next-oldest)
			if _, err := w.Query(context.Background(), q); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("memory", func(b *testing.B) {
		w := newReader(512 << 20)
		fill(w, 3_000_000)
		ask(b, w, Query{Limit: 200})
	})
	b.Run("memory back", func(b *testing.B) {
		w := newReader(512 << 20)
		fill(w, 3_000_000)
		ask(b, w, Query{Limit: 200, Backward: true})
	})
	b.Run("disk", func(b *testing.B) {
		w := newReader(0)
		recorder, err := w.journal.Record(recording.WriteOptions{Dir: b.TempDir() + "/r"})
		if err != nil {
			b.Fatal(err)
		}
		fill(w, 10_000_000)
		defer recorder.Close(context.Background())
		ask(b, w, Query{Limit: 200})
	})
}

// A first look for frames at the end of a full journal, until it is answered, and the
// next, when one event has come.
func BenchmarkQueryFrames(b *testing.B) {
	for _, size := range []int{64, 4096} {
		w := newReader(64 << 20)
		s := &sockeye.Session{ID: "s1"}
		p := &sockeye.Peer{ID: 1, Session: s, Network: "tcp"}
		data := append(bytes.Repeat([]byte("x"), size-1), '\n')
		add := func() {
			w.journal.Append(sockeye.Event{Time: journal.Now(), Kind: sockeye.Received, Session: s, Peer: p, Data: data})
		}
		for range 48 << 20 / (size + 128) {
			add()
		}
		q := Query{Cut: cutOf(b, "line", ""), Backward: true, Limit: 50}
		look := func(b *testing.B) {
			for q := q; ; {
				seen, err := w.Query(b.Context(), q)
				if err != nil {
					b.Fatal(err)
				}
				if len(seen.Events) > 0 {
					return
				}
				q.From = seen.ScannedTo
			}
		}
		b.Run(fmt.Sprintf("%d/first", size), func(b *testing.B) {
			for b.Loop() {
				w.caches = frameCaches{}
				look(b)
			}
		})
		b.Run(fmt.Sprintf("%d/next", size), func(b *testing.B) {
			for b.Loop() {
				add()
				look(b)
			}
		})
	}
}
