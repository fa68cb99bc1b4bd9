package journal

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// What is read into a window is recorded where it lies, and so is its echo.
func TestWindowIsNotCopied(t *testing.T) {
	j := New(1 << 20)
	w := j.Lease()
	defer w.Close()
	text := strings.Repeat("read into the ring ", 300)
	buf := w.Take(8<<10, 8<<10)
	n := copy(buf, text)
	j.Append(received("before")) // somebody else, meanwhile
	j.Append(sockeye.Event{Kind: sockeye.Received, Data: buf[:n]})
	j.Append(sockeye.Event{Kind: sockeye.Sent, Data: buf[:n]})
	c := j.Cursor(0)
	defer c.Close()
	var got []string
	for range 3 {
		e, _ := c.Try()
		got = append(got, string(e.Data))
		if same := unsafe.SliceData(e.Data) == unsafe.SliceData(buf); same != (len(got) > 1) {
			t.Errorf("event %d lies in the window: %v", e.Seq, same)
		}
	}
	if diff := cmp.Diff([]string{"before", text, text}, got); diff != "" {
		t.Error(diff)
	}
}

// Memory that was taken and not used is there for the next.
func TestWindowGivesBack(t *testing.T) {
	j := New(1 << 20)
	w := j.Lease()
	defer w.Close()
	first := w.Take(10_000, 10_000)
	j.Append(sockeye.Event{Kind: sockeye.Received, Data: first[:5000]})
	for range 1000 {
		if second := w.Take(1000, 1000); unsafe.SliceData(second) != unsafe.SliceData(first[5000:]) {
			t.Fatal("what the first read left unused is not used by the second")
		}
	}
	if held := j.HeldBytes(1); held != j.size.bytes() {
		t.Errorf("%d bytes are held, want one block of %d", held, j.size.bytes())
	}
}

// A window takes what is left of a block, if that is enough, and never more than one.
func TestWindowTakesWhatIsThere(t *testing.T) {
	j := New(2 << 20)
	w := j.Lease()
	defer w.Close()
	block := j.size.data
	if got := len(w.Take(1000, 1<<30)); got != block {
		t.Errorf("%d bytes of an empty journal, want a block of %d", got, block)
	}
	buf := w.Take(1000, 1<<30)
	j.Append(sockeye.Event{Kind: sockeye.Received, Data: buf[:block-5000]})
	for _, least := range []int{5000, 1000, 1} {
		if got := len(w.Take(least, 1<<30)); got != 5000 {
			t.Errorf("%d bytes when at least %d are wanted and 5000 are left", got, least)
		}
	}
	if got := len(w.Take(5001, 6000)); got != 6000 {
		t.Errorf("%d bytes of a new block, want 6000", got)
	}
}

// A window's memory stays as it is while the ring goes round, and several windows
// and others that append do not damage each other's data.
func TestWindowsSideBySide(t *testing.T) {
	const most = 3 * minLeaseFind
	j := New(2 << 20)
	rnd := rand.New(rand.NewPCG(1, 2))
	windows := []*Lease{j.Lease(), j.Lease(), j.Lease()}
	lent := make([][]byte, len(windows))
	want := map[uint64][]byte{}
	c := j.Cursor(1)
	defer c.Close()
	for step := range 20_000 {
		i := rnd.IntN(len(windows) + 1)
		mark := fmt.Appendf(nil, "%d %s", step, bytes.Repeat([]byte{byte('a' + i)}, rnd.IntN(most-20)))
		switch {
		case i == len(windows):
			want[j.Append(sockeye.Event{Kind: sockeye.Received, Data: mark})] = mark
		case lent[i] == nil:
			lent[i] = windows[i].Take(most, most)
		default:
			data := lent[i][:copy(lent[i], mark)]
			want[j.Append(sockeye.Event{Kind: sockeye.Received, Data: data})] = mark
			if rnd.IntN(2) == 0 {
				want[j.Append(sockeye.Event{Kind: sockeye.Sent, Data: data})] = mark
			}
			lent[i] = nil
		}
		for {
			e, ok := c.Try()
			if !ok {
				break
			}
			if !bytes.Equal(e.Data, want[e.Seq]) {
				t.Fatalf("event %d is %q, want %q", e.Seq, e.Data, want[e.Seq])
			}
			delete(want, e.Seq)
		}
	}
	for _, w := range windows {
		w.Close()
	}
	if len(want) > 0 {
		t.Errorf("%d events were not read", len(want))
	}
}

// A cursor for some kinds gives these and is not woken for others, and never falls
// behind by what it skips.
func TestCursorForSomeKinds(t *testing.T) {
	j := New(16 << 10)
	c := j.Cursor(1)
	defer c.Close()
	c.Only(sockeye.Joined)
	next := make(chan sockeye.Event)
	go func() {
		defer close(next)
		for {
			e, err := c.Next(t.Context())
			if err != nil {
				return
			}
			next <- e
		}
	}()
	for i := range 10 {
		for range 5000 { // several times the ring
			j.Append(received("x"))
		}
		seq := j.Append(sockeye.Event{Kind: sockeye.Joined})
		e := <-next
		for e.Kind == sockeye.Gap {
			e = <-next
		}
		if e.Kind != sockeye.Joined || e.Seq != seq {
			t.Fatalf("round %d: got event %d, a %v, want %d, joined", i, e.Seq, e.Kind, seq)
		}
	}
	j.Close()
	if e, ok := <-next; ok {
		t.Errorf("after the end there is a %v", e.Kind)
	}
}

// What a cursor skips does not wake it, however much it is, and is no gap.
func TestSkippedEventsWakeNobody(t *testing.T) {
	j := New(16 << 10)
	c := j.Cursor(1)
	defer c.Close()
	c.Only(sockeye.Failed)
	if _, state := c.read(true); state != empty {
		t.Fatalf("an empty journal is %v", state)
	}
	for round := range 3 {
		for range 5000 { // several times the ring
			j.Append(received("x"))
		}
		if len(c.wake) > 0 {
			t.Fatal("a received event woke who waits for failures")
		}
		failed := j.Append(sockeye.Event{Kind: sockeye.Failed})
		if len(c.wake) == 0 {
			t.Fatal("a failure did not wake who waits for one")
		}
		<-c.wake
		if e, state := c.read(true); state != got || e.Kind != sockeye.Failed || e.Seq != failed {
			t.Fatalf("round %d: got %v, event %d, want the failure, %d", round, e.Kind, e.Seq, failed)
		}
		if _, state := c.read(true); state != empty { // it waits in the middle of a block that has a failure before
			t.Fatalf("after everything there is %v", state)
		}
	}
	if want := uint64(3 * 5000); c.bytes != want || !c.known {
		t.Errorf("it passed %d bytes, want %d", c.bytes, want)
	}
}

// Who has been woken and does not read falls behind like everybody.
func TestWokenAndSlow(t *testing.T) {
	j := New(16 << 10)
	c := j.Cursor(1)
	defer c.Close()
	c.Only(sockeye.Failed)
	c.read(true)
	j.Append(received("x"))
	j.Append(sockeye.Event{Kind: sockeye.Failed})
	for range 5000 {
		j.Append(received("x"))
	}
	if e, ok := c.Try(); !ok || e.Kind != sockeye.Gap || e.Seq != 1 || e.Detail.Lost.Events == 0 {
		t.Errorf("got %v, event %d", e.Kind, e.Seq)
	}
}

// Who waits for something that never comes, and is closed, is forgotten.
func TestClosedWhileWaiting(t *testing.T) {
	j := New(16 << 10)
	for range 3 {
		c := j.Cursor(1)
		c.Only(sockeye.Failed)
		c.read(true)
		c.Close()
	}
	if len(j.waiting) > 0 {
		t.Errorf("%d closed cursors wait", len(j.waiting))
	}
}
