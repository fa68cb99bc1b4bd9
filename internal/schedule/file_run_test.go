package schedule

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sockeye/internal/payload"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// memoryFile is a file in memory that knows whether it was closed.
type memoryFile struct {
	*bytes.Reader
	closed bool
}

func (f *memoryFile) Close() error { f.closed = true; return nil }

func fileOf(text string) (*FileSource, *memoryFile) {
	data := &memoryFile{Reader: bytes.NewReader([]byte(text))}
	return &FileSource{Name: "f", Size: int64(len(text)), Data: data}, data
}

// fakeRecipient keeps what it was sent, and when.
type fakeRecipient struct {
	begun    time.Time
	got      string
	pieces   []string
	at       []time.Duration
	took     time.Duration // of each send
	gone     chan struct{}
	failing  error
	unacked  int
	finished bool
}

func newFakeRecipient() *fakeRecipient {
	return &fakeRecipient{begun: time.Now(), gone: make(chan struct{})}
}

func (f *fakeRecipient) recipient(id uint64) Recipient {
	return Recipient{Peer: id, Gone: f.gone, Unacknowledged: func() int { return f.unacked }, End: func() { f.finished = true },
		Send: func(ctx context.Context, data []byte) (int, error) {
			if f.failing != nil {
				return 0, f.failing
			}
			f.at = append(f.at, time.Since(f.begun))
			select {
			case <-time.After(f.took):
			case <-ctx.Done():
				return 0, ctx.Err()
			}
			f.pieces = append(f.pieces, string(data))
			f.got += string(data)
			return len(data), nil
		}}
}

// Each piece is due at its place divided by the rate; a recipient that takes longer delays
// no other, and both have every byte.
func TestFileKeepsItsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var runs Runs
		fast, slow := newFakeRecipient(), newFakeRecipient()
		slow.took = 5 * time.Second
		f, data := fileOf("0123456789ab")
		r, err := runs.StartFile(f, []string{"#1", "#2"}, FileConfig{Chunk: 5, Rate: 10, Recipients: []Recipient{fast.recipient(1), slow.recipient(2)}})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		p := r.Progress()
		want := []RecipientProgress{{Peer: 1, Sent: 12, Acknowledged: 12}, {Peer: 2, Running: true}}
		if diff := cmp.Diff(want, p.Recipients); diff != "" || !p.Running || p.Bytes != 12 || p.Messages != 3 {
			t.Errorf("%+v (-want +got):\n%s", p, diff)
		}
		<-r.Done()
		for name, one := range map[string]*fakeRecipient{"fast": fast, "slow": slow} {
			if diff := cmp.Diff([]string{"01234", "56789", "ab"}, one.pieces); diff != "" || !one.finished {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		if diff := cmp.Diff([]time.Duration{0, 500 * time.Millisecond, time.Second}, fast.at); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]time.Duration{0, 5 * time.Second, 10 * time.Second}, slow.at); diff != "" {
			t.Errorf("late pieces came at once (-want +got):\n%s", diff)
		}
		if p := r.Progress(); p.Running || p.Bytes != 24 || p.Err != nil || !data.closed {
			t.Errorf("%+v, closed %v", p, data.closed)
		}
	})
}

// A paused file sends nothing, and goes on at its pace, without a burst.
func TestFilePauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var runs Runs
		to := newFakeRecipient()
		f, _ := fileOf("abcd")
		r, err := runs.StartFile(f, nil, FileConfig{Chunk: 1, Rate: 1, Recipients: []Recipient{to.recipient(1)}})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(1500 * time.Millisecond) // b is under way, c is due at 2 s
		if err := r.Pause(); err != nil || !r.Progress().Paused {
			t.Fatalf("%v, %+v", err, r.Progress())
		}
		time.Sleep(time.Minute)
		r.Resume()
		<-r.Done()
		want := []time.Duration{0, time.Second, 2 * time.Second, 61500 * time.Millisecond}
		if diff := cmp.Diff(want, to.at); diff != "" || to.got != "abcd" || r.Progress().Paused {
			t.Errorf("%q (-want +got):\n%s", to.got, diff)
		}
		l, err := runs.StartList(Every(Row{Text: "x"}, time.Hour, 0), ListConfig{Send: func(context.Context, int, *Row, *payload.Template) RowResult { return RowResult{Recipients: 1} }})
		if err != nil {
			t.Fatal(err)
		}
		if e := sockeye.ErrorOf(l.Pause()); e == nil || e.Kind != sockeye.Misuse {
			t.Errorf("a list was paused: %v", e)
		}
		l.Stop()
	})
}

// A peer that leaves ends its part, at once also while nothing is due, and its progress
// says what reached it; the others have the rest. Stop ends all without an error.
func TestFileEndsWithItsPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var runs Runs
		leaving, staying, broken := newFakeRecipient(), newFakeRecipient(), newFakeRecipient()
		leaving.unacked = 2
		broken.failing = &sockeye.Error{Kind: sockeye.Reset, Op: "send"}
		f, data := fileOf(strings.Repeat("x", 100))
		r, err := runs.StartFile(f, nil, FileConfig{Chunk: 5, Rate: 1, Recipients: []Recipient{leaving.recipient(1), staying.recipient(2), broken.recipient(3)}})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Second)
		close(leaving.gone)
		synctest.Wait()
		p := r.Progress()
		one, three := p.Recipients[0], p.Recipients[2]
		if one.Running || one.Sent != 10 || one.Acknowledged != 8 || one.Err == nil || one.Err.Kind != sockeye.Closed || !leaving.finished {
			t.Errorf("%+v", one)
		}
		if three.Running || three.Sent != 0 || three.Err == nil || three.Err.Kind != sockeye.Reset || p.Failed != 1 {
			t.Errorf("%+v", three)
		}
		if two := p.Recipients[1]; !two.Running || two.Err != nil {
			t.Errorf("%+v", two)
		}
		r.Stop()
		if p := r.Progress(); p.Running || p.Recipients[1].Err != nil || p.Recipients[1].Sent != 10 || !data.closed {
			t.Errorf("%+v", p)
		}
	})
}

// With a delay after each line, what is sent ends where lines do.
func TestFileLineByLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var runs Runs
		to := newFakeRecipient()
		f, _ := fileOf("G1\nM104 S200\n\nend")
		r, err := runs.StartFile(f, nil, FileConfig{Chunk: 6, LineDelay: time.Second, Recipients: []Recipient{to.recipient(1)}})
		if err != nil {
			t.Fatal(err)
		}
		<-r.Done()
		if diff := cmp.Diff([]string{"G1\n", "M104 S", "200\n", "\n", "end"}, to.pieces); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]time.Duration{0, time.Second, time.Second, 2 * time.Second, 3 * time.Second}, to.at); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// A file that became shorter is told of, and what cannot be is refused; the file is closed
// all the same.
func TestFileThatCannotBeSent(t *testing.T) {
	for name, c := range map[string]FileConfig{
		"chunk": {Chunk: MaxChunk + 1}, "rate": {Rate: -1}, "line_delay": {LineDelay: -time.Second}, "": {Recipients: make([]Recipient, MaxRecipients+1)},
	} {
		f, data := fileOf("x")
		_, err := (&Runs{}).StartFile(f, nil, c)
		if e := sockeye.ErrorOf(err); e == nil || e.Target != name || e.Hint.IsZero() || !data.closed {
			t.Errorf("%q: %v, closed %v", name, err, data.closed)
		}
	}
	to := newFakeRecipient()
	f, _ := fileOf("short")
	f.Size = 10
	r, err := (&Runs{}).StartFile(f, nil, FileConfig{Recipients: []Recipient{to.recipient(1)}})
	if err != nil {
		t.Fatal(err)
	}
	<-r.Done()
	if e := r.Progress().Err; e == nil || e.Op != "read" || to.got != "" {
		t.Errorf("%v, %q", e, to.got)
	}
}

// What is kept is what came; an upload that ends early keeps nothing.
func TestSpool(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var s Spool
	f, err := s.Keep("f", strings.NewReader("0123456789"), 8)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 4)
	if _, err := f.Data.ReadAt(got, 4); err != nil || string(got) != "4567" || f.Size != 8 || s.held.Load() != 8 {
		t.Errorf("%q, %v, %d held", got, err, s.held.Load())
	}
	if err := f.Data.Close(); err != nil || s.held.Load() != 0 {
		t.Errorf("%v, %d held", err, s.held.Load())
	}
	if _, err := s.Keep("f", strings.NewReader("0123"), 8); !errors.Is(err, io.ErrUnexpectedEOF) || s.held.Load() != 0 {
		t.Errorf("%v, %d held", err, s.held.Load())
	}
	if _, err := s.Keep("f", strings.NewReader(""), MaxSpool+1); sockeye.ErrorOf(err).Kind != sockeye.TooLarge || s.held.Load() != 0 {
		t.Errorf("%v, %d held", err, s.held.Load())
	}
}

// A piece that takes a little long delays the ones after it no more than it must.
func TestFileCatchesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := newFakeRecipient()
		f, _ := fileOf(strings.Repeat("x", 450))
		one, n := to.recipient(1), 0
		send := one.Send
		one.Send = func(ctx context.Context, data []byte) (int, error) {
			if to.took = 0; n == 1 {
				to.took = 250 * time.Millisecond
			}
			n++
			return send(ctx, data)
		}
		r, err := (&Runs{}).StartFile(f, nil, FileConfig{Chunk: 100, Rate: 1000, Recipients: []Recipient{one}})
		if err != nil {
			t.Fatal(err)
		}
		<-r.Done()
		want := []time.Duration{0, 100 * time.Millisecond, 350 * time.Millisecond, 350 * time.Millisecond, 400 * time.Millisecond}
		if diff := cmp.Diff(want, to.at); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
