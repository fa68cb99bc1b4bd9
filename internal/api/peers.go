package api

import (
	"context"
	"fmt"
	"math"
	"time"

	"sockeye"
	"sockeye/internal/core"
)

func (c *requestContext) peers(None) (Peers, error) {
	out := Peers{Peers: []Peer{}}
	if c.bench.OpenedSession(c.r.PathValue("id")) != nil {
		return out, nil // they all left
	}
	s, err := c.session()
	if err != nil {
		return out, err
	}
	for _, p := range s.Peers() {
		out.Peers = append(out.Peers, peerOf(s, p, c.lang))
	}
	return out, nil
}

func (c *requestContext) reach(in Reach) (Peer, error) {
	s, err := c.openSession()
	if err != nil {
		return Peer{}, err
	}
	if err := in.check(c); err != nil {
		return Peer{}, err
	}
	p, err := s.Recipients().Reach(c.ctx(), in.Address)
	if err != nil {
		return Peer{}, err
	}
	return peerOf(s, p, c.lang), nil
}

func (in Reach) check(*requestContext) error {
	var wrong fieldFaults
	if err := core.CheckReach(in.Address); err != nil {
		wrong.quoting("address", err)
	}
	return wrong.join()
}

func (in SetPeer) check(c *requestContext) error { return in.faults(c).join() }

func (in SetPeer) faults(c *requestContext) (wrong fieldFaults) {
	wrong = append(wrong, in.Options.faults()...)
	if in.Alias != nil {
		if err := sockeye.CheckAlias(*in.Alias); err != nil {
			wrong.quoting("alias", err)
		}
	}
	if in.Alias == nil && in.Options == nil && !c.unfit.covers("alias") && !c.unfit.covers("options") {
		wrong.add("alias", "nothing is to be changed", "没有要更改的内容")
	}
	return wrong
}

func (c *requestContext) choose(in Recipients) (Session, error) {
	s, err := c.openSession()
	if err == nil {
		err = s.Recipients().Choose(in.Peers)
	}
	if err != nil {
		return Session{}, err
	}
	return sessionOf(s, c.lang), nil
}

// tcpOf is what the kernel tells of a connection, and what that means.
func tcpOf(st sockeye.PeerStatus, lang sockeye.Lang) *TCP {
	t := st.TCP
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	limit, text := st.Limit()
	return &TCP{
		State: t.State, RTTMS: ms(t.RTT), RTTVarianceMS: ms(t.RTTVariance), MinRTTMS: ms(t.MinRTT),
		Retransmits: t.Retransmits, SegmentsSent: t.SegmentsSent, CongestionWindow: t.CongestionWindow, Unacked: t.Unacked, SendMSS: t.SendMSS, PathMTU: t.PathMTU,
		SendWindow: t.SendWindow, ReceiveWindow: t.ReceiveWindow, InFlight: t.InFlight, NotSent: t.NotSent, DeliveryRate: t.DeliveryRate, PacingRate: t.PacingRate, Backoff: t.Backoff,
		BusyMS: ms(t.Busy), PeerLimitedMS: ms(t.PeerLimited), BufferLimitedMS: ms(t.BufferLimited), Limit: string(limit), LimitText: text.In(lang),
	}
}

func peerOf(s *core.Session, p *core.Peer, lang sockeye.Lang) Peer {
	st := p.Status()
	out := Peer{
		ID: p.ID, Session: p.Session.ID, Network: string(p.Network), Local: p.Local.String(), Remote: p.Remote.String(), Alias: p.Alias(),
		State: st.State, HalfOpen: st.HalfOpen, NotReadingForMS: float64(st.NotReadingFor.Milliseconds()), Queued: st.Queued, Replaces: s.Recipients().Replaces(p.ID),
		Since: stamp(st.Since), Unsent: st.Unsent, Process: st.Process, Lines: st.Lines, TLS: st.TLS, Interface: st.Interface, Traffic: trafficOf(st.Counters, st.ReceiveRate, st.SendRate),
	}
	out.Pair = pairOf(s, p)
	if p.HasOwnOptions() {
		out.Options = &Options{}
		sockeye.AllOptions.Live().Merge(&out.Options.Options, p.LiveOptions())
	}
	if st.TCP != nil {
		out.TCP = tcpOf(st, lang)
	}
	return out
}

// pairOf is the peer at the other side of a relay that a peer of a session is joined with; nil
// if there is none.
func pairOf(s *core.Session, p *core.Peer) *sockeye.PeerRef {
	if down := s.UpstreamOf(); down != nil {
		s = down
	}
	if r := s.Relay(); r != nil {
		return r.Paired(p)
	}
	return nil
}

// peer is the one that the path names, with its session.
func (c *requestContext) peer() (*core.Session, *core.Peer, error) {
	s, err := c.openSession()
	if err != nil {
		return nil, nil, err
	}
	id, err := number("peer", c.r.PathValue("peer"))
	if err != nil {
		return nil, nil, err
	}
	p := s.Peer(id)
	if p == nil {
		return nil, nil, noPeer(s, id)
	}
	return s, p, nil
}

func noPeer(s *core.Session, id uint64) error {
	if err := s.Recipients().Departed(fmt.Sprintf("#%d", id)); err != nil {
		return err
	}
	return core.NoPeer("send", id)
}

func (c *requestContext) changePeer(in SetPeer) (Peer, error) {
	s, p, err := c.peer()
	if err == nil {
		wrong := in.faults(c)
		wrong.options(s, in.Options)
		err = wrong.join()
	}
	if err == nil && in.Options != nil {
		if err = p.SetOptions(&in.Options.Options); err != nil {
			err = in.Options.named(err)
		}
	}
	if err == nil && in.Alias != nil {
		err = s.Alias(p, *in.Alias)
	}
	if err != nil {
		return Peer{}, err
	}
	return peerOf(s, p, c.lang), nil
}

func (c *requestContext) closePeer(None) (Peer, error) {
	s, p, err := c.peer()
	if err != nil {
		return Peer{}, err
	}
	ctx, cancel := context.WithTimeout(c.Server.ctx, drain)
	defer cancel()
	p.Close(ctx)
	return peerOf(s, p, c.lang), nil
}

func (c *requestContext) abortPeer(None) (Peer, error) {
	s, p, err := c.peer()
	if err != nil {
		return Peer{}, err
	}
	p.Abort()
	return peerOf(s, p, c.lang), nil
}

// samplePeer asks what TCP does for a peer, and keeps it.
func (c *requestContext) samplePeer(None) (Sample, error) {
	_, p, err := c.peer()
	if err != nil {
		return Sample{}, err
	}
	taken, number := p.SampleTCP()
	if taken == nil {
		return Sample{}, &sockeye.Error{Kind: sockeye.Unsupported, Op: "read", Target: fmt.Sprintf("#%d", p.ID),
			Message: sockeye.Text{En: "the system tells nothing of TCP here", Zh: "系统没有提供 TCP 信息"},
			Hint:    sockeye.Text{En: "there must be a TCP connection, and a system that tells of it", Zh: "需要有 TCP 连接，且系统提供其信息"}}
	}
	e := sockeye.Event{Kind: sockeye.Sampled, Detail: &sockeye.Detail{TCP: taken}}
	return Sample{Seq: number, Time: stamp(time.Now()), TCP: *e.Line(c.lang).TCP}, nil
}

func (in SetLines) check(*requestContext) error {
	var wrong fieldFaults
	if !(math.Abs(in.BreakMS) < 1e9) {
		wrong.add("break_ms", "is not a time of at most 10 s", "应为不超过 10 秒的时间")
	}
	return wrong.join()
}

func (c *requestContext) setLines(in SetLines) (Peer, error) {
	s, p, err := c.peer()
	if err != nil {
		return Peer{}, err
	}
	if err := in.check(c); err != nil {
		return Peer{}, err
	}
	set := sockeye.LineSetting{Break: time.Duration(in.BreakMS * float64(time.Millisecond))}
	if in.DTR != nil {
		set.DTR = sockeye.ChoiceOf(*in.DTR)
	}
	if in.RTS != nil {
		set.RTS = sockeye.ChoiceOf(*in.RTS)
	}
	if err := p.SetLines(set); err != nil {
		return Peer{}, err
	}
	return peerOf(s, p, c.lang), nil
}

func (c *requestContext) finishPeer(None) (Peer, error) {
	s, p, err := c.peer()
	if err != nil {
		return Peer{}, err
	}
	ctx, cancel := context.WithTimeout(c.ctx(), drain)
	defer cancel()
	if err := p.Finish(ctx); err != nil {
		return Peer{}, err
	}
	return peerOf(s, p, c.lang), nil
}
