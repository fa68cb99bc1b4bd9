package terminal

import (
	"fmt"
	"time"

	"sockeye"
	"sockeye/internal/payload"
)

// PeerName returns the name of a peer for lines: its number, its alias if any, and always its
// numeric address.
func PeerName(p *sockeye.Peer) string {
	if a := p.Alias(); a != "" {
		return fmt.Sprintf("#%d %s (%s)", p.ID, payload.SafeString(a), p.Remote)
	}
	return fmt.Sprintf("#%d %s", p.ID, p.Remote)
}

// ByteCount is a number of bytes in words: "1 byte", "12 bytes".
func (a *Terminal) ByteCount(n int) string {
	if n == 1 {
		return a.T("1 byte", "1 字节")
	}
	return fmt.Sprintf(a.T("%d bytes", "%d 字节"), n)
}

// describe describes an event without data.
func (a *Terminal) describe(e sockeye.Event) string {
	d := e.Detail
	if d == nil {
		d = &sockeye.Detail{}
	}
	switch e.Kind {
	case sockeye.Opened:
		return a.describeOpened(e, d)
	case sockeye.Joined, sockeye.Finished, sockeye.Left:
		return a.describePeer(e, d)
	case sockeye.Paired:
		if d.Pair != nil {
			return sockeye.WordPaired.Fill("id", d.Pair.ID, "address", d.Pair.Address).In(a.Lang)
		}
	case sockeye.Faulted:
		if d.Fault != nil {
			return d.Fault.Text().In(a.Lang)
		}
	case sockeye.Sampled:
		if d.TCP != nil {
			return d.TCP.Text().In(a.Lang)
		}
	case sockeye.Commented:
		if d.Comment != nil {
			return d.Comment.Sentence().In(a.Lang)
		}
	case sockeye.Hint:
		return d.Seen.Text().In(a.Lang)
	case sockeye.Control:
		return a.describeControl(d)
	case sockeye.Lines:
		return a.describeLines(d)
	case sockeye.Failed:
		return a.describeFailure(d)
	case sockeye.Gap:
		return a.describeGap(e, d)
	case sockeye.Ended:
		return sockeye.WordClosed.Fill().In(a.Lang)
	}
	return e.Kind.String()
}

// describePeer says that a peer joined, finished or left.
func (a *Terminal) describePeer(e sockeye.Event, d *sockeye.Detail) string {
	udp, network := isUDP(e), e.Network()
	switch {
	case e.Kind == sockeye.Joined && udp:
		return a.describeUDPPeer(e, d)
	case e.Kind == sockeye.Joined && isLine(e):
		return a.describePort(d)
	case e.Kind == sockeye.Joined:
		return sockeye.WordJoined.Fill().In(a.Lang) + a.describeProcess(d.Process) + a.describeWebSocket(d) + a.describeMQTT(d) + a.describeTLS(d) + a.describeAttempts(d)
	case e.Kind == sockeye.Finished && d.Reason == sockeye.ReasonLocal:
		return sockeye.WordWeFinished.On(network).Fill().In(a.Lang)
	case e.Kind == sockeye.Finished:
		return sockeye.WordTheyFinished.On(network).Fill().In(a.Lang) + a.describeTruncated(d)
	case udp:
		return a.describeUDPEnd(e, d)
	}
	return sockeye.WordLeft.Fill("reason", a.describeReason(e, d)).In(a.Lang)
}

// describeGap describes what is missing and why: datagrams were dropped, or this view was too slow
// for events.
func (a *Terminal) describeGap(e sockeye.Event, d *sockeye.Detail) string {
	if d.Err != nil {
		return fmt.Sprintf(a.T("%d datagrams were dropped: ", "丢弃了 %d 个数据报："), d.Lost.Events) + a.describeFailure(d)
	}
	if e.Session != nil {
		return fmt.Sprintf(a.T("%d datagrams with %d bytes were dropped: the disk is slower than they came", "丢弃了 %d 个数据报（%d 字节）：磁盘写入跟不上"), d.Lost.Events, d.Lost.Bytes)
	}
	return fmt.Sprintf(a.T("%d events with %d bytes are not shown: this view was too slow", "有 %d 个事件（%d 字节）未显示：显示速度跟不上"), d.Lost.Events, d.Lost.Bytes)
}

func (a *Terminal) describeOpened(e sockeye.Event, d *sockeye.Detail) string {
	ep := e.Session.Endpoint
	transport := string(ep.Address.Network.Transport())
	if ep.Address.Network.Traits().Line && len(d.Locals) > 0 {
		return sockeye.WordPortOpened.Fill("address", ep.Address, "settings", d.Locals[0]).In(a.Lang)
	}
	if ep.Mode == sockeye.Connect {
		if !ep.Address.Network.Traits().Connections {
			return a.describeUDPOpened(ep, d)
		}
		if len(d.Locals) == 0 {
			return sockeye.WordConnecting.Fill("address", ep.Address).In(a.Lang)
		}
		return sockeye.WordConnectedFrom.On(ep.Address.Network).Fill("local", fmt.Sprintf("%s://%s", transport, d.Locals[0]), "address", ep.Address).In(a.Lang)
	}
	where := ""
	for i, l := range d.Locals {
		if i > 0 {
			where += ", "
		}
		where += transport + "://" + l.String()
	}
	return sockeye.WordListening.Fill("address", where).In(a.Lang) + a.describeTLS(d) + a.describeForBrowser(ep, d)
}

// describeProcess says which program a peer is, if that is known.
func (a *Terminal) describeProcess(p *sockeye.Process) string {
	if p == nil {
		return ""
	}
	return a.T(": ", "：") + payload.SafeString(p.Text().In(a.Lang))
}

func (a *Terminal) describeAttempts(d *sockeye.Detail) string {
	s := ""
	for _, at := range d.Attempts {
		how := a.T("connected", "成功")
		if at.Err != nil {
			how = at.Err.Reason(a.Lang)
		}
		s += fmt.Sprintf("; %s %s (%s)", at.Address, how, at.Took.Round(time.Millisecond))
	}
	return s
}

func (a *Terminal) describeReason(e sockeye.Event, d *sockeye.Detail) string {
	s := d.Reason.On(e.Network()).In(a.Lang)
	s += a.describeClose(d) + a.describeTruncated(d)
	if d.Unsent > 0 {
		s += a.T("; ", "；") + e.Undelivered().In(a.Lang)
	}
	if d.Err != nil && (d.Reason == sockeye.ReasonError || d.Reason == sockeye.ReasonTimeout) {
		s += a.T(": ", "：") + d.Err.Reason(a.Lang)
	}
	return s
}

// hintOfEnd returns what to do about the reason why a peer left, if describeReason has given one.
func (a *Terminal) hintOfEnd(d *sockeye.Detail) string {
	if d == nil || d.Err == nil || d.Reason != sockeye.ReasonError && d.Reason != sockeye.ReasonTimeout && d.Reason != sockeye.ReasonUnplugged {
		return ""
	}
	if hint := d.Err.Hint.In(a.Lang); hint != "" {
		return a.T(" — ", "——") + hint
	}
	return ""
}

func (a *Terminal) describeFailure(d *sockeye.Detail) string {
	s := ""
	if d.Err != nil {
		s = d.Err.In(a.Lang)
		if hint := d.Err.Hint.In(a.Lang); hint != "" {
			s += a.T(" — ", "——") + hint
		}
	}
	if d.Retry > 0 {
		s += a.T("; ", "；") + sockeye.WordRetry.Fill("time", d.Retry.Round(10*time.Millisecond)).In(a.Lang)
	}
	return s
}
