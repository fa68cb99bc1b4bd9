package offline

import (
	"fmt"
	"strings"

	"sockeye"
	"sockeye/internal/pairs"
	"sockeye/internal/terminal"
)

// PairsAnswer is what a workbench answers that is asked for pairs.
type PairsAnswer struct {
	pairs.ReportLine
	// From is the first event that was looked at; not Done if there was more than a workbench
	// looks at for one request.
	From uint64 `json:"from"`
	Done bool   `json:"done"`
}

// PairsText is a report as people read it.
func PairsText(t *terminal.Terminal, r *pairs.ReportLine) string {
	rows := [][]string{{t.T("peer", "连接对象"), t.T("requests", "请求"), t.T("answered", "已应答"), t.T("late", "超时"), t.T("missing", "缺失"), t.T("unexpected", "意外"), "min", "p50", "p90", "p99", "p99.9", "max"}}
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
	for _, p := range r.Peers {
		row(p.Name(), p.Counts, p.Latency)
	}
	row(t.T("all", "全部"), r.All, r.Latency)
	var b strings.Builder
	b.WriteString(terminal.Table(rows))
	if r.LeftOut > 0 {
		fmt.Fprintf(&b, t.T("%d messages of more peers are left out: --peer and --session choose\n", "更多连接对象的 %d 条消息未统计：请用 --peer 和 --session 选择\n"), r.LeftOut)
	}
	b.WriteString(barsText(r.Histogram))
	for _, s := range r.Sequences {
		direction := t.T("received", "接收")
		if s.Direction == sockeye.Sent.String() {
			direction = t.T("sent", "发送")
		}
		fmt.Fprintf(&b, t.T("\n%s %s: %d messages, %d lost, %d duplicates, %d reordered, %d restarts, jitter %s\n", "\n%s %s：%d 条消息，丢失 %d，重复 %d，乱序 %d，重新开始 %d，抖动 %s\n"),
			s.Name(), direction, s.Messages, s.Lost, s.Duplicates, s.Reordered, s.Restarts, pairs.Microseconds(int64(s.Jitter)))
	}
	return b.String()
}

// barsText draws how many answers took how long.
func barsText(bars []pairs.Bar) string {
	var most int64
	for _, bar := range bars {
		most = max(most, bar.Count)
	}
	var b strings.Builder
	for n, bar := range bars {
		if n == 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%9s  %8d  %s\n", pairs.Microseconds(bar.From), bar.Count, strings.Repeat("█", int((40*bar.Count+most-1)/most)))
	}
	return b.String()
}
