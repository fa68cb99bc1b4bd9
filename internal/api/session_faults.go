package api

import (
	"slices"
	"time"

	"sockeye/internal/core"
)

// set reads the faults, with one error for each that is wrong, below prefix. They last for
// lifetime, 0 without end, if the request does not say for how long.
func (in *SetFaults) set(prefix string, lifetime time.Duration) (*core.Faults, error) {
	set, err := core.ParseFaults(in.Frame, in.Faults)
	var wrong fieldFaults
	for _, e := range faults(err) {
		wrong.at(prefix+e.Target, e)
	}
	if in.Faults == nil {
		wrong.add(prefix+"faults", "which faults is missing; [] is none", "缺少故障列表；[] 表示没有故障")
	}
	if in.For != "" {
		lifetime, err = core.ParseFaultLifetime(in.For)
		for _, e := range faults(err) {
			wrong.at(prefix+e.Target, e)
		}
	}
	if set != nil {
		set.Lifetime = lifetime
	}
	return set, wrong.join()
}

func (in SetFaults) check(*requestContext) error {
	_, err := in.set("", 0)
	return err
}

func (c *requestContext) faults(None) (Faults, error) {
	s, err := c.session()
	if err != nil {
		return Faults{}, err
	}
	r, err := relayOf(s)
	if err != nil {
		return Faults{}, err
	}
	return faultsBetween(r)
}

// relayOf is the relay that a session is.
func relayOf(s *core.Session) (*core.Relay, error) {
	if r := s.Relay(); r != nil {
		return r, nil
	}
	return nil, core.NoRelay(s)
}

// faultsBetween are the faults that are set between the sides of a relay.
func faultsBetween(r *core.Relay) (Faults, error) {
	set, err := r.Faults()
	out := Faults{Faults: []Fault{}}
	if set == nil || err != nil {
		return out, err
	}
	for n, f := range set.Faults {
		out.Faults = append(out.Faults, Fault{Fault: f.String(), Kind: string(f.Kind), Hits: set.Hits(n)})
	}
	out.Frame, out.Since = set.FrameText(), stamp(set.Since)
	if until := set.Until(); !until.IsZero() {
		out.Until = stamp(until)
	}
	return out, nil
}

func (c *requestContext) setFaults(in SetFaults) (Faults, error) {
	s, err := c.openSession()
	if err != nil {
		return Faults{}, err
	}
	set, err := in.set("", core.DefaultFaultLifetime)
	if err != nil {
		return Faults{}, err
	}
	return replaceFaults(s, set)
}

func (c *requestContext) clearFaults(None) (Faults, error) {
	s, err := c.openSession()
	if err != nil {
		return Faults{}, err
	}
	return replaceFaults(s, nil)
}

// replaceFaults puts other faults between the sides of a relay; nil takes them away.
func replaceFaults(s *core.Session, set *core.Faults) (Faults, error) {
	r, err := relayOf(s)
	if err == nil {
		err = r.SetFaults(set)
	}
	if err != nil {
		return Faults{}, err
	}
	return faultsBetween(r)
}

// maxHeldData is how much of a held message is shown, in bytes.
const maxHeldData = 64 << 10

func (c *requestContext) heldMessages(None) (HeldMessages, error) {
	s, err := c.session()
	if err != nil {
		return HeldMessages{}, err
	}
	r, err := relayOf(s)
	if err != nil {
		return HeldMessages{}, err
	}
	held, err := r.Held()
	out := HeldMessages{Held: []HeldMessage{}}
	for _, h := range held {
		one := HeldMessage{Number: h.Number, Peer: h.From.ID, Session: h.From.Session.ID, Direction: string(h.Way), Fault: h.Fault,
			Offset: h.Offset, Bytes: len(h.Data), Data: notNil(h.Data[:min(maxHeldData, len(h.Data))])}
		if !h.Until.IsZero() {
			one.Until = stamp(h.Until)
		}
		out.Held = append(out.Held, one)
	}
	return out, err
}

// read is what the message becomes, with everything that is wrong.
func (in Decide) read(c *requestContext) (data []byte, wrong fieldFaults) {
	decision := core.Decision(in.Decision)
	known := slices.Contains(core.Decisions, decision)
	if !known && !c.unfit.covers("decision") {
		wrong.add("decision", "write release, edit or discard", "请写 release、edit 或 discard")
	}
	data = in.Data
	if in.Payload != nil {
		var err error
		data, err = c.firstMessage(*in.Payload, "payload.")
		wrong.all(err)
	}
	given := in.Payload != nil || in.Data != nil
	unread := c.unfit.covers("payload") || c.unfit.covers("data")
	switch {
	case in.Payload != nil && in.Data != nil:
		wrong.add("data", "not together with a payload", "不能与 payload 同时使用")
	case decision == core.Edit && !given && !unread:
		wrong.add("payload", "what the message becomes is missing", "缺少修改后的内容")
	case decision != core.Edit && given && known:
		wrong.add("payload", "only edit changes the message", "只有 edit 会修改数据")
	}
	return data, wrong
}

func (in Decide) check(c *requestContext) error {
	_, wrong := in.read(c)
	return wrong.join()
}

// decide lets a held message go, changes it or drops it.
func (c *requestContext) decide(in Decide) (HeldMessages, error) {
	s, err := c.openSession()
	if err != nil {
		return HeldMessages{}, err
	}
	n, err := number("number", c.r.PathValue("number"))
	if err != nil {
		return HeldMessages{}, err
	}
	data, wrong := in.read(c)
	if len(wrong) > 0 {
		return HeldMessages{}, wrong.join()
	}
	r, err := relayOf(s)
	if err != nil {
		return HeldMessages{}, err
	}
	if err := r.Decide(n, core.Decision(in.Decision), data); err != nil {
		return HeldMessages{}, err
	}
	return c.heldMessages(None{})
}
