package journal

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sockeye"
	"sockeye/internal/pcapng"
	"sockeye/internal/recording"
)

func TestMain(m *testing.M) {
	if role, ok := roles[os.Getenv(roleVar)]; ok {
		role(os.Getenv(dirVar))
		return
	}
	goleak.VerifyTestMain(m)
}

// patience is only ever used up by a failing test.
const patience = time.Minute

// within fails the test if f has not returned in time.
func within(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("not in time: " + what)
	}
}

func recordTo(t *testing.T, j *Journal, o recording.WriteOptions) *Recorder {
	t.Helper()
	r, err := j.Record(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		r.Close(ctx)
		<-r.Done()
	})
	if f, ok := o.Files.(*faulty); ok {
		t.Cleanup(f.releaseAll) // before that
	}
	return r
}

func closeRecorder(t *testing.T, r *Recorder) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := r.Close(ctx); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// sender is a session and a peer to make events with.
type sender struct {
	session *sockeye.Session
	peer    *sockeye.Peer
}

func newSender(network string) sender {
	s := &sockeye.Session{ID: "s1"}
	return sender{s, &sockeye.Peer{ID: 1, Session: s, Network: sockeye.Network(network)}}
}

func (s sender) received(data string) sockeye.Event {
	return sockeye.Event{Time: Now(), Kind: sockeye.Received, Session: s.session, Peer: s.peer, Data: []byte(data)}
}

// numbered appends n events whose data says which they are.
func (s sender) numbered(j *Journal, n int) {
	for i := range n {
		j.Append(s.received(fmt.Sprint(i)))
	}
}

// recorded reads all segments of a directory in their order. Events of numbers
// that were there before are left out, and so are remarks.
func recorded(t *testing.T, dir string) ([]sockeye.Event, []pcapng.Damage) {
	t.Helper()
	events, damage, err := readAll(dir)
	if err != nil {
		t.Fatal(err)
	}
	return events, damage
}

func readAll(dir string) (events []sockeye.Event, damage []pcapng.Damage, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.pcapng"))
	if err != nil {
		return nil, nil, err
	}
	var next uint64 = 1
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, nil, err
		}
		d := pcapng.NewDecoder(bytes.NewReader(b), pcapng.DecodeOptions{Damaged: func(d pcapng.Damage) { damage = append(damage, d) }})
		for {
			e, err := d.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w", name, err)
			}
			if e.Seq >= next {
				e.Data = bytes.Clone(e.Data)
				events = append(events, e)
				next = after(e)
			}
		}
	}
	return events, damage, nil
}

// after is the number after an event, or after what a gap stands for.
func after(e sockeye.Event) uint64 {
	if e.Kind == sockeye.Gap && e.Session == nil {
		return e.Seq + e.Detail.Lost.Events
	}
	return e.Seq + 1
}

// complete demands that a directory holds events 1 to at least last, gaps
// included, and returns what the gaps say is missing.
func complete(t *testing.T, dir string, last uint64) (lost sockeye.Lost) {
	t.Helper()
	events, damage := recorded(t, dir)
	for _, d := range damage {
		t.Error(d)
	}
	var next uint64 = 1
	for _, e := range events {
		if e.Seq != next {
			t.Fatalf("event %d comes after %d", e.Seq, next-1)
		}
		next = after(e)
		if e.Kind == sockeye.Gap {
			lost = plus(lost, e.Detail.Lost)
		}
	}
	if next <= last {
		t.Errorf("the recording ends with event %d, want %d", next-1, last)
	}
	return lost
}

// untilState waits until recording is in a state.
func untilState(t *testing.T, r *Recorder, want RecordState) RecordStatus {
	t.Helper()
	var st RecordStatus
	until(t, fmt.Sprint("recording is ", want), func() bool {
		st = r.Status()
		return st.State == want
	})
	return st
}

// waits reports whether the recorder is so far behind that TCP waits for it.
func waits(j *Journal) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.recorderFarBehind() && !j.newest().fits(64)
}

// until polls what nothing tells of.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !is() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// A recording has every event from before it began to its end, whoever appends at the same time;
// a journal has one recorder, and a closed one is in nobody's way.
func TestRecorderRecordsEverything(t *testing.T) {
	for _, promise := range []recording.Sync{recording.Relaxed, recording.Always} {
		t.Run(string(promise), func(t *testing.T) {
			dir := t.TempDir()
			j, s := New(1<<20), newSender("tcp")
			s.numbered(j, 100) // before it begins: still in memory
			r := recordTo(t, j, recording.WriteOptions{Dir: dir, Sync: promise, SegmentBytes: 256 << 10})
			var writers sync.WaitGroup
			for range 4 {
				writers.Go(func() { s.numbered(j, 2_000) })
			}
			writers.Wait()
			if _, err := j.Record(recording.WriteOptions{Dir: t.TempDir()}); sockeye.ErrorOf(err).Kind != sockeye.Misuse {
				t.Errorf("a second recorder: %v", err)
			}
			closeRecorder(t, r)
			if lost := complete(t, dir, 8_100); lost.Events != 0 {
				t.Errorf("lost %+v", lost)
			}
			st := r.Status()
			if st.State != RecordOff || st.Events != 8_100 || st.Err != nil || st.Lost.Events != 0 || st.Segments < 2 {
				t.Errorf("status %+v", st)
			}
			s.numbered(j, 100_000) // nobody is in the way any more
		})
	}
}

// An event is on the disk before any view sees it.
func TestGateHoldsViewsBack(t *testing.T) {
	dir := t.TempDir()
	j, s := New(0), newSender("tcp")
	files := newFaulty()
	r := recordTo(t, j, recording.WriteOptions{Dir: dir, Files: files})
	release := files.stall("write")
	view := j.Cursor(1)
	defer view.Close()
	s.numbered(j, 10)
	<-files.stalled
	if e, ok := view.Try(); ok {
		t.Errorf("a view saw event %d before it was written", e.Seq)
	}
	release()
	for n := range uint64(10) {
		e, err := view.Next(t.Context())
		if err != nil || e.Seq != n+1 {
			t.Fatalf("event %d, %v; want %d", e.Seq, err, n+1)
		}
	}
	closeRecorder(t, r)
	complete(t, dir, 10)
}

// What is in memory when a recording begins is held back from its first moment on,
// before the recorder has looked at anything.
func TestGateHoldsFromTheBeginning(t *testing.T) {
	j, s := New(0), newSender("tcp")
	s.numbered(j, 10)
	files := newFaulty()
	release := files.stall("sync")
	defer release()
	recordTo(t, j, recording.WriteOptions{Dir: t.TempDir(), Files: files, Sync: recording.Always})
	view := j.Cursor(1)
	defer view.Close()
	if e, ok := view.Try(); ok {
		t.Errorf("a view saw event %d before it was written", e.Seq)
	}
	<-files.stalled // its first events
	if e, ok := view.Try(); ok {
		t.Errorf("a view saw event %d before it was written", e.Seq)
	}
}

// With always a view sees only what is durable.
func TestAlwaysMeansDurable(t *testing.T) {
	j, s := New(0), newSender("tcp")
	files := newFaulty()
	recordTo(t, j, recording.WriteOptions{Dir: t.TempDir(), Files: files, Sync: recording.Always})
	view := j.Cursor(1)
	defer view.Close()
	release := files.stall("sync")
	s.numbered(j, 1)
	<-files.stalled
	if e, ok := view.Try(); ok {
		t.Errorf("a view saw event %d before it was durable", e.Seq)
	}
	release()
	if _, err := view.Next(t.Context()); err != nil {
		t.Error(err)
	}
}

// While the disk is slow TCP waits and nothing is lost; UDP does not wait, and
// what it drops is counted exactly, by session.
func TestSlowDisk(t *testing.T) {
	dir := t.TempDir()
	j, tcp, udp := New(64<<10), newSender("tcp"), newSender("udp")
	udp.session.ID = "s2"
	files := newFaulty()
	r := recordTo(t, j, recording.WriteOptions{Dir: dir, Files: files})
	release := files.stall("write")
	const n = 5_000
	var writer sync.WaitGroup
	writer.Go(func() { tcp.numbered(j, n) })
	<-files.stalled
	until(t, "TCP waits", func() bool { return waits(j) })
	filled := 0
	for ; j.Append(udp.received("1234567")) != 0; filled++ { // UDP may have the rest of the ring
	}
	for range 999 {
		if j.Append(udp.received("1234567")) != 0 {
			t.Fatal("a full ring has room")
		}
	}
	j.Append(sockeye.Event{Time: Now(), Kind: sockeye.Joined, Session: udp.session, Peer: udp.peer}) // does not wait either
	release()
	writer.Wait()
	until(t, "the drops are told of", func() bool { j.mu.Lock(); defer j.mu.Unlock(); return len(j.barrier.dropped) == 0 })
	if st := r.Status(); st.Lost != (sockeye.Lost{Events: 1000, Bytes: 7000}) {
		t.Errorf("status says lost %+v", st.Lost)
	}
	closeRecorder(t, r)
	if lost := complete(t, dir, uint64(n+filled+2)); lost != (sockeye.Lost{Events: 1000, Bytes: 7000}) {
		t.Errorf("the recording says lost %+v", lost)
	}
	events, _ := recorded(t, dir)
	gaps, next := 0, 0
	for _, e := range events {
		switch {
		case e.Kind == sockeye.Gap:
			gaps++
			if e.Session == nil || e.Session.ID != "s2" {
				t.Errorf("the gap is of session %v", e.Session)
			}
		case e.Kind == sockeye.Received && e.Session.ID != "s2":
			if want := fmt.Sprint(next); string(e.Data) != want {
				t.Fatalf("event %d holds %q, want %q", e.Seq, e.Data, want)
			}
			next++
		}
	}
	if gaps != 1 || next != n {
		t.Errorf("%d gaps and %d TCP events, want 1 and %d", gaps, next, n)
	}
}

// The end of the journal is the end of the recording, and views get all of it.
func TestRecorderEndsWithJournal(t *testing.T) {
	dir := t.TempDir()
	j, s := New(0), newSender("tcp")
	r := recordTo(t, j, recording.WriteOptions{Dir: dir})
	view := j.Cursor(1)
	defer view.Close()
	s.numbered(j, 1_000)
	j.Close()
	for n := 0; ; n++ {
		if _, err := view.Next(t.Context()); err != nil {
			if err != io.EOF || n != 1_000 {
				t.Errorf("the view ended after %d events: %v", n, err)
			}
			break
		}
	}
	<-r.Done()
	complete(t, dir, 1_000)
	if _, err := j.Record(recording.WriteOptions{Dir: dir}); sockeye.ErrorOf(err).Kind != sockeye.Closed {
		t.Errorf("recording a closed journal: %v", err)
	}
}

// After a stop recording may go on in the same directory, and takes from memory
// what it missed.
func TestStopAndGoOn(t *testing.T) {
	dir := t.TempDir()
	j, s := New(0), newSender("tcp")
	for range 3 {
		r := recordTo(t, j, recording.WriteOptions{Dir: dir})
		s.numbered(j, 10)
		closeRecorder(t, r)
		s.numbered(j, 10)
	}
	complete(t, dir, 50)
}

// Recording to a stream ends with its reader, and traffic goes on (F22).
func TestStreamEndsWithItsReader(t *testing.T) {
	j, s := New(0), newSender("tcp")
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r := recordTo(t, j, recording.WriteOptions{Out: write})
	s.numbered(j, 1)
	d := pcapng.NewDecoder(read, pcapng.DecodeOptions{})
	if e, err := d.Next(); err != nil || string(e.Data) != "0" {
		t.Fatalf("the stream holds %q, %v", e.Data, err)
	}
	read.Close()
	s.numbered(j, 1)
	within(t, "the recording ends", func() { <-r.Done() })
	st := r.Status()
	if st.State != RecordOff || st.Err == nil || st.Err.Kind != sockeye.BrokenPipe {
		t.Errorf("status %+v", st)
	}
	write.Close()
	told := failures(j)
	if len(told) != 1 || !strings.Contains(told[0].Message.En, "ended early") || told[0].Message.Zh == "" {
		t.Errorf("told %v", told)
	}
}

// failures are the errors that a journal tells of.
func failures(j *Journal) []*sockeye.Error {
	c := j.Cursor(1)
	defer c.Close()
	var out []*sockeye.Error
	for {
		e, ok := c.Try()
		if !ok {
			return out
		}
		if e.Kind == sockeye.Failed {
			out = append(out, e.Detail.Err)
		}
	}
}

// A start after a crash says so.
func TestUncleanStopIsTold(t *testing.T) {
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, ".lock"), []byte("1\n"), 0o600)
	os.WriteFile(filepath.Join(dir, "20250101-000000_x_0001.pcapng"), nil, 0o600)
	j := New(0)
	closeRecorder(t, recordTo(t, j, recording.WriteOptions{Dir: dir}))
	if told := failures(j); len(told) != 1 || !strings.Contains(told[0].Message.En, "without being closed") {
		t.Errorf("told %v", told)
	}
	complete(t, dir, 1)
}

// Who cannot wait for the disk for ever need not.
func TestCloseGivesUpWithItsContext(t *testing.T) {
	j, s := New(4<<10), newSender("tcp")
	files := newFaulty()
	r := recordTo(t, j, recording.WriteOptions{Dir: t.TempDir(), Files: files})
	release := files.stall("write")
	defer release()
	var writer sync.WaitGroup
	writer.Go(func() { s.numbered(j, 1_000) })
	<-files.stalled
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	within(t, "Close gives up", func() {
		if err := r.Close(ctx); sockeye.ErrorOf(err).Kind != sockeye.TimedOut {
			t.Errorf("Close = %v", err)
		}
	})
	within(t, "nobody is held back", writer.Wait)
	if st := r.Status(); st.State != RecordOff {
		t.Errorf("state %s", st.State)
	}
}

// How long the disk has not answered is known while it does not, and nothing before and
// after: who gives up a disk does not give up a busy machine.
func TestDiskWait(t *testing.T) {
	j, s := New(0), newSender("tcp")
	files := newFaulty()
	r := recordTo(t, j, recording.WriteOptions{Dir: t.TempDir(), Files: files, StallLimit: time.Hour})
	until(t, "it waits for events", func() bool { return r.DiskWait() == 0 })
	release := files.stall("write")
	s.numbered(j, 1)
	<-files.stalled
	first := r.DiskWait()
	until(t, "the wait grows", func() bool { return first > 0 && r.DiskWait() > first })
	release()
	until(t, "the disk has answered", func() bool { return r.DiskWait() == 0 })
}

// Recording an event of a peer that is known already allocates nothing.
func TestRecordingAllocatesNothingPerEvent(t *testing.T) {
	j, s := New(16<<20), newSender("tcp")
	recordTo(t, j, recording.WriteOptions{Out: io.Discard})
	e := s.received(string(make([]byte, 64)))
	for range 300_000 {
		j.Append(e)
	}
	if n := testing.AllocsPerRun(300_000, func() { j.Append(e) }); n != 0 {
		t.Errorf("an event costs %v allocations", n)
	}
}
