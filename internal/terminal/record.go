package terminal

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/journal"
	"sockeye/internal/payload"
	"sockeye/internal/recording"
)

// RecordFlags says whether and how a command records what happens.
type RecordFlags struct {
	To   string
	Sync string
	How  recording.WriteOptions
}

// SyncAlways is the value of --sync with which a power cut loses no event.
const SyncAlways = string(recording.Always)

// NewRecordFlags returns the defaults: the command does not record.
func NewRecordFlags() RecordFlags { return RecordFlags{Sync: string(recording.Relaxed)} }

// Register adds the flags to a command.
func (f *RecordFlags) Register(a *Terminal, fs *pflag.FlagSet) {
	fs.StringVar(&f.To, "record", "", a.T("record every byte: in a directory, in a .pcapng file, or - for standard output", "记录每个字节：写到目录、.pcapng 文件或标准输出（-）"))
	f.Sync = string(recording.Relaxed)
	fs.Var(CheckedText(&f.Sync, isSync), "sync", a.T("what a power cut may cost: relaxed (the last second) or always (nothing)", "断电最多损失什么：relaxed（最后一秒）或 always（无损失）"))
	fs.Var(&ByteSizeFlag{&f.How.SegmentBytes}, "record-size", a.T("begin a new segment at this size (default 64MiB)", "分段达到此大小后换新文件（默认 64MiB）"))
	fs.Var(&DurationFlag{&f.How.SegmentAge}, "record-time", a.T("begin a new segment after this time", "分段写满此时间后换新文件"))
	fs.Var(&ByteSizeFlag{&f.How.TotalBytes}, "record-total", a.T("delete the oldest segments beyond this size", "总大小超过此值时删除最旧的分段"))
	fs.BoolVar(&f.How.Shared, "record-shared", false, a.T("record even into a directory that other users own or may write into", "允许记录到属于其他用户或其他用户可写的目录"))
	fs.Var(&DurationFlag{&f.How.MaxAge}, "record-age", a.T("delete segments older than this", "删除早于此时间的分段"))
}

// BeginRecording begins to record. Opening a named pipe waits for its reader; a signal ends the
// waiting.
func (a *Terminal) BeginRecording(bench *core.Core, o recording.WriteOptions) error {
	if o.File == "" || !isStream(o.File) {
		return bench.Record(o)
	}
	return a.interruptible(func() error { return bench.Record(o) })
}

// TakesOutput reports whether the recording goes where views would print.
func (f *RecordFlags) TakesOutput() bool { return f.To == "-" }

// Options are how to record a command's endpoint.
func (f *RecordFlags) Options(a *Terminal, ep sockeye.Endpoint) recording.WriteOptions {
	o := f.How
	o.Sync, o.Lang, o.Name = recording.Sync(f.Sync), a.Lang, core.RecordName(ep)
	o.Application = "Sockeye " + ThisBuild().Version
	return recordTo(a, o, f.To)
}

// recordTo sets the destination that a word means.
func recordTo(a *Terminal, o recording.WriteOptions, to string) recording.WriteOptions {
	switch {
	case to == "-":
		o.Out = a.Out
	case strings.HasSuffix(strings.ToLower(to), ".pcapng"), isStream(to):
		o.File = to
	default:
		o.Dir = to
	}
	return o
}

// isStream reports whether a path is a named pipe or a device.
func isStream(path string) bool {
	st, err := os.Stat(path)
	return err == nil && !st.IsDir() && !st.Mode().IsRegular()
}

// Form returns the output format of the display flags, or the one that prints nothing if the
// recording goes to standard output.
func (f *RecordFlags) Form(a *Terminal, d *DisplayFlags) (OutputFormat, error) {
	if !f.TakesOutput() {
		return d.Format(a)
	}
	for _, c := range []struct {
		on   bool
		name string
	}{{d.Hex, "--hex"}, {d.Raw, "--raw"}, {d.Json, "--json"}} {
		if c.on {
			return 0, Usage(c.name+" --record -", sockeye.Text{En: "only one of the two can have standard output", Zh: "标准输出只能用于其中之一"},
				sockeye.Text{En: "record in a file or directory", Zh: "请记录到文件或目录"})
		}
	}
	if IsTerminal(a.Out) {
		return 0, Usage("--record -", sockeye.Text{En: "a recording is not for a terminal", Zh: "记录不能输出到终端"},
			sockeye.Text{En: "pipe it: sockeye listen --record - | wireshark -k -i -", Zh: "请用管道：sockeye listen --record - | wireshark -k -i -"})
	}
	return Quiet, nil
}

// record carries out /record: it starts or stops the recording, or shows its state.
func (c *repl) record(to string) error {
	bench := c.run.Bench
	switch to {
	case "":
	case "off":
		ctx, cancel := context.WithTimeout(c.term.Ctx, c.run.drain)
		defer cancel()
		if err := bench.StopRecording(ctx); err != nil {
			return err
		}
	case "-":
		return Usage("/record", sockeye.Text{En: "standard output is this terminal", Zh: "标准输出就是这个终端"},
			sockeye.Text{En: "name a directory or a .pcapng file", Zh: "请指定目录或 .pcapng 文件"})
	default:
		f := RecordFlags{To: to}
		if err := c.term.BeginRecording(bench, f.Options(c.term, c.session.Endpoint())); err != nil {
			return err
		}
	}
	c.run.console.print(c.term.recordLine(bench.RecordStatus()))
	return nil
}

// recordLine returns a line about the state of a recording.
func (a *Terminal) recordLine(st journal.RecordStatus) string {
	state := map[journal.RecordState]string{
		journal.RecordOn: a.T("recording", "正在记录"), journal.RecordPaused: a.T("recording is paused", "记录已暂停"), journal.RecordOff: a.T("not recording", "没有在记录"),
	}[st.State]
	if st.Path != "" {
		state += fmt.Sprintf(a.T(": %s, %d events, %s", "：%s，%d 个事件，%s"), payload.SafeString(st.Path), st.Events, SizeText(float64(st.Bytes)))
	}
	if st.Lost.Events > 0 {
		state += fmt.Sprintf(a.T("; %d events are missing in it", "；其中缺少 %d 个事件"), st.Lost.Events)
	}
	if st.Err != nil {
		state += a.T("; ", "；") + st.Err.In(a.Lang)
	}
	return state
}
