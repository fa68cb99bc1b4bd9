package recording

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"sockeye"
	"sockeye/internal/pcapng"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("SOCKEYE_TEST_LOCK"); dir != "" {
		holdLock(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

// holdLock is the other process of TestSecondProcessIsRefused.
func holdLock(dir string) {
	if _, err := OpenWriter(WriteOptions{Dir: dir}); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
}

// clock is a time that tests move.
type clock struct{ now time.Time }

func newClock() *clock { return &clock{time.Date(2026, 1, 31, 9, 30, 15, 0, time.UTC)} }

func (c *clock) Now() time.Time { return c.now }

func (c *clock) pass(d time.Duration) { c.now = c.now.Add(d) }

func openWriter(t *testing.T, o WriteOptions) *Writer {
	t.Helper()
	w, err := OpenWriter(o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func closeWriter(t *testing.T, w *Writer) {
	t.Helper()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// write appends events with numbers first to last, flushing as a recorder does.
func write(t *testing.T, w *Writer, first, last uint64, data string) {
	t.Helper()
	s := &sockeye.Session{ID: "s1"}
	for n := first; n <= last; n++ {
		w.Append(&sockeye.Event{Seq: n, Time: w.o.Now(), Kind: sockeye.Received, Session: s,
			Peer: &sockeye.Peer{ID: 1, Session: s, Network: "udp"}, Data: []byte(data)})
		if w.Full() || n == last {
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// names are the segments in a directory, in the order of listings.
func names(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range list {
		if strings.HasSuffix(f.Name(), extension) {
			out = append(out, f.Name())
		}
	}
	return out
}

// numbers reads the event numbers of files, which must be whole.
func numbers(t *testing.T, paths ...string) []uint64 {
	t.Helper()
	var out []uint64
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		out = append(out, numbersIn(t, f)...)
	}
	return out
}

func numbersIn(t *testing.T, r io.Reader) []uint64 {
	t.Helper()
	var out []uint64
	d := pcapng.NewDecoder(r, pcapng.DecodeOptions{Damaged: func(d pcapng.Damage) { t.Error(d) }})
	for {
		e, err := d.Next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e.Seq)
	}
}

func inDir(dir string, names []string) []string {
	var out []string
	for _, n := range names {
		out = append(out, filepath.Join(dir, n))
	}
	return out
}

func upTo(n uint64) []uint64 {
	var out []uint64
	for i := range n {
		out = append(out, i+1)
	}
	return out
}

// A segment that has its size is followed by the next, numbered in its name, and no event is
// lost between them.
func TestSegmentsRollBySize(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	w := openWriter(t, WriteOptions{Dir: dir, Name: "tcp-listen-10000", SegmentBytes: 64 << 10, Now: c.Now})
	write(t, w, 1, 1000, strings.Repeat("x", 100))
	closeWriter(t, w)
	want := []string{"20260131-093015_tcp-listen-10000_0001.pcapng", "20260131-093015_tcp-listen-10000_0002.pcapng",
		"20260131-093015_tcp-listen-10000_0003.pcapng", "20260131-093015_tcp-listen-10000_0004.pcapng",
		"20260131-093015_tcp-listen-10000_0005.pcapng"}
	if diff := cmp.Diff(want, names(t, dir)); diff != "" {
		t.Error(diff)
	}
	for _, n := range names(t, dir) {
		if st, _ := os.Stat(filepath.Join(dir, n)); st.Size() > 65<<10 {
			t.Errorf("%s has %d bytes", n, st.Size())
		}
	}
	if diff := cmp.Diff(upTo(1000), numbers(t, inDir(dir, names(t, dir))...)); diff != "" {
		t.Error(diff)
	}
}

// A segment that is old enough is followed by the next with the next event or when it is due,
// and an empty last one is removed.
func TestSegmentsRollByAge(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	w := openWriter(t, WriteOptions{Dir: dir, SegmentAge: time.Hour, Now: c.Now})
	c.pass(2 * time.Hour) // without an event a segment is not rolled
	write(t, w, 1, 1, "a")
	if got := len(names(t, dir)); got != 2 {
		t.Errorf("%d segments after an old one got an event, want it and a new one", got)
	}
	if !w.Due().Equal(c.now.Add(syncAfter)) && !w.Due().IsZero() {
		t.Errorf("due at %v", w.Due())
	}
	write(t, w, 2, 2, "b")
	if due := w.Due(); due.After(c.now.Add(time.Hour)) || due.IsZero() {
		t.Errorf("due at %v: too late to roll", due)
	}
	c.pass(time.Hour)
	if err := w.Flush(); err != nil { // nothing new, but it is time
		t.Fatal(err)
	}
	closeWriter(t, w)
	if got := len(names(t, dir)); got != 2 {
		t.Errorf("%d segments, want 2: the empty last one is removed", got)
	}
}

// A bound on all segments deletes the oldest, of earlier runs too, never a file that is not a
// segment, and what is left has no holes.
func TestTotalBytesDeletesTheOldestWholeSegments(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	const bound = 512 << 10
	os.WriteFile(filepath.Join(dir, "20250101-000000_earlier_0001.pcapng"), make([]byte, 100<<10), 0o600)
	os.WriteFile(filepath.Join(dir, "mine.pcapng"), make([]byte, 1<<20), 0o600)
	w := openWriter(t, WriteOptions{Dir: dir, SegmentBytes: 64 << 10, TotalBytes: bound, Now: c.Now})
	const last = 10_000
	for n := uint64(1); n <= last; n += 100 {
		write(t, w, n, n+99, strings.Repeat("x", 100))
		var total int64
		for _, name := range names(t, dir) {
			if _, ok := parseSegmentName(name); ok {
				st, _ := os.Stat(filepath.Join(dir, name))
				total += st.Size()
			}
		}
		if total > bound {
			t.Fatalf("%d bytes after event %d, the bound is %d", total, n+99, bound)
		}
	}
	closeWriter(t, w)
	list := names(t, dir)
	if list[len(list)-1] != "mine.pcapng" || strings.Contains(list[0], "earlier") {
		t.Errorf("left are %v: want the earlier run's segment deleted, and no other file", list)
	}
	got := numbers(t, inDir(dir, list[:len(list)-1])...)
	if len(got) < 1000 || got[len(got)-1] != last || got[0] != last-uint64(len(got))+1 {
		t.Errorf("left are events %d to %d, %d of them: want the newest without holes", got[0], got[len(got)-1], len(got))
	}
}

// Segments older than MaxAge are deleted.
func TestMaxAgeDeletes(t *testing.T) {
	dir := t.TempDir()
	c := &clock{time.Now()}
	for i, age := range []time.Duration{49 * time.Hour, 47 * time.Hour} {
		path := filepath.Join(dir, fmt.Sprintf("20250101-000000_x_000%d.pcapng", i+1))
		os.WriteFile(path, nil, 0o600)
		os.Chtimes(path, c.now.Add(-age), c.now.Add(-age))
	}
	w := openWriter(t, WriteOptions{Dir: dir, MaxAge: 48 * time.Hour, Now: c.Now})
	defer w.Close()
	if got := names(t, dir); len(got) != 2 || got[0] != "20250101-000000_x_0002.pcapng" {
		t.Errorf("at the start: %v", got)
	}
	c.pass(2 * time.Hour)
	if due := w.Due(); due.IsZero() || due.After(c.now) {
		t.Errorf("due at %v, now is %v", due, c.now)
	}
	w.Flush()
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("two hours later: %v", got)
	}
}

// A clock that was set back, and a second start in the same second, do not
// reorder a directory.
func TestNamesSortInTheOrderOfRecording(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	for i, name := range []string{"zebra", "ape", "bee"} {
		w := openWriter(t, WriteOptions{Dir: dir, Name: name, Now: c.Now})
		write(t, w, uint64(i+1), uint64(i+1), "x")
		closeWriter(t, w)
		if i == 1 {
			c.now = time.Unix(0, 0)
		}
	}
	if diff := cmp.Diff(upTo(3), numbers(t, inDir(dir, names(t, dir))...)); diff != "" {
		t.Error(diff, names(t, dir))
	}
}

// F52: the clock of a board that starts in 1970, is set by ten years while it records, and
// goes back an hour, reorders nothing and loses nothing: events are read by number, each
// with the time that it was given, and all of it is sound. The next run begins in 1970 again.
func TestSteppedClock(t *testing.T) {
	dir := t.TempDir()
	steps := []time.Time{time.Unix(3, 0), time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC), time.Date(2036, 1, 31, 9, 0, 0, 0, time.UTC),
		time.Date(2036, 1, 31, 8, 0, 0, 0, time.UTC), time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC), time.Unix(4, 0)}
	var times []time.Time
	seq := uint64(0)
	for range 2 {
		c := &clock{steps[0]}
		w := openWriter(t, WriteOptions{Dir: dir, Now: c.Now, SegmentBytes: 64 << 10, SegmentAge: time.Minute})
		for _, now := range steps {
			c.now = now
			for range 3 {
				seq++
				c.pass(time.Second)
				times = append(times, c.now)
				write(t, w, seq, seq, "x")
			}
		}
		closeWriter(t, w)
	}
	if r := verify(t, dir); !r.Sound() || len(r.Damage) > 0 {
		t.Errorf("%+v", r)
	}
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	events, err := r.Read(ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	read := 0
	err = events.Each(t.Context(), nil, func(e *sockeye.Event) error {
		if e.Seq != uint64(read+1) || !e.Time.Equal(times[read]) {
			t.Errorf("event %d of %v in the place of %d of %v", e.Seq, e.Time, read+1, times[read])
		}
		read++
		return nil
	})
	if err != nil || read != len(times) {
		t.Errorf("%d of %d events, %v", read, len(times), err)
	}
}

// The name of a segment is read as it was written, and no other file is taken for a segment.
func TestSegmentNames(t *testing.T) {
	for _, c := range []struct {
		file string
		ok   bool
	}{
		{"20260131-093015_tcp-listen-10000_0001.pcapng", true},
		{"20260131-093015_a_b_12345.pcapng", true},
		{"20260131-093015_0001.pcapng", false},
		{"20261331-093015_x_0001.pcapng", false},
		{"20260131-093015_x_1.pcapng", false},
		{"20260131-093015_x_0001.pcap", false},
		{"x.pcapng", false}, {"", false}, {".pcapng", false}, {"20260131-093015_x_99999999999.pcapng", false},
	} {
		n, ok := parseSegmentName(c.file)
		if ok != c.ok || ok && n.String() != c.file {
			t.Errorf("%q: %v %v", c.file, n, ok)
		}
	}
	for in, want := range map[string]string{"": "sockeye", "tcp/listen:10000": "tcp-listen-10000", "..": "sockeye", "[::1]:7": "1--7", "厨房": "sockeye"} {
		if got := plainName(in); got != want {
			t.Errorf("plainName(%q) = %q, want %q", in, got, want)
		}
	}
}

// F13: the second process refuses, naming the first; after that was killed the
// directory is free again, and known to be unclean.
func TestSecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	w := openWriter(t, WriteOptions{Dir: dir})
	write(t, w, 1, 1, "x")
	closeWriter(t, w)

	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), "SOCKEYE_TEST_LOCK="+dir)
	in, _ := other.StdinPipe()
	out, _ := other.StdoutPipe()
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	line := make([]byte, 6)
	io.ReadFull(out, line)
	_, err := OpenWriter(WriteOptions{Dir: dir})
	if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.Misuse || !strings.Contains(e.Message.En, fmt.Sprint("process ", other.Process.Pid)) || e.Hint.Zh == "" {
		t.Errorf("with %q running: %v", line, err)
	}
	other.Process.Kill()
	other.Wait()

	w = openWriter(t, WriteOptions{Dir: dir})
	if !w.Unclean() {
		t.Error("the kill is not noticed")
	}
	closeWriter(t, w)
	w = openWriter(t, WriteOptions{Dir: dir})
	if w.Unclean() {
		t.Error("after a clean end the directory is unclean")
	}
	closeWriter(t, w)
}

// A recording into one file is not rolled, and never overwrites a file that exists.
func TestOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "one.pcapng")
	w := openWriter(t, WriteOptions{File: path, SegmentBytes: 64 << 10})
	write(t, w, 1, 2000, strings.Repeat("x", 100))
	closeWriter(t, w)
	if diff := cmp.Diff(upTo(2000), numbers(t, path)); diff != "" {
		t.Error(diff)
	}
	before, _ := os.ReadFile(path)
	_, err := OpenWriter(WriteOptions{File: path})
	if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.Invalid || e.Target != path || e.Hint.Zh == "" {
		t.Errorf("a file that exists: %v", err)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the existing file was touched")
	}
}

// A recording into a pipe has its header at once and each event when it is written, and cannot
// be resumed.
func TestStream(t *testing.T) {
	var out bytes.Buffer
	w := openWriter(t, WriteOptions{Out: &out})
	if out.Len() == 0 {
		t.Error("the header is not written at once: who reads would think that nothing comes")
	}
	write(t, w, 1, 3, "x")
	if diff := cmp.Diff(upTo(3), numbersIn(t, bytes.NewReader(out.Bytes()))); diff != "" {
		t.Error(diff)
	}
	if w.Resumable() {
		t.Error("a stream cannot be resumed")
	}
	closeWriter(t, w)
}

// An event larger than a segment is kept whole.
func TestHugeEvent(t *testing.T) {
	dir := t.TempDir()
	w := openWriter(t, WriteOptions{Dir: dir, SegmentBytes: 64 << 10})
	write(t, w, 1, 3, strings.Repeat("x", 5<<20))
	closeWriter(t, w)
	if diff := cmp.Diff(upTo(3), numbers(t, inDir(dir, names(t, dir))...)); diff != "" {
		t.Error(diff)
	}
}

// Options that contradict each other are refused before a file is made.
func TestOptionsRefused(t *testing.T) {
	for name, o := range map[string]WriteOptions{
		"no place":        {},
		"two places":      {Dir: "a", File: "b"},
		"unknown promise": {Dir: "a", Sync: "sometimes"},
		"negative":        {Dir: "a", MaxAge: -1},
		"tiny segments":   {Dir: "a", SegmentBytes: 1000},
		"tiny total":      {Dir: "a", TotalBytes: 1000},
	} {
		if _, err := OpenWriter(o); sockeye.ErrorOf(err).Kind != sockeye.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What cannot be recorded into is refused at the start, with its path.
func TestPlacesRefused(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	os.WriteFile(file, nil, 0o600)
	for name, c := range map[string]struct {
		o    WriteOptions
		kind sockeye.ErrorKind
	}{
		"a file as directory":    {WriteOptions{Dir: file}, sockeye.Invalid},
		"below a file":           {WriteOptions{Dir: filepath.Join(file, "x")}, sockeye.Invalid},
		"a directory as file":    {WriteOptions{File: dir}, sockeye.Invalid},
		"no such directory":      {WriteOptions{File: filepath.Join(dir, "no", "x.pcapng")}, sockeye.NotFound},
		"where nobody may write": {WriteOptions{Dir: "/proc/sockeye"}, sockeye.NotFound},
	} {
		_, err := OpenWriter(c.o)
		if e, ok := errors.AsType[*sockeye.Error](err); !ok || e.Kind != c.kind || e.Target == "" || e.Op != "record" {
			t.Errorf("%s: %v (%+v)", name, err, err)
		}
	}
}
