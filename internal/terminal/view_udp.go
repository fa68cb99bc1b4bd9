package terminal

import (
	"fmt"
	"time"

	"sockeye"
	"sockeye/internal/payload"
)

// UDP knows no connections: nobody joins, finishes or resets, and a peer is an
// address that a datagram came from, or goes to.

func isUDP(e sockeye.Event) bool { return e.Peer != nil && !e.Peer.Network.Traits().Connections }

func (a *Terminal) describeUDPOpened(ep sockeye.Endpoint, d *sockeye.Detail) string {
	if len(d.Locals) == 0 {
		return sockeye.WordUDPWillSend.Fill("address", ep.Address).In(a.Lang)
	}
	return sockeye.WordUDPSending.Fill("address", ep.Address, "local", fmt.Sprintf("%s://%s", ep.Address.Network.Transport(), d.Locals[0])).In(a.Lang)
}

// describeUDPPeer says whether an address became a peer by what it sent or by what we sent.
func (a *Terminal) describeUDPPeer(e sockeye.Event, d *sockeye.Detail) string {
	if d.Reason == sockeye.ReasonLocal || e.Session != nil && e.Session.Endpoint.Mode == sockeye.Connect {
		return sockeye.WordUDPDestination.Fill().In(a.Lang) + a.describeInterface(d.Interface)
	}
	return sockeye.WordUDPFirst.Fill("peer", e.Peer.Remote).In(a.Lang) + a.describeProcess(d.Process) + a.describeInterface(d.Interface)
}

// describeInterface says on which interface the peer of a multicast group is.
func (a *Terminal) describeInterface(name string) string {
	if name == "" {
		return ""
	}
	return sockeye.WordOnInterface.Fill("name", payload.SafeString(name)).In(a.Lang)
}

// describeUDPEnd says why an address is no peer any more.
func (a *Terminal) describeUDPEnd(e sockeye.Event, d *sockeye.Detail) string {
	left := func(why string) string { return sockeye.WordUDPLeft.Fill("reason", why).In(a.Lang) }
	switch d.Reason {
	case sockeye.ReasonLocal, sockeye.ReasonAborted:
		return left(sockeye.WordUDPClosedHere.On(e.Peer.Network).Fill().In(a.Lang))
	case sockeye.ReasonIdle:
		limit := time.Duration(0)
		if e.Session != nil {
			limit = e.Session.Endpoint.Effective().IdleTimeout
		}
		if limit <= 0 {
			return left(sockeye.WordUDPIdle.Fill().In(a.Lang))
		}
		return left(sockeye.WordUDPIdleFor.Fill("time", roundTime(a.Lang, limit)).In(a.Lang))
	}
	return left(a.describeReason(e, d))
}

// roundTime writes a time limit as people say it: "5 minutes", "1.5 s".
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
