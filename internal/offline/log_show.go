package offline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/framing"
	"sockeye/internal/payload"
	"sockeye/internal/pcapng"
	"sockeye/internal/query"
	"sockeye/internal/recording"
	"sockeye/internal/terminal"
)

func (a *commands) logShowCommand() *cobra.Command {
	var f filterFlags
	var d terminal.DisplayFlags
	var o recording.ReadOptions
	var charset string
	cmd := &cobra.Command{
		Use:   "show RECORDING",
		Short: a.t("Show events as they were seen", "按当时的样子显示事件"),
		Long: a.t(`Show the events of a recording as listen and connect do. With --follow it goes on
with what is being recorded.`,
			`像 listen 和 connect 那样显示记录中的事件。加 --follow 会继续显示正在记录的内容。`),
		Example: `  sockeye log show board-log --peer kitchen --since 10m
  sockeye log show board-log --hex --bytes '01 03'
  sockeye log show board-log --follow --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := terminal.ExpectArguments(cmd, args, 1); err != nil {
				return err
			}
			if o.Follow && len(args) > 0 && terminal.IsHub(args[0]) {
				return terminal.Usage("--follow "+args[0], sockeye.Text{En: "what a hub has now is shown, and then no more", Zh: "只显示集线服务目前已有的内容"},
					sockeye.Text{En: "leave --follow out", Zh: "请去掉 --follow"})
			}
			var err error
			if d.Charset, err = payload.ParseViewCharset(charset); err != nil {
				return terminal.OfFlag(err, "--charset")
			}
			return a.logShow(args, &f, &d, o)
		},
	}
	fs := cmd.Flags()
	f.register(a, fs)
	f.registerContent(a, fs)
	fs.Uint64Var(&o.From, "from", 0, a.t("begin at the event with this number", "从该编号的事件开始"))
	fs.BoolVarP(&o.Follow, "follow", "f", false, a.t("go on with what is being recorded", "继续显示正在记录的内容"))
	fs.BoolVar(&d.Hex, "hex", false, a.t("show bytes as a hex dump", "以十六进制显示"))
	fs.BoolVar(&d.Json, "json", false, a.t("print one JSON event per line", "每个事件输出一行 JSON"))
	fs.BoolVar(&d.Raw, "raw", false, a.t("write received bytes exactly, nothing else", "原样输出收到的字节"))
	d.FrameFlags.Register(a.Terminal, fs)
	d.Decode.Register(a.Terminal, fs)
	fs.Var(terminal.CharsetText(&charset), "charset", a.t("charset of text: utf-8, gbk, gb18030, big5, shift-jis or latin-1", "文本编码：utf-8、gbk、gb18030、big5、shift-jis 或 latin-1"))
	return cmd
}

// logShow shows the events of a recording.
func (a *commands) logShow(args []string, f *filterFlags, d *terminal.DisplayFlags, o recording.ReadOptions) error {
	form, err := d.Format(a.Terminal)
	if err != nil {
		return err
	}
	if form == terminal.Raw && !d.Raw {
		form = terminal.Lines
	}
	filter, err := f.filter()
	if err != nil {
		return err
	}
	cut, err := d.Choice()
	if err == nil {
		err = commentedAlone(filter, o.Follow, cut, d.Flag())
	}
	if err != nil {
		return err
	}
	o.After = filter.After
	var wants func(*framing.PeerFrame) bool
	if cut != nil {
		o.After = time.Time{} // a frame may begin before
		if filter, wants, err = query.FramesOf(filter); err != nil {
			return err
		}
	}
	m, err := filter.Matcher()
	if err != nil {
		return err
	}
	events, err := a.readRecording(args, o, form != terminal.Raw)
	if err != nil {
		return err
	}
	defer events.Close()
	v := a.NewView(form, a.Out, io.Discard, terminal.IsTerminal(a.Out) && a.Env("NO_COLOR") == "" && a.Env("TERM") != "dumb")
	v.Dated, v.WantsFrame, v.Charset = true, wants, d.Charset
	v.ShowFrames(cut)
	return a.ended(a.showEach(v, events, m, o.Follow))
}

// commentedAlone says what --commented does not go together with.
func commentedAlone(f recording.Filter, follow bool, cut *terminal.FrameChoice, frames string) error {
	with, why := "", sockeye.Text{}
	switch {
	case !f.Commented:
		return nil
	case follow:
		with, why = "--follow", sockeye.Text{En: "a comment comes after its message", Zh: "注释写在消息之后"}
	case cut != nil:
		with, why = frames, sockeye.Text{En: "a comment is on a message as it was read", Zh: "注释针对的是读到的消息"}
	default:
		return nil
	}
	return terminal.Usage("--commented "+with, sockeye.Text{En: "not together: " + why.En, Zh: "不能同时使用：" + why.Zh}, sockeye.Text{En: "leave one of them out", Zh: "请去掉其中一个"})
}

// readRecording begins to read the events of a recording, with their comments if they are wanted,
// and warns of what is damaged.
func (a *commands) readRecording(args []string, o recording.ReadOptions, comments bool) (*recording.Reader, error) {
	if o.Follow && len(args) > 0 {
		if err := terminal.NotStdin("--follow", args[0], sockeye.Text{En: "standard input is read to its end first: nothing follows", Zh: "标准输入会先读到结尾，之后没有可跟随的内容"},
			sockeye.Text{En: "leave --follow out, or name the recording", Zh: "请去掉 --follow，或写记录的路径"}); err != nil {
			return nil, err
		}
	}
	r, err := a.openRecording(args)
	if err != nil {
		return nil, err
	}
	if comments && !o.Follow { // what is still to come cannot be at its message: a comment is an event then
		if o.Comments, err = a.readComments(r); err != nil {
			return nil, a.ended(err)
		}
	}
	told := 0
	o.Damaged = func(file string, d pcapng.Damage) {
		if d.Kind != pcapng.Torn || !o.Follow {
			a.warnDamage(file, d, &told)
		}
	}
	return r.Read(o)
}

// showEach shows the events that match, each at once where more may follow.
func (a *commands) showEach(v *terminal.View, events *recording.Reader, m *recording.EventMatcher, follow bool) error {
	err := events.Each(a.Ctx, m, func(e *sockeye.Event) error {
		if e.Session != nil {
			v.MarkOpened(e.Session) // its errors are not the command's own
		}
		if err := v.Show(*e); err != nil {
			return err
		}
		if follow {
			return v.Flush()
		}
		return nil
	})
	if v.Cut != nil {
		v.Cut.End(v.ShowFrame)
	}
	if flushErr := v.End(); err == nil {
		err = flushErr
	}
	return err
}

func (a *commands) logSearchCommand() *cobra.Command {
	var f filterFlags
	var asHex, asRegexp, asJSON bool
	var most int
	cmd := &cobra.Command{
		Use:   "search RECORDING TEXT",
		Short: a.t("Find bytes in the streams", "在数据流中查找"),
		Long: a.t(`Find a text (with escapes), bytes or a regular expression in what was received and
sent, whatever chunks it came in. Exit code 1 if it is nowhere, as with grep.`,
			`在收发的数据中查找文本（支持转义）、字节或正则表达式，不受数据分块影响。
没有找到时退出码为 1，与 grep 相同。`),
		Example: `  sockeye log search board-log 'temp='
  sockeye log search board-log --hex '01 03'
  sockeye log search board-log --regexp 'temp=[0-9]+' --peer kitchen`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if asHex && len(args) > 2 {
				args = []string{args[0], strings.Join(args[1:], " ")}
			}
			if err := terminal.ExpectArguments(cmd, args, 2); err != nil {
				return err
			}
			if len(args) < 2 || args[1] == "" {
				return terminal.Usage("TEXT", sockeye.Text{En: "what to find is missing", Zh: "缺少要查找的内容"}, terminal.HelpHint(cmd))
			}
			if most < 0 {
				return terminal.Usage("--max-count", sockeye.Text{En: fmt.Sprintf("%d is negative", most), Zh: fmt.Sprintf("%d 是负数", most)},
					sockeye.Text{En: "leave it out to find all", Zh: "不写则查找全部"})
			}
			if len(args) == 2 {
				switch {
				case asHex && asRegexp:
					return terminal.Usage("--hex --regexp", sockeye.Text{En: "only one of the two", Zh: "两者只能选一"}, sockeye.Text{})
				case asHex:
					f.bytes = args[1]
				case asRegexp:
					f.f.Regexp = args[1]
				default:
					f.text = args[1]
				}
			}
			return a.logSearch(args, &f, most, asJSON)
		},
	}
	fs := cmd.Flags()
	f.register(a, fs)
	fs.BoolVar(&asHex, "hex", false, a.t("TEXT is bytes written in hex", "TEXT 是十六进制数据"))
	fs.BoolVar(&asRegexp, "regexp", false, a.t("TEXT is a regular expression (RE2)", "TEXT 是正则表达式（RE2）"))
	fs.IntVarP(&most, "max-count", "m", 0, a.t("stop after so many", "找到这么多处后停止"))
	fs.BoolVar(&asJSON, "json", false, a.t("print one JSON object per place", "每处输出一行 JSON"))
	return cmd
}

// foundLine is the --json form of one place.
type foundLine struct {
	V         int    `json:"v"`
	Seq       uint64 `json:"seq"`
	Time      string `json:"time"`
	Session   string `json:"session"`
	PeerID    uint64 `json:"peer_id"`
	Peer      string `json:"peer"`
	Direction string `json:"direction"`
	Offset    uint64 `json:"offset"` // bytes of the direction before it
	Bytes     int    `json:"bytes"`
}

var errEnough = errors.New("enough")

func (a *commands) logSearch(args []string, f *filterFlags, most int, asJSON bool) error {
	filter, err := f.filter()
	if err != nil {
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
	p := a.StartProgress(a.t("searching", "正在查找"))
	told := 0
	d, err := r.Read(recording.ReadOptions{After: filter.After, Progress: p.At, Damaged: func(file string, d pcapng.Damage) { a.warnDamage(file, d, &told) }})
	if err != nil {
		return err
	}
	defer d.Close()
	v := a.NewView(terminal.Lines, a.Out, io.Discard, terminal.IsTerminal(a.Out) && a.Env("NO_COLOR") == "")
	v.Dated = true
	clearBar := sync.OnceFunc(p.End) // the places are printed where it is
	found, err := eachMatch(a.Ctx, d, m, most, func(e *sockeye.Event, x recording.Hit) error {
		clearBar()
		return a.showMatch(v, e, x, asJSON)
	})
	p.End()
	if flushErr := v.Flush(); err == nil {
		err = flushErr
	}
	switch {
	case err != nil:
		return a.ended(err)
	case found == 0:
		return terminal.Exit{Code: terminal.ExitNetwork}
	}
	return nil
}

// eachMatch gives the places at which something is found, at most so many if that is not 0,
// and counts them.
func eachMatch(ctx context.Context, d *recording.Reader, m *recording.EventMatcher, most int, show func(*sockeye.Event, recording.Hit) error) (found int, err error) {
	err = d.Each(ctx, nil, func(e *sockeye.Event) error {
		var failed error
		m.Each(e, func(x recording.Hit) {
			if failed == nil && (most == 0 || found < most) {
				found++
				failed = show(e, x)
			}
		})
		if failed == nil && most > 0 && found >= most {
			return errEnough
		}
		return failed
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return found, err
}

// showMatch prints a place: the event it ends in, and where in the stream it is.
func (a *commands) showMatch(v *terminal.View, e *sockeye.Event, x recording.Hit, asJSON bool) error {
	if asJSON {
		line := foundLine{V: 1, Seq: x.Seq, Time: e.Time.UTC().Format("2006-01-02T15:04:05.000000000Z"), Direction: e.Kind.String(), Offset: x.Offset, Bytes: x.Length}
		if e.Peer != nil {
			line.PeerID, line.Peer = e.Peer.ID, e.Peer.Remote.String()
		}
		if e.Session != nil {
			line.Session = e.Session.ID
		}
		return a.PrintJSON(line)
	}
	text := fmt.Appendf(nil, a.t("event %d, byte %d: ", "事件 %d，字节 %d："), x.Seq, x.Offset)
	return v.ShowText(*e, payload.AppendSafe(text, around(e.Data, x)))
}

// around is at most 200 bytes of a chunk: enough to know the place again.
func around(data []byte, x recording.Hit) []byte { return data[:min(len(data), 200)] }
