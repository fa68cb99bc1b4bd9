package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/journal"
	"sockeye/internal/responder"
	"sockeye/internal/terminal"
)

// stepLimit bounds each step of the demo: on loopback all take milliseconds.
const stepLimit = 5 * time.Second

// walkthrough plays the experiment on a workbench and tells it. A step is told when
// the journal has the event that proves it.
type walkthrough struct {
	app    *app
	bench  *core.Core
	out    io.Writer
	flags  demoFlags
	limit  time.Duration  // of each step
	lines  *terminal.View // writes events as lines
	cursor *journal.Cursor
	seen   []sockeye.Event // read from the journal and not told yet
	latest time.Time       // of the line that was written last

	number    int // of the step being told
	calls     string
	pc, board *core.Session
	boardAt   netip.AddrPort // the board's address, as both sides see it
}

func (a *app) newWalkthrough(bench *core.Core, out io.Writer, f demoFlags) *walkthrough {
	return &walkthrough{
		app: a, bench: bench, out: out, flags: f, limit: stepLimit,
		lines: a.NewView(terminal.Lines, out, nil, terminal.IsTerminal(out) && a.Env("NO_COLOR") == "" && a.Env("TERM") != "dumb"), cursor: bench.View(1),
	}
}

// tell plays all steps. Sessions it opened stay open, whatever the outcome.
func (s *walkthrough) step() error {
	defer s.cursor.Close()
	fmt.Fprint(s.out, s.app.t(`The Socket experiment on this computer: a PC and a board, over real sockets.
Each line with a time is an event that really happened.
`, `在本机完成 Socket 通信实验：电脑与开发板，使用真实的套接字。
每个带时间的行都是刚刚真实发生的事件。
`))
	hello := []byte(responder.DefaultHello)
	answer := []byte(s.app.t("Hello board!", "你好，开发板！"))
	steps := []func() error{
		s.serverOpens, s.boardConnects, s.serverAccepts,
		func() error { return s.boardSends(hello, s.app.t("says hello", "问好")) },
		func() error { return s.serverReceives(hello, s.app.t("receives it", "收到问好")) },
		func() error { return s.serverAnswers(answer) },
		func() error { return s.boardReceives(answer) },
		func() error { return s.boardSends(answer, s.app.t("sends it back", "原样发回")) },
		func() error { return s.serverReceives(answer, s.app.t("receives its own words again", "收到回传")) },
		s.serverCloses, // or the reader's words would go to this board, too
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// The two who act.
var (
	thePC    = sockeye.Text{En: "PC", Zh: "电脑"}
	theBoard = sockeye.Text{En: "board", Zh: "开发板"}
)

// begin tells what the next step is.
func (s *walkthrough) begin(who sockeye.Text, calls, what string) {
	s.number++
	s.calls = calls
	fmt.Fprintf(s.out, "\n%d. %s  %s — %s\n", s.number, who.In(s.app.Lang), calls, what)
}

func (s *walkthrough) serverOpens() error {
	s.begin(thePC, "socket() bind() listen()", s.app.t("opens a server", "打开服务器"))
	at := sockeye.Address{Network: sockeye.TCP, Host: "127.0.0.1", Port: s.flags.port}
	if !s.flags.once {
		at.Host = "" // for the reader's own board
	}
	open := func() error {
		var err error
		s.pc, err = s.bench.Open(s.app.Ctx, sockeye.Endpoint{Mode: sockeye.Listen, Address: at}, responder.Answer{})
		return err
	}
	err := open()
	if taken := sockeye.ErrorOf(err); taken != nil && at.Port != 0 && (taken.Kind == sockeye.AddressInUse || taken.Kind == sockeye.AccessDenied) {
		fmt.Fprintf(s.out, s.app.t("   Port %d is not free (%s); any other will do.\n", "   端口 %d 不可用（%s），改用其他端口。\n"), at.Port, taken.Reason(s.app.Lang))
		at.Port = 0
		err = open()
	}
	if err != nil {
		return err
	}
	_, err = s.await(s.pc, sockeye.Opened)
	return err
}

func (s *walkthrough) boardConnects() error {
	s.begin(theBoard, "socket() connect()", s.app.t("connects to the PC", "连接电脑"))
	ep := sockeye.Endpoint{Mode: sockeye.Connect, Address: sockeye.Address{Network: sockeye.TCP, Host: "127.0.0.1", Port: s.pc.Locals()[0].Port()}}
	ep.Options.ReadSize = responder.DefaultReceive
	ep.Options.ConnectTimeout = s.limit
	var err error
	s.board, err = s.bench.Open(s.app.Ctx, ep, responder.Answer{
		Device: &responder.Device{Hello: []byte(responder.DefaultHello), Interval: responder.DefaultInterval}})
	if err != nil {
		return err
	}
	e, err := s.await(s.board, sockeye.Opened)
	if err == nil {
		s.boardAt = e.Detail.Locals[0]
	}
	return err
}

func (s *walkthrough) serverAccepts() error {
	s.begin(thePC, "accept()", s.app.t("has a connection: five things name it", "得到一个连接，由五项信息确定"))
	e, err := s.await(s.pc, sockeye.Joined)
	if err == nil {
		fmt.Fprintf(s.out, s.app.t("   protocol %s, local %s, remote %s\n", "   协议 %s，本地 %s，远程 %s\n"), e.Peer.Network, e.Peer.Local, e.Peer.Remote)
	}
	return err
}

func (s *walkthrough) boardSends(data []byte, what string) error {
	s.begin(theBoard, "send()", what)
	return s.awaitData(s.board, sockeye.Sent, data)
}

func (s *walkthrough) serverReceives(data []byte, what string) error {
	s.begin(thePC, "recv()", what)
	return s.awaitData(s.pc, sockeye.Received, data)
}

// serverAnswers chooses the board among the peers, as one does by hand.
func (s *walkthrough) serverAnswers(data []byte) error {
	s.begin(thePC, "send()", s.app.t("chooses the board in its list of peers and answers", "在连接对象中选择开发板并发送"))
	for _, p := range s.pc.Peers() {
		fmt.Fprintf(s.out, "   %s\n", terminal.PeerName(p.Peer))
	}
	to, err := s.pc.Find(s.boardAt.String())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.app.Ctx, s.limit)
	defer cancel()
	if err := s.pc.Send(ctx, to, data); err != nil {
		return err
	}
	return s.awaitData(s.pc, sockeye.Sent, data)
}

func (s *walkthrough) boardReceives(data []byte) error {
	s.begin(theBoard, "recv(128)", s.app.t("prints what came", "打印收到的数据"))
	return s.awaitData(s.board, sockeye.Received, data)
}

func (s *walkthrough) serverCloses() error {
	s.begin(thePC, "close()", s.app.t("ends the connection; the board sees its end and leaves", "关闭连接；开发板得知后离开"))
	to, err := s.pc.Find(s.boardAt.String())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.app.Ctx, s.limit)
	defer cancel()
	for _, p := range to {
		p.Close(ctx)
	}
	if _, err := s.await(s.board, sockeye.Left); err != nil {
		return err
	}
	_, err = s.await(s.pc, sockeye.Left)
	return err
}

// awaitData waits for bytes to cross, in however many pieces, and tells each.
func (s *walkthrough) awaitData(of *core.Session, kind sockeye.EventKind, want []byte) error {
	for rest := want; len(rest) > 0; {
		e, err := s.await(of, kind)
		if err != nil {
			return err
		}
		var ok bool
		if rest, ok = bytes.CutPrefix(rest, e.Data); !ok {
			return s.fails(sockeye.System, sockeye.Text{En: "other bytes came than were sent", Zh: "收到的字节与发送的不同"}, nil)
		}
	}
	return nil
}

// await waits for an event of a session and tells it. What other boards do that
// happen to connect meanwhile is not part of the story.
func (s *walkthrough) await(of *core.Session, kind sockeye.EventKind) (sockeye.Event, error) {
	ctx, cancel := context.WithTimeout(s.app.Ctx, s.limit)
	defer cancel()
	for {
		n := slices.IndexFunc(s.seen, func(e sockeye.Event) bool {
			return e.Session.ID == of.ID() && e.Kind == kind && (e.Peer == nil || of == s.board || e.Peer.Remote == s.boardAt)
		})
		if n >= 0 {
			e := s.seen[n]
			s.seen = slices.Delete(s.seen, n, n+1)
			return e, s.show(e)
		}
		e, err := s.cursor.Next(ctx)
		if err != nil {
			return e, s.notSeen(err)
		}
		e.Data = bytes.Clone(e.Data)
		if e.Session != nil { // a gap has none
			s.seen = append(s.seen, e)
		}
	}
}

// show writes the line of an event. Both ends of a connection have their own core of
// this computer, so that accept() may return a little before connect() does; a step
// is shown no earlier than the one that led to it.
func (s *walkthrough) show(e sockeye.Event) error {
	if e.Time.Before(s.latest) {
		e.Time = s.latest
	}
	s.latest = e.Time
	_, err := s.out.Write(append([]byte("   "), s.lines.AppendLine(nil, e)...))
	return err
}

func (s *walkthrough) notSeen(err error) error {
	if s.app.Ctx.Err() != nil {
		return s.app.Interrupted()
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return s.fails(sockeye.TimedOut, sockeye.Text{
		En: fmt.Sprintf("nothing happened within %s", s.limit), Zh: fmt.Sprintf("%s 内没有任何结果", s.limit)}, err)
}

func (s *walkthrough) fails(kind sockeye.ErrorKind, why sockeye.Text, cause error) error {
	return &sockeye.Error{
		Kind: kind, Target: fmt.Sprintf(s.app.t("step %d, %s", "第 %d 步 %s"), s.number, s.calls), Message: why, Err: cause,
		Hint: sockeye.Text{
			En: "sockeye demo --once --json shows every event up to there; a firewall may block loopback",
			Zh: "sockeye demo --once --json 可显示此前的全部事件；也可能是防火墙阻止了环回连接"},
	}
}
