package cli

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"sockeye/internal/offline"
	"sockeye/internal/terminal"
)

func (a *app) sessionCommentCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "comment SESSION [EVENT [TEXT | off]]",
		Short: a.t("Write a comment on a message, or list them", "给消息写注释，或列出注释"),
		Long: a.t(`Write a comment on a message or another event of a session. EVENT is its number: "seq" in
session tail --json. Without TEXT it is a bookmark; off takes the comment away. It is in the
recording, if there is one, and else lives as long as the message can be read. Without
EVENT the comments are listed.`,
			`给会话的消息或其他事件写注释。EVENT 是事件编号，即 session tail --json 中的 "seq"。
不写 TEXT 则加书签；写 off 则删除注释。正在记录时注释写入记录，否则与消息一同保留在内存中。
不写 EVENT 则列出注释。`),
		Example: `  sockeye session comment s1 17 'why so late?'
  sockeye session comment s1 17 off
  sockeye session comment s1`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := expectSessions(cmd, args[:min(len(args), 1)], 1); err != nil {
				return err
			}
			if len(args) == 1 {
				return a.listComments(args[0])
			}
			return a.sessionComment(args[0], args[1], args[2:])
		},
	}
}

func (a *app) sessionComment(session, event string, words []string) error {
	seq, err := offline.EventNumber(event)
	if err != nil {
		return err
	}
	c, err := a.workbench()
	if err != nil {
		return err
	}
	defer c.Close()
	made, err := c.Comment(a.Ctx, session, seq, terminal.CommentText(words...))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.Out, a.CommentLine(seq, nil, made.Text))
	return err
}

func (a *app) listComments(session string) error {
	c, err := a.workbench()
	if err != nil {
		return err
	}
	defer c.Close()
	list, err := c.Comments(a.Ctx, session)
	if err != nil {
		return err
	}
	rows := [][]string{{a.t("event", "事件"), a.t("kind", "类型"), a.t("peer", "连接对象"), a.t("comment", "注释")}}
	for _, one := range list {
		rows = append(rows, []string{strconv.FormatUint(one.Event, 10), one.Kind.String(), terminal.Safe(one.Peer), terminal.Safe(one.Text)})
	}
	return a.PrintTable(rows, a.t("no comments", "没有注释"))
}
