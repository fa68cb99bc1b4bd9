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
	"syscall"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/pcapng"
	"sockeye/internal/recording"
)

// scene is a journal that is recorded on a disk with faults, and a view of it.
type scene struct {
	*testing.T
	dir   string
	files *faulty
	j     *Journal
	r     *Recorder
	s     sender
	sent  int
	view  *Cursor
	seen  int // events of sender that the view was shown
	told  []*sockeye.Error
}

func newScene(t *testing.T, o recording.WriteOptions, limit int) *scene {
	c := &scene{T: t, dir: t.TempDir(), files: newFaulty(), j: New(limit), s: newSender("tcp")}
	o.Dir, o.Files = c.dir, c.files
	c.r = recordTo(t, c.j, o)
	c.view = c.j.Cursor(1)
	t.Cleanup(c.view.Close)
	return c
}

// send appends n events, whatever the disk does: it fails the test if traffic
// waits for ever.
func (c *scene) send(n int) {
	c.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range n {
			c.j.Append(c.s.received(fmt.Sprint(c.sent)))
			c.sent++
		}
	}()
	select {
	case <-done:
	case <-time.After(patience):
		c.Fatal("traffic stands still")
	}
}

// show reads the view until it was shown all that was sent, but for gaps.
func (c *scene) show() {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), patience)
	defer cancel()
	for c.seen < c.sent {
		c.next(ctx)
	}
}

func (c *scene) next(ctx context.Context) {
	c.Helper()
	e, err := c.view.Next(ctx)
	switch {
	case err != nil:
		c.Fatalf("the view was shown %d of %d events: %v", c.seen, c.sent, err)
	case e.Kind == sockeye.Failed:
		c.told = append(c.told, e.Detail.Err)
	case e.Kind == sockeye.Gap:
		c.seen += int(e.Detail.Lost.Events)
	default:
		c.seen++
	}
}

// hear reads the view until it tells of recording in these words.
func (c *scene) hear(words string) *sockeye.Error {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), patience)
	defer cancel()
	for i := 0; ; i++ {
		for ; i < len(c.told); i++ {
			if e := c.told[i]; strings.Contains(e.Message.En, words) {
				if e.Op != "record" || e.Target == "" || e.Message.Zh == "" {
					c.Errorf("told %+v", e)
				}
				return e
			}
		}
		for len(c.told) == i {
			c.next(ctx)
		}
		i--
	}
}

// whole ends recording and demands that everything is in it.
func (c *scene) whole() {
	c.Helper()
	_, next := c.j.Span()
	closeRecorder(c.T, c.r)
	if lost := complete(c.T, c.dir, next-1); lost.Events != 0 {
		c.Errorf("lost %+v", lost)
	}
}

// F06: a full disk pauses the recording, and what was written before it is kept.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	c := newScene(t, recording.WriteOptions{}, 0)
	c.send(100)
	c.show()
	c.files.add(fault{call: "write", from: 1, to: 1, err: syscall.ENOSPC, short: true}) // and the last words fit
	c.files.add(fault{call: "reserve", from: 1, err: syscall.ENOSPC})
	c.send(50)
	if e := c.hear("paused"); e.Kind != sockeye.LimitReached || e.Errno != "ENOSPC" || e.Hint.Zh == "" {
		t.Errorf("told %+v", e)
	}
	c.send(1000)
	c.show() // views go on
	if st := c.r.Status(); st.State != RecordPaused || st.Err.Errno != "ENOSPC" {
		t.Errorf("status %+v", st)
	}
	remarks := remarksIn(t, c.dir)
	if len(remarks) != 1 || remarks[0].Errno != "ENOSPC" {
		t.Errorf("the segment ends with the words %v", remarks)
	}
	if _, damage := recorded(t, c.dir); len(damage) != 0 {
		t.Errorf("the full segment is damaged: %v", damage)
	}
	c.files.heal()
	c.hear("goes on after a pause of")
	c.hear("nothing is missing")
	if st := c.r.Status(); st.State != RecordOn || st.Err != nil {
		t.Errorf("status %+v", st)
	}
	c.whole()
}

// remarksIn are the errors without a number in a directory's segments.
func remarksIn(t *testing.T, dir string) (found []*sockeye.Error) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, "*.pcapng"))
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		d := pcapng.NewDecoder(bytes.NewReader(b), pcapng.DecodeOptions{})
		for {
			e, err := d.Next()
			if err != nil {
				break
			}
			if e.Seq == 0 {
				found = append(found, e.Detail.Err)
			}
		}
	}
	return found
}

// F06: What leaves the memory during a pause is counted exactly, in the status, in an
// event and in the recording.
func TestLossIsCounted(t *testing.T) {
	t.Parallel()
	c := newScene(t, recording.WriteOptions{}, 64<<10)
	c.send(100)
	c.show()
	c.files.add(fault{call: "write", from: 1, err: syscall.ENOSPC})
	c.send(1)
	c.hear("paused")
	c.send(10_000)
	c.files.heal()
	until(t, "recording goes on", func() bool { return c.r.Status().State == RecordOn })
	c.send(10)
	closeRecorder(t, c.r)
	_, next := c.j.Span()
	lost := complete(t, c.dir, next-1)
	if st := c.r.Status(); lost.Events == 0 || st.Lost != lost {
		t.Errorf("the recording says lost %+v, the status %+v", lost, st.Lost)
	}
	e := c.hear(fmt.Sprintf("%d events with %d bytes are missing", lost.Events, lost.Bytes))
	if e.Message.Zh == "" {
		t.Error("not in Chinese")
	}
	var events, bytes uint64
	list, _ := recorded(t, c.dir)
	for _, e := range list {
		if e.Kind == sockeye.Received {
			events++
			bytes += uint64(len(e.Data))
		}
	}
	var sent uint64
	for i := range c.sent {
		sent += uint64(len(fmt.Sprint(i)))
	}
	if tolds := uint64(1); events+lost.Events != uint64(c.sent)+tolds-1 && events+lost.Events != uint64(c.sent)+tolds || bytes+lost.Bytes != sent {
		t.Errorf("recorded %d events and %d bytes, lost %+v, sent %d and %d", events, bytes, lost, c.sent, sent)
	}
}

// F08: an input/output error at any call, once, costs a segment and no event.
func TestAnyCallFailsOnce(t *testing.T) {
	t.Parallel()
	for _, promise := range []recording.Sync{recording.Relaxed, recording.Always} {
		for _, call := range []string{"create", "write", "truncate", "sync", "syncdir", "remove", "list", "reserve"} {
			for n := 1; n <= 4; n++ {
				t.Run(fmt.Sprintf("%s %s %d", promise, call, n), func(t *testing.T) {
					t.Parallel()
					c := newScene(t, recording.WriteOptions{SegmentBytes: 64 << 10, TotalBytes: 1 << 30, Sync: promise}, 0)
					c.files.add(fault{call: call, from: n, to: n, err: syscall.EIO, short: n%2 == 0})
					for range 6 {
						c.send(200)
						c.show()
					}
					c.whole()
				})
			}
		}
	}
}

// F08, G15: an error that stays pauses recording, ends nothing else, and Close
// says it.
func TestAnyCallFailsForGood(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"create", "write", "sync", "syncdir", "list"} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			c := newScene(t, recording.WriteOptions{SegmentBytes: 64 << 10, Sync: recording.Always}, 64<<10)
			c.send(10)
			c.show()
			c.files.add(fault{call: call, from: 1, err: syscall.EIO})
			c.send(5_000)
			c.show()
			untilState(t, c.r, RecordPaused)
			c.send(1_000)
			c.show()
			tries := c.files.count(call)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if err := c.r.Close(ctx); sockeye.ErrorOf(err) == nil || sockeye.ErrorOf(err).Errno != "EIO" {
				t.Errorf("Close = %v", err)
			}
			if more := c.files.count(call); more > tries+20 {
				t.Errorf("%d more calls to the end", more-tries)
			}
			events, damage := recorded(t, c.dir)
			if len(damage) > 0 || len(events) < 10 {
				t.Errorf("%d events, %v", len(events), damage)
			}
		})
	}
}

// F09: after a failed sync nothing of the file that was not durable is trusted,
// however well the next sync goes: it is written again, to another file.
func TestSyncFailsOnce(t *testing.T) {
	t.Parallel()
	for _, promise := range []recording.Sync{recording.Relaxed, recording.Always} {
		t.Run(string(promise), func(t *testing.T) {
			t.Parallel()
			c := newScene(t, recording.WriteOptions{Sync: promise}, 0)
			c.send(10)
			c.show()
			until(t, "durable", func() bool { return c.files.count("sync") > 0 && c.r.Status().Events >= 10 })
			first := c.r.Status().Path
			c.files.add(fault{call: "sync", from: 1, to: 1, err: syscall.EIO})
			c.send(10)
			c.show()
			e := c.hear("recording goes on in")
			if e.Errno != "EIO" || e.Target != first {
				t.Errorf("told %+v", e)
			}
			second := c.r.Status().Path
			if second == first {
				t.Error("the file whose sync failed is written on")
			}
			if promise == recording.Always {
				if got := numbersOf(t, second); len(got) == 0 || got[0] != 11 {
					t.Errorf("the new segment begins with %v, want what was not durable: 11", got)
				}
			}
			c.whole()
		})
	}
}

func numbersOf(t *testing.T, path string) (out []uint64) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := pcapng.NewDecoder(bytes.NewReader(b), pcapng.DecodeOptions{})
	for {
		e, err := d.Next()
		if err != nil {
			return out
		}
		out = append(out, e.Seq)
	}
}

// F10: a write that takes only a part is continued, and no byte is lost or doubled.
func TestShortWrites(t *testing.T) {
	t.Parallel()
	c := newScene(t, recording.WriteOptions{}, 0)
	c.files.add(fault{call: "write", from: 1, short: true})
	c.send(1000)
	c.whole()
	if told := failures(c.j); len(told) != 0 {
		t.Errorf("a short write is told of: %v", told)
	}
}

// F10, F22: a pipe that nobody reads for a while loses nothing.
func TestFullPipe(t *testing.T) {
	t.Parallel()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	j, s := New(64<<10), newSender("tcp")
	r := recordTo(t, j, recording.WriteOptions{Out: write})
	const n = 20_000
	var writer sync.WaitGroup
	writer.Go(func() { s.numbered(j, n) })
	until(t, "the pipe is full and TCP waits", func() bool { return waits(j) })
	var reader sync.WaitGroup
	reader.Go(func() {
		d := pcapng.NewDecoder(read, pcapng.DecodeOptions{Damaged: func(d pcapng.Damage) { t.Error(d) }})
		for want := uint64(1); ; want++ {
			e, err := d.Next()
			if err == io.EOF && want == n+1 {
				return
			}
			if err != nil || e.Seq != want {
				t.Errorf("event %d, %v; want %d", e.Seq, err, want)
				return
			}
		}
	})
	writer.Wait()
	closeRecorder(t, r)
	write.Close()
	reader.Wait()
}

// standStill lets a call of the disk stand still until the recorder has said so, lets
// traffic go on without it, and ends. It is what the recording says is lost.
func (c *scene) standStill(call string) sockeye.Lost {
	c.Helper()
	release := c.files.stall(call)
	c.send(1)
	<-c.files.stalled
	for c.r.Status().State == RecordOn { // a sync stalls beside the writing, at first
		c.send(10)
		time.Sleep(time.Millisecond) // the pace of the traffic
	}
	if e := c.hear("has not answered"); e.Kind != sockeye.TimedOut {
		c.Errorf("told %+v", e)
	}
	c.send(10_000)
	c.show()
	release()
	c.hear("goes on after a pause")
	c.send(100)
	_, next := c.j.Span() // a slow disk may be told of while it ends
	closeRecorder(c.T, c.r)
	return complete(c.T, c.dir, next-1)
}

// F14: with relaxed a disk that stands still is waited for only so long; then
// traffic goes on without it, and loss is counted.
func TestStalledDiskIsWaitedForBriefly(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"write", "sync"} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			c := newScene(t, recording.WriteOptions{StallLimit: 50 * time.Millisecond}, 64<<10)
			lost := c.standStill(call)
			if st := c.r.Status(); lost.Events == 0 || st.Lost != lost {
				t.Errorf("the recording says lost %+v, the status %+v", lost, st.Lost)
			}
		})
	}
}

// F14: with always traffic waits, and nothing is lost.
func TestStallWithAlways(t *testing.T) {
	t.Parallel()
	c := newScene(t, recording.WriteOptions{Sync: recording.Always}, 64<<10)
	release := c.files.stall("sync")
	var writer sync.WaitGroup
	writer.Go(func() { c.s.numbered(c.j, 5_000) })
	<-c.files.stalled
	until(t, "TCP waits", func() bool { return waits(c.j) })
	if e, ok := c.view.Try(); ok {
		t.Errorf("the view was shown event %d", e.Seq)
	}
	release()
	writer.Wait()
	c.whole()
}

// F15: a directory that is removed is made again; what the last second wrote into
// it is written again.
func TestDirectoryRemoved(t *testing.T) {
	t.Parallel()
	c := newScene(t, recording.WriteOptions{}, 0)
	c.send(10)
	c.show()
	if err := os.RemoveAll(c.dir); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(patience)
	for !strings.HasSuffix(c.r.Status().Path, "_0002.pcapng") && time.Now().Before(deadline) {
		c.send(10)
		time.Sleep(10 * time.Millisecond)
	}
	if e := c.hear("recording goes on in"); e.Kind != sockeye.NotFound {
		t.Errorf("told %+v", e)
	}
	c.send(10)
	c.show()
	closeRecorder(t, c.r)
	events, damage := recorded(t, c.dir)
	_, next := c.j.Span()
	if len(damage) > 0 || len(events) == 0 || after(events[len(events)-1]) != next {
		t.Errorf("%d events, %v", len(events), damage)
	}
	for i, e := range events[1:] {
		if e.Seq != events[i].Seq+1 {
			t.Errorf("event %d follows %d", e.Seq, events[i].Seq)
		}
	}
	if _, err := recording.OpenWriter(recording.WriteOptions{Dir: c.dir}); err != nil {
		t.Error("the new directory is not released: ", err)
	}
}

// F15: a file system that becomes read-only pauses recording, with no busy loop.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	c := newScene(t, recording.WriteOptions{}, 0)
	c.send(10)
	c.show()
	for _, call := range []string{"write", "create", "reserve", "truncate"} {
		c.files.add(fault{call: call, from: 1, err: syscall.EROFS})
	}
	c.send(10)
	if e := c.hear("paused"); e.Kind != sockeye.AccessDenied || e.Errno != "EROFS" || e.Hint.Zh == "" {
		t.Errorf("told %+v", e)
	}
	c.send(1000)
	c.show()
	tries := c.files.count("create")
	until(t, "another try", func() bool { return c.files.count("create") >= tries+2 })
	if tries > 3 {
		t.Errorf("%d tries at once", tries)
	}
	c.files.heal()
	c.hear("nothing is missing")
	paused := 0
	for _, e := range failures(c.j) {
		if strings.Contains(e.Message.En, "paused") {
			paused++
		}
	}
	if paused != 1 {
		t.Errorf("the pause is told of %d times", paused)
	}
	c.whole()
}

// F26: where no file can be opened for the next segment the old one is written on.
func TestTooManyFilesAtRoll(t *testing.T) {
	t.Parallel()
	c := newScene(t, recording.WriteOptions{SegmentBytes: 64 << 10}, 0)
	c.files.add(fault{call: "create", from: 1, to: 3, err: syscall.EMFILE})
	c.send(3000)
	c.show()
	if len(c.told) != 0 {
		t.Errorf("told %v", c.told)
	}
	c.whole()
}
