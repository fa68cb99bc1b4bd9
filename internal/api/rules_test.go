package api

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/workspace"
)

// answers expects a text from a connection after it was asked something.
func answers(t *testing.T, c net.Conn, question, want string) {
	t.Helper()
	io.WriteString(c, question)
	c.SetReadDeadline(time.Now().Add(20 * time.Second))
	got := make([]byte, len(want))
	if n, err := io.ReadFull(c, got); string(got[:n]) != want {
		t.Fatalf("%q got %q (%v), want %q", question, got[:n], err, want)
	}
}

// meter is a set of rules with states, a named rule and a delay.
func meter() workspace.RuleSet {
	var set workspace.RuleSet
	text := `{"frame":"line","start":"cold","rules":[
		{"name":"identity","match":"is:*IDN?","reply":"meter\n"},
		{"match":"is:warm","goto":"warm","replies":[{"text":"one "},{"hex":"74 77 6f 0a","delay":"1ms..2ms","to":"sender"}]},
		{"match":"regexp:^add (\\d)$","in":["warm"],"reply":"{{match.1}}\n","count":1}]}`
	if err := decode([]byte(text), &set); err != nil {
		panic(err)
	}
	return set
}

// Rules are set, seen with their counters and states, replaced and taken away while a
// board is connected; the session's line and the live feed say how many there are.
func TestRules(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0", Echo: true})
	if got := ask[Rules](v, "GET", "/api/v1/sessions/s1/rules", nil); got.Rules == nil || len(got.Rules)+len(got.Counts)+len(got.States) > 0 || s.Rules != 0 {
		t.Errorf("without rules: %+v", got)
	}
	b := board(t, s)
	answers(t, b, "", "Hello 01Studio!") // the echo
	set := ask[Rules](v, "PUT", "/api/v1/sessions/s1/rules", SetRules{RuleSet: meter()})
	if diff := cmp.Diff(meter(), set.RuleSet); diff != "" || len(set.Counts) != 3 {
		t.Error(diff, set.Counts)
	}
	v.follow(func(l Live) bool { return len(l.Sessions) == 1 && l.Sessions[0].Rules == 3 })
	answers(t, b, "*IDN?\n", "meter\n")
	answers(t, b, "add 1\nwarm\n", "one two\n")
	answers(t, b, "add 2\nadd 3\n*IDN?\n", "2\nmeter\n")
	got := ask[Rules](v, "GET", "/api/v1/sessions/s1/rules", nil)
	if diff := cmp.Diff([]RuleCount{{Answered: 2}, {Answered: 1}, {Answered: 1, Skipped: 1, Near: 1, NearMiss: `"add 1" matches "regexp:^add (\\d)$": but the peer is in the state "cold"`}}, got.Counts); diff != "" {
		t.Error(diff)
	}
	if len(got.States) != 1 || got.States[0].State != "warm" || got.States[0].Peer != 1 || got.More != 0 {
		t.Errorf("%+v", got.States)
	}
	off := ask[Rules](v, "PUT", "/api/v1/sessions/s1/rules", SetRules{Off: true, RuleSet: meter()})
	if !off.Off || len(off.Counts) != 0 || len(off.Rules) != 3 {
		t.Errorf("%+v", off)
	}
	answers(t, b, "*IDN?\n", "*IDN?\n")
	if gone := ask[Rules](v, "DELETE", "/api/v1/sessions/s1/rules", nil); len(gone.Rules) != 0 || gone.Off {
		t.Errorf("%+v", gone)
	}
	ask[Session](v, "DELETE", "/api/v1/sessions/s1", nil)
	if f := v.failing(409, "PUT", "/api/v1/sessions/s1/rules", SetRules{RuleSet: meter()}); f.Kind != sockeye.Closed {
		t.Errorf("%+v", f)
	}
	v.failing(404, "GET", "/api/v1/sessions/s9/rules", nil)
}

// The live feed tells of rules, also where nothing else changes.
func TestLiveTellsOfRules(t *testing.T) {
	v := serve(t)
	ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	set := false
	v.follow(func(l Live) bool {
		if !set { // nothing crosses this session: only the rules are news
			set = true
			ask[Rules](v, "PUT", "/api/v1/sessions/s1/rules", SetRules{RuleSet: meter()})
			return false
		}
		return len(l.Sessions) == 1 && l.Sessions[0].Rules == 3
	})
}

// A session can be opened with rules: a device simulator in one request.
func TestOpenWithRules(t *testing.T) {
	v := serve(t)
	set := meter()
	set.Rules = append(set.Rules, workspace.Rule{Join: true, Reply: `hi\n`})
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0", Rules: &set})
	if s.Rules != 4 {
		t.Errorf("%d rules answer", s.Rules)
	}
	b := board(t, s)
	answers(t, b, "\n*IDN?\n", "hi\nmeter\n")
	set.Rules[0].Match = "what"
	f := v.failing(400, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0", Rules: &set})
	if f.Target != "rules.rules[0].match" {
		t.Errorf("%+v", f)
	}
}

// F21: rules that are wrong do not take the place of those that answer.
func TestWrongRulesLeaveTheOldOnes(t *testing.T) {
	v := serve(t)
	set := meter()
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0", Rules: &set})
	b := board(t, s)
	answers(t, b, "\n*IDN?\n", "meter\n") // the board has said something without an end of line
	wrong := meter()
	wrong.Rules[0].Match = "what"
	if f := v.failing(400, "PUT", "/api/v1/sessions/s1/rules", SetRules{RuleSet: wrong}); f.Target != "rules[0].match" || f.Message == "" {
		t.Errorf("%+v", f)
	}
	answers(t, b, "*IDN?\n", "meter\n")
}

// Everything that is wrong with a set is told at once, each with its field, in the
// language asked for; nothing changes.
func TestRulesFaults(t *testing.T) {
	v := serve(t)
	ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	ask[Rules](v, "PUT", "/api/v1/sessions/s1/rules", SetRules{RuleSet: meter()})
	bomb := "regexp:" + strings.Repeat("(x{0,30}y)", 40)
	for body, want := range map[string]string{
		`{"frame":"lime","check":"x","allow":["rain"],"rules":[{"match":"hex:0"},{},{"join":true,"reply":"{{match}}"},
			{"match":"any","reply_hex":"0g","count":-1,"chance":2,"end":"explode","in":["nowhere"]},
			{"match":"any","replies":[{"text":"a"},{"text":"b","hex":"00"},{"text":"c","to":"me"},{"text":"{{x","delay":"1s"}]},
			{"match":"any","payload":"none"},{"match":"any","reply":"x","replies":[{"text":"y"}]}]}`: "allow[0] check frame rules[0].match rules[1] rules[2].reply rules[3].chance rules[3].count rules[3].end rules[3].in rules[3].reply_hex " +
			"rules[4].replies[1].hex rules[4].replies[2].to rules[4].replies[3].text rules[5].payload rules[6].replies",
		`{"rules":[{"every":"1 day"},{"match":"any","delay":"2s..1s"},{"match":"any","replies":[{"delay":"x"}]}]}`: "rules[0].every rules[1].delay rules[2].replies[0].delay",
		`{"rules":[{"match":"any","count":"x"}]}`:                                                   "rules[0].count",
		`{"rules":[{"match":"any","every":5}]}`:                                                     "rules[0].every",
		`{"rules":[{"match":"any","payload":"a"}],"payloads":{"a":{"text":"{{x"},"b":{"hex":"0"}}}`: "payloads.a.text payloads.b.hex rules[0].payload",
		`{"rules":[{"match":"any","cooldwn":"5s"}]}`:                                                "rules[0].cooldwn",
		fmt.Sprintf(`{"rules":[{"match":%q}]}`, bomb):                                               "rules[0].match", // T43: one that costs too much
		`{"rules":[` + strings.Repeat(`{"match":"any"},`, 1000) + `{"match":"any"}]}`:               "rules",
		`{"rules":[` + strings.Repeat(`{"match":"regexp:(a|b){100}c"},`, 60) + `{"match":"any"}]}`:  "rules[25].match", // together too much
	} {
		f := v.failing(400, "PUT", "/api/v1/sessions/s1/rules", body)
		targets := []string{f.Target}
		for _, also := range f.Also {
			targets = append(targets, also.Target)
		}
		slices.Sort(targets)
		if diff := cmp.Diff(want, strings.Join(slices.Compact(targets), " ")); diff != "" {
			t.Errorf("%.60s: %s", body, diff)
		}
	}
	r := v.request("PUT", "/api/v1/sessions/s1/rules", `{"rules":[{}]}`)
	r.Header.Set("Accept-Language", "zh")
	if _, text := v.do(r); !strings.Contains(text, "规则需要") {
		t.Error(text)
	}
	if got := ask[Rules](v, "GET", "/api/v1/sessions/s1/rules", nil); len(got.Rules) != 3 {
		t.Errorf("%+v", got)
	}
}

// shown is an occasion as text: what, which rules, what they do, the state after.
func shown(o Occasion) string {
	s := fmt.Sprintf("%s %q", o.On, o.Data)
	if o.On != "frame" {
		s = o.On
	}
	for _, st := range o.Steps {
		s += fmt.Sprintf(" %d:%q", st.Rule, st.Data)
		if st.AfterMS > 0 {
			s += " late"
		}
		s += string(st.End)
	}
	if len(o.Steps) == 0 && len(o.Rules) > 0 {
		s += fmt.Sprintf(" %v", o.Rules)
	}
	if o.Mark != "" && o.Mark != "whole" {
		s += " " + o.Mark
	}
	return s + " -> " + o.State
}

func tried(t *testing.T, v *served, in TryRules, want ...string) Tried {
	t.Helper()
	out := ask[Tried](v, "POST", "/api/v1/rules/try", in)
	var got []string
	for _, o := range out.Occasions {
		got = append(got, shown(o))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	return out
}

// Rules are tried on a message and on what was received; nothing is sent.
func TestTryRules(t *testing.T) {
	v := serve(t)
	set := meter()
	set.Rules = append(set.Rules, workspace.Rule{Join: true, Reply: "hi"}, workspace.Rule{Match: "is:bye", Goto: "cold", End: "close"})
	warm, lost := "warm", "lost"
	text := func(s string) *Payload { return &Payload{Kind: "text", Text: s, Escapes: true} }
	tried(t, v, TryRules{RuleSet: set, Payload: text(`*IDN?\nwarm\nadd 7\nx`)},
		`join 4:"hi" -> cold`, `frame "*IDN?" 1:"meter\n" -> cold`, `frame "warm" 2:"one " 2:"two\n" late -> warm`, `frame "add 7" 3:"7\n" -> warm`, `frame "x" incomplete -> warm`)
	out := tried(t, v, TryRules{RuleSet: set, Payload: &Payload{Kind: "hex", Text: "61 64 64 20 35 0a"}, State: &warm}, `frame "add 5" 3:"5\n" -> warm`)
	if !out.Done || out.Left != 0 || out.Counts[2].Answered != 1 {
		t.Errorf("%+v", out)
	}
	tried(t, v, TryRules{RuleSet: set, Data: []byte("bye\n"), State: &warm}, `frame "bye" 5:""close -> cold`)
	if f := v.failing(400, "POST", "/api/v1/rules/try", TryRules{RuleSet: set, Data: []byte("x"), State: &lost}); f.Target != "state" || !strings.Contains(f.Hint, "warm") {
		t.Errorf("%+v", f)
	}
	for _, bad := range []TryRules{{RuleSet: set}, {RuleSet: set, Payload: text("a"), Data: []byte("b")}, {RuleSet: set, Payload: text("a"), Session: "s1"}, {RuleSet: set, Payload: text("a"), Network: "ipx"},
		{RuleSet: workspace.RuleSet{Rules: []workspace.Rule{{}}}, Payload: text("a")}} {
		v.failing(400, "POST", "/api/v1/rules/try", bad)
	}

	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0", Echo: true})
	b := board(t, s)
	answers(t, b, "\nwarm\nadd 1\n", "Hello 01Studio!\nwarm\nadd 1\n")
	answers(t, b, "*IDN?\n", "*IDN?\n")
	v.follow(func(l Live) bool { return len(l.Sessions) == 1 && l.Sessions[0].SentBytes == 33 })
	out = ask[Tried](v, "POST", "/api/v1/rules/try", TryRules{RuleSet: set, Session: "s1"})
	var got []string
	for _, o := range out.Occasions {
		got = append(got, shown(o))
		if o.Time == "" || o.Peer != 1 || o.On == "frame" && o.Seq == 0 {
			t.Errorf("%+v", o)
		}
	}
	if diff := cmp.Diff([]string{`join 4:"hi" -> cold`, `frame "Hello 01Studio!" -> cold`, `frame "warm" 2:"one " 2:"two\n" late -> warm`, `frame "add 1" 3:"1\n" -> warm`, `frame "*IDN?" 1:"meter\n" -> warm`}, got); diff != "" {
		t.Error(diff)
	}
	if after := ask[Session](v, "GET", "/api/v1/sessions/s1", nil); after.SentBytes != 33 || after.Rules != 0 {
		t.Errorf("trying sent something: %+v", after)
	}
	last := out.Occasions[len(out.Occasions)-1].Seq
	tried(t, v, TryRules{RuleSet: set, Session: "s1", From: last}, `frame "*IDN?" 1:"meter\n" -> cold`)
	tried(t, v, TryRules{RuleSet: set, Session: "s1", Peer: 9})
	v.failing(404, "POST", "/api/v1/rules/try", TryRules{RuleSet: set, Session: "s7"})
}

// What rules name comes with them, or else from the workspace.
func TestRulesFindWhatTheyName(t *testing.T) {
	v, _ := keeping(t, mine+"[payloads]\nmine = 'workspace {{var.unit}}\\n'\n")
	set := workspace.RuleSet{Frame: "line", Rules: []workspace.Rule{{Match: "is:a", Payload: "mine"}, {Match: "is:b", Payload: "own"}, {Match: "is:c", Reply: `{{var.unit}}\n`}}}
	set.Payloads = map[string]workspace.Payload{"own": {Text: "中", Charset: "gbk", LineEnd: "lf"}}
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0", Rules: &set})
	b := board(t, s)
	answers(t, b, "\na\nb\nc\n", "workspace C\n\xd6\xd0\nC\n")
	set.Variables = map[string]string{"unit": "F"}
	got := ask[Rules](v, "PUT", "/api/v1/sessions/s1/rules", SetRules{RuleSet: set})
	if diff := cmp.Diff(set, got.RuleSet); diff != "" {
		t.Error(diff)
	}
	answers(t, b, "c\n", "F\n")
	tried(t, v, TryRules{RuleSet: set, Data: []byte("c\n")}, `frame "c" 3:"F\n" -> `)

	// those of an endpoint of the workspace are seen, and can be changed, too
	w := ask[Workspace](v, "GET", "/api/v1/workspace", nil)
	opened := ask[Sessions](v, "POST", "/api/v1/workspace/open", OpenWorkspace{Stamp: w.Stamp, All: true}).Sessions[0]
	b = board(t, opened)
	answers(t, b, "\ntemp?\n", "21 C\n")
	kept := ask[Rules](v, "GET", "/api/v1/sessions/s2/rules", nil)
	if len(kept.Rules) != 1 || kept.Frame != "line" || kept.Counts[0].Answered != 1 {
		t.Errorf("%+v", kept)
	}
	kept.RuleSet.Rules[0].Reply = `22 {{var.unit}}\n`
	ask[Rules](v, "PUT", "/api/v1/sessions/s2/rules", SetRules{RuleSet: kept.RuleSet})
	answers(t, b, "temp?\n", "22 C\n")
}

// A try is bounded, however much was received and however often a timer runs.
func TestTryRulesIsBounded(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0", Echo: true})
	b := board(t, s)
	const lines = 2 * maxOccasions
	answers(t, b, strings.Repeat("x\n", lines), "Hello 01Studio!"+strings.Repeat("x\n", lines))
	for _, set := range []workspace.RuleSet{
		{Frame: "line", Rules: []workspace.Rule{{Match: "any", Reply: strings.Repeat("y", 5000)}}},
		{Rules: []workspace.Rule{{Match: "any", Replies: make([]workspace.Reply, 100)}}},
	} {
		out := ask[Tried](v, "POST", "/api/v1/rules/try", TryRules{RuleSet: set, Session: "s1"})
		for _, o := range out.Occasions {
			for _, st := range o.Steps {
				if len(st.Data) > maxTryData {
					t.Fatalf("%d bytes of a reply", len(st.Data))
				}
			}
		}
		if n := len(out.Occasions); n > maxOccasions || n == 0 || set.Frame == "line" && (n != maxOccasions || out.Done) {
			t.Errorf("%d occasions, %d left", len(out.Occasions), out.Left)
		}
	}
}
