package rule

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sockeye"
	"sockeye/internal/payload"
)

// Compiled is a set that was found sound. It does not change and may be used by any
// number of engines.
type Compiled struct {
	rules  []compiled
	states []string // by number; 0 is the start
	timed  bool
}

type compiled struct {
	Rule
	pattern *Pattern
	in      []int // numbers of states; nil is all
	to      int   // number of the state afterwards, or -1
	replies []*payload.Template
	chance  float64
}

// maxFaults is how many faults of a set are looked for.
const maxFaults = 100

// maxShown is how many characters of a name, and how many names, an error shows.
const maxShown = 40

// MaxRules, MaxReplies and MaxStates bound a set.
const (
	MaxRules   = 1000
	MaxReplies = 100
	MaxStates  = 1000
)

// RuleFault is something that is wrong with one rule of a set.
type RuleFault struct {
	// Rule is its number, from 0.
	Rule int
	// Field is the field as JSON names it: "match", "replies[0].text"; "" is the rule
	// as a whole.
	Field string
	// Err is of kind Invalid. Its Target is the place for people: "rule 3 (hello): reply 1".
	Err *sockeye.Error
}

func (f *RuleFault) Error() string { return f.Err.Error() }

// Unwrap is the error itself.
func (f *RuleFault) Unwrap() error { return f.Err }

// Compile checks a set and makes it ready to run. The error joins everything that
// is wrong, each a *RuleFault; only of a set that is too large it is an *sockeye.Error.
func Compile(s Set) (*Compiled, error) {
	if len(s.Rules) > MaxRules {
		return nil, invalid("rules", both("%d rules are more than %d", "%d 条规则超过了 %d 条", len(s.Rules), MaxRules), sockeye.Text{})
	}
	p := &Compiled{states: []string{s.Start}}
	for _, r := range s.Rules {
		for _, state := range append(r.In, r.Goto) {
			if state != "" {
				p.number(state)
			}
			if len(p.states) > MaxStates {
				return nil, invalid("rules", both("more than %d states", "状态超过 %d 个", MaxStates), both("split the set", "请拆成多个规则集"))
			}
		}
	}
	var problems []error
	instructions := 0
	for n, r := range s.Rules {
		c, faults := p.compile(r)
		for _, f := range faults {
			f.Rule, f.Err.Target = n, faultPlace(n, r)+f.Err.Target
			problems = append(problems, f)
		}
		p.rules = append(p.rules, c)
		if c.pattern != nil {
			instructions += c.pattern.instructions
		}
		if instructions > maxTogether {
			problems = append(problems, tooMany(n, r))
		}
		if instructions > maxTogether || len(problems) > maxFaults {
			return nil, errors.Join(problems...) // to look on could take long
		}
	}
	problems = append(problems, p.unreachable()...)
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	p.share(instructions)
	return p, nil
}

func faultPlace(n int, r Rule) string {
	s := "rule " + strconv.Itoa(n+1)
	if r.Name != "" {
		s += " (" + payload.SafeString(r.Name) + ")"
	}
	return s
}

func invalid(target string, message, hint sockeye.Text) *sockeye.Error {
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "set", Target: target, Message: message, Hint: hint}
}

// number is the number of a state, which it gets when it is named first.
func (p *Compiled) number(state string) int {
	for n, s := range p.states {
		if s == state {
			return n
		}
	}
	p.states = append(p.states, state)
	return len(p.states) - 1
}

// compile makes one rule ready to run, and finds everything that is wrong with it.
func (p *Compiled) compile(r Rule) (compiled, []*RuleFault) {
	c := compiled{Rule: r, to: -1, chance: 1}
	w := &ruleFaults{}
	c.compileTrigger(w)
	p.timed = p.timed || !r.Every.IsZero() || !r.After.IsZero()
	for _, state := range r.In {
		c.in = append(c.in, p.number(state))
	}
	if r.Goto != "" {
		c.to = p.number(r.Goto)
	}
	if r.Chance != nil {
		c.chance = *r.Chance
	}
	r.check(w)
	for n, reply := range r.Replies {
		t, field, e := compileReply(reply, c.pattern)
		if e != nil {
			e.Target = fmt.Sprintf(": reply %d", n+1)
			w.found = append(w.found, &RuleFault{Field: fmt.Sprintf("replies[%d].%s", n, field), Err: e})
		}
		c.replies = append(c.replies, t)
	}
	return c, w.found
}

// ruleFaults collects what is wrong with one rule.
type ruleFaults struct{ found []*RuleFault }

func (w *ruleFaults) add(field string, message, hint sockeye.Text) {
	target := field
	if field != "" {
		target = ": " + field
	}
	w.found = append(w.found, &RuleFault{Field: field, Err: invalid(target, message, hint)})
}

// compileTrigger makes what a rule waits for ready.
func (c *compiled) compileTrigger(w *ruleFaults) {
	triggers := 0
	for _, on := range []bool{c.Match != "", c.Join, !c.Every.IsZero(), !c.After.IsZero()} {
		if on {
			triggers++
		}
	}
	if triggers != 1 {
		w.add("", both("a rule needs one of match, join, every and after", "规则需要 match、join、every、after 之一，且只能有一个"), formsHint)
	}
	if c.Match != "" {
		var err error
		if c.pattern, err = ParsePattern(c.Match); err != nil {
			e := sockeye.ErrorOf(err)
			w.add("match", e.Message, e.Hint)
		}
	}
	if !c.Every.IsZero() && c.Every.Min < minimumEvery {
		w.add("every", both("%s is too often", "%s 太频繁", c.Every), both("the least is %s", "最短 %s", minimumEvery))
	}
}

// check finds what is wrong with the fields that say how a rule answers.
func (r *Rule) check(w *ruleFaults) {
	if r.Chance != nil && !(*r.Chance >= 0 && *r.Chance <= 1) {
		w.add("chance", both("%v is not between 0 and 1", "%v 不在 0 和 1 之间", *r.Chance), sockeye.Text{})
	}
	if r.Cooldown.Max != r.Cooldown.Min {
		w.add("cooldown", both("%s is a range", "%s 是一个范围", r.Cooldown), both("write one time", "请写一个时间"))
	}
	if r.Count < 0 {
		w.add("count", both("%d is negative", "%d 是负数", r.Count), both("leave it out for no limit", "不写则不限"))
	}
	if r.End != "" && r.End != Close && r.End != Abort {
		w.add("end", both("%q is neither close nor abort", "%q 既不是 close 也不是 abort", r.End), sockeye.Text{})
	}
	if len(r.Replies) > MaxReplies {
		w.add("replies", both("%d replies are more than %d", "%d 条应答超过了 %d 条", len(r.Replies), MaxReplies), sockeye.Text{})
	}
}

// minimumEvery is the shortest time of a timer, so that no rule keeps a core busy.
const minimumEvery = time.Millisecond

func compileReply(r Reply, pattern *Pattern) (t *payload.Template, field string, wrong *sockeye.Error) {
	if r.To != "" && r.To != Sender && r.To != Others && r.To != All {
		return nil, "to", invalid("", both("%q is neither sender, others nor all", "%q 不是 sender、others 或 all", r.To), sockeye.Text{})
	}
	text, field := r.Text, "text"
	if r.Hex != "" {
		if r.Text != "" {
			return nil, "hex", invalid("", both("both text and hex", "同时写了文本和十六进制"), both("write two replies", "请写成两条应答"))
		}
		text, field = r.Hex, "hex"
	}
	o := r.Options
	o.Hex, o.Match = r.Hex != "", pattern != nil
	t, err := payload.Parse(text, o)
	if err != nil {
		e := sockeye.ErrorOf(err)
		return nil, field, invalid("", e.Message, e.Hint)
	}
	return t, field, nil
}

// unreachable are the states that rules wait in, but that nothing leads to.
func (p *Compiled) unreachable() []error {
	reached := map[int]bool{0: true}
	for _, c := range p.rules {
		if c.to >= 0 {
			reached[c.to] = true
		}
	}
	names := strings.Join(p.names(reached), ", ")
	var problems []error
	for n, c := range p.rules {
		for _, state := range c.in {
			if !reached[state] && len(problems) < maxFaults {
				problems = append(problems, &RuleFault{n, "in", invalid(faultPlace(n, c.Rule)+": in", both("no rule leads to the state %s", "没有规则进入状态 %s", payload.Quote(p.states[state], maxShown)),
					both("the states that are reached: %s", "可以进入的状态：%s", names))})
				reached[state] = true // said once
			}
		}
	}
	return problems
}

func (p *Compiled) names(which map[int]bool) []string {
	var names []string
	for n, s := range p.states {
		if len(names) == maxShown {
			return append(names, "…")
		}
		if which[n] {
			names = append(names, payload.Quote(s, maxShown))
		}
	}
	return names
}

// Steps is how many steps the expressions of all rules take for each byte; a set may
// have MaxSteps.
func (p *Compiled) Steps() int {
	n := 0
	for _, c := range p.rules {
		if c.pattern != nil {
			n += c.pattern.instructions
		}
	}
	return n
}

// MaxSteps bounds the expressions of a set.
const MaxSteps = maxTogether

// maxTogether is how many instructions the expressions of a set may have together,
// so that no frame holds a session up for longer than about 100 ms: many share the
// length of the frames that they are tried on, and leave them minInput.
const maxTogether = 2 * payload.MaxWork / minInput

// tooMany is what is wrong with the rule whose expression is one too many.
func tooMany(n int, r Rule) *RuleFault {
	return &RuleFault{n, "match", invalid(faultPlace(n, r)+": match",
		both("the expressions of all rules take more than %d steps for each byte together", "全部规则的表达式合计每个字节超过 %d 步", maxTogether),
		both("use prefix:, contains: or hex: where they do, or make counted repetitions smaller", "能用 prefix:、contains:、hex: 时请改用，或减小重复次数"))}
}

// share shares the length of frames out to expressions of so many instructions.
func (p *Compiled) share(instructions int) {
	for _, c := range p.rules {
		if c.pattern != nil && c.pattern.instructions > 0 {
			c.pattern.limit = min(c.pattern.limit, 2*payload.MaxWork/instructions)
		}
	}
}

// Timed says whether any rule has a timer.
func (p *Compiled) Timed() bool { return p.timed }

// States are the names of the states, the start first.
func (p *Compiled) States() []string { return slices.Clone(p.states) }

// Names are the rules' names, or their numbers, in order.
func (p *Compiled) Names() []string {
	var names []string
	for n, c := range p.rules {
		name := c.Name
		if name == "" {
			name = strconv.Itoa(n + 1)
		}
		names = append(names, name)
	}
	return names
}
