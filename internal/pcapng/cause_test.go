package pcapng

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// Why messages were sent is kept, and said in a comment of each packet, however many say the
// same in a row.
func TestCausesAreKept(t *testing.T) {
	s := newScene()
	l := session("s1", sockeye.Listen, "tcp://:10000")
	p := s.peer(l, "192.168.1.111:10000", "192.168.1.50:54036")
	greet := &sockeye.Detail{Cause: &sockeye.Cause{By: sockeye.ByRule, Name: "greet"}}
	want := []*sockeye.Cause{greet.Cause, greet.Cause, nil, greet.Cause, {By: sockeye.ByList, Name: "list-1", Row: 2}, {By: sockeye.ByFile, Name: "a.bin"}}
	for _, c := range want {
		e := sockeye.Event{Kind: sockeye.Sent, Peer: p, Data: []byte("x")}
		if c == greet.Cause {
			e.Detail = greet
		} else if c != nil {
			e.Detail = &sockeye.Detail{Cause: c}
		}
		s.add(e)
	}
	file := s.encode(EncodeOptions{})
	got := decode(file, DecodeOptions{}).events
	var causes []*sockeye.Cause
	for _, e := range got {
		var c *sockeye.Cause
		if e.Detail != nil {
			c = e.Detail.Cause
		}
		causes = append(causes, c)
	}
	if diff := cmp.Diff(want, causes); diff != "" {
		t.Error(diff)
	}
	for comment, n := range map[string]int{"by rule greet": 3, "list-1 row 2": 1, "from file a.bin": 1} {
		if had := strings.Count(string(file), comment); had != n {
			t.Errorf("%d comments %q, want %d", had, comment, n)
		}
	}
}
