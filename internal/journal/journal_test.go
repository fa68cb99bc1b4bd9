package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

func received(text string) sockeye.Event {
	return sockeye.Event{Time: Now(), Kind: sockeye.Received, Data: []byte(text)}
}

// Append numbers from 1 and copies the data, so that its caller may use the buffer again.
func TestAppendNumbersAndKeeps(t *testing.T) {
	j := New(0)
	s := &sockeye.Session{ID: "s1"}
	p := &sockeye.Peer{ID: 1, Session: s}
	at := time.Unix(100, 7)
	buf := []byte("hello")
	if seq := j.Append(sockeye.Event{Time: at, Kind: sockeye.Received, Session: s, Peer: p, Data: buf}); seq != 1 {
		t.Fatalf("first event is number %d, want 1", seq)
	}
	copy(buf, "XXXXX") // the data was only lent

	c := j.Cursor(0)
	defer c.Close()
	e, err := c.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if e.Seq != 1 || !e.Time.Equal(at) || e.Session != s || e.Peer != p || string(e.Data) != "hello" {
		t.Errorf("read back %+v", e)
	}
	if _, ok := c.Try(); ok {
		t.Error("an empty journal gave an event")
	}
}

// A reader that falls behind gets one gap with exact counts, then goes on.
func TestSlowCursorGetsExactGap(t *testing.T) {
	j := New(4 << 10)
	c := j.Cursor(0)
	defer c.Close()
	const n = 10_000
	for i := range n {
		j.Append(received(fmt.Sprintf("%05d", i)))
	}
	var events, size uint64
	gaps := 0
	for {
		e, ok := c.Try()
		if !ok {
			break
		}
		if e.Kind == sockeye.Gap {
			gaps++
			if e.Seq != events+1 {
				t.Errorf("gap begins at %d, want %d", e.Seq, events+1)
			}
			events += e.Detail.Lost.Events
			size += e.Detail.Lost.Bytes
			continue
		}
		events++
		size += uint64(len(e.Data))
		if want := fmt.Sprintf("%05d", e.Seq-1); string(e.Data) != want {
			t.Fatalf("event %d holds %q, want %q", e.Seq, e.Data, want)
		}
	}
	if events != n || size != 5*n || gaps != 1 {
		t.Errorf("read and lost: %d events, %d bytes in %d gaps, want %d, %d, 1", events, size, gaps, n, 5*n)
	}
}

// A cursor in the middle of a block keeps it readable while the ring moves on.
func TestPinnedBlockIsNotReused(t *testing.T) {
	j := New(4 << 10)
	for i := range 4 {
		j.Append(received(fmt.Sprint(i)))
	}
	c := j.Cursor(0)
	defer c.Close()
	e, _ := c.Next(t.Context())
	for range 100_000 {
		j.Append(received("x"))
	}
	if string(e.Data) != "0" {
		t.Errorf("lent data changed to %q", e.Data)
	}
	if e, _ = c.Next(t.Context()); string(e.Data) != "1" {
		t.Errorf("second event is %q, want 1", e.Data)
	}
}

// A cursor begins at the number it is given, 0 is the oldest event, and a number that is still
// to come gives nothing yet.
func TestCursorFrom(t *testing.T) {
	j := New(0)
	for i := range 5 {
		j.Append(received(fmt.Sprint(i)))
	}
	for _, test := range []struct {
		name string
		from uint64
		want string
	}{
		{"the oldest kept", 0, "0"},
		{"the first", 1, "0"},
		{"the middle", 4, "3"},
		{"not there yet", 6, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := j.Cursor(test.from)
			defer c.Close()
			e, _ := c.Try()
			if diff := cmp.Diff(test.want, string(e.Data)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// An event whose clock went back is recorded with the time of the one before.
func TestTimesNeverDecrease(t *testing.T) {
	j := New(0)
	j.Append(sockeye.Event{Time: time.Unix(10, 0)})
	j.Append(sockeye.Event{Time: time.Unix(9, 0)})
	c := j.Cursor(2)
	defer c.Close()
	if e, _ := c.Try(); !e.Time.Equal(time.Unix(10, 0)) {
		t.Errorf("second event is at %v, before the first", e.Time)
	}
}

// Next ends with an event, with the cause of its context, or after the last event of a journal
// that closed, which takes no more.
func TestNextWaitsForEventCancelAndClose(t *testing.T) {
	j := New(0)
	c := j.Cursor(0)
	defer c.Close()
	go j.Append(received("late"))
	if e, err := c.Next(t.Context()); err != nil || string(e.Data) != "late" {
		t.Fatalf("Next = %q, %v", e.Data, err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	cancel(why)
	if _, err := c.Next(ctx); !errors.Is(err, why) {
		t.Errorf("canceled Next = %v, want the cause", err)
	}
	j.Append(received("last"))
	j.Close()
	if e, err := c.Next(t.Context()); err != nil || string(e.Data) != "last" {
		t.Errorf("what was appended before Close must be read, got %q, %v", e.Data, err)
	}
	limited, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	if _, err := c.Next(limited); !errors.Is(err, io.EOF) {
		t.Errorf("Next of a closed journal = %v, want EOF", err)
	}
	if seq := j.Append(received("too late")); seq != 0 {
		t.Errorf("a closed journal took event %d", seq)
	}
}

// An event larger than a block, or than the whole limit, is kept whole.
func TestLargeEvent(t *testing.T) {
	j := New(4 << 10)
	big := bytes.Repeat([]byte("0123456789"), 100_000)
	j.Append(received("before"))
	j.Append(sockeye.Event{Time: Now(), Kind: sockeye.Sent, Data: big})
	c := j.Cursor(2)
	defer c.Close()
	if e, _ := c.Try(); !bytes.Equal(e.Data, big) {
		t.Errorf("%d of %d bytes came back", len(e.Data), len(big))
	}
}

// Writers and readers of every speed at once: each reader's view is the writers'
// events in order, gaps accounted for.
func TestManyWritersManyReaders(t *testing.T) {
	const writers, each = 4, 5_000
	j := New(64 << 10)
	var readers, appenders sync.WaitGroup
	for r := range 6 {
		c := j.Cursor(1)
		rnd := rand.New(rand.NewPCG(uint64(r), 1))
		readers.Go(func() {
			defer c.Close()
			var next uint64 = 1
			for {
				e, err := c.Next(t.Context())
				if err != nil {
					break
				}
				if e.Seq != next {
					t.Errorf("reader got %d, want %d", e.Seq, next)
					return
				}
				next++
				if e.Kind == sockeye.Gap {
					next += e.Detail.Lost.Events - 1
				}
				for range rnd.IntN(100*r*r + 1) { // some readers are slow
					_ = rnd.Uint64()
				}
			}
			if next != writers*each+1 {
				t.Errorf("reader ended at %d, want %d", next, writers*each+1)
			}
		})
	}
	for range writers {
		appenders.Go(func() {
			for range each {
				j.Append(received("some bytes of a message"))
			}
		})
	}
	appenders.Wait()
	j.Close()
	readers.Wait()
}

// Append into a full ring allocates nothing, since blocks are used again.
func TestAppendAllocatesNothing(t *testing.T) {
	j := New(1 << 20)
	e := received(string(make([]byte, 64)))
	for range 100_000 { // fill the ring, so that blocks are reused
		j.Append(e)
	}
	if n := testing.AllocsPerRun(100_000, func() { j.Append(e) }); n != 0 {
		t.Errorf("Append allocates %v times", n)
	}
}

// BenchmarkAppend measures one event into the ring, without a reader.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{64, 1400, 64 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			j := New(0)
			e := sockeye.Event{Time: Now(), Kind: sockeye.Received, Data: make([]byte, size)}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				j.Append(e)
			}
		})
	}
}

// BenchmarkCursor measures a cursor that reads events from the ring.
func BenchmarkCursor(b *testing.B) {
	j := New(0)
	for range 100_000 {
		j.Append(received("0123456789012345678901234567890123456789012345678901234567890123"))
	}
	b.ReportAllocs()
	c := j.Cursor(0)
	for b.Loop() {
		if _, ok := c.Try(); !ok {
			c.Close()
			c = j.Cursor(0)
		}
	}
	c.Close()
}
