package core

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/recording"
)

// commented records one run in a directory: a message of a session, with a comment unless that
// is "". It returns what was known of comments before.
func commented(t *testing.T, dir, text string) (before map[uint64]string, message uint64) {
	t.Helper()
	w := New(0)
	if err := w.Record(recording.WriteOptions{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	w.commenting.loading.Wait()
	before = map[uint64]string{}
	for _, c := range w.Comments() {
		before[c.Seq] = c.Text
	}
	s := &sockeye.Session{ID: "s1"}
	message = w.journal.Append(sockeye.Event{Time: time.Now(), Kind: sockeye.Received, Session: s, Peer: &sockeye.Peer{ID: 1, Session: s, Network: "udp"}, Data: []byte(text)})
	view := w.View(message) // views see what is recorded
	if _, err := view.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	view.Close()
	if made, err := w.Comment(t.Context(), "", message, text); err != nil || !made.Recorded {
		t.Fatalf("%+v, %v", made, err)
	}
	if err := w.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	return before, message
}

// What was commented in a directory of recordings is there in the next run, too.
func TestCommentsOfEarlierRuns(t *testing.T) {
	dir := t.TempDir()
	_, first := commented(t, dir, "first run")
	before, second := commented(t, dir, "second run")
	if diff := cmp.Diff(map[uint64]string{first: "first run"}, before); diff != "" {
		t.Error(diff)
	}
	before, _ = commented(t, dir, "third run")
	if diff := cmp.Diff(map[uint64]string{first: "first run", second: "second run"}, before); diff != "" {
		t.Error(diff)
	}
}

// A workbench that ends while comments are read does not wait for all of them.
func TestCommentsAreNotWaitedFor(t *testing.T) {
	dir := t.TempDir()
	commented(t, dir, "x")
	w := New(0)
	if err := w.Record(recording.WriteOptions{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	if err := w.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A comment waits for the one before it no longer than its context.
func TestCommentWaitsForItsTurn(t *testing.T) {
	w := New(0)
	t.Cleanup(func() { w.Shutdown(context.Background()) })
	seq := w.journal.Append(sockeye.Event{Kind: sockeye.Opened, Session: &sockeye.Session{ID: "s1"}})
	w.commenting.turn <- struct{}{}
	gone := errors.New("gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(gone)
	if _, err := w.Comment(ctx, "", seq, "x"); !errors.Is(err, gone) {
		t.Error(err)
	}
	<-w.commenting.turn
	if _, err := w.Comment(t.Context(), "", seq, "x"); err != nil {
		t.Error(err)
	}
}

// The events of a copy are found again in what was copied, where runs begin anew and where
// numbers are missing.
func TestNumbering(t *testing.T) {
	var n numbering
	want := []recording.EventRef{{Run: 1, Seq: 1}, {Run: 1, Seq: 2}, {Run: 1, Seq: 5}, {Run: 2, Seq: 1}, {Run: 2, Seq: 2}}
	for i, at := range want {
		n.add(uint64(i+1), at)
	}
	for i, at := range want {
		if got := n.of(uint64(i + 1)); got != at {
			t.Errorf("event %d of the copy is %v, want %v", i+1, got, at)
		}
	}
	if len(n) != 3 {
		t.Error("three places say it: ", fmt.Sprint(n))
	}
}

// A board's comment names an event by the number that it has there, so it is not taken over.
func TestLiveLogHasNoComments(t *testing.T) {
	s := &sockeye.Session{ID: "s1"}
	p := &sockeye.Peer{ID: 1, Session: s, Network: sockeye.TCP}
	_, got := openLive(t, []LiveEvent{
		{Event: sockeye.Event{Kind: sockeye.Commented, Session: s, Peer: p, Detail: &sockeye.Detail{Comment: &sockeye.Comment{Event: 1, Text: "x"}}}},
		{Event: sockeye.Event{Kind: sockeye.Received, Session: s, Peer: p, Data: []byte("x")}}})
	if len(got) != 1 || got[0].Kind != sockeye.Received {
		t.Errorf("%+v", got)
	}
}
