package offline

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/framing"
	"sockeye/internal/pcapng"
	"sockeye/internal/query"
	"sockeye/internal/recording"
	"sockeye/internal/terminal"
)

func (a *commands) logVerifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "verify RECORDING",
		Short: a.t("Check every byte of a recording", "校验记录的每个字节"),
		Long: a.t(`Check every byte of a recording against its checksums, and name each damaged place.
Exit code 1 if there is any. A torn end is what a crash leaves: nothing that was
promised is in it.`,
			`用校验和检查记录的每个字节，并指出每处损坏；有损坏时退出码为 1。
结尾不完整是程序意外结束留下的，其中没有任何已经承诺保存的内容。`),
		Example: `  sockeye log verify board-log`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := terminal.ExpectArguments(cmd, args, 1); err != nil {
				return err
			}
			return a.logVerify(args)
		},
	}
}

func (a *commands) logVerify(args []string) error {
	r, err := a.openRecording(args)
	if err != nil {
		return err
	}
	p := a.StartProgress(a.t("verifying", "正在校验"))
	report, err := r.Verify(a.Ctx, p.At)
	p.End()
	if err != nil {
		return a.ended(err)
	}
	if err := a.printReport(report); err != nil {
		return err
	}
	switch {
	case r.Foreign():
		fmt.Fprintln(a.Out, a.t("a capture of another program: it has no checksums to check", "这是其他程序的抓包文件，没有可供校验的校验和"))
	case report.Sound():
		fmt.Fprintln(a.Out, a.t("sound: every byte is as it was written", "完好：每个字节都与写入时一致"))
	}
	if !report.Sound() {
		return terminal.Exit{Code: terminal.ExitNetwork}
	}
	return nil
}

// printReport prints each damaged place and the totals.
func (a *commands) printReport(report *recording.VerifyReport) error {
	out := bufio.NewWriter(a.Out)
	for _, d := range report.Damage {
		fmt.Fprintln(out, a.damageLine(d.File, d.Damage))
	}
	if rest := report.Damages + report.Torn + report.Skipped - len(report.Damage); rest > 0 {
		fmt.Fprintf(out, a.t("… and %d more\n", "……还有 %d 处\n"), rest)
	}
	fmt.Fprintf(out, a.t("%d events, %s in %d files; %d places damaged, %d torn\n", "%d 个事件，%s，%d 个文件；%d 处损坏，%d 处结尾不完整\n"),
		report.Events, terminal.SizeText(float64(report.Bytes)), report.Files, report.Damages, report.Torn)
	return out.Flush()
}

func (a *commands) logRepairCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "repair RECORDING TO",
		Short: a.t("Write what is whole to a new place", "把完好的部分写到新位置"),
		Long: a.t(`Write what is whole of a recording to a new file or directory, and say what was left
out. The old one is not touched.`,
			`把记录中完好的部分写到新的文件或目录，并说明舍弃了什么。原记录不会被改动。`),
		Example: `  sockeye log repair board-log board-log-repaired`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := terminal.ExpectArguments(cmd, args, 2); err != nil {
				return err
			}
			if len(args) == 1 {
				return terminal.Usage("TO", sockeye.Text{En: "where to write it is missing", Zh: "缺少写入位置"}, terminal.HelpHint(cmd))
			}
			return a.logRepair(args)
		},
	}
}

func (a *commands) logRepair(args []string) error {
	r, err := a.openRecording(args)
	if err != nil {
		return err
	}
	p := a.StartProgress(a.t("repairing", "正在修复"))
	report, err := r.Repair(a.Ctx, args[1], p.At)
	p.End()
	if err != nil {
		return a.ended(err)
	}
	return a.printReport(report)
}

// exportForms are what log export writes.
var exportForms = []string{"text", "csv", "json", "jsonl", "raw", "pcapng"}

func (a *commands) logExportCommand() *cobra.Command {
	var f filterFlags
	var frames terminal.FrameFlags
	var form, to string
	cmd := &cobra.Command{
		Use:   "export RECORDING",
		Short: a.t("Write events as text, CSV, JSON, raw bytes or pcapng", "导出为文本、CSV、JSON、原始字节或 pcapng"),
		Long: a.t(`Write the events of a recording for other programs: text as shown, CSV that no
spreadsheet takes for formulas, JSON Lines, the raw bytes of each peer and
direction in a file of its own, or one pcapng file.`,
			`导出记录供其他程序使用：显示的文本、不会被电子表格当作公式的 CSV、JSON Lines、
每个连接对象每个方向一个文件的原始字节，或一个 pcapng 文件。`),
		Example: `  sockeye log export board-log --format csv --output board.csv
  sockeye log export board-log --format raw --output board-bytes --peer kitchen
  sockeye log export board-log --format csv --fields keys --output values.csv
  sockeye log export board-log --format jsonl --fields 'keys temp, hum'
  sockeye log export capture.pcap --format json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := terminal.ExpectArguments(cmd, args, 1); err != nil {
				return err
			}
			return a.logExport(args, &f, &frames, form, to)
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&form, "format", "text", a.t("text, csv, json, jsonl, raw or pcapng; jsonl is json, but with --fields only the values", "text、csv、json、jsonl、raw 或 pcapng；jsonl 与 json 相同，但加 --fields 时只有字段值"))
	fs.StringVarP(&to, "output", "o", "", a.t("file to write, or directory for raw; must not exist (default: standard output)", "写入的文件（raw 为目录），不能已存在（默认写到标准输出）"))
	f.register(a, fs)
	f.registerContent(a, fs)
	frames.Register(a.Terminal, fs)
	frames.Decode.Register(a.Terminal, fs)
	return cmd
}

func (a *commands) logExport(args []string, f *filterFlags, frames *terminal.FrameFlags, form, to string) error {
	if err := checkExportForm(form); err != nil {
		return err
	}
	filter, err := f.filter()
	if err != nil {
		return err
	}
	after := filter.After
	x := exporting{form: form}
	if x.cut, err = frames.Choice(); err != nil {
		return err
	}
	if err := commentedAlone(filter, false, x.cut, frames.Flag()); err != nil {
		return err
	}
	if x.cut != nil {
		if form == "raw" || form == "pcapng" {
			return terminal.Usage(frames.Flag(), sockeye.Text{En: form + " keeps the bytes as they came", Zh: form + " 按原样保存字节"}, sockeye.Text{En: "frames are exported as text, csv or json", Zh: "帧可以导出为 text、csv 或 json"})
		}
		after = time.Time{} // a frame may begin before
		if filter, x.wants, err = query.FramesOf(filter); err != nil {
			return err
		}
	}
	m, err := filter.Matcher()
	if err != nil {
		return err
	}
	r, err := a.openRecording(args)
	if err != nil {
		return err
	}
	comments, err := a.readComments(r)
	if err != nil {
		return a.ended(err)
	}
	p := a.StartProgress(a.t("exporting", "正在导出"))
	told := 0
	d, err := r.Read(recording.ReadOptions{After: after, Comments: comments, Progress: p.At, Damaged: func(file string, d pcapng.Damage) { a.warnDamage(file, d, &told) }})
	if err != nil {
		return err
	}
	defer d.Close()
	err = a.exportTo(d, m, x, to)
	p.End()
	return a.ended(err)
}

// checkExportForm says that there is no such format, if there is none.
func checkExportForm(form string) error {
	if slices.Contains(exportForms, form) {
		return nil
	}
	hint := sockeye.Text{En: "choose one of " + strings.Join(exportForms, ", "), Zh: "可选：" + strings.Join(exportForms, "、")}
	if near := terminal.Nearest(form, exportForms); near != "" {
		hint = terminal.DidYouMean(near)
	}
	return terminal.Usage("--format", sockeye.Text{En: fmt.Sprintf("unknown format %q", form), Zh: fmt.Sprintf("未知的格式 %q", form)}, hint)
}

// exporting is what is written.
type exporting struct {
	form  string
	cut   *terminal.FrameChoice // nil: events as they are
	wants func(*framing.PeerFrame) bool
}

func (a *commands) exportTo(d *recording.Reader, m *recording.EventMatcher, x exporting, to string) error {
	form := x.form
	if form == "raw" {
		if to == "" {
			return terminal.Usage("--output", sockeye.Text{En: "raw needs a directory", Zh: "raw 需要一个目录"}, sockeye.Text{En: "each peer and direction gets a file there", Zh: "每个连接对象的每个方向会在其中各有一个文件"})
		}
		names, err := recording.WriteRaw(a.Ctx, d, m, to)
		for _, n := range names {
			fmt.Fprintln(a.Out, n)
		}
		return err
	}
	out := a.Out
	if to != "" {
		f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return terminal.FileError("write", to, err)
		}
		defer f.Close()
		out = f
	}
	if form == "pcapng" && terminal.IsTerminal(out) {
		return terminal.Usage("--output", sockeye.Text{En: "pcapng is not for a terminal", Zh: "pcapng 不能输出到终端"}, sockeye.Text{En: "name a file, or pipe it: | wireshark -k -i -", Zh: "请指定文件，或用管道：| wireshark -k -i -"})
	}
	err := a.writeExport(d, m, x, out)
	if f, ok := out.(*os.File); ok && to != "" && err == nil {
		err = f.Close()
	}
	return err
}

func (a *commands) writeExport(d *recording.Reader, m *recording.EventMatcher, x exporting, out io.Writer) error {
	switch form := x.form; {
	case form == "csv" && x.cut != nil && len(x.cut.Fields) > 0:
		return a.writeValues(d, m, x, out)
	case form == "jsonl" && x.cut != nil && len(x.cut.Fields) > 0:
		return a.writeValueLines(d, m, x, out)
	case form == "csv" && x.cut != nil:
		return a.writeFrames(d, m, x.wants, x.cut, out)
	case form == "csv":
		return recording.WriteCSV(a.Ctx, d, m, out, a.Lang)
	case form == "pcapng":
		return recording.WritePcapng(a.Ctx, d, m, out)
	}
	v := a.NewView(terminal.Lines, out, io.Discard, false)
	v.Dated, v.WantsFrame = true, x.wants
	v.ShowFrames(x.cut)
	if x.form == "json" || x.form == "jsonl" {
		v.Format = terminal.JSONLines
	}
	err := d.Each(a.Ctx, m, func(e *sockeye.Event) error {
		if e.Session != nil {
			v.MarkOpened(e.Session)
		}
		return v.Show(*e)
	})
	if v.Cut != nil {
		v.Cut.End(v.ShowFrame)
	}
	if flushErr := v.End(); err == nil {
		err = flushErr
	}
	return err
}
