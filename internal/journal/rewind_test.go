package journal

import (
	"syscall"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/recording"
)

// After a sync that failed the recorder reads again from the first event that is not
// durable on: no later one, which would leave a hole, and no earlier one. It knows how
// many bytes came before, so that a gap from there counts right.
func TestRewindToTheFirstEventNotDurable(t *testing.T) {
	now := time.Now()
	files, j, s := newFaulty(), New(1<<20), newSender("tcp")
	w, err := recording.OpenWriter(recording.WriteOptions{Dir: t.TempDir(), Files: files, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	r := &Recorder{journal: j, writer: w} // driven by hand
	r.begin()
	batch := func(events int) {
		t.Helper()
		for range events {
			j.Append(s.received("12345"))
		}
		r.take()
		if err := r.flush(false); err != nil {
			t.Fatal(err)
		}
	}
	batch(10)
	batch(10)
	if err := r.flush(true); err != nil { // 20 are durable
		t.Fatal(err)
	}
	batch(10) // these only written, in three steps
	batch(10)
	batch(10)
	files.add(fault{call: "sync", from: 1, to: 1, err: syscall.EIO})
	if err := r.flush(true); sockeye.ErrorOf(err) == nil {
		t.Fatal("the sync did not fail")
	}
	if err := r.resume(); err != nil {
		t.Fatal(err)
	}
	r.rewind()
	if r.cursor.next != 21 || r.cursor.bytes != 100 || !r.cursor.known {
		t.Errorf("it goes on at event %d behind %d bytes, want 21 behind 100", r.cursor.next, r.cursor.bytes)
	}
	r.take()
	if err := r.flush(true); err != nil {
		t.Fatal(err)
	}
	if got := numbersOf(t, w.Status().Path); len(got) != 30 || got[0] != 21 || got[29] != 50 {
		t.Errorf("the new segment has %v", got)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// The recorder remembers marks only as far back as the disk is behind.
func TestMarksAreForgotten(t *testing.T) {
	j, s := New(1<<20), newSender("tcp")
	w, err := recording.OpenWriter(recording.WriteOptions{Dir: t.TempDir(), Sync: recording.Always})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	r := &Recorder{journal: j, writer: w}
	r.begin()
	for range 100 {
		j.Append(s.received("data"))
		r.take()
		if err := r.flush(false); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.marks) > 2 {
		t.Errorf("%d marks are kept, though everything is durable", len(r.marks))
	}
}

// There is one recording at a time; one that could not begin, and one that has ended,
// make room for the next.
func TestRecordTwice(t *testing.T) {
	j := New(1 << 20)
	if _, err := j.Record(recording.WriteOptions{Dir: t.TempDir(), Sync: "never"}); err == nil {
		t.Fatal("it began to record in a way that there is not")
	}
	r, err := j.Record(recording.WriteOptions{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Record(recording.WriteOptions{Dir: t.TempDir()}); err == nil || sockeye.ErrorOf(err).Kind != sockeye.Misuse {
		t.Errorf("a second one beside it: %v", err)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r, err = j.Record(recording.WriteOptions{Dir: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// When Close returns nil all that was appended before is durable, though relaxed would
// have let the disk take its time.
func TestCloseSyncs(t *testing.T) {
	j, s, files := New(1<<20), newSender("tcp"), newFaulty()
	r, err := j.Record(recording.WriteOptions{Dir: t.TempDir(), Files: files})
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		j.Append(s.received("data"))
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r.writer.Durable() != 10 || r.Status().Events != 10 {
		t.Errorf("durable up to %d of 10, %d events", r.writer.Durable(), r.Status().Events)
	}
}

// A block that a view has read is used again once it has left the ring.
func TestBlocksAreUsedAgain(t *testing.T) {
	j, s := New(256<<10), newSender("tcp")
	view := j.Cursor(1)
	defer view.Close()
	e := s.received(string(make([]byte, 4<<10)))
	round := func() {
		for range 200 {
			j.Append(e)
			view.Try()
		}
	}
	round()
	round()
	if n := testing.AllocsPerRun(20, round); n > 0 {
		t.Errorf("%v allocations in 200 events that leave the ring", n)
	}
}

// Views see what has been written, to the event, and nothing beyond.
func TestGateStandsAtTheDisk(t *testing.T) {
	j, s := New(1<<20), newSender("tcp")
	w, err := recording.OpenWriter(recording.WriteOptions{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	r := &Recorder{journal: j, writer: w}
	r.begin()
	view := j.Cursor(1)
	defer view.Close()
	for written := range 3 {
		for range 4 {
			j.Append(s.received("data"))
		}
		if e, ok := view.Try(); ok {
			t.Fatalf("event %d is shown before it is written", e.Seq)
		}
		r.take()
		j.Append(s.received("not yet")) // this one is not written with them
		if err := r.flush(false); err != nil {
			t.Fatal(err)
		}
		for n := range 4 + min(written, 1) {
			if _, ok := view.Try(); !ok {
				t.Fatalf("round %d: event %d was written and is not shown", written, n)
			}
		}
		if e, ok := view.Try(); ok {
			t.Fatalf("event %d is shown before it is written", e.Seq)
		}
	}
}

// A sync that fails at the end of a recording is mended as any other: what was not
// durable is recorded once more, and Close says that all is well.
func TestFailedLastSyncIsMended(t *testing.T) {
	dir, j, s, files := t.TempDir(), New(1<<20), newSender("tcp"), newFaulty()
	r, err := j.Record(recording.WriteOptions{Dir: dir, Files: files})
	if err != nil {
		t.Fatal(err)
	}
	files.add(fault{call: "sync", from: 1, to: 1, err: syscall.EIO})
	for range 10 {
		j.Append(s.received("data"))
	}
	if err := r.Close(t.Context()); err != nil {
		t.Errorf("Close says %v", err)
	}
	events, damage := recorded(t, dir)
	if len(damage) > 0 || len(events) < 10 || events[9].Seq != 10 {
		t.Errorf("%d events are recorded, damage %v", len(events), damage)
	}
}

// After a write that failed, what was written before it is whole and is not recorded again.
func TestRewindBehindAWriteThatFailed(t *testing.T) {
	files, j, s := newFaulty(), New(1<<20), newSender("tcp")
	now := time.Now()
	w, err := recording.OpenWriter(recording.WriteOptions{Dir: t.TempDir(), Files: files, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	r := &Recorder{journal: j, writer: w}
	r.begin()
	for range 3 {
		for range 10 {
			j.Append(s.received("12345"))
		}
		r.take()
		if err := r.flush(false); err != nil {
			t.Fatal(err)
		}
	}
	j.Append(s.received("12345"))
	r.take()
	files.add(fault{call: "write", from: 1, to: 1, err: syscall.EIO})
	if err := r.flush(false); err == nil {
		t.Fatal("the write did not fail")
	}
	if err := r.resume(); err != nil {
		t.Fatal(err)
	}
	r.rewind()
	if r.cursor.next != 31 || r.cursor.bytes != 150 {
		t.Errorf("it goes on at event %d behind %d bytes, want 31 behind 150", r.cursor.next, r.cursor.bytes)
	}
}
