package server

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/hub"
	"sockeye/internal/recording"
	"sockeye/internal/terminal"
)

// exportFlags are the flags of export.
type exportFlags struct {
	session, since, until, to string
}

func (p *hubProgram) exportCommand() *cobra.Command {
	f := exportFlags{to: "-"}
	cmd := &cobra.Command{
		Use: "export [BOARD…]", Short: p.T("Write what the hub has as a recording", "把集线服务的内容写成记录"),
		Long: p.T(`Write events of the stream as a recording, which "sockeye log" and Wireshark read. BOARD is
BOARD or SITE/BOARD; SITE/ is a whole site, and without a name it is everything. Of one
board the numbers of events stay; of several the sessions are called SITE/BOARD/s1.
"sockeye log show hub:BOARD" and "sockeye plot hub:BOARD,BOARD" do the same without a file.`,
			`把事件流中的事件写成记录，可用 sockeye log 和 Wireshark 读取。BOARD 写成 BOARD 或 SITE/BOARD；
SITE/ 表示整个站点，不写则为全部。只选一块开发板时事件编号不变；选多块时会话名为 SITE/BOARD/s1。
sockeye log show hub:BOARD 和 sockeye plot hub:BOARD,BOARD 不经文件做同样的事。`),
		Example: `  sockeye hub export plant-a/press-7 --since 1h --to press.pcapng
  sockeye hub export plant-a/press-7 plant-b/ --to two.pcapng
  sockeye hub export plant-a/ | wireshark -k -i -`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := f.options(args, time.Now())
			if err != nil {
				return err
			}
			return p.export(&f, o)
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&f.session, "session", "", p.T("only this session of the board", "只导出该开发板的这个会话"))
	fs.StringVar(&f.since, "since", "", p.T("only from this time on: '2026-01-31 15:04:05', RFC 3339, or 10m for ten minutes ago", "从此时间起：'2026-01-31 15:04:05'、RFC 3339，或 10m（十分钟前）"))
	fs.StringVar(&f.until, "until", "", p.T("only before this time, written likewise", "到此时间为止，写法同上"))
	fs.StringVar(&f.to, "to", f.to, p.T("a .pcapng file, a directory, or - for standard output", ".pcapng 文件、目录或标准输出（-）"))
	return cmd
}

// options are what to read.
func (f *exportFlags) options(args []string, now time.Time) (o hub.StreamFilter, err error) {
	boards, err := chosenBoards(args)
	if len(args) == 1 && boards[0].Name != "*" {
		o.Site, o.Board = boards[0].Site, boards[0].Name
	} else if o.Boards = withoutCovered(boards); f.session != "" {
		err = terminal.Together(err, terminal.Usage("--session", sockeye.Text{En: "of which board?", Zh: "属于哪块开发板？"}, sockeye.Text{En: "name one", Zh: "请写出开发板名称"}))
	}
	var badSince, badUntil error
	o.Session = f.session
	o.Since, badSince = parseTime("--since", f.since, now)
	o.Until, badUntil = parseTime("--until", f.until, now)
	return o, terminal.Together(err, badSince, badUntil)
}

// withoutCovered leaves out boards that others of them stand for, too: the filters of a
// consumer must not overlap.
func withoutCovered(boards []hub.BoardID) (out []hub.BoardID) {
	for _, b := range boards {
		if whole := (hub.BoardID{Site: b.Site, Name: "*"}); !slices.Contains(out, b) && (b == whole || !slices.Contains(boards, whole)) {
			out = append(out, b)
		}
	}
	return out
}

func parseTime(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(text); err == nil {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateTime, "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return at, nil
		}
	}
	return time.Time{}, terminal.Usage(flag, sockeye.Text{En: fmt.Sprintf("%.60q is not a time", text), Zh: fmt.Sprintf("%.60q 不是时间", text)},
		sockeye.Text{En: "write '2026-01-31 15:04:05', or 10m", Zh: "写成 '2026-01-31 15:04:05' 或 10m"})
}

func (p *hubProgram) export(f *exportFlags, o hub.StreamFilter) error {
	if f.to == "-" && terminal.IsTerminal(p.Out) {
		return terminal.Usage("--to", sockeye.Text{En: "a recording is not for a terminal", Zh: "记录不能输出到终端"}, sockeye.Text{En: "add --to press.pcapng, or pipe it", Zh: "请加上 --to press.pcapng，或使用管道"})
	}
	ctx, cancel := context.WithCancel(p.Ctx)
	defer cancel()
	a, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer a.close()
	w, err := recording.OpenWriter(p.place(f.to))
	if err != nil {
		return err
	}
	names := newNames(o.Board == "")
	for e, err := range hub.Read(ctx, a.service, o) {
		if err != nil {
			w.Close()
			if p.Ctx.Err() != nil {
				return p.Interrupted()
			}
			return err
		}
		w.Append(names.event(&e))
		if w.Full() {
			if err := w.Flush(); err != nil {
				w.Close()
				return err
			}
		}
	}
	return w.Close()
}

// place is where a recording is written.
func (p *hubProgram) place(to string) recording.WriteOptions {
	o := recording.WriteOptions{Name: "hub", Lang: p.Lang, Application: "Sockeye " + terminal.ThisBuild().Version}
	switch {
	case to == "-":
		o.Out = p.Out
	case strings.HasSuffix(strings.ToLower(to), ".pcapng"):
		o.File = to
	default:
		o.Dir = to
	}
	return o
}

// names gives sessions, peers and events of several boards names and numbers of which
// each is there once. Those of one board stay as they are.
type names struct {
	several  bool
	sessions map[*sockeye.Session]*sockeye.Session
	peers    map[*sockeye.Peer]*sockeye.Peer
	events   uint64
	peer     uint64
}

func newNames(several bool) *names {
	return &names{several: several, sessions: map[*sockeye.Session]*sockeye.Session{}, peers: map[*sockeye.Peer]*sockeye.Peer{}}
}

func (n *names) event(e *hub.BoardEvent) *sockeye.Event {
	if !n.several {
		return &e.Event
	}
	out := e.Event
	out.Seq = n.events + 1
	n.events = out.NextSeq() - 1
	if e.Session != nil {
		out.Session = n.session(e.BoardID, e.Session)
	}
	if e.Peer != nil {
		p := n.peers[e.Peer]
		if p == nil {
			n.peer++
			p = &sockeye.Peer{ID: n.peer, Session: out.Session, Network: e.Peer.Network, Local: e.Peer.Local, Remote: e.Peer.Remote}
			p.SetAlias(e.Peer.Alias())
			n.peers[e.Peer] = p
		}
		if out.Peer = p; e.Kind == sockeye.Left {
			delete(n.peers, e.Peer)
		}
	}
	return &out
}

func (n *names) session(b hub.BoardID, s *sockeye.Session) *sockeye.Session {
	named := n.sessions[s]
	if named == nil {
		named = &sockeye.Session{ID: b.String() + "/" + s.ID, Endpoint: s.Endpoint}
		n.sessions[s] = named
	}
	return named
}
