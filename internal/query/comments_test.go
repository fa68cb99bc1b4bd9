package query

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/journal"
	"sockeye/internal/recording"
)

// commentReader reads a journal of so many messages.
func commentReader(t *testing.T, messages int) *Reader {
	t.Helper()
	j := journal.New(0)
	t.Cleanup(j.Close)
	s := &sockeye.Session{ID: "s1"}
	p := &sockeye.Peer{ID: 1, Session: s, Network: "udp"}
	for n := range messages {
		j.Append(sockeye.Event{Kind: sockeye.Received, Session: s, Peer: p, Data: fmt.Append(nil, "m", n)})
	}
	return NewReader(j)
}

// note writes a comment on an event, which must go well.
func note(t *testing.T, r *Reader, seq uint64, text string) {
	t.Helper()
	e, err := r.Event(seq)
	if err == nil {
		err = r.NoteComment(&e, text)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// said are comments as "1 text".
func said(list []EventComment) (out []string) {
	for _, c := range list {
		out = append(out, fmt.Sprint(c.Seq, " ", c.Text))
	}
	return out
}

// Whoever knows a revision hears what changed since, in parts, and of each event the last.
func TestCommentsSince(t *testing.T) {
	r := commentReader(t, 3)
	note(t, r, 3, "c")
	note(t, r, 1, "a")
	note(t, r, 2, "b")
	note(t, r, 1, "A")
	note(t, r, 2, "")
	if diff := cmp.Diff([]string{"1 A", "3 c"}, said(r.Comments())); diff != "" {
		t.Error(diff)
	}
	changed, at := r.CommentsSince(0, 1)
	if diff := cmp.Diff([]string{"3 c"}, said(changed)); diff != "" {
		t.Error(diff)
	}
	changed, now := r.CommentsSince(at, 10)
	if diff := cmp.Diff([]string{"1 A", "2 "}, said(changed)); diff != "" {
		t.Error(diff)
	}
	if changed, again := r.CommentsSince(now, 10); changed != nil || again != now {
		t.Errorf("%v changed after the last revision", changed)
	}
	e, _ := r.Event(1)
	r.NoteEarlierComment(&e, "older")
	if e, _ := r.Event(1); e.Detail.Comment.Text != "A" {
		t.Errorf("an earlier comment replaced it: %q", e.Detail.Comment.Text)
	}
}

// One comment more than the limit is refused; changing and removing ones that are there goes on.
func TestCommentsAreBounded(t *testing.T) {
	r := commentReader(t, recording.MaxComments+1)
	e := sockeye.Event{}
	for e.Seq = 1; e.Seq <= recording.MaxComments; e.Seq++ {
		if err := r.NoteComment(&e, "x"); err != nil {
			t.Fatal(err)
		}
	}
	err := sockeye.ErrorOf(r.NoteComment(&e, "x"))
	if err == nil || err.Kind != sockeye.LimitReached || err.Hint.Zh == "" {
		t.Errorf("one more: %v", err)
	}
	note(t, r, 7, "another text") // takes no more room
	note(t, r, 7, "")
	note(t, r, e.Seq, "x")
	if n := len(r.Comments()); n != recording.MaxComments {
		t.Errorf("%d comments", n)
	}
}

// The frames of a message with a comment are found, and no others.
func TestCommentedFrames(t *testing.T) {
	r := commentReader(t, 5)
	note(t, r, 3, "here")
	cut, err := ParseFrameQuery("fixed:2", "")
	if err != nil {
		t.Fatal(err)
	}
	page, err := r.Query(t.Context(), Query{Filter: recording.Filter{Commented: true}, Cut: cut})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Events) != 1 || page.Events[0].Seq != 3 || len(page.Events[0].Frames) != 1 || page.Events[0].Detail.Comment.Text != "here" {
		t.Errorf("%+v", page.Events)
	}
}
