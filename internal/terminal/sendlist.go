package terminal

import (
	"cmp"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/payload"
	"sockeye/internal/schedule"
)

// TimedFlags says what a command sends by itself at intervals: one payload again and again, or the
// rows of a list.
type TimedFlags struct {
	Send, SendHex, List string
	every               time.Duration
	repeat              int
	File                string
	Pace                chunkPace
}

// Register adds the flags to a command.
func (f *TimedFlags) Register(a *Terminal, fs *pflag.FlagSet) {
	fs.Var(&DurationFlag{&f.every}, "every", a.T("send --send again and again, this long apart", "按此间隔反复发送 --send 的内容"))
	fs.IntVar(&f.repeat, "repeat", 0, a.T("how often in all (default with --every: for ever)", "总共发送多少次（配合 --every 时默认不限）"))
	fs.StringVar(&f.List, "send-list", "", a.T("send a list: a workspace FILE, FILE#NAME if it has several, or a .csv table; - is standard input", "发送列表：工作区文件 FILE（含多个列表时写 FILE#NAME）或 .csv 表格；- 表示标准输入"))
}

// RegisterFile adds the flags for sending a file. With a false flag it adds only those for the
// pace, which then hold for files sent from the console.
func (f *TimedFlags) RegisterFile(a *Terminal, fs *pflag.FlagSet, flag bool) {
	if flag {
		fs.StringVar(&f.File, "send-file", "", a.T("send a file as it is; - is standard input, to its end first", "原样发送文件；- 表示标准输入（先读完再发送）"))
	}
	fs.Var(&ByteSizeFlag{&f.Pace.chunk}, "chunk", a.T("most bytes of a file sent at a time", "发送文件时每次最多发送的字节数"))
	fs.Var(&ByteSizeFlag{&f.Pace.rate}, "rate", a.T("most bytes of a file sent in a second", "发送文件时每秒最多发送的字节数"))
}

// TimedList is a list to send, and the function that finds its variables besides those of the
// flags, or nil.
type TimedList struct {
	schedule.List
	lookup func(string) (string, bool)
}

func newTimedList(l *schedule.List, lookup func(string) (string, bool), err error) (*TimedList, error) {
	if unreadable, ok := err.(*os.PathError); ok {
		return nil, FileError("open", unreadable.Path, err)
	}
	if err != nil {
		return nil, err
	}
	return &TimedList{*l, lookup}, nil
}

// TooFew refuses a --repeat below zero.
func TooFew(repeat int) error {
	return Usage("--repeat", sockeye.Text{En: fmt.Sprintf("%d: at least one message has to be sent", repeat), Zh: fmt.Sprintf("%d：至少发送一次", repeat)},
		sockeye.Text{En: "leave it out to send for ever", Zh: "不写则不限次数"})
}

// SendList returns the list that the flags mean, or nil. A payload without --every and --repeat is
// no list.
func (f *TimedFlags) SendList(a *Terminal, in *InputFlags) (*TimedList, error) {
	timed := f.every > 0 || f.repeat != 0
	switch {
	case f.repeat < 0:
		return nil, TooFew(f.repeat)
	case f.List != "" && (timed || f.Send != "" || f.SendHex != ""):
		return nil, Usage("--send-list", sockeye.Text{En: "the list says what to send, and when", Zh: "发送什么、何时发送由列表决定"},
			sockeye.Text{En: "leave out --send, --every and --repeat", Zh: "请去掉 --send、--every 和 --repeat"})
	case f.List != "":
		l, err := a.ReadList("--send-list", f.List)
		if err == nil {
			err = l.around(in.prefix, in.suffix)
		}
		return l, err
	case !timed:
		return nil, nil
	case f.Send == "" && f.SendHex == "":
		return nil, Usage("--every", sockeye.Text{En: "there is nothing to send", Zh: "没有要发送的内容"}, sockeye.Text{En: "add --send or --send-hex", Zh: "请加上 --send 或 --send-hex"})
	}
	if _, err := ParseEither(in.Write, "--send", f.Send, "--send-hex", f.SendHex); err != nil {
		return nil, err
	}
	row := schedule.Row{Text: f.Send + f.SendHex, Hex: f.SendHex != "", Charset: string(in.Write.Charset), Checksum: in.checksum, Prefix: in.prefix, Suffix: in.suffix}
	l := &TimedList{List: schedule.Every(row, f.every, f.repeat)}
	_, err := l.Templates()
	return l, err
}

// around puts a prefix and a suffix around each message of a list that has none itself.
func (l *TimedList) around(prefix, suffix string) error {
	for i := range l.Rows {
		r := &l.Rows[i]
		r.Prefix, r.Suffix = cmp.Or(r.Prefix, prefix), cmp.Or(r.Suffix, suffix)
	}
	_, err := l.Templates()
	return err
}

// ReadList reads the list that typed means: a table, FILE.csv, or a workspace with
// one list, or with several and FILE#NAME.
func (a *Terminal) ReadList(reader, typed string) (*TimedList, error) {
	if rest, ok := strings.CutPrefix(typed, StdinName); ok && (rest == "" || rest[0] == '#') {
		return a.readListOfStdin(reader, strings.TrimPrefix(rest, "#"))
	}
	return readListAt(typed)
}

// readListOfStdin reads a list from standard input: a table if a column of its first
// line is payload, else a workspace.
func (a *Terminal) readListOfStdin(reader, name string) (*TimedList, error) {
	path, err := a.File(reader, StdinName)
	if err != nil {
		return nil, err
	}
	l, err := newTimedList(core.ReadList(path, name))
	if err != nil {
		return nil, err
	}
	return l.sendable(reader)
}

func readListAt(typed string) (*TimedList, error) {
	path, name := typed, ""
	if _, err := os.Stat(path); err != nil { // a file may have a # in its name
		if file, after, ok := cutLast(typed, "#"); ok {
			path, name = file, after
		}
	}
	l, err := newTimedList(core.ReadListFile(path, name))
	if err != nil {
		return nil, err
	}
	return l.sendable(typed)
}

// sendable returns the list, or its errors with from as their source.
func (l *TimedList) sendable(from string) (*TimedList, error) {
	if err := l.Sendable(); err != nil {
		return nil, OfFlag(err, from)
	}
	return l, nil
}

// cutLast is strings.Cut at the last separator.
func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// playList sends a list and returns when it has ended, with the error of its last
// message if that failed.
func (l *Runner) playList(s *core.Session, list *TimedList) error {
	run, err := s.Sender().StartList(list.List, core.ListOptions{Lookup: list.lookup})
	if err != nil {
		return err
	}
	select {
	case <-run.Done():
	case <-l.term.Ctx.Done():
		run.Stop()
	}
	if p := run.Progress(); p.Err != nil {
		return p.Err
	}
	return nil
}

// list carries out /list: it sends the list of a file, or shows what is being sent.
func (c *repl) list(path string) error {
	if path == "" {
		runs := c.session.Sender().Runs()
		if len(runs) == 0 {
			c.run.console.print(c.term.T("nothing is being sent; /list FILE sends one", "没有正在发送的列表；/list 文件 开始发送"))
		}
		for _, r := range runs {
			c.run.console.print(c.term.RunLine(r))
		}
		return nil
	}
	if err := notConsole("/list", path); err != nil {
		return err
	}
	l, err := readListAt(path)
	if err == nil {
		err = l.around(c.write.Prefix, c.write.Suffix)
	}
	if err != nil {
		return err
	}
	return c.start(l.List, l.lookup)
}

// every carries out /every: it sends one payload again and again.
func (c *repl) every(rest string) error {
	interval, text, _ := strings.Cut(rest, " ")
	d := time.Duration(0)
	if err := (&DurationFlag{&d}).Set(interval); err != nil || text == "" {
		return Usage("/every", sockeye.Text{En: "how often, and what?", Zh: "缺少间隔或内容"}, sockeye.Text{En: `write /every 500ms ping {{seq}}\r\n`, Zh: `请写 /every 500ms ping {{seq}}\r\n`})
	}
	row := schedule.Row{Text: text, Charset: string(c.write.Charset), Checksum: c.write.Trailer.String(), Prefix: c.write.Prefix, Suffix: c.write.Suffix}
	return c.start(schedule.Every(row, d, 0), nil)
}

// start sends a list to the chosen peers, and prints when it has ended.
func (c *repl) start(l schedule.List, lookup func(string) (string, bool)) error {
	run, err := c.session.Sender().StartList(l, core.ListOptions{To: c.to.words(), Lookup: lookup})
	if err != nil {
		return err
	}
	c.run.console.print(c.term.RunLine(run) + c.term.T("; /stop ends it", "；/stop 停止"))
	c.out.aside(func() {
		<-run.Done()
		c.run.console.print(c.term.RunLine(run))
	})
	return nil
}

// RunLine returns a line about the progress of a list.
func (a *Terminal) RunLine(r *schedule.Run) string {
	p := r.Progress()
	total := a.T("without end", "不限次数")
	if p.Total > 0 {
		total = fmt.Sprintf(a.T("of %d", "共 %d 条"), p.Total)
	}
	state := a.T("ended", "已结束")
	if p.Running {
		state = a.T("sending", "正在发送")
	}
	s := fmt.Sprintf(a.T("list %s %s: %d messages sent, %s", "列表 %s %s：已发送 %d 条，%s"), r.ID(), state, p.Messages, total)
	if name := r.List().Name; name != "" {
		s = fmt.Sprintf(a.T("list %s (%s) %s: %d messages sent, %s", "列表 %s（%s）%s：已发送 %d 条，%s"), r.ID(), payload.SafeString(name), state, p.Messages, total)
	}
	if p.Failed > 0 {
		s += fmt.Sprintf(a.T("; %d failed", "；失败 %d 条"), p.Failed)
	}
	if p.Skipped > 0 {
		s += fmt.Sprintf(a.T("; %d skipped, nobody was there", "；无连接对象而跳过 %d 条"), p.Skipped)
	}
	if p.Err != nil {
		s += a.T("; ", "；") + p.Err.In(a.Lang)
	}
	return s
}
