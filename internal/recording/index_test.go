package recording

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/pcapng"
)

func summarize(t *testing.T, path string) *Summary {
	t.Helper()
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Summarize(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// F12: an index that is lost, broken, stale or from the future is never believed,
// and is made anew.
func TestIndex(t *testing.T) {
	w := newTape(t)
	w.opened().received("one").cut()
	path := w.sent("two").cut()
	check := func(t *testing.T, s *Summary) {
		t.Helper()
		if len(s.Sessions) != 1 || len(s.Sessions[0].Peers) != 1 {
			t.Fatalf("%+v", s)
		}
		got := s.Sessions[0].Peers[0].EventCounts
		want := EventCounts{Events: 3, Received: 3, ReceivedMessages: 1, Sent: 3, SentMessages: 1}
		if s.Events != 4 || got != want || s.Files != 2 {
			t.Errorf("%d events, %+v", s.Events, got)
		}
	}
	check(t, summarize(t, w.dir))
	sound, err := os.ReadFile(indexName(path))
	if err != nil {
		t.Fatal(err)
	}
	check(t, summarize(t, w.dir)) // from the index

	overwrite := func(text []byte) func() {
		return func() { os.WriteFile(indexName(path), text, 0o600) }
	}
	digit := bytes.Replace(sound, []byte(`"events":1`), []byte(`"events":7`), 1)
	_, body, _ := bytes.Cut(sound, []byte("\n"))
	sealed := func(line, body string) []byte { return []byte(line + "\n" + body) }
	nobody := `{"sessions":[null]}`
	for _, c := range []struct {
		name  string
		spoil func()
	}{
		{"deleted", func() { os.Remove(indexName(path)) }},
		{"empty", overwrite(nil)},
		{"cut off", overwrite(sound[:len(sound)/2])},
		{"one digit changed", overwrite(digit)},
		{"of a future version", overwrite(sealed(strings.Replace(indexLine(body), " 2 ", " 99 ", 1), string(body)))},
		{"no JSON", overwrite(sealed(indexLine([]byte("{")), "{"))},
		{"a session that is none", overwrite(sealed(indexLine([]byte(nobody)), nobody))},
		{"of another file", func() {
			other, err := os.ReadFile(indexName(inDir(w.dir, names(t, w.dir))[0]))
			if err != nil {
				t.Fatal(err)
			}
			os.WriteFile(indexName(path), other, 0o600)
		}},
		{"larger than could be", overwrite(bytes.Repeat([]byte("x"), minIndex+1<<20))},
		{"a directory", func() { os.Remove(indexName(path)); os.Mkdir(indexName(path), 0o700) }},
		{"the file changed later", func() { later := tapeStart.Add(time.Hour); os.Chtimes(path, later, later) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.spoil()
			check(t, summarize(t, w.dir))
			if c.name == "a directory" {
				os.Remove(indexName(path))
				return
			}
			files, err := (&Files{path: w.dir, isDir: true}).files()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := loadIndex(files[1]); err != nil {
				t.Error("it was not made anew")
			}
		})
	}
}

// Every bit of an index that flips makes it none.
func TestIndexEveryBitFlip(t *testing.T) {
	w := newTape(t)
	path := w.opened().received("one").cut()
	summarize(t, w.dir)
	text, err := os.ReadFile(indexName(path))
	if err != nil {
		t.Fatal(err)
	}
	for bit := range len(text) * 8 {
		text[bit/8] ^= 1 << (bit % 8)
		if _, err := parseIndex(text); err == nil {
			t.Errorf("bit %d of byte %d", bit%8, bit/8)
		}
		text[bit/8] ^= 1 << (bit % 8)
	}
}

// A file that was written a moment ago may be written to again at the same time,
// by the clock of its file system.
func TestFreshFileGetsNoIndex(t *testing.T) {
	w := newTape(t)
	path := w.opened().cut()
	if err := os.Chtimes(path, time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	summarize(t, w.dir)
	if _, err := os.Stat(indexName(path)); err == nil {
		t.Error("there is an index")
	}
}

// long is a recording of three segments of about 3 MiB, with indexes: many peers,
// aliases that change, and numbers from 1 on.
func long(t *testing.T) *tape {
	w := newTape(t)
	w.opened()
	data := strings.Repeat("0123456789", 400)
	for segment := range 3 {
		for n := range 700 {
			switch {
			case n%100 == 50:
				p := sockeye.Peer{ID: uint64(w.number*100 + n), Session: w.session, Network: "tcp", Local: w.peer.Local, Remote: w.peer.Remote}
				w.peer = &p
				w.event(sockeye.Joined, "", nil)
			case n%100 == 70:
				w.peer.SetAlias(fmt.Sprintf("alias-%d-%d", segment, n))
			}
			w.received(data)
		}
		w.cut()
	}
	summarize(t, w.dir)
	return w
}

// A reader that begins in the middle, by an index, gives the same events of the
// same peers as one that reads everything.
func TestSeek(t *testing.T) {
	w := long(t)
	r, err := Open(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	describe := func(e *sockeye.Event) string {
		return fmt.Sprintf("%d %s of %d %q in %s", e.Seq, e.Kind, e.Peer.ID, e.Peer.Alias(), e.Session.Endpoint)
	}
	var all []string
	var times []time.Time
	d, _ := r.Read(ReadOptions{})
	err = d.Each(t.Context(), nil, func(e *sockeye.Event) error {
		if times = append(times, e.Time); e.Peer != nil {
			all = append(all, describe(e))
		} else {
			all = append(all, "")
		}
		return nil
	})
	d.Close()
	if err != nil {
		t.Fatal(err)
	}
	sought := 0
	for first := 2; first < len(all); first += 97 {
		for _, o := range []ReadOptions{{From: uint64(first) + 1}, {After: times[first]}} {
			fresh, err := Open(w.dir)
			if err != nil {
				t.Fatal(err)
			}
			o.Damaged = func(_ string, d pcapng.Damage) { t.Errorf("damage %v", d) }
			d, err := fresh.Read(o)
			if err != nil {
				t.Fatal(err)
			}
			if d.open != nil {
				sought++
			}
			e, err := d.Next(t.Context())
			for err == nil && e.Time.Before(times[first]) {
				e, err = d.Next(t.Context())
			}
			if err != nil {
				t.Fatal(err)
			}
			// The alias is that of the last event read, so only the identity is compared.
			want, got := all[first], describe(&e)
			if strings.Split(want, `"`)[0] != strings.Split(got, `"`)[0] || !strings.HasSuffix(got, w.session.Endpoint.String()) {
				t.Fatalf("from %+v: %s, want %s", o, got, want)
			}
			d.Close()
		}
	}
	if sought < 20 {
		t.Errorf("only %d of the reads began in the middle of a file", sought)
	}
}

// An index that points where no event begins is not followed.
func TestSeekByWrongIndex(t *testing.T) {
	w := long(t)
	path := inDir(w.dir, names(t, w.dir))[0]
	text, err := os.ReadFile(indexName(path))
	if err != nil {
		t.Fatal(err)
	}
	x, err := parseIndex(text)
	if err != nil || len(x.Points) < 2 {
		t.Fatalf("%d points, %v", len(x.Points), err)
	}
	for i := range x.Points {
		x.Points[i].Offset += 4
	}
	x.save(segmentFile{path: path})
	got := lines(t, w.dir, ReadOptions{From: 600, Damaged: func(_ string, d pcapng.Damage) { t.Errorf("damage %v", d) }}, Filter{})
	if len(got) == 0 || !strings.HasPrefix(got[0], "600 received") {
		t.Errorf("%d events", len(got))
	}
}

// Files that hold the same events, as after a disk error, are not counted twice,
// and numbers that come in no file are counted as lost.
func TestSummarizeAcrossFiles(t *testing.T) {
	for _, c := range []struct {
		name   string
		by     int // how far the second file's numbers are from those due
		events uint64
		lost   uint64
	}{
		{"in order", 0, 4, 0},
		{"one twice", -1, 3, 0},
		{"ten missing", 10, 4, 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTape(t)
			w.opened().received("one").cut()
			w.seq += uint64(int64(c.by))
			w.received("two").cut()
			for range 2 { // without and with indexes
				s := summarize(t, w.dir)
				events := s.Events
				if c.by < 0 {
					events = s.Events
				}
				if diff := cmp.Diff([]uint64{c.events, c.lost}, []uint64{events, s.Lost.Events}); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

// An index beside a file of the same size and time that is another one is not believed.
func TestIndexOfAnotherFile(t *testing.T) {
	c := newClock()
	old := time.Now().Add(-2 * indexAfter).Truncate(time.Second)
	made := func(data string) (dir, segment string) {
		dir = t.TempDir()
		w := openWriter(t, WriteOptions{Dir: dir, Now: c.Now})
		write(t, w, 1, 3, data)
		closeWriter(t, w)
		segment = filepath.Join(dir, names(t, dir)[0])
		if err := os.Chtimes(segment, old, old); err != nil {
			t.Fatal(err)
		}
		return dir, segment
	}
	theirs, theirSegment := made("theirs")
	_, ourSegment := made("others")
	r, err := Open(theirs)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Summarize(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	index, err := os.ReadFile(indexName(theirSegment))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(indexName(ourSegment), index, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{theirSegment: true, ourSegment: false} {
		st, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		x, err := loadIndex(segmentFile{path: path, size: st.Size(), modified: st.ModTime()})
		if (err == nil) != want {
			t.Errorf("%s: %+v, %v", path, x, err)
		}
	}
}
