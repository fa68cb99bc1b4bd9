package outbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func open(t testing.TB, o QueueOptions) *Queue {
	t.Helper()
	q, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.Close() })
	return q
}

func appendAll(t testing.TB, q *Queue, words ...string) {
	t.Helper()
	for _, w := range words {
		if err := q.Append([]byte(w)); err != nil {
			t.Fatal(err)
		}
	}
}

// all are the records that wait, as "number:data" and "!" for those sent again.
func all(t testing.TB, q *Queue) (list []string) {
	t.Helper()
	records, _, err := q.take(1 << 30)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		mark := ""
		if r.Again {
			mark = "!"
		}
		list = append(list, fmt.Sprintf("%d:%s%s", r.Number, r.Data, mark))
	}
	return list
}

// Records come out in the order in which they went in, and a confirmed one does not come again.
func TestQueueKeepsOrderAndMarks(t *testing.T) {
	dir := t.TempDir()
	q := open(t, QueueOptions{Dir: dir})
	appendAll(t, q, "a", "b", "c")
	if err := q.Begin(2); err != nil {
		t.Fatal(err)
	}
	if err := q.Confirm(1); err != nil {
		t.Fatal(err)
	}
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	q = open(t, QueueOptions{Dir: dir})
	appendAll(t, q, "d")
	if diff := cmp.Diff([]string{"2:b!", "3:c", "4:d"}, all(t, q)); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(RecordCounts{Waiting: 3, Confirmed: 1}, q.Counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if _, err := Open(QueueOptions{Dir: dir}); !errors.Is(err, ErrInUse) {
		t.Errorf("opened twice: %v", err)
	}
}

// Next waits for a record, and ends with its context.
func TestNextWaits(t *testing.T) {
	q := open(t, QueueOptions{Dir: t.TempDir()})
	got := make(chan []Record)
	go func() {
		records, err := q.Next(t.Context(), 10)
		if err != nil {
			t.Error(err)
		}
		got <- records
	}()
	appendAll(t, q, "x")
	if r := <-got; len(r) != 1 || string(r[0].Data) != "x" {
		t.Errorf("Next gives %v", r)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	q.Confirm(1)
	why := errors.New("enough")
	cancel(why)
	if _, err := q.Next(ctx, 1); err != why {
		t.Errorf("a canceled Next gives %v", err)
	}
	q.Close()
	if _, err := q.Next(t.Context(), 1); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Next of a closed queue gives %v", err)
	}
	if err := q.Append(nil); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Append to a closed queue gives %v", err)
	}
}

// A queue that is full drops by its policy, counts it, and keeps its bound.
func TestFullQueueDropsByPolicy(t *testing.T) {
	const most = 128 << 10
	record := strings.Repeat("r", 1000)
	for _, policy := range []Policy{DropOldest, DropNewest} {
		dir := t.TempDir()
		q := open(t, QueueOptions{Dir: dir, MaxBytes: most, Drop: policy})
		const n = 500
		refused := 0
		for range n {
			if err := q.Append([]byte(record)); errors.Is(err, ErrFull) {
				refused++
			} else if err != nil {
				t.Fatal(err)
			}
		}
		c := q.Counts()
		if c.Waiting+c.Dropped != n || c.Dropped == 0 || uint64(refused) != c.Dropped && policy == DropNewest {
			t.Errorf("%s: %+v, refused %d", policy, c, refused)
		}
		records, _ := q.Next(t.Context(), n)
		if first, last := records[0].Number, records[len(records)-1].Number; uint64(len(records)) != c.Waiting ||
			policy == DropNewest && first != 1 || policy == DropOldest && last != n {
			t.Errorf("%s: %d records, %d to %d; %+v", policy, len(records), first, last, c)
		}
		var size int64
		files, _ := filepath.Glob(filepath.Join(dir, "*"+suffix))
		for _, f := range files {
			st, err := os.Stat(f)
			if err != nil {
				t.Fatal(err)
			}
			size += st.Size()
		}
		if size > most {
			t.Errorf("%s: %d bytes on disk, more than %d", policy, size, most)
		}
		q.Close()
		if again := open(t, QueueOptions{Dir: dir, MaxBytes: most, Drop: policy}).Counts(); again != c {
			t.Errorf("%s: %+v after opening again, want %+v", policy, again, c)
		}
	}
}

// What is confirmed leaves the disk.
func TestConfirmedIsRemoved(t *testing.T) {
	dir := t.TempDir()
	q := open(t, QueueOptions{Dir: dir})
	for range 3000 {
		appendAll(t, q, strings.Repeat("x", 1000))
	}
	if err := q.Confirm(3000); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if len(files) > 1 {
		t.Errorf("%d segments are left", len(files))
	}
	appendAll(t, q, "y")
	if diff := cmp.Diff([]string{"3001:y"}, all(t, q)); diff != "" {
		t.Error(diff)
	}
}

// A torn or damaged end is cut off, and the rest is read.
func TestDamagedEndIsCutOff(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"torn":    func(b []byte) []byte { return b[:len(b)-1] },
		"changed": func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
		"longer":  func(b []byte) []byte { return append(b, 1, 2, 3) },
		"huge": func(b []byte) []byte {
			return append(b, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"...)
		},
	} {
		dir := t.TempDir()
		q := open(t, QueueOptions{Dir: dir})
		appendAll(t, q, "one", "two", "three")
		q.Close()
		files, _ := filepath.Glob(filepath.Join(dir, "*"+suffix))
		b, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(files[0], damage(b), 0o600); err != nil {
			t.Fatal(err)
		}
		q = open(t, QueueOptions{Dir: dir})
		want := []string{"1:one", "2:two", "3:new"}
		if name == "longer" || name == "huge" {
			want = []string{"1:one", "2:two", "3:three", "4:new"}
		}
		appendAll(t, q, "new")
		if diff := cmp.Diff(want, all(t, q)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if n := q.Counts().Damaged; n != 1 {
			t.Errorf("%s: %d damaged places", name, n)
		}
	}
}

// A disk that gives bytes back wrong while the queue is open costs those records only.
func TestDamageWhileOpen(t *testing.T) {
	dir := t.TempDir()
	q := open(t, QueueOptions{Dir: dir})
	appendAll(t, q, "one", "two", "three")
	files, _ := filepath.Glob(filepath.Join(dir, "*"+suffix))
	f, err := os.OpenFile(files[0], os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteAt([]byte("X"), int64(headerBytes+3+headerBytes)) // in "two"
	f.Close()
	if diff := cmp.Diff([]string{"1:one"}, all(t, q)); diff != "" {
		t.Error(diff)
	}
	appendAll(t, q, "four")
	if diff := cmp.Diff([]string{"1:one", "4:four"}, all(t, q)); diff != "" {
		t.Error(diff)
	}
	if c := q.Counts(); c.Damaged != 1 || c.Waiting != 2 {
		t.Errorf("counts %+v", c)
	}
}

// A disk that takes nothing loses the record, says so, and works again when it does.
func TestDiskRefuses(t *testing.T) {
	q := open(t, QueueOptions{Dir: t.TempDir()})
	appendAll(t, q, "one")
	good := q.writing
	bad, err := os.Open(q.segments[0].path) // not for writing
	if err != nil {
		t.Fatal(err)
	}
	defer bad.Close()
	q.writing = bad
	if err := q.Append([]byte("two")); err == nil {
		t.Error("a write that failed is no error")
	}
	q.writing = good
	appendAll(t, q, "three")
	if diff := cmp.Diff([]string{"1:one", "2:three"}, all(t, q)); diff != "" {
		t.Error(diff)
	}
	if c := q.Counts(); c.Unwritten != 1 || c.Waiting != 2 {
		t.Errorf("counts %+v", c)
	}
}

// A state that is torn in either slot leaves the other one.
func TestStateIsTorn(t *testing.T) {
	dir := t.TempDir()
	q := open(t, QueueOptions{Dir: dir})
	appendAll(t, q, "a", "b", "c", "d")
	for n := range uint64(3) {
		q.Confirm(n + 1)
	}
	newest := int64(q.state.generation%2) * slotApart
	q.Close()
	f, err := os.OpenFile(filepath.Join(dir, "state"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteAt([]byte{0xff}, newest+8)
	f.Close()
	if diff := cmp.Diff([]string{"3:c", "4:d"}, all(t, open(t, QueueOptions{Dir: dir}))); diff != "" {
		t.Error(diff)
	}
}

// TestAgainstModel: whatever is done in whatever order, and however often the queue is
// closed in between, what waits is what a list would have.
func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		q := open(t, QueueOptions{Dir: dir})
		defer func() { q.Close() }()
		var waiting []uint64
		var last, begun uint64
		rt.Repeat(map[string]func(*rapid.T){
			"append": func(rt *rapid.T) {
				for range rapid.IntRange(1, 40).Draw(rt, "n") {
					last++
					appendAll(t, q, strings.Repeat(strconv.FormatUint(last, 10)+" ", 200))
					waiting = append(waiting, last)
				}
			},
			"deliver": func(rt *rapid.T) {
				n := rapid.IntRange(0, len(waiting)).Draw(rt, "n")
				if n == 0 {
					return
				}
				begun = max(begun, waiting[n-1])
				q.Begin(waiting[n-1])
				if rapid.Bool().Draw(rt, "confirmed") {
					q.Confirm(waiting[n-1])
					waiting = waiting[n:]
				}
			},
			"reopen": func(rt *rapid.T) {
				q.Close()
				q = open(t, QueueOptions{Dir: dir})
			},
			"": func(rt *rapid.T) {
				records, _, err := q.take(1 << 30)
				if err != nil {
					rt.Fatal(err)
				}
				var got []uint64
				for _, r := range records {
					got = append(got, r.Number)
					if !strings.HasPrefix(string(r.Data), strconv.FormatUint(r.Number, 10)+" ") || r.Again != (r.Number <= begun) {
						rt.Fatalf("record %d: %.20q, again %v (begun %d)", r.Number, r.Data, r.Again, begun)
					}
				}
				if !slices.Equal(got, waiting) || q.Counts().Waiting != uint64(len(waiting)) {
					rt.Fatalf("waiting: %v, want %v; %+v", got, waiting, q.Counts())
				}
			},
		})
	})
}

const playsTheWriter = "SOCKEYE_TEST_OUTBOX"

func TestMain(m *testing.M) {
	if dir := os.Getenv(playsTheWriter); dir != "" {
		writeUntilKilled(dir)
		return
	}
	os.Exit(m.Run())
}

// writeUntilKilled appends and delivers, and says each on standard output when it is
// done: then it must hold.
func writeUntilKilled(dir string) {
	q, err := Open(QueueOptions{Dir: dir})
	if err != nil {
		fmt.Println("error", err)
		return
	}
	for n := q.last + 1; ; n++ {
		if err := q.Append([]byte(strconv.FormatUint(n, 10))); err != nil {
			fmt.Println("error", err)
		}
		fmt.Println("appended", n)
		if n%7 != 0 {
			continue
		}
		records, _ := q.Next(context.Background(), 5)
		upTo := records[len(records)-1].Number
		q.Begin(upTo)
		fmt.Println("sent", upTo)
		q.Confirm(upTo)
		fmt.Println("confirmed", upTo)
	}
}

// Killed at any moment, nothing that was appended is lost, nothing that was confirmed
// comes again, and nothing that was sent comes again without its mark.
func TestKilledQueueLosesNothing(t *testing.T) {
	dir := t.TempDir()
	rounds := 8
	if os.Getenv("CI") == "true" {
		rounds = 60
	}
	said := map[string]uint64{}
	for round := range rounds {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), playsTheWriter+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := 0
		for s := bufio.NewScanner(out); s.Scan(); lines++ {
			word, number, _ := strings.Cut(s.Text(), " ")
			n, err := strconv.ParseUint(number, 10, 64)
			if err != nil {
				t.Fatal(s.Text())
			}
			said[word] = n
			if lines == 50+37*round {
				time.AfterFunc(time.Duration(round*50)*time.Microsecond, func() { cmd.Process.Kill() })
			}
		}
		cmd.Wait()
		checkKilled(t, dir, said)
	}
}

func checkKilled(t *testing.T, dir string, said map[string]uint64) {
	t.Helper()
	q, err := Open(QueueOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	records, _, err := q.take(1 << 30)
	if err != nil {
		t.Fatal(err)
	}
	next := q.state.confirmed + 1
	if next <= said["confirmed"] {
		t.Errorf("%d was confirmed, and %d comes again", said["confirmed"], next)
	}
	for _, r := range records {
		if r.Number != next || string(r.Data) != strconv.FormatUint(next, 10) {
			t.Fatalf("record %d is %d with %q", next, r.Number, r.Data)
		}
		if r.Number <= said["sent"] && !r.Again {
			t.Errorf("%d comes again without a mark", r.Number)
		}
		next++
	}
	if next <= said["appended"] {
		t.Errorf("%d was appended, and the last one is %d", said["appended"], next-1)
	}
}

// FuzzSegment: no file, however hostile, panics or takes memory.
func FuzzSegment(f *testing.F) {
	f.Add([]byte{}, []byte{})
	f.Add([]byte("\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00a"), make([]byte, slotBytes))
	f.Fuzz(func(t *testing.T, records, state []byte) {
		dir := t.TempDir()
		os.WriteFile(filepath.Join(dir, fmt.Sprintf("%020d%s", 1, suffix)), records, 0o600)
		os.WriteFile(filepath.Join(dir, "state"), state, 0o600)
		q, err := Open(QueueOptions{Dir: dir})
		if err != nil {
			return
		}
		defer q.Close()
		q.take(10)
		if err := q.Append([]byte("x")); err != nil {
			t.Fatal(err)
		}
	})
}
