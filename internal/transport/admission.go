package transport

import (
	"sockeye"
)

// Admission refuses addresses that may not be peers, and records that at a limited rate. It
// belongs to one goroutine.
type Admission struct {
	session *DriverSession
	refused ErrorLimiter
}

// NewAdmission makes what refuses the session's unwanted peers.
func NewAdmission(d *DriverSession) Admission {
	return Admission{session: d, refused: NewErrorLimiter(d)}
}

// Refuses reports whether an address may not be a peer of a listening session, and counts it
// if so. how says what happens to the connection or datagram that it sent.
func (a *Admission) Refuses(from sockeye.SocketAddr, how sockeye.Text) bool {
	if !from.IsIP() || a.session.ep.Mode != sockeye.Listen || a.session.opts.Admits(from.Addr()) {
		return false
	}
	a.refused.Add(&sockeye.Error{
		Kind: sockeye.NotPermitted, Op: "accept", Target: from.String(),
		Message: sockeye.Text{En: how.En + ": not among those who may be peers", Zh: how.Zh + "：不在允许的连接对象之列"},
		Hint: sockeye.Text{
			En: "--allow-peers and --deny-peers say who may; in a workspace, allow_peers and deny_peers",
			Zh: "由 --allow-peers 与 --deny-peers 决定；工作区中为 allow_peers 与 deny_peers"},
	})
	return true
}

// Flush records the refusals that were not recorded yet.
func (a *Admission) Flush() { a.refused.Flush() }

// refusedWithRST says in the event that a refused connection was reset.
var refusedWithRST = sockeye.Text{En: "refused with RST", Zh: "已用 RST 拒绝"}
