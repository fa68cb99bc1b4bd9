package api

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/responder"
	"sockeye/internal/workspace"
)

// rulesFrom makes a set ready to answer; what it names is looked for in the set, then
// in the workspace. The error has every problem of the set, with its field below prefix.
func (s *Server) rulesFrom(set workspace.RuleSet, seed uint64, prefix string) (*responder.RuleConfig, error) {
	opening, err := set.Opening(s.saved().Payloads)
	if err != nil {
		var all fieldFaults
		for _, e := range faults(err) {
			named := *e
			named.Op, named.Target = "set", prefix+e.Target
			all.note(&named)
		}
		return nil, all.join()
	}
	lookup := func(name string) (string, bool) {
		if v, ok := set.Lookup(name); ok {
			return v, true
		}
		return s.bench.Lookup(name)
	}
	return responder.RulesOf(set, opening, seed, lookup), nil
}

func (c *requestContext) rules(None) (Rules, error) {
	s, err := c.session()
	if err != nil {
		return Rules{}, err
	}
	return rulesOf(s, c.lang), nil
}

// rulesOf is how a session answers by rules, in a language; without any, the lists are empty.
func rulesOf(s *core.Session, lang sockeye.Lang) Rules {
	st, _ := s.Rules().Status()
	out := Rules{Off: st.Off, RuleSet: st.Set, Counts: countsOf(st.Rules, lang), States: []PeerRuleState{}, More: st.More}
	if out.Rules == nil {
		out.Rules = []workspace.Rule{}
	}
	for _, p := range st.States {
		out.States = append(out.States, PeerRuleState{Peer: p.Peer.ID, State: p.State, Since: stamp(p.Since)})
	}
	return out
}

func countsOf(rules []responder.RuleStatus, lang sockeye.Lang) []RuleCount {
	out := []RuleCount{}
	for _, r := range rules {
		one := RuleCount{Answered: r.Hits.Hits, Skipped: r.Skipped, Near: r.Near}
		if !r.Nearest.IsZero() {
			one.NearMiss = r.Nearest.Text().In(lang)
		}
		out = append(out, one)
	}
	return out
}

func (c *requestContext) setRules(in SetRules) (Rules, error) {
	s, err := c.openSession()
	if err != nil {
		return Rules{}, err
	}
	how, err := c.rulesFrom(in.RuleSet, rand.Uint64(), "")
	if err == nil {
		err = s.Rules().Set(how, in.Off)
	}
	if err != nil {
		return Rules{}, err
	}
	return rulesOf(s, c.lang), nil
}

func (in SetRules) check(c *requestContext) error {
	_, err := c.rulesFrom(in.RuleSet, 0, "")
	return err
}

func (in TryRules) check(c *requestContext) error {
	_, _, wrong := in.read(c)
	return wrong.join()
}

// read is the rules and the message to try, nil if it is a record, with everything that is
// wrong with the request.
func (in TryRules) read(c *requestContext) (how *responder.RuleConfig, message []byte, wrong fieldFaults) {
	how, err := c.rulesFrom(in.RuleSet, in.Seed, "")
	wrong.all(err)
	isMessage := in.Payload != nil || in.Data != nil
	if isMessage == (in.Session != "") && !c.unfit.covers("payload") && !c.unfit.covers("data") && !c.unfit.covers("session") {
		wrong.add("payload", "a message or a session is needed, and only one of the two", "需要一条消息或一个会话，二者之一")
	}
	if in.Payload != nil && in.Data != nil {
		wrong.add("data", "not together with a payload", "不能与 payload 同时使用")
	}
	if in.Network != "" && !slices.Contains(sockeye.Transports(), sockeye.Network(in.Network)) {
		wrong.add("network", fmt.Sprintf("%q is none of %s", in.Network, transportWords()), fmt.Sprintf("%q 不是 %s 之一", in.Network, transportWords()))
	}
	if message = in.Data; in.Payload != nil {
		message, err = c.firstMessage(*in.Payload, "payload.")
		wrong.all(err)
	}
	if isMessage {
		message = notNil(message)
	}
	return how, message, wrong
}

// transportWords are the networks that a peer may have, as people write them.
func transportWords() string {
	var words []string
	for _, n := range sockeye.Transports() {
		words = append(words, string(n))
	}
	return strings.Join(words, ", ")
}

func (c *requestContext) clearRules(None) (Rules, error) {
	s, err := c.openSession()
	if err == nil {
		err = s.Rules().Set(nil, false)
	}
	if err != nil {
		return Rules{}, err
	}
	return rulesOf(s, c.lang), nil
}

// The bounds of one try.
const (
	maxOccasions = 500
	maxTrySteps  = 2000
	maxTried     = 200_000 // events
	maxTicks     = 2000
	maxTryTime   = 500 * time.Millisecond
	maxTryData   = 1 << 10 // bytes shown of a frame or a reply
)

// dryRun is one try as it goes on.
type dryRun struct {
	*responder.DryRun
	lang  sockeye.Lang
	begun time.Time
	now   time.Time // of the message; zero for a record
	out   Tried
	steps int
}

func (c *requestContext) tryRules(in TryRules) (Tried, error) {
	how, message, wrong := in.read(c)
	if len(wrong) > 0 {
		return Tried{}, wrong.join()
	}
	t := &dryRun{DryRun: responder.NewDryRun(how), lang: c.lang, begun: time.Now(), out: Tried{Occasions: []Occasion{}, Done: true}}
	t.Enough = func() bool {
		full := t.isFull()
		if full {
			t.out.Left++
		}
		return full
	}
	var err error
	if message != nil {
		err = c.tryMessage(t, in, how, message)
	} else {
		err = c.tryRecord(t, in)
	}
	t.out.Counts = countsOf(t.Counts(), c.lang)
	t.out.Done = t.out.Done && t.out.Left == 0
	return t.out, err
}

// tryMessage tries one message of a peer that has just joined, or is in a state.
func (c *requestContext) tryMessage(t *dryRun, in TryRules, how *responder.RuleConfig, message []byte) error {
	t.now = t.begun
	peer := &sockeye.Peer{ID: 1, Network: sockeye.Network(in.Network), Local: sockeye.ParseSocketAddr("127.0.0.1:10000"), Remote: sockeye.ParseSocketAddr("127.0.0.1:50000")}
	if in.State == nil {
		t.Join(peer, t.now, t.add)
	} else if !t.Put(peer, *in.State, t.now) {
		return invalid("state", sockeye.Text{En: fmt.Sprintf("no rule has the state %q", *in.State), Zh: fmt.Sprintf("规则中没有状态 %q", *in.State)}, sockeye.Text{
			En: fmt.Sprintf("the states: %q", how.Compiled.States()), Zh: fmt.Sprintf("状态有：%q", how.Compiled.States())})
	}
	t.Message(peer, message, t.now, t.add)
	return nil
}

// tryRecord tries what a session received.
func (c *requestContext) tryRecord(t *dryRun, in TryRules) error {
	known := false
	for _, s := range c.allSessions() {
		known = known || s.ID() == in.Session
	}
	if !known {
		return &sockeye.Error{Kind: sockeye.NotFound, Op: "open", Target: in.Session, Message: sockeye.Text{En: "no such session", Zh: "没有这个会话"}}
	}
	_, next, _, _ := c.bench.VisibleSpan()
	to := next
	if in.To > 0 {
		to = min(to, in.To)
	}
	events := c.bench.View(max(in.From, c.bench.Oldest()))
	defer events.Close()
	t.out.ScannedTo = to
	for n := 0; ; n++ {
		e, ok := events.Try()
		if !ok || e.Seq >= to {
			break
		}
		if e.Session != nil && (e.Session.ID != in.Session || in.Peer > 0 && (e.Peer == nil || e.Peer.ID != in.Peer)) {
			if n >= maxTried {
				t.out.ScannedTo, t.out.Done = e.Seq, false
				return nil
			}
			continue
		}
		if n >= maxTried || t.isFull() || !t.Pass(e.Time, maxTicks, t.add) || c.ctx().Err() != nil {
			t.out.ScannedTo, t.out.Done = e.Seq, false
			return nil
		}
		t.Event(&e, t.add)
	}
	t.End(t.add)
	return nil
}

func (t *dryRun) isFull() bool {
	return len(t.out.Occasions) >= maxOccasions || t.steps >= maxTrySteps || time.Since(t.begun) > maxTryTime
}

// add notes what rules would do on one occasion.
func (t *dryRun) add(tried *responder.DryRunStep) {
	o := Occasion{On: string(tried.On), Seq: tried.Seq, Data: cut(tried.Body), Bytes: len(tried.Body), Rules: []int{}, Steps: []Step{}, State: tried.State}
	if tried.Peer != nil {
		o.Peer = tried.Peer.ID
	}
	if t.now.IsZero() {
		o.Time = stamp(tried.Time)
	}
	if tried.On == responder.OnFrame {
		o.Mark, o.Check = tried.Mark.String(), tried.Check.String()
	}
	for _, n := range tried.Plan.Hits {
		o.Rules = append(o.Rules, n+1)
	}
	for _, s := range tried.Plan.Steps {
		o.Steps = append(o.Steps, Step{Rule: s.Rule + 1, AfterMS: float64(s.At.Sub(tried.Time).Microseconds()) / 1000, To: string(s.To), Data: cut(s.Data), Bytes: len(s.Data), End: string(s.End)})
	}
	for _, m := range tried.Plan.Near {
		o.Near = append(o.Near, NearMiss{Rule: m.Rule + 1, Message: m.Text().In(t.lang)})
	}
	for _, e := range tried.Plan.Trouble {
		o.Trouble = append(o.Trouble, *e.Line(t.lang))
	}
	t.steps += len(o.Steps)
	t.out.Occasions = append(t.out.Occasions, o)
}

func cut(data []byte) []byte { return notNil(data[:min(len(data), maxTryData)]) }
