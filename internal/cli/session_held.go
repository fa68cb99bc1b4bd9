package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/client"
	"sockeye/internal/api"
	"sockeye/internal/core"
	"sockeye/internal/terminal"
)

func (a *app) sessionHeldCommand() *cobra.Command {
	var asHex, asJSON bool
	cmd := &cobra.Command{
		Use:   "held SESSION [NUMBER DECISION [TEXT]]",
		Short: a.t("Let messages go that a relay holds", "处理转发中被扣留的数据"),
		Long: a.t(`List the messages that a relay holds because of a fault hold, or decide about one:
release lets it go as it is, edit sends TEXT on in its place, discard drops it. In TEXT
escapes such as \r\n and \x01 are understood. What came after it waits until then.`,
			`列出转发因 hold 故障而扣留的数据，或处理其中一条：release 原样放行，edit 改为发送 TEXT，discard 丢弃。
TEXT 支持 \r\n、\x01 等转义。此前，它之后的数据都在等待。`),
		Example: `  sockeye session held s1
  sockeye session held s1 3 release
  sockeye session held s1 3 edit 'SET 2\n'
  sockeye session held s1 3 discard`,
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) == 2 {
				return decisions(), cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := expectSessions(cmd, args[:min(1, len(args))], 1); err != nil {
				return err
			}
			method, path, in, err := heldRequest(cmd, args, asHex)
			if err != nil {
				return err
			}
			var out api.HeldMessages
			if err := a.askWorkbench(method, path, in, &out); err != nil {
				return err
			}
			if asJSON {
				return a.PrintJSON(out)
			}
			return a.showHeld(out)
		},
	}
	fs := cmd.Flags()
	fs.BoolVar(&asHex, "hex", false, a.t("TEXT is bytes written in hex", "TEXT 是十六进制数据"))
	fs.BoolVar(&asJSON, "json", false, a.t("print JSON", "输出 JSON"))
	return cmd
}

// decisions are the words for what to do with a message.
func decisions() (words []string) {
	for _, d := range core.Decisions {
		words = append(words, string(d))
	}
	return words
}

// heldRequest is what to ask the workbench.
func heldRequest(cmd *cobra.Command, args []string, asHex bool) (method, path string, in any, err error) {
	path = "/sessions/" + args[0] + "/held"
	args = args[1:]
	if len(args) == 0 {
		return "GET", path, nil, nil
	}
	hint := sockeye.Text{En: "write release, edit or discard behind the number", Zh: "请在编号后写 release、edit 或 discard"}
	number, notNumber := strconv.ParseUint(args[0], 10, 64)
	switch {
	case notNumber != nil:
		return "", "", nil, terminal.Usage("NUMBER", sockeye.Text{En: terminal.Quote(args[0], 20) + " is no number of a message", Zh: terminal.Quote(args[0], 20) + " 不是编号"},
			sockeye.Text{En: "without it, the messages are listed", Zh: "不写编号则列出全部"})
	case len(args) == 1 || !slices.Contains(decisions(), args[1]):
		return "", "", nil, terminal.Usage("DECISION", sockeye.Text{En: "what to do with it?", Zh: "如何处理？"}, hint)
	case (args[1] == string(core.Edit)) != (len(args) > 2), len(args) > 3 && !asHex:
		return "", "", nil, terminal.Usage("TEXT", sockeye.Text{En: "edit, and only that, needs one text", Zh: "只有 edit 需要一段文本"}, terminal.HelpHint(cmd))
	}
	decide := api.Decide{Decision: args[1]}
	if len(args) > 2 {
		decide.Payload = payloadOf(client.Payload{Text: strings.Join(args[2:], " "), Hex: asHex})
	}
	return "POST", fmt.Sprintf("%s/%d", path, number), decide, nil
}

// shownHeld is how many bytes of a held message the list shows.
const shownHeld = 60

// showHeld lists messages that are held.
func (a *app) showHeld(held api.HeldMessages) error {
	rows := [][]string{{"#", a.t("from", "来自"), a.t("direction", "方向"), a.t("bytes", "字节"), a.t("message", "数据"), a.t("until", "截止")}}
	ways := map[string]string{"to upstream": a.t("to upstream", "发往上游"), "from upstream": a.t("from upstream", "来自上游")}
	for _, h := range held.Held {
		rows = append(rows, []string{fmt.Sprint(h.Number), fmt.Sprintf("%s #%d", h.Session, h.Peer), ways[h.Direction], fmt.Sprint(h.Bytes),
			terminal.Quote(string(h.Data), shownHeld), h.Until})
	}
	return a.PrintTable(rows, a.t("no message is held", "没有被扣留的数据"))
}
