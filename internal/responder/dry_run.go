package responder

import (
	"bytes"
	"time"

	"sockeye"
	"sockeye/internal/framing"
	"sockeye/internal/rule"
)

// DryRun computes what rules would answer, and sends nothing. It belongs to one goroutine.
type DryRun struct {
	// Enough, if not nil, is asked before each frame; when it says so, no rule is asked
	// any more.
	Enough func() bool

	how    *RuleConfig
	engine *rule.Engine
	split  *framing.Splitter
}

// DryRunInput is an input on which rules are tried.
type DryRunInput string

// The occasions.
const (
	OnFrame DryRunInput = "frame"
	OnJoin  DryRunInput = "join" // a peer joins
	OnTime  DryRunInput = "time" // a timer has come to its time
)

// DryRunStep is what rules would do for one input.
type DryRunStep struct {
	On   DryRunInput
	Peer *sockeye.Peer
	// Time is when, and Seq the event in which the frame ends; 0 without a record.
	Time time.Time
	Seq  uint64
	// Body is a copy of the frame as rules see it. No rule is tried on bytes that are no frame or
	// whose checksum is wrong.
	Body  []byte
	Mark  framing.Mark
	Check framing.CheckResult
	Plan  rule.ReplyPlan
	// State is the peer's afterwards.
	State string
}

// Asked reports whether rules were asked.
func (t *DryRunStep) Asked() bool {
	return t.On != OnFrame || t.Mark != framing.Garbage && t.Mark != framing.Oversize && t.Check != framing.Wrong
}

// NewDryRun makes a trial without any peer yet.
func NewDryRun(how *RuleConfig) *DryRun {
	options := how.Options
	options.Explain = true
	return &DryRun{how: how, engine: rule.NewEngine(how.Compiled, options), split: framing.NewSplitter(how.Frame, how.Check)}
}

// Counts returns how often each rule matched and answered.
func (t *DryRun) Counts() []RuleStatus {
	hits, nearest := t.engine.Hits(), t.engine.Nearest()
	var out []RuleStatus
	for n, name := range t.how.Compiled.Names() {
		out = append(out, RuleStatus{name, hits[n], nearest[n]})
	}
	return out
}

// Join lets a peer join. It is told only if that is an occasion for a rule.
func (t *DryRun) Join(p *sockeye.Peer, now time.Time, tell func(*DryRunStep)) {
	plan := t.engine.Joined(p, now)
	if len(plan.Hits)+len(plan.Trouble) > 0 {
		tell(&DryRunStep{On: OnJoin, Peer: p, Time: now, Plan: plan, State: t.engine.State(p)})
	}
}

// Put brings a peer into a state; false if no rule knows it.
func (t *DryRun) Put(p *sockeye.Peer, state string, now time.Time) bool {
	return t.engine.Put(p, state, now)
}

// Message tries one message of a peer. Its last frame needs no end: who writes a
// message to try means it as one.
func (t *DryRun) Message(p *sockeye.Peer, data []byte, now time.Time, tell func(*DryRunStep)) {
	f := framing.New(t.how.Frame, t.how.Check)
	f.Feed(framing.Chunk{Data: data, Time: now})
	f.End()
	for {
		one, ok := f.Next()
		if !ok {
			return
		}
		t.frame(p, &one, now, tell)
	}
}

// Event tries the next event of a record: peers join and leave, and what they sent
// is cut into frames.
func (t *DryRun) Event(e *sockeye.Event, tell func(*DryRunStep)) {
	if e.Kind == sockeye.Joined && e.Peer != nil {
		t.Join(e.Peer, e.Time, tell)
	}
	t.split.Event(e, func(f *framing.PeerFrame) { t.received(f, tell) })
	if e.Kind == sockeye.Left && e.Peer != nil {
		t.engine.Left(e.Peer)
	}
}

// End ends the record.
func (t *DryRun) End(tell func(*DryRunStep)) {
	t.split.End(func(f *framing.PeerFrame) { t.received(f, tell) })
}

func (t *DryRun) received(f *framing.PeerFrame, tell func(*DryRunStep)) {
	if f.Kind == sockeye.Received && f.Peer != nil && f.Mark != framing.Incomplete {
		t.frame(f.Peer, &f.Frame, f.End, tell)
	}
}

func (t *DryRun) frame(p *sockeye.Peer, f *framing.Frame, now time.Time, tell func(*DryRunStep)) {
	if t.Enough != nil && t.Enough() {
		return
	}
	out := &DryRunStep{On: OnFrame, Peer: p, Time: now, Seq: f.LastSeq, Body: bytes.Clone(f.Body), Mark: f.Mark, Check: f.Check}
	if out.Asked() {
		out.Plan = t.engine.Frame(p, f.Body, now)
	}
	out.State = t.engine.State(p)
	tell(out)
}

// Pass fires the timers that are due up to a time, in order, most of them at most. It returns
// false if there are more.
func (t *DryRun) Pass(until time.Time, most int, tell func(*DryRunStep)) bool {
	for ; most > 0; most-- {
		due := t.engine.Due()
		if due.IsZero() || due.After(until) {
			return true
		}
		plan := t.engine.Tick(due)
		if len(plan.Hits)+len(plan.Trouble) == 0 {
			continue
		}
		out := &DryRunStep{On: OnTime, Time: due, Plan: plan}
		for _, s := range plan.Steps {
			out.Peer = s.Peer
		}
		if out.Peer != nil {
			out.State = t.engine.State(out.Peer)
		}
		tell(out)
	}
	return false
}
