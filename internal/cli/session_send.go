package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/client"
	"sockeye/internal/api"
	"sockeye/internal/terminal"
)

// sendFlags are the flags of session send.
type sendFlags struct {
	asHex                  bool
	to                     []string
	ending, prefix, suffix string
	formerEnding           bool // ending was given by its name of before
	every                  time.Duration
	repeat                 int
	file                   fileToSend
}

func (a *app) sessionSendCommand() *cobra.Command {
	var f sendFlags
	cmd := &cobra.Command{
		Use:   "send SESSION [TEXT]",
		Short: a.t("Send to the peers of a session", "向会话的连接对象发送"),
		Long: a.t(`Send TEXT, in which escapes such as \r\n and \x01 are understood, or bytes written in
hex, to all peers of a session or to some. With --every the workbench goes on sending,
and what that is called is printed: see session runs and session stop. With --file it
sends a file as it is, to each peer at its own pace, and goes on when this command has
ended.`,
			`向会话的全部或部分连接对象发送 TEXT（支持 \r\n、\x01 等转义）或十六进制数据。
加 --every 时由工作台持续发送，并输出其名称，参见 session runs 与 session stop。
加 --file 时原样发送文件，各连接对象互不影响；本命令结束后由工作台继续发送。`),
		Example: `  sockeye session send s1 'LED ON\n'
  sockeye session send s1 --hex '01 03 00 00 00 0A C5 CD' --to kitchen
  sockeye session send s1 'ping {{seq}}\n' --every 500ms
  sockeye session send s1 --file firmware.bin --rate 10k`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.repeat < 0 {
				return terminal.TooFew(f.repeat)
			}
			if f.asHex && len(args) > 2 {
				args = []string{args[0], strings.Join(args[1:], " ")}
			}
			if err := expectSessions(cmd, args, 2); err != nil {
				return err
			}
			if err := f.check(cmd, args[1:]); err != nil {
				return err
			}
			return a.sessionSend(&f, args[0], args[1:])
		},
	}
	fs := cmd.Flags()
	fs.BoolVar(&f.asHex, "hex", false, a.t("TEXT is bytes written in hex", "TEXT 是十六进制数据"))
	registerTo(a, cmd, &f.to)
	fs.StringVar(&f.file.path, "file", "", a.t("send this file as it is", "原样发送此文件"))
	fs.Var(terminal.ByteSizeOf(&f.file.chunk), "chunk", a.t("most bytes of the file at a time", "文件每次最多发送的字节数"))
	fs.Var(terminal.ByteSizeOf(&f.file.rate), "rate", a.t("most bytes of the file in a second", "文件每秒最多发送的字节数"))
	fs.Var(terminal.DurationOf(&f.every), "every", a.t("send TEXT again and again, this long apart", "按此间隔反复发送 TEXT"))
	fs.IntVar(&f.repeat, "repeat", 0, a.t("how often in all (default with --every: for ever)", "总共发送多少次（配合 --every 时默认不限）"))
	terminal.RegisterAround(a.Terminal, fs, &f.prefix, &f.suffix)
	fs.StringVar(&f.ending, "line-ending", "", a.t("append lf, crlf or cr", "附加 lf、crlf 或 cr"))
	fs.StringVar(&f.ending, formerEnding, "", "")
	fs.MarkHidden(formerEnding)
	return cmd
}

// formerEnding is what the flag line-ending was called before.
const formerEnding = "line-end"

// check refuses flags that do not go together. text is the TEXT that was given, if any.
func (f *sendFlags) check(cmd *cobra.Command, text []string) error {
	f.formerEnding = cmd.Flags().Changed(formerEnding)
	ofFile := f.file.path != ""
	switch {
	case ofFile && (len(text) > 0 || f.asHex || f.every > 0 || f.ending+f.prefix+f.suffix != ""):
		return terminal.Usage("--file", sockeye.Text{En: "a file is sent as it is, and nothing with it", Zh: "文件按原样发送，不能附加其他内容"}, terminal.HelpHint(cmd))
	case ofFile:
		return nil
	case f.file.chunk+f.file.rate > 0:
		return terminal.Usage("--chunk --rate", sockeye.Text{En: "these set the pace of a file", Zh: "这些选项设置发送文件的节奏"}, sockeye.Text{En: "add --file PATH", Zh: "请加上 --file PATH"})
	case len(text) == 0:
		return terminal.Usage("TEXT", sockeye.Text{En: "what to send is missing", Zh: "缺少要发送的内容"}, terminal.HelpHint(cmd))
	case f.every == 0 && f.repeat != 0:
		return terminal.Usage("--repeat", sockeye.Text{En: "how long apart is missing", Zh: "缺少间隔"}, sockeye.Text{En: "add --every 1s", Zh: "请加上 --every 1s"})
	}
	return nil
}

// sessionSend sends a file, begins to send the text again and again, or sends it once.
func (a *app) sessionSend(f *sendFlags, session string, text []string) error {
	if f.file.path != "" {
		return a.sendFile(session, f.to, &f.file)
	}
	message := client.Payload{Text: text[0], Hex: f.asHex, LineEnding: f.ending, Prefix: f.prefix, Suffix: f.suffix}
	if f.every > 0 {
		return f.named(a.startRun(session, f.to, api.StartRun{Payload: payloadOf(message), EveryMS: float64(f.every.Microseconds()) / 1000, Times: f.repeat}))
	}
	c, err := a.workbench()
	if err != nil {
		return err
	}
	defer c.Close()
	ids, all, err := a.recipients(c, session, f.to)
	if err != nil {
		return err
	}
	if all {
		ids = nil
	}
	sent, err := c.SendPayload(a.Ctx, session, message, ids...)
	if sent == nil && err != nil {
		return f.named(err)
	}
	return a.showSent(sent)
}

// named names the words of the command in what the workbench says of a payload.
func (f *sendFlags) named(err error) error {
	words := map[string]string{"payload.text": "TEXT", "payload.line_ending": "--line-ending", "payload.prefix": "--prefix", "payload.suffix": "--suffix", "every_ms": "--every", "times": "--repeat"}
	if f.asHex {
		words["payload.text"] = "--hex TEXT"
	}
	if f.formerEnding {
		words["payload.line_ending"] = "--" + formerEnding
	}
	all := sockeye.SplitErrors(err)
	for n, one := range all {
		if e, ok := errors.AsType[*sockeye.Error](one); ok && words[e.Target] != "" {
			named := *e
			named.Op, named.Target = "", words[e.Target]
			all[n] = &named
		}
	}
	return terminal.Together(all...)
}

// payloadOf is a payload for the API.
func payloadOf(p client.Payload) *api.Payload {
	out := &api.Payload{Kind: "text", Text: p.Text, Escapes: true, LineEnding: p.LineEnding, Prefix: p.Prefix, Suffix: p.Suffix}
	if p.Hex {
		out.Kind, out.Escapes = "hex", false
	}
	return out
}

func (a *app) showSent(sent []client.Delivery) error {
	var failed error
	for _, d := range sent {
		if d.Err != nil {
			failed = terminal.Exit{Code: terminal.ExitNetwork}
			fmt.Fprintf(a.Err, "sockeye: #%d: %s\n", d.Peer, terminal.Safe(d.Err.Reason(a.Lang)))
			continue
		}
		fmt.Fprintf(a.Out, a.t("#%d: %s\n", "#%d：%s\n"), d.Peer, a.ByteCount(d.Sent))
	}
	return failed
}
