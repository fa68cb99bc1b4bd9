package pcapng

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// commentedScene has a message whose comment is its own beside a cause, a connection with one,
// and an event that comments on a message before it.
func commentedScene() *scene {
	s := newScene()
	l := session("s1", sockeye.Listen, "tcp://:10000")
	s.on(l, sockeye.Opened, nil)
	p := s.peer(l, "192.168.1.111:10000", "192.168.1.50:54036")
	s.add(sockeye.Event{Kind: sockeye.Joined, Peer: p, Detail: &sockeye.Detail{Comment: &sockeye.Comment{Text: "the board"}}})
	s.received(p, "Hello")
	s.add(sockeye.Event{Kind: sockeye.Sent, Peer: p, Data: []byte("hi"), Detail: &sockeye.Detail{
		Cause: &sockeye.Cause{By: sockeye.ByRule, Name: "greet"}, Comment: &sockeye.Comment{Text: "注释 " + sockeye.Bookmark}}})
	s.at(p, sockeye.Left, sockeye.ReasonEOF)
	s.add(sockeye.Event{Kind: sockeye.Commented, Peer: p, Detail: &sockeye.Detail{Comment: &sockeye.Comment{Event: 3, Text: "late thought"}}})
	s.add(sockeye.Event{Kind: sockeye.Commented, Peer: p, Detail: &sockeye.Detail{Comment: &sockeye.Comment{Event: 3}}})
	return s
}

// Comments are read back as they were written.
func TestCommentsAreKept(t *testing.T) {
	s := commentedScene()
	var want, got []*sockeye.Comment
	for _, e := range s.events {
		if e.Detail != nil {
			want = append(want, e.Detail.Comment)
		}
	}
	for _, e := range decode(s.encode(EncodeOptions{}), DecodeOptions{}).events {
		if e.Detail != nil {
			got = append(got, e.Detail.Comment)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The comment of a message is a comment of its packet, beside others of the same packet; an event
// that is only a comment says so in no packet.
func TestCommentsInWireshark(t *testing.T) {
	file := commentedScene().encode(EncodeOptions{})
	out := tshark(t, file, "-Y", "frame.comment", "-T", "fields", "-E", "separator=|", "-E", "aggregator=;", "-e", "tcp.len", "-e", "tcp.flags.str", "-e", "frame.comment")
	var got []string
	for line := range strings.Lines(out) {
		length, rest, _ := strings.Cut(strings.TrimSpace(line), "|")
		_, comment, _ := strings.Cut(rest, "|")
		got = append(got, length+" "+comment)
	}
	want := []string{"0 the board", "2 注释 ★;by rule greet", "0 left: the peer closed the connection"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, said := range []string{"comment on event 3: late thought", "the comment on event 3 was removed"} {
		if n := strings.Count(string(file), said); n != 1 {
			t.Errorf("%q is there %d times", said, n)
		}
	}
}

// A reader that does not know a kind gives the event all the same: so an older one does with
// comments.
func TestUnknownKindIsRead(t *testing.T) {
	s := newScene()
	l := session("s1", sockeye.Listen, "tcp://:10000")
	s.on(l, sockeye.Opened, nil)
	s.on(l, 200, nil)
	s.on(l, sockeye.Ended, nil)
	kinds := []sockeye.EventKind{}
	for _, e := range decode(s.encode(EncodeOptions{}), DecodeOptions{}).events {
		kinds = append(kinds, e.Kind)
	}
	if want := []sockeye.EventKind{sockeye.Opened, 200, sockeye.Ended}; !slices.Equal(kinds, want) {
		t.Errorf("kinds %d, want %d", kinds, want)
	}
}
