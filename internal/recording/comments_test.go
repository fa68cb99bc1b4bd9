package recording

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// recorded writes a run of messages "m1", "m2"… with the numbers first to last.
func recorded(t *testing.T, o WriteOptions, run, first, last uint64) {
	t.Helper()
	o.Run = run
	w := openWriter(t, o)
	for n := first; n <= last; n++ {
		write(t, w, n, n, fmt.Sprintf("m%d", n))
	}
	closeWriter(t, w)
}

// comment writes one, which must go well, and returns the bytes of the event that it is on.
func comment(t *testing.T, path string, at EventRef, text string) string {
	t.Helper()
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	on, err := r.Comment(t.Context(), at, text, CommentOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return string(on.Data)
}

// notCommented is why a comment is not written.
func notCommented(t *testing.T, path string, at EventRef, text string) *sockeye.Error {
	t.Helper()
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Comment(t.Context(), at, text, CommentOptions{})
	e := sockeye.ErrorOf(err)
	if e == nil || e.Reason(sockeye.Chinese) == "" || e.Hint.En == "" {
		t.Fatalf("%v is no error in words", err)
	}
	return e
}

// withComments are the messages of a recording, each with its comment.
func withComments(t *testing.T, path string, f Filter) (out []string) {
	t.Helper()
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := r.Comments(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	d, err := r.Read(ReadOptions{Comments: c, Damaged: noDamage(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	m, err := f.Matcher()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Each(t.Context(), m, func(e *sockeye.Event) error {
		text := string(e.Data)
		if e.Detail != nil && e.Detail.Comment != nil {
			text += ": " + e.Detail.Comment.Text
		}
		out = append(out, text)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func wantComments(t *testing.T, path string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, withComments(t, path, Filter{})); diff != "" {
		t.Error(diff)
	}
	if report := verify(t, path); !report.Sound() {
		t.Errorf("not sound: %+v", report)
	}
}

// A comment on a recorded event is kept beside the recording, found again, replaced and taken
// away.
func TestCommentIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	recorded(t, WriteOptions{Dir: dir}, 0, 1, 3)
	if on := comment(t, dir, EventRef{Seq: 2}, " why so late? "); on != "m2" {
		t.Errorf("on %q", on)
	}
	wantComments(t, dir, "m1", "m2: why so late?", "m3")
	comment(t, dir, EventRef{Seq: 2}, "since the board sleeps")
	comment(t, dir, EventRef{Seq: 3}, sockeye.Bookmark)
	wantComments(t, dir, "m1", "m2: since the board sleeps", "m3: ★")
	if diff := cmp.Diff([]string{"m2: since the board sleeps", "m3: ★"}, withComments(t, dir, Filter{Commented: true})); diff != "" {
		t.Error(diff)
	}
	comment(t, dir, EventRef{Seq: 2}, "")
	wantComments(t, dir, "m1", "m2", "m3: ★")
	if n := len(names(t, dir)); n != 2 {
		t.Errorf("%d files, want the recording's and one for comments", n)
	}
}

// What was recorded is not touched, and the next run goes on with its numbers.
func TestCommentsLeaveTheRecordingAsItIs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	recorded(t, WriteOptions{Dir: dir}, 0, 1, 3)
	before := ResumePointOf(dir)
	path := filepath.Join(dir, names(t, dir)[0])
	was, _ := os.ReadFile(path)
	comment(t, dir, EventRef{Seq: 1}, "x")
	if now, _ := os.ReadFile(path); !bytes.Equal(was, now) {
		t.Error("the segment is another one")
	}
	after := ResumePointOf(dir)
	if before.Event++; before != after {
		t.Errorf("goes on after %+v, want %+v", after, before)
	}
	recorded(t, WriteOptions{Dir: dir}, 0, after.Event+1, after.Event+2)
	wantComments(t, dir, "m1: x", "m2", "m3", "m5", "m6")
	comment(t, dir, EventRef{Seq: 5}, "of the second run")
	comment(t, dir, EventRef{Seq: 2}, "of the first run")
	wantComments(t, dir, "m1: x", "m2: of the first run", "m3", "m5: of the second run", "m6")
}

// Runs with numbers of their own: the number alone does not say which event is meant.
func TestCommentOfOneOfSeveralRuns(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	recorded(t, WriteOptions{Dir: dir}, 7, 1, 2)
	recorded(t, WriteOptions{Dir: dir}, 8, 1, 3)
	if e := notCommented(t, dir, EventRef{Seq: 2}, "x"); e.Kind != sockeye.Misuse || !strings.Contains(e.Message.En, "2 runs") {
		t.Error(e)
	}
	comment(t, dir, EventRef{Seq: 3}, "only there")
	comment(t, dir, EventRef{Run: 7, Seq: 2}, "of the first")
	comment(t, dir, EventRef{Run: 8, Seq: 2}, "of the second")
	wantComments(t, dir, "m1", "m2: of the first", "m1", "m2: of the second", "m3: only there")
}

// Comments on a recording of one file go to its end, but not while it is written and not behind
// a torn end.
func TestCommentInOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "one.pcapng")
	w := openWriter(t, WriteOptions{File: path})
	write(t, w, 1, 2, "m")
	if e := notCommented(t, path, EventRef{Seq: 1}, "x"); e.Kind != sockeye.Misuse || !strings.Contains(e.Message.En, "writing this file") {
		t.Errorf("while it is written: %v", e)
	}
	closeWriter(t, w)
	comment(t, path, EventRef{Seq: 1}, "first")
	comment(t, path, EventRef{Seq: 2}, "second")
	wantComments(t, path, "m: first", "m: second")
	if err := os.Truncate(path, sizeOf(t, path)-1); err != nil {
		t.Fatal(err)
	}
	if e := notCommented(t, path, EventRef{Seq: 1}, "x"); !strings.Contains(e.Message.En, "torn") {
		t.Errorf("behind a torn end: %v", e)
	}
}

func sizeOf(t *testing.T, path string) int64 {
	t.Helper()
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return st.Size()
}

// A crash while a comment is written leaves it out, and everything else as it was.
func TestCommentSurvivesACrash(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	recorded(t, WriteOptions{Dir: dir}, 0, 1, 2)
	comment(t, dir, EventRef{Seq: 1}, "kept")
	path := filepath.Join(dir, names(t, dir)[1])
	kept := sizeOf(t, path)
	comment(t, dir, EventRef{Seq: 2}, "torn")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for size := kept; size < int64(len(whole)); size++ {
		put(t, path, whole[:size])
		age(t, path)
		r, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		c, err := r.Comments(t.Context(), nil)
		if err != nil || len(c.texts) != 1 {
			t.Fatalf("cut at %d of %d: %v, %v", size, len(whole), c, err)
		}
	}
	comment(t, dir, EventRef{Seq: 2}, "again")
	if diff := cmp.Diff([]string{"m1: kept", "m2: again"}, withCommentsOf(t, dir)); diff != "" {
		t.Error(diff)
	}
}

// withCommentsOf is withComments of a recording that has a torn end.
func withCommentsOf(t *testing.T, dir string) (out []string) {
	t.Helper()
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := r.Comments(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	d, err := r.Read(ReadOptions{Comments: c})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Each(t.Context(), nil, func(e *sockeye.Event) error {
		if len(e.Data) > 0 {
			out = append(out, string(e.Data)+": "+e.Detail.Comment.Text)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// A comment on an event that is not there, on another comment, of more than a line, or on a
// recording that is written is refused.
func TestCommentIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	recorded(t, WriteOptions{Dir: dir}, 0, 1, 2)
	comment(t, dir, EventRef{Seq: 2}, "x")
	for at, kind := range map[uint64]sockeye.ErrorKind{0: sockeye.NotFound, 3: sockeye.NotFound, 99: sockeye.NotFound} { // 3 is the comment
		if e := notCommented(t, dir, EventRef{Seq: at}, "x"); e.Kind != kind {
			t.Errorf("event %d: %v", at, e)
		}
	}
	if e := notCommented(t, dir, EventRef{Seq: 1}, "a\nb"); e.Kind != sockeye.Invalid {
		t.Error(e)
	}
	w := openWriter(t, WriteOptions{Dir: dir})
	if e := notCommented(t, dir, EventRef{Seq: 1}, "x"); e.Kind != sockeye.Misuse || !strings.Contains(e.Hint.En, "comment in the page") {
		t.Error(e)
	}
	closeWriter(t, w)
}

// An export has the comments in the messages, and no hole where comments were.
func TestExportFoldsComments(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	recorded(t, WriteOptions{Dir: dir}, 0, 1, 2)
	comment(t, dir, EventRef{Seq: 1}, "one")
	comment(t, dir, EventRef{Seq: 2}, "=two")
	recorded(t, WriteOptions{Dir: dir}, 0, 5, 6)
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := r.Comments(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	export := func(f Filter, do func(from EventSource, m *EventMatcher, w *bytes.Buffer) error) string {
		t.Helper()
		d, err := r.Read(ReadOptions{Comments: c})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		m, err := f.Matcher()
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := do(d, m, &out); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	pcapng := func(from EventSource, m *EventMatcher, w *bytes.Buffer) error {
		return WritePcapng(t.Context(), from, m, w)
	}
	all := []string{"m1: one", "m2: =two", "m5", "m6"}
	for _, test := range []struct {
		f    Filter
		want []string
	}{{Filter{}, all}, {Filter{Commented: true}, all[:2]}, {Filter{Direction: sockeye.Received}, all}} {
		path := filepath.Join(t.TempDir(), "out.pcapng")
		put(t, path, []byte(export(test.f, pcapng)))
		wantComments(t, path, test.want...)
		comment(t, path, EventRef{Seq: 1}, "")
		wantComments(t, path, append([]string{"m1"}, test.want[1:]...)...)
	}
	csv := export(Filter{}, func(from EventSource, m *EventMatcher, w *bytes.Buffer) error {
		return WriteCSV(t.Context(), from, m, w, sockeye.English)
	})
	if !strings.Contains(csv, ",one\r\n") || !strings.Contains(csv, ",'=two\r\n") {
		t.Error(csv)
	}
	text := export(Filter{}, func(from EventSource, m *EventMatcher, w *bytes.Buffer) error {
		return WriteText(t.Context(), from, m, w, sockeye.English)
	})
	if !strings.Contains(text, "comment: one") {
		t.Error(text)
	}
}
