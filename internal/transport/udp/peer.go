package udp

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/transport"
	"sockeye/internal/transport/inet"
)

// udpPeer moves the datagrams of one UDP peer.
type udpPeer struct {
	socket     *udpSocket
	peer       *transport.DriverPeer
	remote     netip.AddrPort
	once       sync.Once
	lruElement *list.Element // in peerTable.order
	gone       atomic.Bool
	lastBatch  uint64                            // the batch it was last heard in; the reader's
	dialed     atomic.Pointer[[]*transport.Peer] // see transport.Peer.Dialed; nil: it is alone

	// Guarded by the socket's order: the number of the last sent event, and the local
	// address that the peer sends to, if it must be named to answer from it, with the
	// control message that does.
	lastSent      uint64
	local         netip.Addr
	sourceControl []byte
}

// sourceKey finds a UDP peer: the same source may talk to several sockets.
type sourceKey struct {
	socket *udpSocket
	remote netip.AddrPort
}

// peerTable finds UDP peers by address and knows which was heard of longest ago.
type peerTable struct {
	mu     sync.Mutex
	byAddr map[sourceKey]*udpPeer
	order  list.List // of *udpPeer, the most recent first
}

// peer finds or makes the peer for a remote address; nil when the session is
// closing. At the session's peer limit the one heard of longest ago makes room.
// local is the address that the peer sent to, zero if that is not known; how is what
// the joined event of a new peer tells, nil if a datagram came from it.
func (k *udpSocket) peer(remote netip.AddrPort, local netip.Addr, how *sockeye.Detail) *udpPeer {
	s := k.server.session
	t := &k.server.peers
	key := sourceKey{k, remote}
	t.mu.Lock()
	if m := t.byAddr[key]; m != nil {
		t.order.MoveToFront(m.lruElement)
		t.mu.Unlock()
		return m
	}
	m := &udpPeer{socket: k, remote: remote}
	from := k.local
	if local.IsValid() {
		from = netip.AddrPortFrom(local, k.local.Port())
	}
	m.peer = s.NewPeer(sockeye.IPSocketAddr(from), sockeye.IPSocketAddr(remote))
	m.peer.SetConn(m)
	var oldest *udpPeer
	if len(t.byAddr) >= s.Options().MaxPeers {
		oldest = t.order.Back().Value.(*udpPeer)
	}
	if !s.Add(m.peer) {
		t.mu.Unlock()
		return nil
	}
	if t.byAddr == nil {
		t.byAddr = map[sourceKey]*udpPeer{}
	}
	t.byAddr[key] = m
	m.lruElement = t.order.PushFront(m)
	t.mu.Unlock()

	if oldest != nil {
		oldest.peer.SetReason(sockeye.ReasonLimit, nil)
		oldest.remove()
	}
	m.peer.RecordJoined(how)
	if r := s.Config().Responder; r != nil {
		r.Joined(m.peer.Public())
	}
	return m
}

// chosenByUs is the detail of the joined event of a peer that we send to first.
func chosenByUs() *sockeye.Detail { return &sockeye.Detail{Reason: sockeye.ReasonLocal} }

// markRecent notes that the peer was heard of.
func (m *udpPeer) markRecent() {
	t := &m.socket.server.peers
	t.mu.Lock()
	t.order.MoveToFront(m.lruElement)
	t.mu.Unlock()
}

// setReplySource makes the peer be answered from the local address that it sent to.
// It is called under the socket's order.
func (m *udpPeer) setReplySource(local netip.Addr) {
	m.local = local
	m.sourceControl = sourceControl(local)
}

// reach returns the peer for an address, known or not, so that it can be sent to.
func (v *datagramServer) reach(address sockeye.SocketAddr) (*transport.Peer, error) {
	v.mu.Lock()
	sockets := v.sockets
	v.mu.Unlock()
	to := address.AddrPort()
	if err := inet.AllowBroadcast(v.session.Live(), to.Addr()); err != nil {
		return nil, err
	}
	var found *udpPeer
	for _, k := range sockets {
		if k.connected || !canReach(k.local.Addr(), to.Addr()) || !k.isOn(to.Addr()) {
			continue
		}
		m := k.peerFor(to)
		if m == nil {
			return nil, transport.ErrClosing
		}
		if found == nil {
			found = m
		}
		if k.iface == nil || !to.Addr().IsMulticast() {
			break // else it is sent to on the other interfaces, too
		}
	}
	if found == nil {
		return nil, transport.NoPeer(to.String())
	}
	return found.peer.Public(), nil
}

// isOn reports whether a socket with an interface of its own is on that of a group.
func (k *udpSocket) isOn(to netip.Addr) bool {
	return k.iface == nil || to.Zone() == "" || to.Zone() == k.iface.Name
}

// canReach reports whether a socket bound to local can send to an address: the
// families fit, and :: carries both.
func canReach(local, to netip.Addr) bool {
	return local.Is4() == to.Is4() || local == netip.IPv6Unspecified()
}

// Dialed are the peers of a group on all its interfaces, if this is the first of them.
func (m *udpPeer) Dialed() []*transport.Peer {
	if all := m.dialed.Load(); all != nil {
		return *all
	}
	return nil
}

// Origin is the peer for which the socket was dialled; nil for a socket that listens.
func (m *udpPeer) Origin() *transport.Peer { return m.socket.origin }

// Send sends one datagram.
func (m *udpPeer) Send(ctx context.Context, data []byte) (int, error) {
	k := m.socket
	k.order.Lock()
	defer k.order.Unlock()
	if m.gone.Load() {
		return 0, transport.ErrClosing
	}
	n, err := k.write(m, data)
	if err != nil && isLate(err) {
		// The error is an earlier datagram's, told now (udp(7)); this one was not tried.
		k.reportICMP(err)
		n, err = k.write(m, data)
	}
	if err != nil {
		return 0, k.explainSend(err, m.remote, len(data))
	}
	m.lastSent = m.peer.Record(m.peer.Sent(m.socket.server.session.Now(), data[:n], transport.HowSent(ctx)))
	return n, nil
}

// write sends one datagram. It is called under order.
func (k *udpSocket) write(m *udpPeer, data []byte) (int, error) {
	return k.conn.send(data, m.sourceControl, m.remote)
}

// recordUnsent records that a reply could not be sent.
func (m *udpPeer) recordUnsent(err error, n int) {
	e := netinfo.Explain("send", m.peer.String(), m.socket.explainSend(err, m.remote, n))
	m.peer.Record(sockeye.Event{Kind: sockeye.Failed, Detail: &sockeye.Detail{Err: e, Unsent: n}})
}

// The most bytes one datagram carries: 65,535 less the headers, which IPv6 does
// not count itself among (RFC 768, RFC 8200 section 3).
const (
	maxDatagram4 = 65507
	maxDatagram6 = 65527
)

// tooLarge adds size and limit to the system's message-too-long error. pathMTU is that of
// the path, 0 if it is not known.
func tooLarge(err error, to netip.AddrPort, n, pathMTU int) error {
	if !isTooLarge(err) {
		return err
	}
	most := maxDatagram4
	if to.Addr().Is6() {
		most = maxDatagram6
	}
	e := &sockeye.Error{
		Kind: sockeye.TooLarge, Op: "send", Target: to.String(), Errno: "EMSGSIZE", Err: err,
		Message: sockeye.Text{
			En: fmt.Sprintf("%d bytes do not fit one datagram: the most is %d, or less on this path", n, most),
			Zh: fmt.Sprintf("%d 字节放不进一个数据报：上限是 %d 字节，或受链路 MTU 限制更小", n, most)},
		Hint: sockeye.Text{En: "send it in smaller pieces, or use tcp://", Zh: "请分成小块发送，或改用 tcp://"},
	}
	if fits := fitting(pathMTU, to.Addr()); pathMTU > 0 && fits < n && n <= most {
		e.Message = sockeye.Text{
			En: fmt.Sprintf("%d bytes are too long for this path without fragments: its MTU is %d, so at most %d bytes fit one datagram", n, pathMTU, fits),
			Zh: fmt.Sprintf("%d 字节在不分片时超过了该路径：路径 MTU 为 %d，一个数据报最多 %d 字节", n, pathMTU, fits)}
		e.Hint = sockeye.Text{
			En: fmt.Sprintf("send at most %d bytes at a time, or leave --dont-fragment out", fits),
			Zh: fmt.Sprintf("每次最多发送 %d 字节，或去掉 --dont-fragment", fits)}
	}
	return e
}

// fitting returns the longest datagram whose packet fits an MTU: the MTU less the headers of IP
// (without options) and UDP.
func fitting(mtu int, to netip.Addr) int {
	if to.Is4() {
		return mtu - 20 - 8
	}
	return mtu - 40 - 8
}

func (m *udpPeer) Finish(context.Context) error {
	return &sockeye.Error{
		Kind: sockeye.Unsupported, Op: "finish", Target: m.peer.String(),
		Message: sockeye.Text{En: "UDP has no connection to finish", Zh: "UDP 没有连接可以结束"},
	}
}

func (m *udpPeer) Close(context.Context) { m.Stop(false) }

// Stop ends the peer, with its socket if that is its own, and who came of the same dial.
func (m *udpPeer) Stop(abort bool) {
	if m.socket.connected || m.isDialed() {
		m.socket.conn.Close() // the owner lets the peer leave
	}
	m.remove()
	for _, p := range m.Dialed() {
		if other := (*transport.DriverPeer)(p).Conn().(*udpPeer); other != m {
			other.Stop(abort)
		}
	}
}

// isDialed reports whether the peer is the one that its socket was made for.
func (m *udpPeer) isDialed() bool {
	to := m.socket.dialed
	return to.IsValid() && to.Port() == m.remote.Port() && to.Addr().WithZone("") == m.remote.Addr().WithZone("")
}

// Control calls f with the descriptor of the socket, unless it is closed.
func (m *udpPeer) Control(f func(fd uintptr)) error { return m.socket.conn.Control(f) }

func (m *udpPeer) remove() {
	m.once.Do(func() {
		t := &m.socket.server.peers
		t.mu.Lock()
		m.gone.Store(true)
		delete(t.byAddr, sourceKey{m.socket, m.remote})
		t.order.Remove(m.lruElement)
		t.mu.Unlock()
		m.awaitSenders()
		m.peer.RecordLeft(0)
	})
}

// awaitSenders returns when what was being sent to the peer, which is gone, is recorded: nothing is
// sent to it later.
func (m *udpPeer) awaitSenders() {
	m.socket.order.Lock()
	defer m.socket.order.Unlock()
}

func (m *udpPeer) FinishIfDone() {}

func (m *udpPeer) Sending() bool { return false }

func (m *udpPeer) Outgoing() (netinfo.SendState, bool) { return netinfo.SendState{}, false }

func (m *udpPeer) FillStatus(st *sockeye.PeerStatus) {
	if m.socket.iface != nil {
		st.Interface = m.socket.iface.Name
	}
	m.socket.fillStatus(st)
}

// refused records that an earlier datagram to a peer found no taker: ICMP tells
// it late, on another call. mtu is what a router said that its link carries, or 0.
func (k *udpSocket) refused(to netip.AddrPort, err error, mtu int) {
	m := k.known(to)
	target := to.String()
	e := netinfo.Explain("send", target, err)
	if mtu > 0 {
		e.Kind, e.Errno = sockeye.TooLarge, "EMSGSIZE"
		e.Message, e.Hint = routerRefused(mtu, fitting(mtu, to.Addr()))
	}
	if m == nil {
		k.server.session.Failed(e)
		return
	}
	if n := m.lastSent; n > 0 {
		e.Message = sockeye.Text{
			En: fmt.Sprintf("the datagram of event %d did not arrive: %s", n, e.Reason(sockeye.English)),
			Zh: fmt.Sprintf("事件 %d 的数据报未送达：%s", n, e.Reason(sockeye.Chinese))}
	}
	m.peer.Record(sockeye.Event{Kind: sockeye.Failed, Detail: &sockeye.Detail{Err: e}})
}

// routerRefused says that a router needed to cut a datagram and was not allowed to.
func routerRefused(mtu, fits int) (message, hint sockeye.Text) {
	return sockeye.Text{
			En: fmt.Sprintf("too long for a link on the way, whose MTU is %d: at most %d bytes fit one datagram", mtu, fits),
			Zh: fmt.Sprintf("超过途中一段链路的 MTU（%d）：一个数据报最多 %d 字节", mtu, fits)},
		sockeye.Text{
			En: fmt.Sprintf("send at most %d bytes at a time; the system cuts longer ones from now on, unless --dont-fragment forbids it", fits),
			Zh: fmt.Sprintf("每次最多发送 %d 字节；此后系统会对更长的数据报分片，除非 --dont-fragment 禁止", fits)}
}

// known finds a peer of this socket; of a connected one, its only peer.
func (k *udpSocket) known(to netip.AddrPort) *udpPeer {
	t := &k.server.peers
	t.mu.Lock()
	defer t.mu.Unlock()
	if m := t.byAddr[sourceKey{k, to}]; m != nil || !k.connected {
		return m
	}
	for key, m := range t.byAddr {
		if key.socket == k {
			return m
		}
	}
	return nil
}

// isICMP reports whether an error on a UDP socket is the late answer of the
// network to an earlier datagram.
func isICMP(err error) bool {
	return netinfo.IsErrno(err, syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ECONNRESET, syscall.EPROTO) &&
		!errors.Is(err, net.ErrClosed)
}

// explainSend says why a datagram could not be sent.
func (k *udpSocket) explainSend(err error, to netip.AddrPort, n int) error {
	if to.Addr().IsMulticast() && netinfo.IsErrno(err, syscall.ENETUNREACH, syscall.EADDRNOTAVAIL) {
		return noRouteToGroup(err)
	}
	if !isTooLarge(err) {
		return err
	}
	return tooLarge(err, to, n, k.pathMTU(to))
}

// noRouteToGroup is the error of a group for which the system knows no interface; for IPv6 it
// says so as of an address that cannot be sent from.
func noRouteToGroup(err error) *sockeye.Error {
	return &sockeye.Error{Kind: sockeye.NetworkUnreachable, Err: err,
		Message: sockeye.Text{En: "no route says on which interface this group is", Zh: "没有路由说明该组播组在哪个网卡上"},
		Hint: sockeye.Text{
			En: "name one with --interface eth0; sockeye addrs lists them",
			Zh: "请用 --interface eth0 指定网卡；sockeye addrs 列出网卡"}}
}

func isTooLarge(err error) bool { return netinfo.IsErrno(err, syscall.EMSGSIZE) }
