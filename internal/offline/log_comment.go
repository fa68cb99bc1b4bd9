package offline

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/recording"
	"sockeye/internal/terminal"
)

func (a *commands) logCommentCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "comment RECORDING EVENT [TEXT | off]",
		Short: a.t("Write a comment on a message, or a bookmark", "给消息写注释或加书签"),
		Long: a.t(`Write a comment on a message or another event of a recording that nobody is writing.
EVENT is its number: "seq" in log show --json. Without TEXT it is a bookmark; off takes
the comment away. What was recorded stays as it is: comments are written behind it.
log show --commented shows the messages that have one.`,
			`给记录中的消息或其他事件写注释；记录不能正在写入。EVENT 是事件编号，即
log show --json 中的 "seq"。不写 TEXT 则加书签；写 off 则删除注释。已记录的内容不变，
注释写在其后。log show --commented 显示有注释的消息。`),
		Example: `  sockeye log comment board-log 17 'why so late?'
  sockeye log comment board-log 23
  sockeye log comment board-log 17 off`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return terminal.Usage("EVENT", sockeye.Text{En: "which event is missing", Zh: "缺少事件编号"}, terminal.HelpHint(cmd))
			}
			return a.logComment(args)
		},
	}
}

func (a *commands) logComment(args []string) error {
	seq, err := EventNumber(args[1])
	if err != nil {
		return err
	}
	if err := terminal.NotStdin("log comment", args[0], sockeye.Text{En: "standard input cannot be written to", Zh: "无法写入标准输入"}, sockeye.Text{En: "name the recording", Zh: "请写记录的路径"}); err != nil {
		return err
	}
	if terminal.IsHub(args[0]) {
		return terminal.Usage(args[0], sockeye.Text{En: "what a hub has is not written to", Zh: "不会写入集线服务中的内容"},
			sockeye.Text{En: "comment on the board itself, or export with sockeye log export --format pcapng and comment there", Zh: "请在开发板上写注释，或用 sockeye log export --format pcapng 导出后再写"})
	}
	r, err := a.openRecording(args[:1])
	if err != nil {
		return err
	}
	text := terminal.CommentText(args[2:]...)
	on, err := r.Comment(a.Ctx, recording.EventRef{Seq: seq}, text, recording.CommentOptions{Lang: a.Lang, Application: "Sockeye " + terminal.ThisBuild().Version})
	if err != nil {
		return a.ended(err)
	}
	_, err = fmt.Fprintln(a.Out, a.CommentLine(seq, on.Data, text))
	return err
}

// EventNumber reads the number of an event.
func EventNumber(word string) (uint64, error) {
	seq, err := strconv.ParseUint(word, 10, 64)
	if err != nil || seq == 0 {
		return 0, terminal.Usage("EVENT", sockeye.Text{En: fmt.Sprintf("%q is not the number of an event", word), Zh: fmt.Sprintf("%q 不是事件编号", word)},
			sockeye.Text{En: `it is "seq" in --json`, Zh: `编号即 --json 中的 "seq"`})
	}
	return seq, nil
}
