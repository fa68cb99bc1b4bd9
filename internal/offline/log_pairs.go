package offline

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/pairs"
	"sockeye/internal/pcapng"
	"sockeye/internal/recording"
	"sockeye/internal/terminal"
)

// logPairsFlags are the flags of log pairs.
type logPairsFlags struct {
	PairsFlags
	filter filterFlags
	json   bool
}

func (a *commands) logPairsCommand() *cobra.Command {
	var f logPairsFlags
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
	f.PairsFlags.Register(a.Terminal, cmd.Flags())
	f.RegisterTraffic(a.Terminal, cmd.Flags())
	cmd.Flags().BoolVar(&f.json, "json", false, a.t("print one JSON object", "输出一个 JSON 对象"))
	f.filter.registerPeers(a, cmd.Flags())
	f.filter.registerTimes(a, cmd.Flags()) // a pair has both directions
	return cmd
}

func (a *commands) logPairs(args []string, f *logPairsFlags) error {
	filter, badFilter := f.filter.filter()
	spec, badSpec := f.Spec()
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
	line := report.Line(sequences)
	_, err = io.WriteString(a.Out, PairsText(a.Terminal, &line))
	return err
}
