package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// commentTexts are comments, by the numbers of their events.
func commentTexts(list []EventComment) map[uint64]string {
	out := map[uint64]string{}
	for _, c := range list {
		out[c.Seq] = c.Text
	}
	return out
}

// commentPath is where a comment of an event is written.
func commentPath(seq uint64, session string) string {
	return fmt.Sprintf("/api/v1/events/%d/comment?session=%s", seq, session)
}

// A comment is at its event, found by it, told to every page, exported, and can be taken away.
func TestComment(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "tcp://127.0.0.1:0"})
	b := board(t, s)
	defer b.Close()
	v.follow(func(l Live) bool { return len(l.Peers) == 1 && l.Peers[0].ReceivedBytes == 15 })
	hello := ask[Events](v, "GET", "/api/v1/events?kind=received&session="+s.ID, nil).Events[0].Seq

	made := ask[Commented](v, "PUT", commentPath(hello, s.ID), SetComment{" why so late? "})
	if made.Text != "why so late?" || made.Kept != "memory" || made.Why != nil || made.PeerID == 0 || made.Kind != "received" {
		t.Errorf("%+v", made)
	}
	v.follow(func(l Live) bool { return len(l.Comments) == 1 && l.Comments[0].Text == "why so late?" })
	for _, filter := range []string{"", "&commented=true", "&commented=true&frame=fixed:15", "&commented=false"} {
		found := 0
		for _, e := range ask[Events](v, "GET", "/api/v1/events?session="+s.ID+filter, nil).Events {
			switch {
			case e.Kind == "comment":
				t.Errorf("%s: the comment is a row of its own: %+v", filter, e)
			case e.Comment != nil && e.Seq == hello && e.Comment.Text == "why so late?":
				found++
			case e.Comment != nil || strings.Contains(filter, "=true"):
				t.Errorf("%s: %+v", filter, e)
			}
		}
		if found != 1 {
			t.Errorf("%s: found %d times", filter, found)
		}
	}
	if e := ask[Events](v, "GET", "/api/v1/events?kind=comment", nil).Events; len(e) != 1 || e[0].Comment.Event != hello {
		t.Errorf("%+v", e)
	}
	for format, want := range map[string]string{"text": "comment: why so late?", "csv": ",why so late?\r\n", "jsonl": `"comment":{"text":"why so late?"}`} {
		if _, text := v.do(v.request("GET", "/api/v1/export?format="+format, nil)); !strings.Contains(text, want) {
			t.Errorf("%s has no %q:\n%s", format, want, text)
		}
	}
	ask[Commented](v, "PUT", commentPath(hello, ""), SetComment{"★"})
	if got := commentTexts(ask[EventComments](v, "GET", "/api/v1/comments?session="+s.ID, nil).Comments); !cmp.Equal(got, map[uint64]string{hello: "★"}) {
		t.Error(got)
	}
	if got := ask[EventComments](v, "GET", "/api/v1/comments?session=s9", nil).Comments; len(got) != 0 {
		t.Error(got)
	}
	_, file := v.do(v.request("GET", "/api/v1/export?format=pcapng", nil))

	ask[Commented](v, "PUT", commentPath(hello, s.ID), SetComment{""})
	v.follow(func(l Live) bool { return len(l.Comments) == 0 })
	if got := ask[EventComments](v, "GET", "/api/v1/comments", nil).Comments; len(got) != 0 {
		t.Error(got)
	}
	v.commentUpload(t, file)
}

// commentUpload opens an export that has one bookmark: a copy, whose comments go with an export.
func (v *served) commentUpload(t *testing.T, file string) {
	t.Helper()
	r := v.request("POST", "/api/v1/recordings/upload?name=x.pcapng", file)
	r.Header.Set("Content-Type", octets)
	if code, body := v.do(r); code != http.StatusCreated {
		t.Fatal(code, body)
	}
	had := ask[EventComments](v, "GET", "/api/v1/comments?session=r1.s1", nil).Comments
	if len(had) != 1 || had[0].Text != "★" {
		t.Fatalf("%+v", had)
	}
	made := ask[Commented](v, "PUT", commentPath(had[0].Seq, "r1.s1"), SetComment{"of the copy"})
	if made.Kept != "memory" || made.Why == nil || !strings.Contains(made.Why.Message, "copy") || !strings.Contains(made.Why.Hint, "export") {
		t.Errorf("%+v", made)
	}
	if _, again := v.do(v.request("GET", "/api/v1/export?format=pcapng&session=r1.s1", nil)); !strings.Contains(again, "of the copy") || strings.Contains(again, "★") {
		t.Error("the export has not the new comment alone")
	}
}

// Comments on a recording that is looked at are written there, and found when it is opened again.
func TestCommentOnARecording(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	v := serve(t)
	v.recorded(t, "monday", 3)
	open := func() string {
		return ask[OpenedRecording](v, "POST", "/api/v1/recordings", OpenRecording{Name: "monday"}).Sessions[0].ID
	}
	id := open()
	first := ask[Events](v, "GET", "/api/v1/events?session="+id+"&kind=received&limit=1", nil).Events[0].Seq
	joined := ask[Events](v, "GET", "/api/v1/events?session="+id+"&kind=joined", nil).Events[0].Seq
	for seq, text := range map[uint64]string{first: "first", joined: "★"} {
		if made := ask[Commented](v, "PUT", commentPath(seq, id), SetComment{text}); made.Kept != "recording" {
			t.Errorf("%+v", made.Why)
		}
	}
	want := map[uint64]string{first: "first", joined: "★"}
	if got := commentTexts(ask[EventComments](v, "GET", "/api/v1/comments?session="+open(), nil).Comments); !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
}

// A comment that cannot be written is refused with the field and the reason.
func TestCommentFaults(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "tcp://127.0.0.1:0"})
	opened := ask[Events](v, "GET", "/api/v1/events?session="+s.ID, nil).Events[0].Seq
	ask[Commented](v, "PUT", commentPath(opened, s.ID), SetComment{"x"})
	comment := ask[Events](v, "GET", "/api/v1/events?kind=comment", nil).Events[0].Seq
	for _, test := range []struct {
		status int
		path   string
		text   string
	}{
		{http.StatusBadRequest, commentPath(opened, s.ID), "a\nb"},
		{http.StatusBadRequest, commentPath(opened, s.ID), strings.Repeat("x", 501)},
		{http.StatusNotFound, commentPath(99, s.ID), "x"},
		{http.StatusNotFound, commentPath(comment, s.ID), "x"},
		{http.StatusNotFound, commentPath(opened, "s7"), "x"},
		{http.StatusNotFound, commentPath(opened, "r7.s1"), "x"},
		{http.StatusBadRequest, "/api/v1/events/x/comment", "x"},
	} {
		v.failing(test.status, "PUT", test.path, SetComment{test.text})
	}
	v.failing(http.StatusBadRequest, "GET", "/api/v1/events?commented=perhaps", nil)
}
