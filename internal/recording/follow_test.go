package recording

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/pcapng"
)

// following reads a recording as it grows, on a context of half a minute.
type following struct {
	t   *testing.T
	d   *Reader
	ctx context.Context
}

func follow(t *testing.T, path string, o ReadOptions) *following {
	t.Helper()
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	o.Follow = true
	d, err := r.Read(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return &following{t, d, ctx}
}

func (f *following) want(lines ...string) {
	f.t.Helper()
	for _, want := range lines {
		e, err := f.d.Next(f.ctx)
		if err != nil || line(&e) != want {
			f.t.Fatalf("%s, %v; want %s", line(&e), err, want)
		}
	}
}

func noDamage(t *testing.T) func(string, pcapng.Damage) {
	return func(_ string, d pcapng.Damage) { t.Errorf("damage: %v", d) }
}

// A segment gets its last event, and the next one begins, between two looks of a reader
// at its end: it reads both.
func TestFollowReadsTheLastWriteBeforeANewSegment(t *testing.T) {
	w := newTape(t)
	w.opened().received("one")
	shorter := slices.Clone(w.buf)
	w.received("two")
	longer := slices.Clone(w.buf)
	path := w.cut()
	put(t, path, shorter)
	r, err := Open(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	d, err := r.Read(ReadOptions{Follow: true, Damaged: noDamage(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	f := &following{t, d, ctx}
	f.want("1 opened", "2 joined", "3 received one")
	written := false
	r.list = func(dir string) ([]DirEntry, error) { // it has seen that the old one has not grown
		if !written {
			written = true
			put(t, path, longer)
			w.received("three").cut()
		}
		return System().List(dir)
	}
	f.want("4 received two", "5 received three")
}

// After a full disk a writer cuts the torn block off and writes another one in its
// place. Who follows sees neither.
func TestFollowTornTailReplaced(t *testing.T) {
	w := newTape(t)
	w.opened()
	whole := len(w.buf)
	w.received("this is cut off")
	torn := slices.Clone(w.buf[:whole+70])
	w.buf, w.seq = w.buf[:whole], 2
	w.event(sockeye.Failed, "", &sockeye.Detail{Err: &sockeye.Error{Kind: sockeye.LimitReached}})
	replaced := slices.Clone(w.buf)
	path := w.cut()
	if err := os.WriteFile(path, torn, 0o600); err != nil {
		t.Fatal(err)
	}
	f := follow(t, w.dir, ReadOptions{Damaged: noDamage(t)})
	f.want("1 opened", "2 joined")
	if err := os.WriteFile(path, replaced, 0o600); err != nil {
		t.Fatal(err)
	}
	f.want("3 error")
}

// Half an event at the end of a file that was written to just now is no damage yet.
func TestFollowDoesNotTellOfAWriteUnderWay(t *testing.T) {
	w := newTape(t)
	w.opened().received("half of this is written")
	w.buf = w.buf[:len(w.buf)-9]
	path := w.cut()
	f := follow(t, w.dir, ReadOptions{Damaged: noDamage(t)})
	f.want("1 opened", "2 joined")
	written := time.Now().Add(time.Hour) // however slow this test is
	if err := os.Chtimes(path, written, written); err != nil {
		t.Fatal(err)
	}
	looked, cancel := context.WithCancel(t.Context())
	cancel()
	if e, err := f.d.Next(looked); err == nil {
		t.Errorf("the end of the file gives %s", line(&e))
	}
}

// Old segments may be deleted while they are read; what was not read yet is a gap.
func TestFollowWhileOldSegmentsGo(t *testing.T) {
	w := newTape(t)
	w.opened().cut()
	second := w.received("three").received("four").cut()
	w.received("five").cut()
	f := follow(t, w.dir, ReadOptions{Damaged: noDamage(t)})
	f.want("1 opened")
	if err := os.Remove(second); err != nil {
		t.Fatal(err)
	}
	f.want("2 joined", "3 gap of 2", "5 received five")
	for _, path := range inDir(w.dir, names(t, w.dir)) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	w.received("six").cut()
	f.want("6 received six")
}

// A new run in the same directory is followed too.
func TestFollowNextRun(t *testing.T) {
	w := newTape(t)
	w.opened().cut()
	f := follow(t, w.dir, ReadOptions{Damaged: noDamage(t)})
	f.want("1 opened", "2 joined")
	w.encoder, w.seq = pcapng.NewEncoder(pcapng.EncodeOptions{}), 0
	w.opened().cut()
	f.want("1 opened", "2 joined")
}

// Without following, the end is only the end so far.
func TestNextAfterTheEnd(t *testing.T) {
	w := newTape(t)
	w.opened()
	before := slices.Clone(w.buf)
	w.received("later")
	after := slices.Clone(w.buf)
	path := w.cut()
	put(t, path, before)
	r, err := Open(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	d, err := r.Read(ReadOptions{Damaged: noDamage(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	count := func() (n int) {
		t.Helper()
		if err := d.Each(t.Context(), nil, func(*sockeye.Event) error { n++; return nil }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	first := count()
	put(t, path, after)
	w.received("later still").cut()
	if diff := cmp.Diff([]int{2, 2, 0}, []int{first, count(), count()}); diff != "" {
		t.Error(diff)
	}
}

// A torn tail that is quiet is told of, once.
func TestTornTailIsToldOf(t *testing.T) {
	w := newTape(t)
	w.opened().received("whole").received("torn")
	w.buf = w.buf[:len(w.buf)-9]
	w.cut()
	var kinds []pcapng.DamageKind
	got := lines(t, w.dir, ReadOptions{Damaged: func(_ string, d pcapng.Damage) { kinds = append(kinds, d.Kind) }}, Filter{})
	if diff := cmp.Diff([]pcapng.DamageKind{pcapng.Torn}, kinds); diff != "" || len(got) != 3 {
		t.Errorf("%q %s", got, diff)
	}
}

// A gap of a session tells of datagrams that never were events: the next number
// is due after it, not beyond.
func TestGapOfSession(t *testing.T) {
	w := newTape(t)
	w.opened()
	w.seq++
	w.now = w.now.Add(time.Millisecond)
	e := sockeye.Event{Seq: w.seq, Time: w.now, Kind: sockeye.Gap, Session: w.session, Detail: &sockeye.Detail{Lost: sockeye.Lost{Events: 50}}}
	w.buf = w.encoder.Append(w.buf, &e)
	w.received("four").cut()
	want := []string{"1 opened", "2 joined", "3 gap of 50", "4 received four"}
	if diff := cmp.Diff(want, lines(t, w.dir, ReadOptions{}, Filter{})); diff != "" {
		t.Error(diff)
	}
}

// A recorded gap that the older file partly has is shortened.
func TestGapThatIsPartlyThere(t *testing.T) {
	w := newTape(t)
	w.opened().received("three").received("four").cut()
	gap := sockeye.Event{Seq: 3, Time: w.now, Kind: sockeye.Gap, Detail: &sockeye.Detail{Lost: sockeye.Lost{Events: 6}}}
	w.buf = w.encoder.Append(w.encoder.Begin(nil, w.now), &gap)
	w.seq = 8
	w.received("nine").cut()
	want := []string{"1 opened", "2 joined", "3 received three", "4 received four", "5 gap of 4", "9 received nine"}
	if diff := cmp.Diff(want, lines(t, w.dir, ReadOptions{}, Filter{})); diff != "" {
		t.Error(diff)
	}
}

// A file that cannot be read costs only itself.
func TestStrangeFileAmongSegments(t *testing.T) {
	w := newTape(t)
	w.opened().cut()
	w.number++
	strange := filepath.Join(w.dir, segmentName{"20260131-093015", "tcp-listen-10000", w.number}.String())
	put(t, strange, []byte("this is a letter, and not a segment of anything at all"))
	w.received("three").cut()
	damaged := ""
	got := lines(t, w.dir, ReadOptions{Damaged: func(file string, _ pcapng.Damage) { damaged = file }}, Filter{})
	if diff := cmp.Diff([]string{"1 opened", "2 joined", "3 received three"}, got); diff != "" || damaged != strange {
		t.Errorf("%s, damage in %q", diff, damaged)
	}
}
