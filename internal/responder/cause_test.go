package responder

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/rule"
)

// Whatever a session sends by itself says why, over every way that bytes may take; what
// somebody sends says nothing.
func TestEventsSayWhyTheyWereSent(t *testing.T) {
	byRule := &sockeye.Cause{By: sockeye.ByRule, Name: "greet"}
	for _, network := range []string{"tcp", "udp"} {
		for name, test := range map[string]struct {
			answer Answer
			want   *sockeye.Cause
		}{
			"echo":              {Answer{Echo: true}, &sockeye.Cause{By: sockeye.ByEcho}},
			"echo, changeable":  {Answer{Echo: true, Changeable: true}, &sockeye.Cause{By: sockeye.ByEcho}},
			"board":             {Answer{Device: &Device{}}, &sockeye.Cause{By: sockeye.ByBoard}},
			"rule":              {byRules(t, "line", rule.Rule{Name: "greet", Match: "is:hi", Replies: text(`hi\n`)}), byRule},
			"rule without name": {byRules(t, "line", rule.Rule{Match: "is:hi", Replies: text(`hi\n`)}), &sockeye.Cause{By: sockeye.ByRule, Name: "1"}},
		} {
			t.Run(network+" "+name, func(t *testing.T) {
				w := bench(t)
				s := open(t, w, endpoint(t, sockeye.Listen, network+"://127.0.0.1:0"), test.answer)
				c := dial(t, s)
				writes(t, c, "hi\n")
				reads(t, c, "hi\n")
				e := wait(t, w, "the answer", func(e sockeye.Event) bool { return e.Kind == sockeye.Sent })
				if e.Detail == nil {
					t.Fatal("an answer that does not say why")
				}
				if diff := cmp.Diff(test.want, e.Detail.Cause); diff != "" {
					t.Error(diff)
				}
				s.send(t, "typed")
				e = wait(t, w, "what was typed", func(e sockeye.Event) bool { return string(e.Data) == "typed" })
				if e.Detail != nil {
					t.Errorf("what was typed says %+v", e.Detail)
				}
			})
		}
	}
}

// A board says of its greeting, too, that it was the board.
func TestBoardsGreetingSaysWhy(t *testing.T) {
	w := bench(t)
	s := open(t, w, endpoint(t, sockeye.Listen, "tcp://127.0.0.1:0"), Answer{Device: &Device{Hello: []byte("hello")}})
	reads(t, dial(t, s), "hello")
	e := wait(t, w, "the greeting", func(e sockeye.Event) bool { return e.Kind == sockeye.Sent })
	if e.Detail == nil || e.Detail.Cause == nil || e.Detail.Cause.By != sockeye.ByBoard {
		t.Errorf("%+v", e.Detail)
	}
}
