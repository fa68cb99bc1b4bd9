package api

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"time"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/payload"
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
		State: "open", Since: stamp(s.Since()), Peers: st.Peers, Echo: s.Answer().Echo, Device: s.Answer().Device != nil, Rules: s.AnsweredBy(),
		Traffic: trafficOf(st.Counters, st.ReceiveRate, st.SendRate), File: fileOf(s, l),
		Remote: s.Reached(), Recipients: s.Recipients(), Broadcast: ep.Options.Broadcast.Or(false),
		Sources: texts(ep.Options.Sources), AllowPeers: texts(ep.Options.AllowPeers), DenyPeers: texts(ep.Options.DenyPeers),
		Reconnect: ep.Options.Reconnect, HalfOpenMS: float64(ep.Options.HalfOpen) / float64(time.Millisecond),
	}
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
		out.Queue = &Queue{Waiting: q.Waiting, Backlog: q.Backlog, Overflows: q.Overflows}
	}
	switch until := s.Until(); {
	case !until.IsZero():
		reason, cause := s.Outcome()
		if reason == "" {
			reason = sockeye.ReasonLocal
		}
		out.State, out.Reason, out.Until, out.Peers = "closed", reason, stamp(until), 0
		if cause != nil {
			out.Error = cause.Line(l)
		}
	case ep.Mode == sockeye.Connect && st.Peers == 0:
		out.State = "connecting"
	}
	return out
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
	id := c.r.PathValue("id")
	for _, s := range c.allSessions() {
		if s.ID() == id {
			return s, nil
		}
	}
	return nil, noSession(id)
}

func noSession(id string) error {
	return &sockeye.Error{Kind: sockeye.NotFound, Op: "open", Target: payload.Quote(id, 40),
		Message: sockeye.Text{En: "no such session", Zh: "没有这个会话"},
		Hint:    sockeye.Text{En: "sockeye session ls lists them", Zh: "sockeye session ls 列出全部会话"}}
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
	s, err := c.bench.Open(c.ctx(), ep, answer)
	if err != nil {
		return Session{}, err
	}
	return sessionOf(s, c.lang), nil
}

// endpointOf reads what to open, with one error for each field that is wrong.
func (s *Server) endpointOf(in Open) (sockeye.Endpoint, responder.Answer, error) {
	ep := sockeye.Endpoint{Mode: in.Mode}
	var answer responder.Answer
	var wrong fieldErrors
	var err error
	if ep.Address, err = sockeye.ParseAddress(in.Address); err != nil {
		e := *sockeye.ErrorOf(err)
		e.Op, e.Target = "set", "address"
		wrong = append(wrong, &e)
	}
	if in.Options != nil {
		ep.Options = in.Options.endpoint(&wrong)
	}
	answer.Echo, answer.Changeable = in.Echo, true
	if in.Device != nil {
		answer.Device = &responder.Device{Hello: []byte(in.Device.Hello), Interval: responder.DefaultInterval}
		if in.Device.IntervalMS != nil {
			answer.Device.Interval = wrong.duration("device.interval_ms", *in.Device.IntervalMS, 0)
		}
	}
	if answer.Allow, err = workspace.Allowed(in.Allow); err != nil {
		wrong.add("allow", sockeye.ErrorOf(err).Reason(sockeye.English), sockeye.ErrorOf(err).Reason(sockeye.Chinese))
	}
	if in.Rules != nil {
		if answer.Rules, err = s.rulesFrom(*in.Rules, rand.Uint64(), "rules."); err != nil {
			for _, e := range faults(err) {
				wrong = append(wrong, e)
			}
		}
	}
	wrong.endpoint(ep)
	if len(wrong) > 0 {
		return ep, answer, wrong.join()
	}
	return ep, answer, nil
}

// endpoint notes what an endpoint says is wrong with it, with the paths of the request.
// What is wrong with a field is noted once.
func (f *fieldErrors) endpoint(ep sockeye.Endpoint) {
	noted := map[string]bool{}
	for _, e := range *f {
		noted[sockeye.ErrorOf(e).Target] = true
	}
	for _, e := range faults(ep.Validate()) {
		named := *e
		if named.Target = optionPath(e.Target); !noted[named.Target] {
			*f = append(*f, &named)
		}
	}
}

// optionPath is where a request has a field of an endpoint: "backlog" is options.backlog,
// and "idle-timeout" options.idle_timeout_ms.
func optionPath(field string) string {
	word := strings.ReplaceAll(field, "-", "_")
	for i, t := 0, reflect.TypeFor[Options](); i < t.NumField(); i++ {
		tag, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if tag == word || tag == word+"_ms" || tag == word+"s" {
			return "options." + tag
		}
	}
	return field
}

// maxOption is the longest time an option may have, in milliseconds.
const maxOption = 365 * 24 * 3600 * 1000

// fieldErrors collects what is wrong with fields.
type fieldErrors []error

func (f *fieldErrors) add(field string, en, zh string) {
	*f = append(*f, &sockeye.Error{Kind: sockeye.Invalid, Op: "set", Target: field, Message: sockeye.Text{En: en, Zh: zh}})
}

func (f *fieldErrors) join() error { return joinErrors(*f) }

// duration reads milliseconds.
func (f *fieldErrors) duration(field string, ms, least float64) time.Duration {
	if math.IsNaN(ms) || ms < least || ms > maxOption {
		f.add(field, "is not a time from 0 to a year, in milliseconds", "不是 0 到一年之间的毫秒数")
		return 0
	}
	return time.Duration(ms * float64(time.Millisecond))
}

// prefixes reads IP addresses and ranges of them.
func (f *fieldErrors) prefixes(field string, list []string) (out []netip.Prefix) {
	for _, s := range list {
		p, err := sockeye.ParsePrefix(s)
		if err != nil {
			f.add(field, sockeye.ErrorOf(err).Message.En, sockeye.ErrorOf(err).Message.Zh)
			continue
		}
		out = append(out, p)
	}
	return out
}

func (o *Options) endpoint(wrong *fieldErrors) sockeye.Options {
	out := sockeye.Options{
		SourcePort: o.SourcePort, Interface: o.Interface, Prefer: o.Prefer, Backlog: o.Backlog, MaxPeers: o.MaxPeers, OverCap: o.OverCap,
		ReuseAddress: choice(o.ReuseAddress), ReusePort: choice(o.ReusePort), NoDelay: choice(o.NoDelay), KeepAlive: choice(o.KeepAlive),
		KeepAliveCount: o.KeepAliveCount, ReceiveBuffer: o.ReceiveBuffer, SendBuffer: o.SendBuffer, ReadSize: o.ReadSize,
		Broadcast: choice(o.Broadcast), KernelTime: choice(o.KernelTime), Reconnect: o.Reconnect, SelfConnect: choice(o.SelfConnect),
	}
	for n, s := range o.Sources {
		a, err := netip.ParseAddr(s)
		if err != nil {
			shown := payload.Quote(s, 40)
			wrong.add(fmt.Sprintf("options.sources[%d]", n), shown+" is not an IP address", shown+" 不是 IP 地址")
			continue
		}
		out.Sources = append(out.Sources, a)
	}
	out.AllowPeers = wrong.prefixes("options.allow_peers", o.AllowPeers)
	out.DenyPeers = wrong.prefixes("options.deny_peers", o.DenyPeers)
	for _, d := range []struct {
		field string
		ms    float64
		least float64
		to    *time.Duration
	}{
		{"keepalive_idle_ms", o.KeepAliveIdleMS, 0, &out.KeepAliveIdle},
		{"keepalive_interval_ms", o.KeepAliveIntervalMS, 0, &out.KeepAliveInterval},
		{"user_timeout_ms", o.UserTimeoutMS, -1, &out.UserTimeout},
		{"connect_timeout_ms", o.ConnectTimeoutMS, 0, &out.ConnectTimeout},
		{"send_timeout_ms", o.SendTimeoutMS, 0, &out.SendTimeout},
		{"idle_timeout_ms", o.IdleTimeoutMS, 0, &out.IdleTimeout},
		{"half_open_ms", o.HalfOpenMS, 0, &out.HalfOpen},
	} {
		*d.to = wrong.duration("options."+d.field, d.ms, d.least)
	}
	return out
}

func choice(b *bool) sockeye.Choice {
	if b == nil {
		return sockeye.Default
	}
	return sockeye.ChoiceOf(*b)
}

// closeSession closes an open session, and forgets a closed one.
func (c *requestContext) closeSession(None) (Session, error) {
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
