package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"sockeye"
	"sockeye/internal/payload"
)

// listPeers shows the peers as a table.
func (c *repl) listPeers(string) error {
	a := c.app
	rows := [][]string{{"#", a.t("alias", "别名"), a.t("address", "地址"), a.t("state", "状态"), a.t("since", "连接于"),
		a.t("received", "接收"), a.t("sent", "发送"), a.t("unacknowledged", "未确认"), a.t("resent", "重传"), a.t("round trip", "往返时间")}}
	for _, p := range c.session.Peers() {
		rows = append(rows, a.peerRow(p.Status()))
	}
	if len(rows) == 1 {
		c.run.console.print(a.t("no peer is connected", "没有连接对象"))
		return nil
	}
	c.run.console.print(table(rows))
	return nil
}

func (a *app) peerRow(st sockeye.PeerStatus) []string {
	n := st.Counters
	roundTrip, resent, window := "", "", uint32(0)
	if st.TCP != nil {
		window = st.TCP.SendWindow
		roundTrip, resent = st.TCP.RTT.Round(10*time.Microsecond).String(), fmt.Sprint(st.TCP.Retransmits)
	}
	state := a.peerState(st.Network, st.State) + a.peerTrouble(st.HalfOpen, st.NotReadingFor, window, st.Queued)
	return []string{
		fmt.Sprint(st.ID), payload.SafeString(st.Alias()), st.Remote.String(), state, st.Since.Local().Format("15:04:05"),
		a.amount(n.ReceivedBytes, n.ReceivedMessages, st.ReceiveRate), a.amount(n.SentBytes, n.SentMessages, st.SendRate), unacknowledged(st.Network, st.Unsent), resent, roundTrip,
	}
}

// peerTrouble is what a person should know of a connection that is not as usual: that
// the peer finished, or does not read.
func (a *app) peerTrouble(halfOpen bool, notReading time.Duration, window uint32, queued int) string {
	s := ""
	if halfOpen {
		s += a.t(" (half-open)", "（半开）")
	}
	if notReading > 0 {
		s += fmt.Sprintf(a.t(", not reading: window %d for %s, %s queued", "，对方未读取：窗口为 %d 已 %s，%s 排队中"), window, roundTime(a.lang, max(time.Second, notReading.Round(time.Second))), size(float64(queued)))
	}
	return s
}

// unacknowledged is how many bytes a peer has not acknowledged, if that is known.
func unacknowledged(network string, unsent int) string {
	if network != "tcp" || unsent < 0 {
		return ""
	}
	return size(float64(unsent))
}

// amount is "39 B in 3, 12 B/s".
func (a *app) amount(bytes, messages uint64, rate float64) string {
	s := fmt.Sprintf(a.t("%s in %d", "%s / %d 次"), size(float64(bytes)), messages)
	if rate >= 0.5 {
		s += fmt.Sprintf(", %s/s", size(rate))
	}
	return s
}

// size is a number of bytes in three digits or so: "39 B", "1.2 MiB".
func size(n float64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	u := 0
	for ; n >= 1000 && u < len(units)-1; u++ {
		n /= 1024
	}
	if u == 0 {
		return fmt.Sprintf("%.0f B", n)
	}
	return fmt.Sprintf("%.1f %s", n, units[u])
}

func (a *app) peerState(network string, s sockeye.PeerState) string {
	if network == "udp" && s == sockeye.Connected {
		return a.t("known", "已知")
	}
	return map[sockeye.PeerState]string{
		sockeye.Connected:    a.t("connected", "已连接"),
		sockeye.PeerFinished: a.t("peer finished", "对方已结束发送"),
		sockeye.WeFinished:   a.t("we finished", "本方已结束发送"),
		sockeye.Gone:         a.t("gone", "已断开"),
	}[s]
}

// table lines up columns by the width they take on a terminal.
func table(rows [][]string) string {
	wide := make([]int, len(rows[0]))
	for _, row := range rows {
		for n, cell := range row {
			wide[n] = max(wide[n], ansi.StringWidth(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for n, cell := range row {
			line += cell + strings.Repeat(" ", wide[n]-ansi.StringWidth(cell)+2)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}
