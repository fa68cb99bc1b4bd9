package transport

import (
	"net/netip"
	"time"

	"sockeye"
)

// admission refuses who may not be a peer, and tells of it at a limited rate. It
// belongs to one goroutine.
type admission struct {
	session *Session
	refused errorLimiter
}

func newAdmission(s *Session) admission {
	return admission{session: s, refused: errorLimiter{session: s, every: time.Second}}
}

// refuses says whether an address may not be a peer of a listening session, and
// counts it then. how is what becomes of what it sent.
func (a *admission) refuses(from netip.AddrPort, how sockeye.Text) bool {
	if a.session.ep.Mode != sockeye.Listen || a.session.opts.Admits(from.Addr()) {
		return false
	}
	a.refused.add(&sockeye.Error{
		Kind: sockeye.NotPermitted, Op: "accept", Target: from.String(),
		Message: sockeye.Text{En: how.En + ": not among those who may be peers", Zh: how.Zh + "：不在允许的连接对象之列"},
		Hint: sockeye.Text{
			En: "--allow-peer and --deny-peer say who may; in a workspace, allow-peers and deny-peers",
			Zh: "由 --allow-peer 与 --deny-peer 决定；工作区中为 allow-peers 与 deny-peers"},
	})
	return true
}

// flush tells of those that were refused last.
func (a *admission) flush() { a.refused.flush() }

// What becomes of a refused connection and of a refused datagram.
var (
	refusedWithRST  = sockeye.Text{En: "refused with RST", Zh: "已用 RST 拒绝"}
	datagramDropped = sockeye.Text{En: "the datagram was dropped", Zh: "数据报已丢弃"}
)
