package terminal

import (
	"fmt"
	"time"

	"sockeye"
	"sockeye/internal/payload"
)

// listPeers shows the peers as a table.
func (c *repl) listPeers(string) error {
	var peers []sockeye.PeerStatus
	for _, p := range c.session.Peers() {
		peers = append(peers, p.Status())
	}
	c.run.console.print(c.term.peerTable(peers) + c.term.limitLines(peers))
	return nil
}

// peerTable is the peers as a table, or that there are none.
func (a *Terminal) peerTable(peers []sockeye.PeerStatus) string {
	if len(peers) == 0 {
		return a.T("no peer is connected", "没有连接对象")
	}
	rows := [][]string{{"#", a.T("alias", "别名"), a.T("address", "地址"), a.T("state", "状态"), a.T("since", "连接于"),
		a.T("received", "接收"), a.T("sent", "发送"), a.T("unacknowledged", "未确认"), a.T("resent", "重传"), a.T("round trip", "往返时间")}}
	for _, p := range peers {
		rows = append(rows, a.peerRow(p))
	}
	return Table(rows)
}

func (a *Terminal) peerRow(st sockeye.PeerStatus) []string {
	n := st.Counters
	roundTrip, resent, window := "", "", uint32(0)
	if st.TCP != nil {
		window = st.TCP.SendWindow
		roundTrip, resent = st.TCP.RTT.Round(10*time.Microsecond).String(), fmt.Sprint(st.TCP.Retransmits)
	}
	state := a.PeerState(string(st.Network), st.State) + a.PeerTrouble(st.HalfOpen, st.NotReadingFor, window, st.Queued)
	return []string{
		fmt.Sprint(st.ID), payload.SafeString(st.Alias()), a.PeerAddress(st), state, st.Since.Local().Format("15:04:05"),
		a.Amount(n.ReceivedBytes, n.ReceivedMessages, st.ReceiveRate), a.Amount(n.SentBytes, n.SentMessages, st.SendRate), Unacknowledged(string(st.Network), st.Unsent), resent, roundTrip,
	}
}

// PeerAddress returns the address of a peer, with its program if that is known.
func (a *Terminal) PeerAddress(st sockeye.PeerStatus) string {
	if st.Process == nil {
		return st.Remote.String() + a.describeInterface(st.Interface) + a.tlsInTable(st.TLS)
	}
	return fmt.Sprintf(a.T("%s (%s)", "%s（%s）"), st.Remote, payload.SafeString(st.Process.Text().In(a.Lang)))
}

// PeerTrouble describes what is unusual about a connection: the peer finished, or does not read.
func (a *Terminal) PeerTrouble(halfOpen bool, notReading time.Duration, window uint32, queued int) string {
	s := ""
	if halfOpen {
		s += a.T(" (half-open)", "（半开）")
	}
	if notReading > 0 {
		s += fmt.Sprintf(a.T(", not reading: window %d for %s, %s queued", "，对方未读取：窗口为 %d 已 %s，%s 排队中"), window, roundTime(a.Lang, max(time.Second, notReading.Round(time.Second))), SizeText(float64(queued)))
	}
	return s
}

// Unacknowledged returns how many bytes a peer has not acknowledged, if that is known.
func Unacknowledged(network string, unsent int) string {
	if !sockeye.Network(network).Traits().Acknowledges || unsent < 0 {
		return ""
	}
	return SizeText(float64(unsent))
}

// Amount is "39 B in 3, 12 B/s".
func (a *Terminal) Amount(bytes, messages uint64, rate float64) string {
	s := fmt.Sprintf(a.T("%s in %d", "%s / %d 次"), SizeText(float64(bytes)), messages)
	if rate >= 0.5 {
		s += fmt.Sprintf(", %s/s", SizeText(rate))
	}
	return s
}

// PeerState returns the word for the state of a peer. A peer of UDP is called known instead of
// connected.
func (a *Terminal) PeerState(network string, s sockeye.PeerState) string {
	if !sockeye.Network(network).Traits().Connections && s == sockeye.Connected {
		return a.T("known", "已知")
	}
	return map[sockeye.PeerState]string{
		sockeye.Connected:    a.T("connected", "已连接"),
		sockeye.PeerFinished: a.T("peer finished", "对方已结束发送"),
		sockeye.WeFinished:   a.T("we finished", "本方已结束发送"),
		sockeye.Gone:         a.T("gone", "已断开"),
	}[s]
}
