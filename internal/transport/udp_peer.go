package transport

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
)

// udpPeer moves the datagrams of one UDP peer.
type udpPeer struct {
	socket     *udpSocket
	peer       *Peer
	once       sync.Once
	lruElement *list.Element // in udpPeerTable.order
	gone       atomic.Bool
	lastBatch  uint64 // the batch it was last heard in; the reader's

	// Guarded by the socket's order: the number of the last sent event, and the local
	// address that the peer sends to, if it must be named to answer from it, with the
	// control message that does.
	lastSent      uint64
	local         netip.Addr
	sourceControl []byte
}

// udpPeerKey finds a UDP peer: the same source may talk to several sockets.
type udpPeerKey struct {
	socket *udpSocket
	remote netip.AddrPort
}

// udpPeerTable finds UDP peers by address and knows which was heard of longest ago.
type udpPeerTable struct {
	mu     sync.Mutex
	byAddr map[udpPeerKey]*udpPeer
	order  list.List // of *udpPeer, the most recent first
}

// peer finds or makes the peer for a remote address; nil when the session is
// closing. At the session's peer limit the one heard of longest ago makes room.
// local is the address that the peer sent to, zero if that is not known; how is what
// the joined event of a new peer tells, nil if a datagram came from it.
func (k *udpSocket) peer(remote netip.AddrPort, local netip.Addr, how *sockeye.Detail) *udpPeer {
	s := k.session
	t := &s.packets
	key := udpPeerKey{k, remote}
	t.mu.Lock()
	if m := t.byAddr[key]; m != nil {
		t.order.MoveToFront(m.lruElement)
		t.mu.Unlock()
		return m
	}
	m := &udpPeer{socket: k}
	id := &sockeye.Peer{ID: s.cfg.NextPeer(), Session: s.id, Network: "udp", Local: k.local, Remote: remote}
	if local.IsValid() {
		id.Local = netip.AddrPortFrom(local, k.local.Port())
	}
	m.peer = s.newPeer(id)
	m.peer.conn = m
	var oldest *udpPeer
	if len(t.byAddr) >= s.opts.MaxPeers {
		oldest = t.order.Back().Value.(*udpPeer)
	}
	if !s.addPeer(m.peer) {
		t.mu.Unlock()
		return nil
	}
	if t.byAddr == nil {
		t.byAddr = map[udpPeerKey]*udpPeer{}
	}
	t.byAddr[key] = m
	m.lruElement = t.order.PushFront(m)
	t.mu.Unlock()

	if oldest != nil {
		oldest.peer.setReason(sockeye.ReasonLimit, nil)
		oldest.remove()
	}
	m.peer.record(sockeye.Event{Time: m.peer.since, Kind: sockeye.Joined, Detail: how})
	if s.cfg.Responder != nil {
		s.cfg.Responder.Joined(m.peer)
	}
	return m
}

// chosenByUs is what the joined event tells of a peer that we send to first.
func chosenByUs() *sockeye.Detail { return &sockeye.Detail{Reason: sockeye.ReasonLocal} }

// markRecent notes that the peer was heard of.
func (m *udpPeer) markRecent() {
	t := &m.peer.session.packets
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

// Reach returns the UDP peer for an address, known or not, so that it can be
// sent to. A TCP session has only the peers that are connected.
func (s *Session) Reach(to netip.AddrPort) (*Peer, error) {
	s.mu.Lock()
	sockets := s.sockets
	s.mu.Unlock()
	to = netinfo.Unmapped(to)
	if err := s.allowBroadcast(to.Addr()); err != nil {
		return nil, err
	}
	for _, k := range sockets {
		if !k.connected && canReach(k.local.Addr(), to.Addr()) {
			if m := k.peer(to, netip.Addr{}, chosenByUs()); m != nil {
				return m.peer, nil
			}
			return nil, errClosing
		}
	}
	return nil, &sockeye.Error{
		Kind: sockeye.NotFound, Op: "send", Target: to.String(),
		Message: sockeye.Text{En: "no such peer, and no socket here that can reach a new one", Zh: "没有这个连接对象，也没有可以到达它的套接字"},
		Hint:    sockeye.Text{En: "/peers lists who is there", Zh: "用 /peers 查看有哪些连接对象"},
	}
}

// canReach says whether a socket bound to local can send to an address: the
// families fit, and :: carries both.
func canReach(local, to netip.Addr) bool {
	return local.Is4() == to.Is4() || local == netip.IPv6Unspecified()
}

// send sends one datagram.
func (m *udpPeer) send(_ context.Context, data []byte) (int, error) {
	k := m.socket
	k.order.Lock()
	defer k.order.Unlock()
	n, err := k.write(m, data)
	if err != nil && isICMP(err) {
		// The error is an earlier datagram's, told now (udp(7)); this one was not tried.
		k.reportICMP(err)
		n, err = k.write(m, data)
	}
	if err != nil {
		return 0, tooLarge(err, m.peer.Remote, len(data))
	}
	m.lastSent = m.peer.record(m.peer.sent(m.peer.session.cfg.Now(), data[:n]))
	return n, nil
}

// write sends one datagram. It is called under order.
func (k *udpSocket) write(m *udpPeer, data []byte) (int, error) {
	return k.conn.send(data, m.sourceControl, m.peer.Remote)
}

// recordUnsent records that a reply could not be sent.
func (m *udpPeer) recordUnsent(err error, n int) {
	e := netinfo.Explain("send", m.peer.String(), tooLarge(err, m.peer.Remote, n))
	m.peer.record(sockeye.Event{Kind: sockeye.Failed, Detail: &sockeye.Detail{Err: e, Unsent: n}})
}

// The most bytes one datagram carries: 65,535 less the headers, which IPv6 does
// not count itself among (RFC 768, RFC 8200 section 3).
const (
	maxDatagram4 = 65507
	maxDatagram6 = 65527
)

// tooLarge adds size and limit to the system's message-too-long error.
func tooLarge(err error, to netip.AddrPort, n int) error {
	if !isTooLarge(err) {
		return err
	}
	most := maxDatagram4
	if to.Addr().Is6() {
		most = maxDatagram6
	}
	return &sockeye.Error{
		Kind: sockeye.TooLarge, Op: "send", Target: to.String(), Errno: "EMSGSIZE", Err: err,
		Message: sockeye.Text{
			En: fmt.Sprintf("%d bytes do not fit one datagram: the most is %d, or less on this path", n, most),
			Zh: fmt.Sprintf("%d 字节放不进一个数据报：上限是 %d 字节，或受链路 MTU 限制更小", n, most)},
		Hint: sockeye.Text{En: "send it in smaller pieces, or use tcp://", Zh: "请分成小块发送，或改用 tcp://"},
	}
}

func (m *udpPeer) finish(context.Context) error {
	return &sockeye.Error{
		Kind: sockeye.Unsupported, Op: "finish", Target: m.peer.String(),
		Message: sockeye.Text{En: "UDP has no connection to finish", Zh: "UDP 没有连接可以结束"},
	}
}

func (m *udpPeer) close(context.Context) { m.stop(false) }

func (m *udpPeer) stop(bool) {
	if m.socket.connected {
		m.socket.conn.Close() // the owner lets the peer leave
	}
	m.remove()
}

func (m *udpPeer) remove() {
	m.once.Do(func() {
		t := &m.peer.session.packets
		t.mu.Lock()
		m.gone.Store(true)
		delete(t.byAddr, udpPeerKey{m.socket, m.peer.Remote})
		t.order.Remove(m.lruElement)
		t.mu.Unlock()
		m.peer.recordLeft(0)
	})
}

func (m *udpPeer) finishIfDone() {}

func (m *udpPeer) sending() bool { return false }

func (m *udpPeer) outgoing() (netinfo.SendState, bool) { return netinfo.SendState{}, false }

func (m *udpPeer) fillStatus(st *sockeye.PeerStatus) { m.socket.fillStatus(st) }

// refused records that an earlier datagram to a peer found no taker: ICMP tells
// it late, on another call.
func (k *udpSocket) refused(to netip.AddrPort, err error) {
	m := k.known(to)
	target := to.String()
	e := netinfo.Explain("send", target, err)
	if m == nil {
		k.session.failed(e)
		return
	}
	if n := m.lastSent; n > 0 {
		e.Message = sockeye.Text{
			En: fmt.Sprintf("the datagram of event %d did not arrive: %s", n, e.Reason(sockeye.English)),
			Zh: fmt.Sprintf("事件 %d 的数据报未送达：%s", n, e.Reason(sockeye.Chinese))}
	}
	m.peer.record(sockeye.Event{Kind: sockeye.Failed, Detail: &sockeye.Detail{Err: e}})
}

// known finds a peer of this socket; of a connected one, its only peer.
func (k *udpSocket) known(to netip.AddrPort) *udpPeer {
	t := &k.session.packets
	t.mu.Lock()
	defer t.mu.Unlock()
	if m := t.byAddr[udpPeerKey{k, to}]; m != nil || !k.connected {
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

func isTooLarge(err error) bool { return netinfo.IsErrno(err, syscall.EMSGSIZE) }
