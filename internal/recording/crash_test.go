package recording

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/pcapng"
)

// crashing is a disk that loses power at one of its syncs: what was synced before
// is there afterwards, and of each later write, as luck has it, all, nothing, the
// beginning, or garbage of its length. It is how SQLite's test6.c breaks disks.
type crashing struct {
	FileSystem
	luck    *rand.Rand
	syncs   int // until the power goes; counted down
	files   map[string]*crashingFile
	durable map[string]bool // names the directory keeps
}

var errPower = errors.New("the power is gone")

func newCrashing(seed uint64, syncs int) *crashing {
	return &crashing{System(), rand.New(rand.NewPCG(seed, 4)), syncs, map[string]*crashingFile{}, map[string]bool{}}
}

// sync is one sync of a file or directory: it fails once the power is gone.
func (c *crashing) sync() error {
	if c.syncs--; c.syncs < 0 {
		return errPower
	}
	return nil
}

func (c *crashing) Create(path string) (OutputFile, error) {
	if c.syncs < 0 {
		return nil, errPower
	}
	f := &crashingFile{disk: c}
	c.files[filepath.Base(path)] = f
	return f, nil
}

// Lock takes none: nobody else is there.
func (c *crashing) Lock(string) (Lock, error) { return unlocked{}, nil }

type unlocked struct{}

func (unlocked) Unclean() bool  { return false }
func (unlocked) Release() error { return nil }

func (c *crashing) SyncDir(string) error {
	if err := c.sync(); err != nil {
		return err
	}
	for name := range c.files {
		c.durable[name] = true
	}
	return nil
}

// survivors writes what the disk still has when the power is back.
func (c *crashing) survivors(dir string) error {
	for name, f := range c.files {
		if !c.durable[name] && c.luck.IntN(2) == 0 {
			continue
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, f.after(), 0o600); err != nil {
			return err
		}
		if err := os.Chtimes(path, time.Time{}, newClock().now); err != nil { // nobody is writing to it any more
			return err
		}
	}
	return nil
}

type crashingFile struct {
	disk    *crashing
	synced  []byte
	pending [][]byte // writes since, each behind the one before
}

func (f *crashingFile) Write(b []byte) (int, error) {
	if f.disk.syncs < 0 {
		return 0, errPower
	}
	f.pending = append(f.pending, append([]byte(nil), b...))
	return len(b), nil
}

func (f *crashingFile) Sync() error {
	if err := f.disk.sync(); err != nil {
		return err
	}
	for _, b := range f.pending {
		f.synced = append(f.synced, b...)
	}
	f.pending = nil
	return nil
}

func (f *crashingFile) Truncate(int64) error { return errPower } // only done after a failure
func (f *crashingFile) Removed() bool        { return false }
func (f *crashingFile) Close() error         { return nil }

func (f *crashingFile) after() []byte {
	content := append([]byte(nil), f.synced...)
	end := len(content)
	for _, b := range f.pending {
		at := end
		end += len(b)
		b = append([]byte(nil), b...)
		switch f.disk.luck.IntN(4) {
		case 0: // dropped: a hole, if something behind it was written
			continue
		case 1:
			b = b[:f.disk.luck.IntN(len(b)+1)]
		case 2:
			for i := range b {
				b[i] = byte(f.disk.luck.Uint32())
			}
		}
		content = append(content, make([]byte, max(0, at+len(b)-len(content)))...)
		copy(content[at:], b)
	}
	return content
}

// F04: the power goes at any of the syncs, and the disk had written what it had
// not promised yet in any order, in part, or wrongly. What was durable is there;
// nothing is there that was not recorded; and what is missing in between is told.
// SOCKEYE_CUTS makes it ten times as many.
func TestReorderedAndGarbageWrites(t *testing.T) {
	const events = 90
	seeds := 20
	if os.Getenv("SOCKEYE_CUTS") != "" {
		seeds = 200
	}
	for _, promise := range []Sync{Always, Relaxed} {
		t.Run(string(promise), func(t *testing.T) {
			t.Parallel()
			for syncs := 0; ; syncs++ {
				for seed := range uint64(seeds) {
					if lived := crash(t, promise, seed, syncs, events); lived {
						if seed != 0 || syncs < 5 {
							t.Fatalf("no crash with seed %d after %d syncs", seed, syncs)
						}
						t.Logf("%d cuts", syncs*seeds)
						return
					}
				}
			}
		})
	}
}

// crash records until the power goes, and looks at what is left. It says whether
// the recording ended before that.
func crash(t *testing.T, promise Sync, seed uint64, syncs, events int) (lived bool) {
	t.Helper()
	disk, now := newCrashing(seed, syncs), newClock()
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	w, err := OpenWriter(WriteOptions{Dir: dir, Files: disk, Now: now.Now, Sync: promise, SegmentBytes: 64 << 10, Run: 7})
	durable := uint64(0)
	if err == nil {
		durable, err = recordUntil(t, w, promise, now, events)
		w.Close()
	}
	if lived = err == nil; !lived && !errors.Is(err, errPower) {
		t.Fatal(err)
	}
	left := filepath.Join(dir, "left")
	if err := os.Mkdir(left, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := disk.survivors(left); err != nil {
		t.Fatal(err)
	}
	found, told := survived(t, left)
	name := fmt.Sprintf("seed %d, %d syncs, %d durable", seed, syncs, durable)
	next := uint64(1)
	for _, e := range found {
		if e.Seq > next && e.Seq <= durable || e.Seq > next && !told || e.Seq < next {
			t.Fatalf("%s: event %d where %d was to come (told of damage: %v)", name, e.Seq, next, told)
		}
		if diff := cmp.Diff(dataOf(e.Seq), string(e.Data)); diff != "" {
			t.Fatalf("%s: event %d: %s", name, e.Seq, diff)
		}
		next = e.Seq + 1
	}
	if next <= durable {
		t.Fatalf("%s: the last one left is %d", name, next-1)
	}
	return lived
}

func dataOf(n uint64) string {
	return strings.Repeat(fmt.Sprintf("event %d of a recording that will not end well. ", n), 40)
}

// recordUntil records as a recorder does, a few events at a time.
func recordUntil(t *testing.T, w *Writer, promise Sync, now *clock, events int) (durable uint64, err error) {
	s := &sockeye.Session{ID: "s1"}
	for n := 1; n <= events; n++ {
		w.Append(&sockeye.Event{Seq: uint64(n), Time: now.Now(), Kind: sockeye.Received, Session: s, Data: []byte(dataOf(uint64(n)))})
		now.pass(70 * time.Millisecond)
		if n%3 != 0 {
			continue
		}
		err := w.Flush()
		if w.syncState.running != nil && err == nil {
			err = w.syncState.join() // its moment is the test's
		}
		if err != nil {
			return w.Durable(), err
		}
		if promise == Always && w.Durable() != uint64(n) {
			t.Errorf("after event %d was written %d are durable", n, w.Durable())
		}
	}
	err = w.Sync()
	return w.Durable(), err
}

// survived reads what is left; told says whether anything was said to be missing.
func survived(t *testing.T, dir string) (events []sockeye.Event, told bool) {
	t.Helper()
	r, err := Open(dir)
	if errors.Is(err, fs.ErrNotExist) || sockeye.ErrorOf(err) != nil && sockeye.ErrorOf(err).Kind == sockeye.NotFound {
		return nil, true
	}
	if err != nil {
		t.Fatal(err)
	}
	d, err := r.Read(ReadOptions{Damaged: func(string, pcapng.Damage) { told = true }})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for {
		e, err := d.Next(context.Background())
		if err == io.EOF {
			return events, told
		}
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == sockeye.Gap {
			told = true
			continue
		}
		e.Data = append([]byte(nil), e.Data...)
		events = append(events, e)
	}
}
