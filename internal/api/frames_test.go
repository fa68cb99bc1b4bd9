package api

import (
	"fmt"
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

// Frames carry the values that a spec reads in them, each with its bytes, and the same
// values over time are series for a chart.
func TestValuesAndSeries(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	b := board(t, s) // Hello 01Studio!
	io.WriteString(b, "\ntemp=21.5 C state=ok\ntemp=22.5\n")
	v.follow(func(l Live) bool { return len(l.Peers) == 1 && l.Peers[0].ReceivedBytes == 47 })
	q := url.Values{"fields": {"keys"}, "session": {"s1"}}.Encode()
	got := ""
	for _, e := range ask[Events](v, "GET", "/api/v1/events?"+q, nil).Events {
		for _, f := range e.Frames {
			for _, value := range f.Values {
				number := "no number"
				if value.Number != nil {
					number = fmt.Sprint(*value.Number)
				}
				got += fmt.Sprintf("%s=%s %s %s %d-%d; ", value.Name, value.Text, value.Unit, number, value.From, value.To)
			}
		}
	}
	if want := "temp=21.5 C 21.5 5-11; state=ok  no number 18-20; temp=22.5  22.5 5-9; "; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	page := ask[SeriesPage](v, "GET", "/api/v1/series?columns=10&"+q, nil)
	if len(page.Series) != 1 || !page.Done || page.Series[0].Count != 2 || page.Series[0].Stats.Mean != 22 || page.Series[0].Seq[0] == 0 {
		t.Errorf("%+v", page)
	}
	f := v.failing(400, "GET", "/api/v1/series?columns=5000&fields=u16%20x&since=noon&direction=up", nil)
	targets := []string{f.Target}
	for _, also := range f.Also {
		targets = append(targets, also.Target)
	}
	if got := strings.Join(targets, " "); got != "fields direction columns since" {
		t.Errorf("faults of %s", got)
	}
	if f := v.failing(400, "GET", "/api/v1/series", nil); f.Target != "fields" {
		t.Errorf("%+v", f)
	}
}
