package api

import (
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A stream that was read in pieces is given as frames, each with the event it ends by;
// what is no frame yet is told, too.
func TestFrames(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	b := board(t, s) // Hello 01Studio!
	for n, text := range []string{"\r\ntwo\nthr", "ee\nrest"} {
		v.follow(func(l Live) bool {
			return len(l.Peers) == 1 && l.Peers[0].ReceivedBytes == []uint64{15, 24}[n]
		})
		io.WriteString(b, text)
	}
	v.follow(func(l Live) bool { return len(l.Peers) == 1 && l.Peers[0].ReceivedBytes == 31 })
	got := ask[Events](v, "GET", "/api/v1/events?session=s1&frame=line", nil)
	type line struct {
		Kind string
		Data string
		Body []int
		From uint64
		Cuts []int
		Mark string
	}
	lines := func(events []EventLine) (list []line) {
		for _, e := range events {
			if e.Data != nil {
				t.Errorf("event %d has data beside its frames", e.Seq)
			}
			if len(e.Frames) == 0 {
				list = append(list, line{Kind: e.Kind})
			}
			for _, f := range e.Frames {
				list = append(list, line{e.Kind + " " + f.Direction, string(f.Data), f.BodyAt, f.Seq, f.Cuts, f.Mark})
			}
		}
		return list
	}
	want := []line{
		{Kind: "opened"}, {Kind: "joined"},
		{"received received", "Hello 01Studio!\r\n", []int{0, 15}, 3, []int{15}, "whole"},
		{"received received", "two\n", []int{0, 3}, 4, nil, "whole"},
		{"received received", "three\n", []int{0, 5}, 4, []int{3}, "whole"},
	}
	if diff := cmp.Diff(want, lines(got.Events)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	open := []line{{"received received", "rest", nil, 5, nil, "open"}}
	if diff := cmp.Diff(open, lines(got.Cut.Open)); diff != "" || got.Cut.From != 1 || got.Cut.To != got.Next {
		t.Errorf("%+v (-want +got):\n%s", got.Cut, diff)
	}
	b.Close()
	v.follow(func(l Live) bool { return len(l.Peers) == 1 && l.Peers[0].State == "gone" || len(l.Peers) == 0 })
	got = ask[Events](v, "GET", "/api/v1/events?back=true&direction=received&frame=line&check=sum8", nil)
	last := got.Events[len(got.Events)-1]
	if f := last.Frames; len(f) != 1 || last.Kind == "received" || f[0].Mark != "incomplete" || string(f[0].Data) != "rest" {
		t.Errorf("%+v", last)
	}
	if f := got.Events[0].Frames[0]; f.Check != "wrong" {
		t.Errorf("%+v", f)
	}
}

// A content that is decoded is given beside the bytes.
func TestFramesDecoded(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	b := board(t, s)
	io.WriteString(b, "\xc0a\xdb\xdcb\xc0")
	v.follow(func(l Live) bool { return len(l.Peers) == 1 && l.Peers[0].ReceivedBytes == 21 })
	got := ask[Events](v, "GET", "/api/v1/events?kind=received&frame=slip", nil)
	var bodies []string
	for _, e := range got.Events {
		for _, f := range e.Frames {
			bodies = append(bodies, string(f.Body))
		}
	}
	if diff := cmp.Diff([]string{"Hello 01Studio!", "a\xc0b"}, bodies); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What is wrong with a frame or a check is said in the parser's words, and of which
// parameter.
func TestFramesRefused(t *testing.T) {
	v := serve(t)
	for _, c := range []struct{ frame, check, target, message string }{
		{"lines", "", "frame", "no way to find frames"}, {"fixed", "", "frame", "size"}, {"length:size=9", "", "frame", "column 13"},
		{"", "crc16modbus", "check", "a checksum is of a frame"}, {"line", "crc99", "check", "crc99"},
	} {
		q := url.Values{"frame": {c.frame}, "check": {c.check}}
		if c.frame == "" {
			q.Del("frame")
		}
		why := v.failing(400, "GET", "/api/v1/events?"+q.Encode(), nil)
		if why.Target != c.target || why.Kind != "invalid" || !strings.Contains(why.Message, c.message) {
			t.Errorf("%s %s: %+v", c.frame, c.check, why)
		}
	}
}
