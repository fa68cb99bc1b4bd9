package journal

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye"
	"sockeye/internal/recording"
)

// The ways to shut a file system down under its users: ioctl FS_IOC_SHUTDOWN,
// linux/fs.h. Whatever is not on the disk by then never gets there.
const (
	shutdown   = 0x8004587d
	logFlush   = 1 // the file system's own journal is written out, data is not
	noLogFlush = 2 // neither is
)

// atRisk is what relaxed may lose, with the time that a busy machine takes to start a
// sync; see punctual.
const atRisk = time.Second + 200*time.Millisecond

// F02, F03, F05: after a power cut always has lost nothing that was shown, and
// relaxed at most a second of it, and neither has a hole: whenever it comes, also right
// after a new segment was begun. As far as the file system goes the cut is real.
//
// SOCKEYE_CUTS says how many cuts there are; see the Makefile.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	if ownMounts(t) {
		return
	}
	cuts := 6
	if os.Getenv("CI") == "true" {
		cuts = 120
	}
	if n, err := strconv.Atoi(os.Getenv("SOCKEYE_CUTS")); err == nil {
		cuts = n
	}
	seed := rand.Uint64()
	t.Logf("seed %d, %d cuts", seed, cuts)
	random := rand.New(rand.NewPCG(seed, 0))
	const lanes = 3 // each has a disk of its own, and waits most of the time
	var list [lanes][]powerCut
	for n := range cuts {
		list[n%lanes] = append(list[n%lanes], anyCut(n, random))
	}
	for lane := range min(lanes, cuts) {
		t.Run(fmt.Sprint("disk ", lane), func(t *testing.T) {
			t.Parallel()
			d := newDisk(t)
			shown, lost := map[recording.Sync]int{}, map[recording.Sync]int{}
			for n, c := range list[lane] {
				s, l := c.run(t, d, fmt.Sprint("cut", n))
				shown[c.promise], lost[c.promise] = shown[c.promise]+s, lost[c.promise]+l
				if t.Failed() {
					t.Fatalf("that was cut %d: %+v", n, c)
				}
			}
			t.Logf("shown %v, lost of that %v", shown, lost)
		})
	}
}

// anyCut is the n-th cut of a test: every way is taken in turn.
func anyCut(n int, random *rand.Rand) powerCut {
	c := powerCut{promise: recording.Always, how: logFlush, burst: 4, after: time.Duration(1+random.IntN(200)) * time.Millisecond,
		segment: []int64{64 << 10, 1 << 20, 0}[n/3%3]}
	if n/4%2 == 0 {
		c.promise, c.after = recording.Relaxed, time.Duration(1+random.IntN(2000))*time.Millisecond
	}
	if n/2%2 == 0 {
		c.how = noLogFlush
	}
	if n%2 == 0 {
		c.burst = 64
	}
	if n%5 == 4 {
		c.atNewSegment, c.segment, c.burst = true, 64<<10, 64
	}
	return c
}

// disk is an ext4 file system in a file.
type disk struct{ image, dir string }

func newDisk(t *testing.T) disk {
	d := disk{filepath.Join(t.TempDir(), "ext4"), t.TempDir()}
	make := exec.Command("sh", "-c", `truncate -s 512M "$0" && mkfs.ext4 -q -F "$0"`, d.image)
	if out, err := make.CombinedOutput(); err != nil {
		t.Fatalf("no file system to cut the power of: %v: %s", err, out)
	}
	t.Cleanup(func() { unix.Unmount(d.dir, unix.MNT_DETACH) })
	d.mount(t)
	return d
}

func (d disk) mount(t *testing.T) { mount(t, d.dir, "ext4", d.image, "loop") }

// cut is the power cut.
func (d disk) cut(t *testing.T, how int) {
	f, err := os.Open(d.dir)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(f.Fd()), shutdown, how)
		f.Close()
	}
	if err != nil {
		t.Fatal("cut: ", err)
	}
}

// restart is the machine coming up again.
func (d disk) restart(t *testing.T) {
	// A process that another test is starting holds our descriptors until its exec.
	late := time.Now().Add(time.Minute)
	for err := unix.Unmount(d.dir, 0); err != nil; err = unix.Unmount(d.dir, 0) {
		if err != unix.EBUSY || time.Now().After(late) {
			t.Fatal("umount: ", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	d.mount(t)
}

// powerCut is one cut, after some time, under a promise.
type powerCut struct {
	promise recording.Sync
	how     int
	after   time.Duration
	segment int64 // bytes
	burst   int   // events between two pauses: many fill segments, few leave all to time

	atNewSegment bool // as soon as a second segment is begun, whatever after says
}

// run records until the cut and compares what was shown with what is there after
// the restart.
func (c powerCut) run(t *testing.T, d disk, name string) (shown, lost int) {
	dir := filepath.Join(d.dir, name)
	j, s := New(4<<20), newSender("tcp")
	r, err := j.Record(recording.WriteOptions{Dir: dir, Sync: c.promise, SegmentBytes: c.segment})
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	over := make(chan struct{})
	running.Go(func() { chatter(j, s, c.burst, over) })
	w := &witness{}
	running.Go(func() { w.watch(t, j) })

	late := punctual(over)
	time.Sleep(c.after)
	if c.atNewSegment {
		until(t, "a new segment", func() bool { return r.Status().Segments > 1 })
	}
	seen := w.seen()
	d.cut(t, c.how)
	close(over)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r.Close(ctx) // its error is not the question: only what was shown before the cut is
	j.Close()
	<-r.Done()
	running.Wait()
	d.restart(t)
	defer os.RemoveAll(dir)
	return len(seen), c.compare(t, dir, seen, atRisk+2*<-late)
}

// chatter appends events whose data begins with their number.
func chatter(j *Journal, s sender, burst int, over <-chan struct{}) {
	for n := 1; ; n++ {
		select {
		case <-over:
			return
		default:
		}
		j.Append(s.received(strings.Repeat(fmt.Sprint(n, " "), 1+n%100)))
		if n%burst == 0 {
			time.Sleep(time.Duration(1+n%7) * 100 * time.Microsecond)
		}
	}
}

// witness is a view that remembers when what it was shown had happened.
type witness struct {
	mu    sync.Mutex
	times []time.Time
}

func (w *witness) watch(t *testing.T, j *Journal) {
	view := j.Cursor(1)
	defer view.Close()
	for {
		e, err := view.Next(t.Context())
		if err != nil {
			if err != io.EOF {
				t.Error(err)
			}
			return
		}
		if e.Kind == sockeye.Received {
			w.mu.Lock()
			w.times = append(w.times, e.Time)
			w.mu.Unlock()
		}
	}
}

func (w *witness) seen() []time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.times[:len(w.times):len(w.times)]
}

// punctual gives, once over is closed, how late this machine was at most when something
// was due.
func punctual(over <-chan struct{}) <-chan time.Duration {
	worst := make(chan time.Duration, 1)
	go func() {
		const pause = 5 * time.Millisecond
		late := time.Duration(0)
		for {
			began := time.Now()
			select {
			case <-time.After(pause):
				late = max(late, time.Since(began)-pause)
			case <-over:
				worst <- late
				return
			}
		}
	}()
	return worst
}

// compare demands the promise of what is left in a directory, of which relaxed may have
// lost so much, and returns how many of the events that were seen are lost.
func (c powerCut) compare(t *testing.T, dir string, seen []time.Time, atRisk time.Duration) int {
	events, _, err := readAll(dir)
	if os.IsNotExist(err) {
		err = nil // cut before the directory was durable
	}
	if err != nil {
		t.Error(err)
	}
	for i, e := range events[:min(len(events), len(seen))] {
		if e.Seq != uint64(i+1) || !strings.HasPrefix(string(e.Data), fmt.Sprint(i+1, " ")) || !e.Time.Equal(seen[i]) {
			t.Errorf("event %d, %.20q, in the place of event %d", e.Seq, e.Data, i+1)
			break
		}
	}
	lost := len(seen) - len(events)
	if lost <= 0 {
		return 0
	}
	if span := seen[len(seen)-1].Sub(seen[len(events)]); c.promise == recording.Always || span > atRisk {
		t.Errorf("%d of %d events that were shown are lost, %v of them", lost, len(seen), span)
	}
	return lost
}
