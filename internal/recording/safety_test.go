package recording

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// syncDisk is the system's files, whose Sync of segments does what a test says.
type syncDisk struct {
	FileSystem
	sync func() error // nil: as the system does
}

type syncFile struct {
	OutputFile
	disk *syncDisk
}

func (d *syncDisk) Create(path string) (OutputFile, error) {
	f, err := d.FileSystem.Create(path)
	if err != nil || filepath.Base(path) == reserveName {
		return f, err
	}
	return syncFile{f, d}, nil
}

func (f syncFile) Sync() error {
	if f.disk.sync == nil {
		return f.OutputFile.Sync()
	}
	return f.disk.sync()
}

// Relaxed never has bytes for longer than a second without the disk: a flush at that age
// waits for the sync that is under way, and one before does not.
func TestRelaxedWaitsAfterASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk, release := &syncDisk{FileSystem: System()}, make(chan struct{})
		w := openWriter(t, WriteOptions{Dir: t.TempDir(), Files: disk, Now: time.Now})
		began := time.Now()
		event := func() *sockeye.Event {
			return &sockeye.Event{Seq: w.last + 1, Time: time.Now(), Kind: sockeye.Received, Data: []byte("data")}
		}
		flush := func() <-chan error {
			w.Append(event())
			done := make(chan error, 1)
			go func() { done <- w.Flush() }()
			synctest.Wait()
			return done
		}
		at := func(age time.Duration) { time.Sleep(age - time.Since(began)) }

		syncs := 0
		disk.sync = func() error { syncs++; <-release; return nil }
		if err := <-flush(); err != nil || syncs != 0 {
			t.Fatalf("at once: %v, %d syncs", err, syncs)
		}
		if due := w.Due().Sub(began); due != syncAfter {
			t.Errorf("the sync is due after %v, want %v", due, syncAfter)
		}
		at(syncAfter)
		if err := <-flush(); err != nil || syncs != 1 {
			t.Fatalf("after %v: %v, %d syncs", syncAfter, err, syncs)
		}
		if due := w.Due().Sub(began); due != time.Second {
			t.Errorf("the end of it is waited for after %v, want 1s", due)
		}
		at(999 * time.Millisecond)
		if err := <-flush(); err != nil || w.Durable() != 0 {
			t.Fatalf("just before a second: %v, %d are durable", err, w.Durable())
		}
		at(time.Second)
		done := flush()
		select {
		case err := <-done:
			t.Fatalf("bytes are a second old, the disk has none of them, and it goes on: %v", err)
		default:
		}
		close(release)
		if err := <-done; err != nil || w.Durable() != 2 || w.Kept() != 4 {
			t.Errorf("%v; durable up to %d, want 2; kept up to %d, want 4", err, w.Durable(), w.Kept())
		}
		closeWriter(t, w)
	})
}

// F09: whichever sync fails, what was not durable before it is not trusted, although the
// next one of the same file goes well: it is to be appended again, to another segment.
func TestNothingBehindAFailedSyncIsTrusted(t *testing.T) {
	failure := error(syscall.EIO)
	once := func(disk *syncDisk) {
		disk.sync = func() error { disk.sync = nil; return failure }
	}
	for name, fail := range map[string]func(w *Writer, c *clock, disk *syncDisk) error{
		"beside the writing": func(w *Writer, c *clock, disk *syncDisk) error {
			c.pass(syncAfter)
			once(disk)
			if err := w.Flush(); err != nil { // begins the sync
				return err
			}
			if w.syncState.running != nil {
				c.pass(atRisk) // so that the next flush waits for it
			}
			w.Append(&sockeye.Event{Seq: w.last + 1, Time: c.Now(), Kind: sockeye.Received, Data: []byte("more")})
			return w.Flush()
		},
		"at the end": func(w *Writer, _ *clock, disk *syncDisk) error {
			once(disk)
			return w.Sync()
		},
		"at a new segment": func(w *Writer, c *clock, disk *syncDisk) error {
			once(disk)
			w.Append(&sockeye.Event{Seq: w.last + 1, Time: c.Now(), Kind: sockeye.Received, Data: make([]byte, least)})
			return w.Flush()
		},
		"beside a write that fails": func(w *Writer, c *clock, disk *syncDisk) error {
			c.pass(syncAfter)
			once(disk)
			if err := w.Flush(); err != nil {
				return err
			}
			w.file = failingFile{w.file}
			w.Append(&sockeye.Event{Seq: w.last + 1, Time: c.Now(), Kind: sockeye.Received, Data: []byte("more")})
			return w.Flush()
		},
	} {
		t.Run(name, func(t *testing.T) {
			disk, c, dir := &syncDisk{FileSystem: System()}, newClock(), t.TempDir()
			w := openWriter(t, WriteOptions{Dir: dir, Files: disk, Now: c.Now, SegmentBytes: least})
			write(t, w, 1, 3, "on the disk")
			if err := w.Sync(); err != nil {
				t.Fatal(err)
			}
			write(t, w, 4, 6, "only written")
			if err := fail(w, c, disk); !errors.Is(err, failure) {
				t.Fatalf("the failure is %v", err)
			}
			if w.Kept() != 3 || w.Durable() != 3 {
				t.Fatalf("kept up to %d, durable up to %d, want 3", w.Kept(), w.Durable())
			}
			if err := w.Flush(); !errors.Is(err, errBroken) {
				t.Errorf("a broken writer says %v", err)
			}
			if err := w.Resume(); err != nil {
				t.Fatal(err)
			}
			if w.Kept() != 3 || w.Durable() != 3 {
				t.Errorf("on resuming: kept up to %d, durable up to %d, want 3", w.Kept(), w.Durable())
			}
			write(t, w, 4, 7, "again")
			closeWriter(t, w)
			list := names(t, dir)
			if got := numbers(t, filepath.Join(dir, list[len(list)-1])); !cmp.Equal(got, []uint64{4, 5, 6, 7}) {
				t.Errorf("the last segment has %v", got)
			}
		})
	}
}

// failingFile is a file that takes no more.
type failingFile struct{ OutputFile }

func (failingFile) Write([]byte) (int, error) { return 0, syscall.EIO }

// A sync that is under way when a segment is full is waited for, and its failure counts,
// before the next one is begun: no power cut may leave the new without the old.
func TestNewSegmentOnlyBehindAWholeOne(t *testing.T) {
	disk, c, dir := &syncDisk{FileSystem: System()}, newClock(), t.TempDir()
	w := openWriter(t, WriteOptions{Dir: dir, Files: disk, Now: c.Now, SegmentBytes: least})
	write(t, w, 1, 1, "data")
	synced := 0
	disk.sync = func() error { synced++; return nil }
	w.Append(&sockeye.Event{Seq: 2, Time: c.Now(), Kind: sockeye.Received, Data: make([]byte, least)})
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if len(names(t, dir)) != 2 || synced != 1 || w.Durable() != 2 {
		t.Errorf("%d segments, %d syncs, durable up to %d", len(names(t, dir)), synced, w.Durable())
	}
	closeWriter(t, w)
}

// Tidying never takes the segment that is being written, however old or large it is.
func TestTidyLeavesTheSegmentBeingWritten(t *testing.T) {
	for name, o := range map[string]WriteOptions{
		"too old":   {MaxAge: time.Hour},
		"too large": {TotalBytes: 2 * least},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClock()
			c.now = time.Now() // files have the system's times
			o.Dir, o.Now = t.TempDir(), c.Now
			w := openWriter(t, o)
			if name == "too large" {
				w.limit = 1 << 30 // as when no other file could be opened
				w.Append(&sockeye.Event{Seq: 1, Time: c.Now(), Kind: sockeye.Received, Data: make([]byte, 3*least)})
			}
			want := names(t, o.Dir)
			for range 3 {
				c.pass(2 * time.Hour)
				if err := w.Flush(); err != nil {
					t.Fatal(err)
				}
			}
			if got := names(t, o.Dir); !cmp.Equal(got, want) {
				t.Errorf("there are %v, want %v", got, want)
			}
			closeWriter(t, w)
		})
	}
}

// The end of a recording leaves its segments and an empty lock; one without an event
// leaves the lock alone.
func TestNoSegmentWithoutEvent(t *testing.T) {
	dir := t.TempDir()
	w := openWriter(t, WriteOptions{Dir: dir})
	if got := contents(t, dir); len(got) != 3 || got[lockName] == 0 || got[reserveName] != reserveBytes {
		t.Errorf("while recording there are %v", got)
	}
	closeWriter(t, w)
	if got := contents(t, dir); !cmp.Equal(got, map[string]int64{lockName: 0}) {
		t.Errorf("at the end there are %v", got)
	}
	w = openWriter(t, WriteOptions{Dir: dir})
	if w.Unclean() {
		t.Error("a recording that ended in good order is told as one that did not")
	}
	write(t, w, 1, 1, "data")
	closeWriter(t, w)
	if got := contents(t, dir); len(got) != 2 || got[lockName] != 0 {
		t.Errorf("after an event there are %v", got)
	}
}

// contents are the sizes of the files in a directory, by name.
func contents(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	list, err := System().List(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for _, f := range list {
		out[f.Name] = f.Bytes
	}
	return out
}

// A gap stands for all its events: what is kept and durable goes up to the last of them.
func TestGapIsKept(t *testing.T) {
	w := openWriter(t, WriteOptions{Dir: t.TempDir()})
	w.Append(&sockeye.Event{Seq: 1, Time: w.o.Now(), Kind: sockeye.Gap, Detail: &sockeye.Detail{Lost: sockeye.Lost{Events: 10}}})
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := w.Sync(); err != nil || w.Kept() != 10 || w.Durable() != 10 {
		t.Errorf("%v; kept up to %d, durable up to %d, want 10", err, w.Kept(), w.Durable())
	}
	closeWriter(t, w)
}
