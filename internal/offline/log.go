package offline

import (
	"bufio"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/payload"
	"sockeye/internal/pcapng"
	"sockeye/internal/recording"
	"sockeye/internal/terminal"
)

func (a *commands) logCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "log COMMAND RECORDING",
		Short: a.t("Read what was recorded", "查看记录"),
		Long: a.t(`Read what was recorded. RECORDING is a directory or a file that --record wrote, or
a capture of tcpdump, dumpcap or Wireshark (pcap or pcapng, also compressed with gzip
or zstd), or - for one that comes through standard input.`,
			`查看记录。RECORDING 是 --record 写出的目录或文件，也可以是 tcpdump、dumpcap 或
Wireshark 的抓包文件（pcap 或 pcapng，可用 gzip 或 zstd 压缩）；写 - 则从标准输入读取。`),
		Example: `  sockeye log ls board-log
  sockeye log show board-log --follow
  sockeye log search board-log 'Hello'
  ssh board cat one.pcapng.gz | sockeye log show -`,
		Args: terminal.OnlyKnownCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.logLsCommand(), a.logShowCommand(), a.logSearchCommand(), a.logCommentCommand(), a.logVerifyCommand(), a.logRepairCommand(), a.logExportCommand(), a.logPairsCommand(), a.logTCPCommand())
	return cmd
}

// openRecording opens the one path that a command is given.
func (a *commands) openRecording(args []string) (*recording.Files, error) {
	if len(args) == 0 {
		return nil, terminal.Usage("RECORDING", sockeye.Text{En: "which recording is missing", Zh: "缺少记录的路径"},
			sockeye.Text{En: "name the directory or file that --record wrote, or a capture file", Zh: "请写 --record 写出的目录或文件，或抓包文件"})
	}
	if terminal.IsHub(args[0]) {
		path, err := a.HubFile(args[0])
		if err != nil {
			return nil, err
		}
		return recording.Open(path)
	}
	path, err := a.File("RECORDING", args[0])
	if err != nil {
		return nil, err
	}
	return recording.Open(path)
}

// readComments reads which comments the events of a recording have.
func (a *commands) readComments(r *recording.Files) (*recording.Comments, error) {
	p := a.StartProgress(a.t("looking for comments", "正在查找注释"))
	defer p.End()
	return r.Comments(a.Ctx, p.At)
}

// filterFlags choose events of a recording.
type filterFlags struct {
	f            recording.Filter
	direction    string
	since, until string
	text, bytes  string
}

func (f *filterFlags) register(a *commands, fs *pflag.FlagSet) {
	f.registerPeers(a, fs)
	fs.StringVar(&f.direction, "direction", "", a.t("only what was received, or sent", "只看接收（received）或发送（sent）"))
	f.registerTimes(a, fs)
}

func (f *filterFlags) registerPeers(a *commands, fs *pflag.FlagSet) {
	fs.StringVar(&f.f.Session, "session", "", a.t("only this session, such as s1; several: s1,s2", "只看这个会话，例如 s1；多个写成 s1,s2"))
	fs.StringVar(&f.f.Peer, "peer", "", a.t("only this peer: number, alias, address, or port as :54036", "只看这个连接对象：编号、别名、地址或端口（:54036）"))
}

func (f *filterFlags) registerTimes(a *commands, fs *pflag.FlagSet) {
	fs.StringVar(&f.since, "since", "", a.t("only from this time on: 15:04:05, '2026-01-31 15:04:05', or 10m for ten minutes ago", "从此时间起：15:04:05、'2026-01-31 15:04:05'，或 10m（十分钟前）"))
	fs.StringVar(&f.until, "until", "", a.t("only before this time, written likewise", "到此时间为止，写法同上"))
}

func (f *filterFlags) registerContent(a *commands, fs *pflag.FlagSet) {
	fs.StringVar(&f.text, "text", "", a.t("only data with this text (escapes allowed), over the borders of chunks", "只看含有该文本的数据（支持转义，可跨越数据块）"))
	fs.StringVar(&f.bytes, "bytes", "", a.t("the same for bytes written in hex", "同上，内容为十六进制"))
	fs.StringVar(&f.f.Regexp, "regexp", "", a.t("the same for a regular expression (RE2)", "同上，内容为正则表达式（RE2）"))
	fs.BoolVar(&f.f.Commented, "commented", false, a.t("only what has a comment or a bookmark", "只看有注释或书签的"))
}

// filter is the filter that the flags mean.
func (f *filterFlags) filter() (recording.Filter, error) {
	out := f.f
	var badDirection, badSince, badUntil, badText, badBytes error
	var known bool
	if out.Direction, known = sockeye.ParseDirection(f.direction); !known {
		badDirection = terminal.Usage("--direction", sockeye.Text{En: fmt.Sprintf("%q is neither received nor sent", f.direction), Zh: fmt.Sprintf("%q 既不是 received 也不是 sent", f.direction)}, sockeye.Text{})
	}
	out.After, badSince = parseTimestamp("--since", f.since, time.Now())
	out.Before, badUntil = parseTimestamp("--until", f.until, time.Now())
	if f.text != "" {
		out.Bytes, badText = payload.ParseText(f.text)
		badText = ofFlag("--text", badText)
	}
	if f.bytes != "" && f.text != "" {
		badBytes = terminal.Usage("--bytes", sockeye.Text{En: "not together with --text", Zh: "不能与 --text 同时使用"}, sockeye.Text{En: `text takes bytes too: \x01`, Zh: `文本中也可写字节：\x01`})
	} else if f.bytes != "" {
		out.Bytes, badBytes = payload.ParseHexBytes(f.bytes)
		badBytes = ofFlag("--bytes", badBytes)
	}
	return out, terminal.Together(badDirection, badSince, badUntil, badText, badBytes)
}

// ofFlag is an error about a flag's value; nil of nil.
func ofFlag(flag string, err error) error {
	if err == nil {
		return nil
	}
	return terminal.OfFlag(err, flag)
}

// parseTimestamp reads a point in time: a time of today, a date and a time in the local
// zone, RFC 3339, or how long ago.
func parseTimestamp(flag, s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(s); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	for _, form := range []string{"15:04", "15:04:05.999999999"} {
		if t, err := time.ParseInLocation(form, s, now.Location()); err == nil {
			return time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), now.Location()), nil
		}
	}
	for _, form := range []string{time.RFC3339Nano, "2006-01-02", "2006-01-02 15:04", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999"} {
		if t, err := time.ParseInLocation(form, s, now.Location()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, terminal.Usage(flag, sockeye.Text{En: fmt.Sprintf("%q is not a time", s), Zh: fmt.Sprintf("%q 不是时间", s)},
		sockeye.Text{En: "write 15:04:05, '2026-01-31 15:04:05', or 10m for ten minutes ago", Zh: "写成 15:04:05、'2026-01-31 15:04:05'，或 10m（十分钟前）"})
}

// warnDamage tells of damage on standard error, the first few of each file.
func (a *commands) warnDamage(file string, d pcapng.Damage, told *int) {
	const most = 10
	switch *told++; {
	case *told <= most:
		fmt.Fprintln(a.Err, "sockeye: "+a.damageLine(file, d))
	case *told == most+1:
		fmt.Fprintln(a.Err, a.t("hint: there is more; sockeye log verify lists all", "提示：还有更多；sockeye log verify 列出全部"))
	}
}

// damageLine is "FILE: offset 1234, 60 bytes: what".
func (a *commands) damageLine(file string, d pcapng.Damage) string {
	where := ""
	if d.Length > 0 {
		where = fmt.Sprintf(a.t("offset %d, %s: ", "偏移 %d，%s："), d.Offset, a.ByteCount(int(d.Length)))
	}
	s := payload.SafeString(a.DamagedName(file)) + ": " + where + payload.SafeString(d.What.In(a.Lang))
	if d.Seq != 0 {
		s += fmt.Sprintf(a.t(" (event %d)", "（事件 %d）"), d.Seq)
	}
	return s
}

// ended is the error that ends a command which was reading: a signal is not a
// failure to read.
func (a *commands) ended(err error) error {
	if err != nil && a.Ctx.Err() != nil && errors.Is(err, a.Interrupted()) {
		return a.Interrupted()
	}
	return err
}

func (a *commands) logLsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "ls RECORDING",
		Short: a.t("List sessions and peers with times and counts", "列出会话与连接对象及其时间、统计"),
		Long: a.t(`List the sessions and peers of a recording with their times and counts. What was
counted of a segment is kept in a file beside it (.idx), which may be deleted.`,
			`列出记录中的会话与连接对象及其时间、统计。每个分段的统计保存在它旁边的 .idx 文件中，
可以随时删除。`),
		Example: `  sockeye log ls board-log
  sockeye log ls --json capture.pcap`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := terminal.ExpectArguments(cmd, args, 1); err != nil {
				return err
			}
			return a.logLs(args, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, a.t("print one JSON object per session", "每个会话输出一行 JSON"))
	return cmd
}

func (a *commands) logLs(args []string, asJSON bool) error {
	r, err := a.openRecording(args)
	if err != nil {
		return err
	}
	p := a.StartProgress(a.t("counting", "正在统计"))
	s, err := r.Summarize(a.Ctx, p.At)
	p.End()
	if err != nil {
		return a.ended(err)
	}
	if asJSON {
		for _, one := range s.Sessions {
			if err := a.PrintJSON(struct {
				V int `json:"v"`
				*recording.SessionSummary
			}{1, one}); err != nil {
				return err
			}
		}
		return nil
	}
	b := bufio.NewWriter(a.Out)
	for _, one := range s.Sessions {
		fmt.Fprintf(b, "%s  %s  %s\n", one.ID, payload.SafeString(one.Endpoint), a.timeSpan(one.First, one.Last))
		for peers := range slices.Chunk(one.Peers, 1000) { // of any number, the texts of few are held
			b.WriteString(a.peerTable(peers))
		}
	}
	fmt.Fprintf(b, a.t("%d events, %s in %d files\n", "%d 个事件，%s，%d 个文件\n"), s.Events, terminal.SizeText(float64(s.Bytes)), s.Files)
	if s.Lost.Events > 0 || s.Lost.Bytes > 0 {
		fmt.Fprintf(b, a.t("%d events are missing (%d bytes known)\n", "缺少 %d 个事件（已知 %d 字节）\n"), s.Lost.Events, s.Lost.Bytes)
	}
	if s.Damages > 0 {
		fmt.Fprintf(b, a.t("damaged places: %d; sockeye log verify names them\n", "有 %d 处损坏：用 sockeye log verify 查看\n"), s.Damages)
	}
	if s.LeftOut > 0 && r.Foreign() {
		b.WriteString(a.t("not all of it is shown: sockeye log verify says what was left out\n", "并非全部内容：用 sockeye log verify 查看略去了什么\n"))
	}
	return b.Flush()
}

func (a *commands) peerTable(peers []*recording.PeerSummary) string {
	rows := [][]string{{"    #", a.t("alias", "别名"), a.t("address", "地址"), a.t("since", "连接于"), a.t("lasted", "时长"), a.t("received", "接收"), a.t("sent", "发送"), a.t("left", "断开原因")}}
	for _, p := range peers {
		rows = append(rows, []string{fmt.Sprintf("    %d", p.ID), payload.SafeString(p.Alias), p.Remote.String(), p.First.Local().Format("15:04:05.000"),
			p.Last.Sub(p.First).Round(time.Millisecond).String(), a.Amount(p.Received, p.ReceivedMessages, 0), a.Amount(p.Sent, p.SentMessages, 0), string(p.Reason)})
	}
	return terminal.Table(rows)
}

func (a *commands) timeSpan(first, last time.Time) string {
	return fmt.Sprintf(a.t("%s, for %s", "%s，历时 %s"), first.Local().Format("2006-01-02 15:04:05"), last.Sub(first).Round(time.Millisecond))
}
