package terminal

import (
	"fmt"
	"time"

	"sockeye"
)

// UDP knows no connections: nobody joins, finishes or resets, and a peer is an
// address that a datagram came from, or goes to.

func isUDP(e sockeye.Event) bool { return e.Peer != nil && !e.Peer.Network.Traits().Connections }

func (a *Terminal) describeUDPOpened(ep sockeye.Endpoint, d *sockeye.Detail) string {
	if len(d.Locals) == 0 {
		return fmt.Sprintf(a.T("will send to %s", "将发往 %s"), ep.Address)
	}
	return fmt.Sprintf(a.T("sending to %s from %s://%s", "发往 %s，本方 %s://%s"), ep.Address, ep.Address.Network.Transport(), d.Locals[0])
}

// describeUDPPeer says how an address became a peer.
func (a *Terminal) describeUDPPeer(e sockeye.Event, d *sockeye.Detail) string {
	if d.Reason == sockeye.ReasonLocal || e.Session != nil && e.Session.Endpoint.Mode == sockeye.Connect {
		return a.T("destination of what is sent; nothing has come from it yet", "发送目标，尚未收到它的数据报")
	}
	return fmt.Sprintf(a.T("first datagram from %s", "收到 %s 的第一个数据报"), e.Peer.Remote)
}

// describeUDPEnd says why an address is no peer any more.
func (a *Terminal) describeUDPEnd(e sockeye.Event, d *sockeye.Detail) string {
	left := a.T("left: ", "已移除：")
	switch d.Reason {
	case sockeye.ReasonLocal, sockeye.ReasonAborted:
		return left + a.T("closed here; UDP does not tell the peer", "本方关闭；UDP 不会通知对方")
	case sockeye.ReasonIdle:
		limit := time.Duration(0)
		if e.Session != nil {
			limit = e.Session.Endpoint.Effective().IdleTimeout
		}
		if limit <= 0 {
			return left + a.T("no datagram for too long", "长时间没有数据报")
		}
		return left + fmt.Sprintf(a.T("no datagram for %s", "%s内没有数据报"), roundTime(a.Lang, limit))
	}
	return left + a.describeReason(d)
}

// roundTime is a limit as people say it: "5 minutes", "1.5 s".
func roundTime(l sockeye.Lang, d time.Duration) string {
	t := func(en, zh string, n any) string { return fmt.Sprintf(sockeye.Text{En: en, Zh: zh}.In(l), n) }
	switch {
	case d == time.Minute:
		return sockeye.Text{En: "1 minute", Zh: "1 分钟"}.In(l)
	case d >= time.Minute && d%time.Minute == 0:
		return t("%d minutes", "%d 分钟", d/time.Minute)
	case d >= time.Second:
		return t("%g s", "%g 秒", d.Round(time.Millisecond).Seconds())
	}
	return t("%g ms", "%g 毫秒", float64(d.Microseconds())/1000)
}
