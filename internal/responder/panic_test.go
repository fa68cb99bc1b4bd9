package responder

import (
	"strings"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/rule"
)

// F16: a rule that panics ends the rules of its session, by a frame or by the clock, and
// says so; the session goes on, other sessions and the journal too, and all of it ends.
func TestRulePanics(t *testing.T) {
	for name, rules := range map[string][]rule.Rule{
		"frame": {{Match: "is:boom", Replies: text("{{env.FAULT}}")}, {Match: "any", Replies: text("answer ")}},
		"join":  {{Join: true, Replies: text("{{env.FAULT}}")}},
		"clock": {{Every: rule.DurationRange{Min: time.Millisecond, Max: time.Millisecond}, Replies: text("{{env.FAULT}}")}},
		"pause": {{Match: "is:boom", Replies: text("{{env.FAULT}}")}},
	} {
		t.Run(name, func(t *testing.T) {
			w := bench(t)
			frame := "line"
			if name == "pause" {
				frame = "idle:20ms"
			}
			answer := byRules(t, frame, rules...)
			answer.Rules.Options.Lookup = func(string) (string, bool) { panic("planted fault") }
			broken := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), answer)
			well := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), byRules(t, "line", rule.Rule{Match: "any", Replies: text("well ")}))
			a, b := dial(t, broken), dial(t, well)
			writes(t, a, "boom")
			if name != "pause" {
				writes(t, a, "\n")
			}
			view := w.Cursor(1)
			defer view.Close()
			for told := false; !told; {
				e, err := view.Next(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				told = e.Kind == sockeye.Failed && strings.Contains(e.Detail.Err.Message.En, "planted fault")
				if told && (e.Session.ID != broken.id.ID || !strings.Contains(e.Detail.Err.Message.Zh, "内部错误") || !strings.Contains(e.Detail.Err.Err.Error(), "panic_test.go")) {
					t.Errorf("told %+v of %s", e.Detail.Err, e.Session.ID)
				}
			}
			writes(t, a, "more\n") // it is received, and not answered
			writes(t, b, "hello\n")
			reads(t, b, "well ")
			for got := ""; !strings.HasSuffix(got, "more\n"); {
				e, err := view.Next(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if e.Kind == sockeye.Received && e.Session.ID == broken.id.ID {
					got += string(e.Data)
				}
			}
			c := dial(t, broken)
			writes(t, c, "others\n")
		})
	}
}
