package offline

import (
	"fmt"
	"strings"
	"time"

	"sockeye"
	"sockeye/internal/load"
	"sockeye/internal/pairs"
	"sockeye/internal/terminal"
)

// Load drives the target of an endpoint as the flags say, and prints the report.
func Load(t *terminal.Terminal, f *LoadFlags, ep sockeye.Endpoint) error {
	spec, err := f.Spec(t, ep)
	if err != nil {
		return err
	}
	if f.guard.confirm(t, ep.Address) {
		spec.Allow = onlyPrivate
	}
	line := t.StatusLine()
	spec.Progress = func(p load.Progress) {
		line.Show(fmt.Sprintf(t.T("%s of %s: %d connections, %d messages sent", "%s / %s：%d 个连接，已发送 %d 条消息"), p.Elapsed.Round(time.Second), f.time, p.Connections, p.Sent))
	}
	r, err := load.Run(t.Ctx, spec)
	line.End()
	if err != nil {
		return err
	}
	a := &commands{t}
	if f.json {
		err = a.PrintJSON(lineOfLoad(r, &spec))
	} else {
		_, err = fmt.Fprint(a.Out, a.loadText(r, &spec))
	}
	if err != nil {
		return err
	}
	return unanswered(r, &spec)
}

// unanswered is the exit code of a run in which nothing was answered, and nil otherwise.
func unanswered(r *load.RunReport, s *load.RunSpec) error {
	if r.Sent == 0 || !s.OneWay && r.Pairs.All.Answered == 0 {
		return terminal.Exit{Code: terminal.ExitNetwork}
	}
	return nil
}

// loadLine is a report in JSON.
type loadLine struct {
	V           int            `json:"v"`
	Target      string         `json:"target"`
	Elapsed     float64        `json:"elapsed_s"`
	Rate        float64        `json:"rate"` // messages sent a second
	Due         uint64         `json:"due"`
	Sent        uint64         `json:"sent"`
	SentBytes   uint64         `json:"sent_bytes"`
	SentLate    pairs.Latency  `json:"sent_late"`
	Connections connectionLine `json:"connections"`
	Errors      []string       `json:"errors,omitempty"`
	pairs.ReportLine
}

type connectionLine struct {
	Opened int `json:"opened"`
	Failed int `json:"failed"`
	Lost   int `json:"lost"`
}

func lineOfLoad(r *load.RunReport, s *load.RunSpec) loadLine {
	out := loadLine{V: 1, Target: s.Endpoint.Address.String(), Elapsed: r.Elapsed.Seconds(), Rate: perSecond(r), Due: r.Due, Sent: r.Sent, SentBytes: r.SentBytes,
		SentLate: r.Late, Connections: connectionLine{r.Opened, r.Failed, r.Lost}, ReportLine: r.Pairs.Line(r.Sequences)}
	for _, e := range r.Faults {
		out.Errors = append(out.Errors, e.Error())
	}
	return out
}

func perSecond(r *load.RunReport) float64 { return float64(r.Sent) / max(r.Elapsed.Seconds(), 1e-9) }

// manyPeers is how many connections are listed one by one.
const manyPeers = 20

// loadText is a report as people read it.
func (a *commands) loadText(r *load.RunReport, s *load.RunSpec) string {
	var b strings.Builder
	fmt.Fprintf(&b, a.t("%d of %d messages sent to %s in %s: %.1f a second, %s; %d connections",
		"%[3]s：%[4]s 内应发 %[2]d 条，已发 %[1]d 条，每秒 %[5].1f 条，%[6]s；%[7]d 个连接"), r.Sent, r.Due, s.Endpoint.Address, r.Elapsed.Round(time.Millisecond), perSecond(r), terminal.SizeText(float64(r.SentBytes)), r.Opened)
	if r.Failed > 0 {
		fmt.Fprintf(&b, a.t(", %d failed", "，失败 %d 个"), r.Failed)
	}
	if r.Lost > 0 {
		fmt.Fprintf(&b, a.t(", %d lost", "，中途断开 %d 个"), r.Lost)
	}
	b.WriteByte('\n')
	if r.Due > r.Sent {
		fmt.Fprintf(&b, a.t("%d messages were due and not sent: no connection was free. The target, or --connections and --in-flight, allow less than --rate\n", "%d 条消息到期未发：没有空闲连接。对端（或 --connections、--in-flight）达不到 --rate\n"), r.Due-r.Sent)
	}
	if r.Late.Count > 0 {
		fmt.Fprintf(&b, a.t("sent after they were due: p50 %s, p99 %s, max %s (latencies count from when messages were due)\n", "比应发时刻晚：p50 %s、p99 %s、最大 %s（时延从应发时刻算起）\n"), pairs.Microseconds(r.Late.P50), pairs.Microseconds(r.Late.P99), pairs.Microseconds(r.Late.Max))
	}
	for _, e := range r.Faults {
		for _, line := range a.ErrorLines(e) {
			b.WriteString(line + "\n")
		}
	}
	if s.OneWay {
		return b.String()
	}
	b.WriteByte('\n')
	short := r.Pairs.Line(r.Sequences)
	if len(short.Peers) > manyPeers {
		short.Peers = short.Peers[:manyPeers]
	}
	b.WriteString(PairsText(a.Terminal, &short))
	if left := len(r.Pairs.Peers) - len(short.Peers); left > 0 {
		fmt.Fprintf(&b, a.t("%d more connections: --json lists them\n", "另有 %d 个连接：--json 列出全部\n"), left)
	}
	return b.String()
}
