package responder

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/rule"
)

// What rules send says which one, over every way that bytes may take; echo, a board, and
// what somebody sends say nothing.
func TestEventsSayWhyTheyWereSent(t *testing.T) {
	byRule := &sockeye.Cause{By: sockeye.ByRule, Name: "greet"}
	for _, network := range []string{"tcp", "udp"} {
		for name, test := range map[string]struct {
			answer Answer
			want   *sockeye.Cause
		}{
			"echo":              {Answer{Echo: true}, nil},
			"echo, changeable":  {Answer{Echo: true, Changeable: true}, nil},
			"board":             {Answer{Device: &Device{}}, nil},
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
				var got *sockeye.Cause
				if e.Detail != nil {
					got = e.Detail.Cause
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
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
