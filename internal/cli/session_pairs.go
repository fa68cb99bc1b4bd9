package cli

import (
	"fmt"
	"io"
	"net/url"
	"sockeye"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sockeye/internal/offline"
	"sockeye/internal/terminal"
)

func (a *app) sessionPairsCommand() *cobra.Command {
	var f offline.PairsFlags
	var peer string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "pairs [SESSION]",
		Short: a.t("Match requests with their answers: latency, what is missing", "请求与应答配对：时延、缺失"),
		Long: a.t(`Match the requests of a session, or of all, with their answers, as "log pairs" does with
a recording: in everything that the running workbench still keeps. What waits for an answer
now is not missing yet.`,
			`把一个会话（或全部会话）的请求与应答配对，与对记录执行 “log pairs” 相同；范围是正在运行的工作台
仍保留的全部内容。此刻仍在等待的请求不算缺失。`),
		Example: `  sockeye session pairs s1 --decode modbus-tcp --timeout 100ms
  sockeye session pairs s2 --frame line --peer kitchen
  sockeye session pairs --fields 'u16be n, u8 kind' --sequence n --sequence-bits 16`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				if err := expectSessions(cmd, args, 1); err != nil {
					return err
				}
			}
			if _, err := f.Spec(); err != nil {
				return err
			}
			q := pairsQuery(&f)
			if !q.Has("frame") && !q.Has("decode") && !q.Has("fields") {
				return terminal.Usage("--frame", sockeye.Text{En: "how messages are found is missing", Zh: "缺少找到消息的方式"}, sockeye.Text{En: "add --decode auto, --frame line, or --fields keys", Zh: "请加上 --decode auto、--frame line 或 --fields keys"})
			}
			q.Set("session", strings.Join(args, ""))
			q.Set("peer", peer)
			return a.sessionPairs(q, asJSON)
		},
	}
	fs := cmd.Flags()
	f.Register(a.Terminal, fs)
	f.RegisterTraffic(a.Terminal, fs)
	fs.StringVar(&peer, "peer", "", a.t("only this peer: number, alias, address or port", "只看该连接对象：编号、别名、地址或端口"))
	fs.BoolVar(&asJSON, "json", false, a.t("print one JSON object", "输出一个 JSON 对象"))
	return cmd
}

// pairsQuery is what flags ask a workbench for.
func pairsQuery(f *offline.PairsFlags) url.Values {
	q := url.Values{
		"frame": {f.Frames.Frame}, "check": {f.Frames.Check}, "fields": {strings.Join(f.Frames.Fields, "\n")}, "decode": {f.Frames.Decode.Protocol},
		"requests": {f.Requests}, "id_field": {f.Field}, "sequence": {f.Sequence},
		"timeout_ms": {strconv.FormatInt(f.Timeout.Milliseconds(), 10)}, "sequence_bits": {strconv.Itoa(f.Bits)},
	}
	for name := range q {
		if q.Get(name) == "" {
			q.Del(name)
		}
	}
	return q
}

func (a *app) sessionPairs(q url.Values, asJSON bool) error {
	var out offline.PairsAnswer
	if err := a.askWorkbench("GET", "/pairs?"+q.Encode(), nil, &out); err != nil {
		return err
	}
	if asJSON {
		return a.PrintJSON(out)
	}
	if !out.Done {
		fmt.Fprintln(a.Err, a.t("sockeye: there is more than the workbench looks at for one request: what follows is of the oldest events\nhint: choose a session or a --peer", "sockeye: 内容超过工作台一次能查看的量：以下只是最早的部分\n提示：请指定会话或 --peer"))
	}
	_, err := io.WriteString(a.Out, offline.PairsText(a.Terminal, &out.ReportLine))
	return err
}
