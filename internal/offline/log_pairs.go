package offline

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/pairs"
	"sockeye/internal/payload"
	"sockeye/internal/pcapng"
	"sockeye/internal/recording"
	"sockeye/internal/terminal"
)

// pairsFlags are the flags of log pairs.
type pairsFlags struct {
	filter                    filterFlags
	frames                    terminal.FrameFlags
	requests, field, sequence string
	bits                      int
	timeout                   time.Duration
	json                      bool
}

func (f *pairsFlags) register(a *commands, fs *pflag.FlagSet) {
	f.frames.Register(a.Terminal, fs)
	f.frames.Decode.Register(a.Terminal, fs)
	fs.StringVar(&f.requests, "requests", "", a.t("requests are what was received, or sent (default: what clients send)", "请求的方向：received 或 sent（默认：客户端发送的是请求）"))
	fs.StringVar(&f.field, "id-field", "", a.t("with --fields: the value that a request and its answer have in common", "配合 --fields：请求与应答相同的字段"))
	fs.StringVar(&f.sequence, "sequence", "", a.t("with --fields: the value that counts the messages", "配合 --fields：为消息编号的字段"))
	fs.IntVar(&f.bits, "sequence-bits", 64, a.t("bits of that value, after which it begins with 0 again", "该字段的位数，到顶后从 0 重新开始"))
	fs.DurationVar(&f.timeout, "timeout", 0, a.t("an answer is late after this time (default: never)", "超过此时间算应答超时（默认不限）"))
	fs.BoolVar(&f.json, "json", false, a.t("print one JSON object", "输出一个 JSON 对象"))
}

func (a *commands) logPairsCommand() *cobra.Command {
	var f pairsFlags
	cmd := &cobra.Command{
		Use:   "pairs RECORDING",
		Short: a.t("Match requests with their answers: latency, what is missing", "请求与应答配对：时延、缺失"),
		Long: a.t(`Match the requests of a recording with their answers, and say how long these took, which
are late or missing, and which nobody asked for, for each peer. Answers come in the order of
the requests (per --frame), or have a value in common with them (--id-field), or the decoder
of a protocol knows them (--decode). With --sequence, a number in the messages tells what was
lost, doubled or overtaken.`,
			`把记录中的请求与应答配对，并按连接对象给出时延、超时、缺失和无人请求的应答。应答按请求的顺序
出现（按 --frame 分帧），或与请求有相同的字段值（--id-field），或由协议解码器识别（--decode）。
加 --sequence 时，由消息中的编号得出丢失、重复和乱序。`),
		Example: `  sockeye log pairs capture.pcap --decode dns
  sockeye log pairs board-log --decode modbus-rtu --timeout 100ms
  sockeye log pairs board-log --frame line --requests sent
  sockeye log pairs board-log --fields 'u16be n, u8 kind' --sequence n --sequence-bits 16`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := terminal.ExpectArguments(cmd, args, 1); err != nil {
				return err
			}
			return a.logPairs(args, &f)
		},
	}
	f.register(a, cmd.Flags())
	f.filter.registerPeers(a, cmd.Flags())
	f.filter.registerTimes(a, cmd.Flags()) // a pair has both directions
	return cmd
}

// spec is what the flags mean, with everything that is wrong with them.
func (f *pairsFlags) spec() (s pairs.Spec, err error) {
	var wrong []error
	say := func(flag, en, zh, hintEn, hintZh string) {
		wrong = append(wrong, terminal.Usage(flag, sockeye.Text{En: en, Zh: zh}, sockeye.Text{En: hintEn, Zh: hintZh}))
	}
	switch f.requests {
	case "":
	case "received":
		s.Requests = sockeye.Received
	case "sent":
		s.Requests = sockeye.Sent
	default:
		say("--requests", fmt.Sprintf("%q is neither received nor sent", f.requests), fmt.Sprintf("%q 不是 received 或 sent", f.requests), "", "")
	}
	if len(f.frames.Fields) == 0 && (f.field != "" || f.sequence != "") {
		say("--fields", "which values messages have is missing", "缺少字段格式", "write --fields keys, or 'u16be n, u8 kind'", "写 --fields keys，或 'u16be n, u8 kind'")
	}
	if f.bits < 8 || f.bits > 64 {
		say("--sequence-bits", fmt.Sprintf("%d is not from 8 to 64", f.bits), fmt.Sprintf("%d 不在 8 到 64 之间", f.bits), "", "")
	}
	if f.timeout < 0 {
		say("--timeout", "it is negative", "不能为负数", "", "")
	}
	if len(wrong) > 0 {
		return s, terminal.Together(wrong...)
	}
	choice, err := f.frames.Choice()
	if err != nil {
		return s, err
	}
	if choice != nil {
		s.Frame, s.Check, s.Fields = choice.Found()
	}
	if f.frames.Decode.Protocol != "" {
		s.Decode = f.frames.Decode.Protocol
		if s.Known, err = f.frames.Decode.Knowledge(); err != nil {
			return s, err
		}
	}
	s.Timeout, s.Field, s.Sequence, s.Bits = f.timeout, f.field, f.sequence, f.bits
	return s, nil
}

func (a *commands) logPairs(args []string, f *pairsFlags) error {
	filter, badFilter := f.filter.filter()
	spec, badSpec := f.spec()
	if err := terminal.Together(badFilter, badSpec); err != nil {
		return err
	}
	m, err := filter.Matcher()
	if err != nil {
		return err
	}
	r, err := a.openRecording(args)
	if err != nil {
		return err
	}
	p, told := a.StartProgress(a.t("reading", "正在读取")), 0
	events, err := r.Read(recording.ReadOptions{After: filter.After, Progress: p.At, Damaged: func(file string, d pcapng.Damage) { a.warnDamage(file, d, &told) }})
	if err != nil {
		return err
	}
	defer events.Close()
	reader := pairs.NewReader(spec)
	err = events.Each(a.Ctx, m, func(e *sockeye.Event) error {
		reader.Event(e)
		return nil
	})
	p.End()
	if err != nil {
		return a.ended(err)
	}
	report, sequences := reader.End()
	if f.json {
		return a.PrintJSON(struct {
			V int `json:"v"`
			pairs.ReportLine
		}{1, report.Line(sequences)})
	}
	if report.All == (pairs.Counts{}) && len(sequences) == 0 {
		fmt.Fprintln(a.Err, a.t("sockeye: there are no messages\nhint: --decode, --frame or --fields say how they are found", "sockeye: 没有消息\n提示：用 --decode、--frame 或 --fields 指定如何找到消息"))
		return terminal.Exit{Code: terminal.ExitNetwork}
	}
	_, err = io.WriteString(a.Out, a.pairsText(&report, sequences))
	return err
}

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
