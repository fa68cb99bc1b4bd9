package journal

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// AppendAll is Append for each.
func TestAppendAll(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	one, all := New(64<<10), New(64<<10)
	from, peer := &sockeye.Session{ID: "s1"}, &sockeye.Peer{ID: 1, Network: "tcp"}
	at := time.Unix(1_700_000_000, 0)
	for range 500 {
		events := make([]sockeye.Event, rnd.IntN(40))
		for i := range events {
			at = at.Add(time.Duration(rnd.IntN(3000)-1000) * time.Nanosecond) // the clock may step back
			events[i] = sockeye.Event{Time: at, Kind: sockeye.Received, Session: from, Peer: peer, Data: bytes.Repeat([]byte{byte(i)}, rnd.IntN(200))}
		}
		var numbers []uint64
		for _, e := range events {
			numbers = append(numbers, one.Append(e))
		}
		all.AppendAll(events)
		for i, e := range events {
			if e.Seq != numbers[i] {
				t.Fatalf("an event is number %d, want %d", e.Seq, numbers[i])
			}
		}
	}
	oldest, next := one.Span()
	if o, n := all.Span(); o != oldest || n != next {
		t.Errorf("it holds %d to %d, want %d to %d", o, n, oldest, next)
	}
	c, d := one.Cursor(oldest), all.Cursor(oldest)
	defer c.Close()
	defer d.Close()
	for {
		want, more := c.Try()
		got, alike := d.Try()
		if !more || !alike {
			if more != alike {
				t.Error("one of them has more")
			}
			break
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b *sockeye.Peer) bool { return a == b })); diff != "" {
			t.Fatal(diff)
		}
	}
	all.Close()
	late := []sockeye.Event{{Seq: 7, Kind: sockeye.Received}}
	if all.AppendAll(late); late[0].Seq != 0 {
		t.Errorf("an event that a closed journal does not take is number %d", late[0].Seq)
	}
}

// AppendAll into a full ring allocates nothing, since blocks are used again.
func TestAppendAllAllocatesNothing(t *testing.T) {
	j, events := New(1<<20), make([]sockeye.Event, 16)
	for i := range events {
		events[i] = received(string(make([]byte, 64)))
	}
	for range 10_000 { // fill the ring, so that blocks are reused
		j.AppendAll(events)
	}
	if n := testing.AllocsPerRun(10_000, func() { j.AppendAll(events) }); n != 0 {
		t.Errorf("AppendAll allocates %v times", n)
	}
}
