package api

import (
	"context"
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

const timeForm = "2006-01-02T15:04:05.000000000Z07:00"

func stamp(t time.Time) string { return t.UTC().Format(timeForm) }

// drain is how long closing in good order may take.
const drain = 5 * time.Second

func (c *requestContext) sessions(None) (Sessions, error) {
	out := Sessions{Sessions: []Session{}}
	for _, s := range c.allSessions() {
		out.Sessions = append(out.Sessions, sessionOf(s, c.lang))
	}
	for _, s := range c.openedSessions() {
		out.Sessions = append(out.Sessions, openedSession(s))
	}
	return out, nil
}

// allSessions are the closed ones and the open ones, in the order they were opened.
func (s *Server) allSessions() []*core.Session {
	all := append(s.bench.Closed(), s.bench.Sessions()...)
	slices.SortStableFunc(all, func(a, b *core.Session) int { return a.Since().Compare(b.Since()) })
	return slices.Compact(all)
}

func sessionOf(s *core.Session, l sockeye.Lang) Session {
	ep, st := s.Endpoint(), s.Status()
	network := ep.Address.Network
	if network == "" {
		network = sockeye.TCP
	}
	out := Session{
		ID: s.ID(), Mode: ep.Mode, Network: string(network), Address: ep.Address.String(), Locals: []string{},
		State: "open", Since: stamp(s.Since()), Peers: st.Peers, Echo: s.Answer().Echo, Device: s.Answer().Device != nil, Rules: s.Rules().Count(),
		Traffic: trafficOf(st.Counters, st.ReceiveRate, st.SendRate), File: fileOf(s, l),
		Options: &Options{Options: ep.Options},
		Remote:  s.Recipients().Reached(), Recipients: s.Recipients().Chosen(), Broadcast: ep.Options.Broadcast.Or(false),
		Sources: texts(ep.Options.Sources), AllowPeers: texts(ep.Options.AllowPeers), DenyPeers: texts(ep.Options.DenyPeers),
		Reconnect: ep.Options.Reconnect, HalfOpenMS: float64(ep.Options.HalfOpen) / float64(time.Millisecond),
	}
	out.setRelay(s)
	if o := s.Opening(); o != nil {
		out.Name, out.Frame = o.Name, o.FrameSpec()
		if o.Check.Algorithm != nil {
			out.Check = o.Check.String()
		}
	}
	for _, a := range st.Locals {
		out.Locals = append(out.Locals, a.String())
	}
	if q := st.Queue; q != nil {
		out.Queue = &AcceptQueue{Waiting: q.Waiting, Backlog: q.Backlog, Overflows: q.Overflows}
	}
	switch until := s.Until(); {
	case !until.IsZero():
		out.setEnd(s, until, l)
	case ep.Mode == sockeye.Connect && st.Peers == 0:
		out.State = "connecting"
	}
	return out
}

// setRelay says whose upstream a session is, or which it has.
func (out *Session) setRelay(s *core.Session) {
	if relay := s.UpstreamOf(); relay != nil {
		out.UpstreamOf = relay.ID()
	}
	r := s.Relay()
	if r == nil {
		return
	}
	up := r.Upstream()
	out.Upstream, out.UpstreamSession = up.Endpoint().Address.String(), up.ID()
	out.Share = string(r.Share())
	for _, route := range r.Routes() {
		out.Routes = append(out.Routes, Route{route.Text, route.Session.ID()})
	}
	set, _ := r.Faults()
	out.Faults, out.Held = len(set.Texts()), r.HeldCount()
	if until := set.Until(); !until.IsZero() {
		out.FaultsUntil = stamp(until)
	}
}

// setEnd says when and why a session ended, its error in a language.
func (out *Session) setEnd(s *core.Session, until time.Time, l sockeye.Lang) {
	reason, cause := s.Outcome()
	if reason == "" {
		reason = sockeye.ReasonLocal
	}
	out.State, out.Reason, out.Until, out.Peers = "closed", reason, stamp(until), 0
	if cause != nil {
		out.Error = cause.Line(l)
	}
}

// texts are addresses and ranges as people write them.
func texts[T fmt.Stringer](list []T) (out []string) {
	for _, a := range list {
		out = append(out, a.String())
	}
	return out
}

func trafficOf(n sockeye.Counters, receive, send float64) Traffic {
	return Traffic{
		ReceivedBytes: n.ReceivedBytes, ReceivedMessages: n.ReceivedMessages, SentBytes: n.SentBytes, SentMessages: n.SentMessages,
		ReceiveRate: receive, SendRate: send,
	}
}

// session is the one that the path names.
func (c *requestContext) session() (*core.Session, error) {
	return c.sessionNamed(c.r.PathValue("id"))
}

// sessionNamed is the session with an ID, open or closed.
func (c *requestContext) sessionNamed(id string) (*core.Session, error) {
	for _, s := range c.allSessions() {
		if s.ID() == id {
			return s, nil
		}
	}
	return nil, core.NoSession(id)
}

// openSession is session, if it is open.
func (c *requestContext) openSession() (*core.Session, error) {
	s, err := c.session()
	if err == nil && !s.Until().IsZero() {
		err = &sockeye.Error{Kind: sockeye.Closed, Op: "open", Target: s.ID(),
			Message: sockeye.Text{En: "the session is closed", Zh: "会话已关闭"},
			Hint:    sockeye.Text{En: "open another one", Zh: "请重新打开一个"}}
	}
	return s, err
}

func (c *requestContext) oneSession(None) (Session, error) {
	if s := c.bench.OpenedSession(c.r.PathValue("id")); s != nil {
		return openedSession(s), nil
	}
	s, err := c.session()
	if err != nil {
		return Session{}, err
	}
	return sessionOf(s, c.lang), nil
}

func (c *requestContext) open(in Open) (Session, error) {
	ep, answer, err := c.endpointOf(in)
	if err != nil {
		return Session{}, err
	}
	var s *core.Session
	if in.Upstream != nil {
		upstream, err := in.Upstream.endpoint(c.Server)
		if err != nil {
			return Session{}, err
		}
		how, err := in.relayOptions(c.Server)
		if err != nil {
			return Session{}, err
		}
		s, err = c.bench.OpenRelay(c.ctx(), ep, upstream, how)
		if err != nil {
			return Session{}, in.Options.whenOpened(err)
		}
		return sessionOf(s, c.lang), nil
	}
	if s, err = c.bench.Open(c.ctx(), ep, answer); err != nil {
		return Session{}, in.Options.whenOpened(err)
	}
	return sessionOf(s, c.lang), nil
}

// endpoint is what a relay connects to, with one error for each field that is wrong.
func (u *Upstream) endpoint(s *Server) (sockeye.Endpoint, error) {
	ep := sockeye.Endpoint{Mode: sockeye.Connect}
	var wrong, named fieldFaults
	if u.Options != nil {
		ep.Options = u.Options.Options
		wrong = append(wrong, u.Options.faults()...)
	}
	for _, fault := range faults(ep.ReadAddress(u.Address, sockeye.DefaultPort)) {
		wrong.at("address", fault)
	}
	wrong.keyLog(s, &ep.Options, u.Options.path("keylog"))
	wrong.endpoint(ep, u.Options)
	for _, fault := range wrong {
		named.at("upstream."+sockeye.ErrorOf(fault).Target, fault)
	}
	return ep, named.join()
}

// relayOptions reads how a relay passes on, with one error for each field that is wrong.
func (in Open) relayOptions(s *Server) (how core.RelayOptions, err error) {
	var wrong fieldFaults
	how.Share = core.Writers(in.Share)
	wrong.all(relayFaults(how.Validate()))
	how.Routes, err = core.ParseRoutes(in.Routes, sockeye.DefaultPort)
	wrong.all(err)
	for n := range how.Routes {
		wrong.keyLog(s, &how.Routes[n].Upstream.Options, fmt.Sprintf("routes[%d]", n))
	}
	if in.Faults != nil {
		how.Faults, err = in.Faults.set("faults.", 0)
		wrong.all(err)
	}
	return how, wrong.join()
}

// relayFaults names what is wrong with a relay as a whole.
func relayFaults(err error) error {
	var named fieldFaults
	for _, e := range faults(err) {
		field := "upstream"
		switch {
		case strings.HasPrefix(e.Target, "faults["):
			field = "faults." + e.Target
		case e.Target == "share", e.Target == "routes":
			field = e.Target
		}
		named.at(field, e)
	}
	return named.join()
}

func (in Open) check(c *requestContext) error {
	_, _, err := c.endpointOf(in)
	return err
}

// endpointOf reads what to open, with one error for each field that is wrong.
func (s *Server) endpointOf(in Open) (sockeye.Endpoint, responder.Answer, error) {
	ep := sockeye.Endpoint{Mode: in.Mode}
	var wrong fieldFaults
	if in.Options != nil {
		ep.Options = in.Options.Options
		wrong = append(wrong, in.Options.faults()...)
	}
	if in.Address == "" && in.Mode != sockeye.Connect { // to connect, the endpoint says so itself
		wrong.note(invalid("address", sockeye.Text{En: "the address is missing", Zh: "缺少地址"},
			sockeye.Text{En: "write tcp://:10000, or 127.0.0.1:10000 for this machine alone", Zh: "写成 tcp://:10000；只限本机则写 127.0.0.1:10000"}))
	}
	for _, fault := range faults(ep.ReadAddress(in.Address, sockeye.DefaultPort)) {
		wrong.at("address", fault)
	}
	answer := s.answerOf(in, &wrong)
	wrong.keyLog(s, &ep.Options, in.Options.path("keylog"))
	wrong.endpoint(ep, in.Options)
	s.checkRelay(in, ep, &wrong)
	if len(wrong) > 0 {
		return ep, answer, wrong.join()
	}
	return ep, answer, nil
}

// answerOf is how the session is to answer by itself.
func (s *Server) answerOf(in Open, wrong *fieldFaults) (answer responder.Answer) {
	answer.Echo, answer.Changeable = in.Echo, true
	if in.Device != nil {
		answer.Device = &responder.Device{Hello: []byte(in.Device.Hello), Interval: responder.DefaultInterval}
		if in.Device.IntervalMS != nil {
			answer.Device.Interval = wrong.duration("device.interval_ms", *in.Device.IntervalMS, 0)
		}
	}
	var badWords []error
	answer.Allow, badWords = workspace.Allowed(in.Allow)
	for n, bad := range badWords {
		if bad != nil {
			wrong.at(fmt.Sprintf("allow[%d]", n), bad)
		}
	}
	if in.Rules != nil {
		var err error
		answer.Rules, err = s.rulesFrom(*in.Rules, rand.Uint64(), "rules.")
		wrong.all(err)
	}
	return answer
}

// checkRelay says what is wrong with the upstream of a session, and with what only a relay has.
func (s *Server) checkRelay(in Open, ep sockeye.Endpoint, wrong *fieldFaults) {
	if in.Upstream != nil {
		upstream, err := in.Upstream.endpoint(s)
		wrong.all(err)
		how, err := in.relayOptions(s)
		wrong.all(err)
		if len(*wrong) == 0 {
			wrong.all(relayFaults(core.ValidateRelay(ep, upstream, how)))
		}
		if in.Echo || in.Device != nil || in.Rules != nil {
			wrong.add("upstream", "a relay passes on what comes, and answers nothing by itself", "转发只传递数据，不会自动应答")
		}
	}
	if in.Share != "" && in.Upstream == nil {
		wrong.add("share", "only a relay has an upstream that peers can share", "只有转发的上游才能共用")
	}
	if in.Routes != nil && in.Upstream == nil {
		wrong.add("routes", "only a relay has upstreams", "只有转发才有上游")
	}
	if in.Faults != nil && in.Upstream == nil {
		wrong.add("faults", "only a relay has two sides that faults can be between", "只有转发才能设置故障")
	}
}

func (in SetSession) check(*requestContext) error { return fieldFaults(in.Options.faults()).join() }

// changeSession changes options of an open session.
func (c *requestContext) changeSession(in SetSession) (Session, error) {
	s, err := c.openSession()
	if err != nil {
		return Session{}, err
	}
	wrong := fieldFaults(in.Options.faults())
	if in.Options == nil {
		wrong.add("options", "nothing is to be changed", "没有要更改的内容")
	}
	wrong.options(s, in.Options)
	if len(wrong) > 0 {
		return Session{}, wrong.join()
	}
	if err := s.SetOptions(&in.Options.Options); err != nil {
		return Session{}, in.Options.named(err)
	}
	return sessionOf(s, c.lang), nil
}

// closeSession closes an open session, and forgets a closed one.
func (c *requestContext) closeSession(None) (Session, error) {
	if s := c.bench.OpenedSession(c.r.PathValue("id")); s != nil {
		c.bench.ForgetOpened(s)
		return openedSession(s), nil
	}
	s, err := c.session()
	if err != nil {
		return Session{}, err
	}
	if !s.Until().IsZero() {
		c.bench.Forget(s)
		return sessionOf(s, c.lang), nil
	}
	ctx, cancel := context.WithTimeout(c.Server.ctx, drain) // whether or not somebody waits for the answer
	defer cancel()
	c.bench.Close(ctx, s)
	return sessionOf(s, c.lang), nil
}
