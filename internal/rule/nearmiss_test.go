package rule

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// What is nearly a rule's frame is told, with how it differs; what is far off is not.
func TestNearMisses(t *testing.T) {
	for _, test := range []struct{ match, frame, want string }{
		{"is:ping", "ping\n", `"ping\n" is not exactly "ping": blanks or line ends around it differ; frame = "line" takes line ends away`},
		{`is:ping\n`, "ping", `"ping" is not exactly "ping\n": blanks or line ends around it differ; frame = "line" takes line ends away`},
		{"is:ping", "PING\r\n", `"PING\r\n" is not exactly "ping": upper and lower case differ; regexp:(?i) takes both`},
		{"is:ping", "ping 7", `"ping 7" is not exactly "ping": it goes on after 4 bytes; prefix: or a * takes that`},
		{"is:ping", "pin", `"pin" is not exactly "ping": it ends after 3 bytes; perhaps the frames are cut otherwise`},
		{"is:ping", "pong", `"pong" is not exactly "ping": byte 2 is 6f`},
		{"is:ping", "hello", ""},
		{"is:ping", "", ""},
		{"is:ping", "p", ""},
		{"is:01 03", "\x01\x03", `"\x01\x03" is not exactly "01 03": the frame has these bytes, the rule waits for their digits as text; write hex:`},
		{"hex:01 03 00", "01 03 00\n", `"01 03 00\n" is nearly "hex:01 03 00": the frame has the digits as text, the rule waits for the bytes; write is:`},
		{"hex:01 03 0? ff", "\x01\x04\x09\xff", `"\x01\x04\t\xff" is nearly "hex:01 03 0? ff": byte 2 is 04`},
		{"hex:01 03 0?", "\x01\x03\x09\xff", `"\x01\x03\t\xff" is nearly "hex:01 03 0?": it goes on after 3 bytes; prefix: or a * takes that`},
		{"hex:01 03 *", "\x02\x03\x09\xff", ""},
		{"hex:00 03 *", "\x10\x10\x10\x13", ""}, // controls are no digits
		{"prefix:AT+", "at+rst", `"at+rst" is nearly "prefix:AT+": upper and lower case differ; regexp:(?i) takes both`},
		{"suffix:?", "volts?\r\n", `"volts?\r\n" is nearly "suffix:?": blanks or line ends around it differ; frame = "line" takes line ends away`},
		{"contains:Temp", "the temp is", `"the temp is" is nearly "contains:Temp": upper and lower case differ; regexp:(?i) takes both`},
		{"regexp:^\\d+$", "12\r\n", `"12\r\n" is nearly "regexp:^\\d+$": blanks or line ends around it differ; frame = "line" takes line ends away`},
		{"regexp:^\\d+$", "1x2", ""},
	} {
		t.Run(test.match+" "+test.frame, func(t *testing.T) {
			p, err := Compile(Set{Rules: []Rule{{Match: test.match, Replies: []Reply{{Text: "x"}}}}})
			if err != nil {
				t.Fatal(err)
			}
			e := NewEngine(p, EngineOptions{Explain: true})
			plan := e.Frame(&sockeye.Peer{ID: 1}, []byte(test.frame), time.Now())
			var got string
			for _, m := range plan.Near {
				got += m.Text().En
				if m.Text().Zh == "" || m.Text().Zh == m.Text().En {
					t.Error("no Chinese")
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if near := e.Hits()[0].Near; near != uint64(len(plan.Near)) || !e.Nearest()[0].IsZero() != (near == 1) {
				t.Errorf("counted %d", near)
			}
		})
	}
}

// A frame that a rule answers is no near miss of another one, and one for another state says so.
func TestNearMissesOfOtherRules(t *testing.T) {
	p, err := Compile(Set{Rules: []Rule{
		{Match: "is:ping", Replies: []Reply{{Text: "pong"}}},
		{Match: "is:PING", Replies: []Reply{{Text: "PONG"}}, Goto: "busy"},
		{Match: "is:stop", In: []string{"busy"}, Replies: []Reply{{Text: "ok"}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	e, peer := NewEngine(p, EngineOptions{Explain: true}), &sockeye.Peer{ID: 1}
	if plan := e.Frame(peer, []byte("ping"), time.Now()); len(plan.Near) > 0 {
		t.Errorf("%d near misses of a frame that was answered", len(plan.Near))
	}
	plan := e.Frame(peer, []byte("stop"), time.Now())
	if len(plan.Near) != 1 || plan.Near[0].Rule != 2 || plan.Near[0].Text().En != `"stop" matches "is:stop": but the peer is in the state ""` {
		t.Errorf("%v", plan.Near)
	}
}
