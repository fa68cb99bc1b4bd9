package offline

import (
	"fmt"
	"strings"

	"sockeye"
	"sockeye/internal/pairs"
	"sockeye/internal/payload"
	"sockeye/internal/terminal"
)

// pairsText is a report as people read it.
func (a *commands) pairsText(r *pairs.Report, sequences []pairs.SequenceReport) string {
	rows := [][]string{{a.t("peer", "连接对象"), a.t("requests", "请求"), a.t("answered", "已应答"), a.t("late", "超时"), a.t("missing", "缺失"), a.t("unexpected", "意外"), "min", "p50", "p90", "p99", "p99.9", "max"}}
	row := func(name string, c pairs.Counts, l pairs.Latency) {
		cells := []string{name, fmt.Sprint(c.Requests), fmt.Sprint(c.Answered), fmt.Sprint(c.Late), fmt.Sprint(c.Missing), fmt.Sprint(c.Unexpected)}
		for _, us := range []int64{l.Min, l.P50, l.P90, l.P99, l.P999, l.Max} {
			text := ""
			if l.Count > 0 {
				text = pairs.Microseconds(us).String()
			}
			cells = append(cells, text)
		}
		rows = append(rows, cells)
	}
	for n := range r.Peers {
		one := &r.Peers[n]
		row(terminal.PeerName(one.Peer), one.Counts, one.Latency)
	}
	row(a.t("all", "全部"), r.All, r.Latency)
	var b strings.Builder
	b.WriteString(terminal.Table(rows))
	if r.LeftOut > 0 {
		fmt.Fprintf(&b, a.t("%d messages of more peers are left out: --peer and --session choose\n", "更多连接对象的 %d 条消息未统计：请用 --peer 和 --session 选择\n"), r.LeftOut)
	}
	if len(r.Histogram) > 0 {
		b.WriteByte('\n')
	}
	var most int64
	for _, bar := range r.Histogram {
		most = max(most, bar.Count)
	}
	for _, bar := range r.Histogram {
		fmt.Fprintf(&b, "%9s  %8d  %s\n", pairs.Microseconds(bar.From), bar.Count, strings.Repeat("█", int((40*bar.Count+most-1)/most)))
	}
	for _, s := range sequences {
		fmt.Fprintf(&b, a.t("\n%s %s: %d messages, %d lost, %d duplicates, %d reordered, %d restarts, jitter %s\n", "\n%s %s：%d 条消息，丢失 %d，重复 %d，乱序 %d，重新开始 %d，抖动 %s\n"),
			payload.SafeString(terminal.PeerName(s.Peer)), a.directionName(s.Kind), s.Messages, s.Lost, s.Duplicates, s.Reordered, s.Restarts, pairs.Microseconds(int64(s.Jitter)))
	}
	return b.String()
}

func (a *commands) directionName(kind sockeye.EventKind) string {
	if kind == sockeye.Sent {
		return a.t("sent", "发送")
	}
	return a.t("received", "接收")
}
