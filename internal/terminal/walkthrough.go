package terminal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/journal"
	"sockeye/internal/responder"
)

// stepLimit bounds each step of the demo: on loopback all take milliseconds.
const stepLimit = 5 * time.Second

// walkthrough runs the experiment on a workbench and prints its steps. It prints a step when the
// journal has the event that proves it.
type walkthrough struct {
	term   *Terminal
	bench  *core.Core
	out    io.Writer
	once   bool // listen on loopback only, and end after the last step
	port   uint16
	limit  time.Duration // of each step
	lines  *View         // writes events as lines
	cursor *journal.Cursor
	seen   []sockeye.Event // read from the journal and not printed yet
	latest time.Time       // of the line that was written last

	number    int // of the current step
	calls     string
	pc, board *core.Session
	boardAt   sockeye.SocketAddr // the board's address, as both sides see it
}

// WalkthroughOptions say how to play the experiment.
type WalkthroughOptions struct {
	Once bool   // end after the last step, instead of staying open for a board
	JSON bool   // print the events alone
	Port uint16 // of the PC; another one if it is not free
}

// walkthroughDisplay sets how long closing in good order may take.
var walkthroughDisplay = DisplayFlags{Drain: 5 * time.Second}

// Walkthrough runs the experiment on this computer and explains it step by step.
func (a *Terminal) Walkthrough(o WalkthroughOptions) error {
	bench := core.New(0)
	if o.JSON {
		l := a.Follow(bench, 0, "", JSONLines, &walkthroughDisplay, nil, false)
		s := a.newWalkthrough(bench, io.Discard, o.Once, o.Port)
		err := s.step()
		if err == nil && !o.Once {
			err = l.untilStopped(nil)
		}
		return l.Finish(err)
	}
	s := a.newWalkthrough(bench, a.Out, o.Once, o.Port)
	if err := s.step(); err != nil || o.Once {
		ctx, cancel := context.WithTimeout(a.ForceStop, walkthroughDisplay.Drain)
		defer cancel()
		bench.Shutdown(ctx)
		return err
	}
	_, next := bench.Span()
	s.invite()
	l := a.Follow(bench, next, s.pc.ID(), Lines, &walkthroughDisplay, nil, true)
	return l.Finish(l.untilStopped(s.pc))
}

func (a *Terminal) newWalkthrough(bench *core.Core, out io.Writer, once bool, port uint16) *walkthrough {
	return &walkthrough{
		term: a, bench: bench, out: out, once: once, port: port, limit: stepLimit,
		lines: a.NewView(Lines, out, nil, IsTerminal(out) && a.Env("NO_COLOR") == "" && a.Env("TERM") != "dumb"), cursor: bench.View(1),
	}
}

// step runs all steps in turn. The sessions that it opened stay open, whatever the outcome.
func (s *walkthrough) step() error {
	defer s.cursor.Close()
	fmt.Fprint(s.out, s.term.T(`The Socket experiment on this computer: a PC and a board, over real sockets.
Each line with a time is an event that really happened.
`, `在本机完成 Socket 通信实验：电脑与开发板，使用真实的套接字。
每个带时间的行都是刚刚真实发生的事件。
`))
	hello := []byte(responder.DefaultHello)
	answer := []byte(s.term.T("Hello board!", "你好，开发板！"))
	steps := []func() error{
		s.serverOpens, s.boardConnects, s.serverAccepts,
		func() error { return s.boardSends(hello, s.term.T("says hello", "问好")) },
		func() error { return s.serverReceives(hello, s.term.T("receives it", "收到问好")) },
		func() error { return s.serverAnswers(answer) },
		func() error { return s.boardReceives(answer) },
		func() error { return s.boardSends(answer, s.term.T("sends it back", "原样发回")) },
		func() error {
			return s.serverReceives(answer, s.term.T("receives its own words again", "收到回传"))
		},
		s.serverCloses, // otherwise what the reader sends would also go to this board
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// The two programs of the experiment.
var (
	thePC    = sockeye.Text{En: "PC", Zh: "电脑"}
	theBoard = sockeye.Text{En: "board", Zh: "开发板"}
)

// begin prints the heading of the next step.
func (s *walkthrough) begin(who sockeye.Text, calls, what string) {
	s.number++
	s.calls = calls
	fmt.Fprintf(s.out, "\n%d. %s  %s — %s\n", s.number, who.In(s.term.Lang), calls, what)
}

func (s *walkthrough) serverOpens() error {
	s.begin(thePC, "socket() bind() listen()", s.term.T("opens a server", "打开服务器"))
	at := sockeye.Address{Network: sockeye.TCP, Host: "127.0.0.1", Port: s.port}
	if !s.once {
		at.Host = "" // for the reader's own board
	}
	open := func() error {
		var err error
		s.pc, err = s.bench.Open(s.term.Ctx, sockeye.Endpoint{Mode: sockeye.Listen, Address: at}, responder.Answer{})
		return err
	}
	err := open()
	if taken := sockeye.ErrorOf(err); taken != nil && at.Port != 0 && (taken.Kind == sockeye.AddressInUse || taken.Kind == sockeye.AccessDenied) {
		fmt.Fprintf(s.out, s.term.T("   Port %d is not free (%s); any other will do.\n", "   端口 %d 不可用（%s），改用其他端口。\n"), at.Port, taken.Reason(s.term.Lang))
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
	s.begin(theBoard, "socket() connect()", s.term.T("connects to the PC", "连接电脑"))
	ep := sockeye.Endpoint{Mode: sockeye.Connect, Address: sockeye.Address{Network: sockeye.TCP, Host: "127.0.0.1", Port: s.pc.Locals()[0].Port()}}
	ep.Options.ReadSize = responder.DefaultReceive
	ep.Options.ConnectTimeout = s.limit
	var err error
	s.board, err = s.bench.Open(s.term.Ctx, ep, responder.Answer{
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
	s.begin(thePC, "accept()", s.term.T("has a connection: five things name it", "得到一个连接，由五项信息确定"))
	e, err := s.await(s.pc, sockeye.Joined)
	if err == nil {
		fmt.Fprintf(s.out, s.term.T("   protocol %s, local %s, remote %s\n", "   协议 %s，本地 %s，远程 %s\n"), e.Peer.Network, e.Peer.Local, e.Peer.Remote)
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

// serverAnswers sends data to the board, which it chooses among the peers as a person would.
func (s *walkthrough) serverAnswers(data []byte) error {
	s.begin(thePC, "send()", s.term.T("chooses the board in its list of peers and answers", "在连接对象中选择开发板并发送"))
	for _, p := range s.pc.Peers() {
		fmt.Fprintf(s.out, "   %s\n", PeerName(p.Peer))
	}
	to, err := s.pc.Find(s.boardAt.String())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.term.Ctx, s.limit)
	defer cancel()
	if err := core.Failures(s.pc.Sender().Send(ctx, to, data)); err != nil {
		return err
	}
	return s.awaitData(s.pc, sockeye.Sent, data)
}

func (s *walkthrough) boardReceives(data []byte) error {
	s.begin(theBoard, "recv(128)", s.term.T("prints what came", "打印收到的数据"))
	return s.awaitData(s.board, sockeye.Received, data)
}

func (s *walkthrough) serverCloses() error {
	s.begin(thePC, "close()", s.term.T("ends the connection; the board sees its end and leaves", "关闭连接；开发板得知后离开"))
	to, err := s.pc.Find(s.boardAt.String())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.term.Ctx, s.limit)
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

// awaitData waits until bytes were received or sent, in any number of pieces, and prints each
// piece.
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

// await waits for an event of a session and prints it. It skips events of other boards that happen
// to connect meanwhile.
func (s *walkthrough) await(of *core.Session, kind sockeye.EventKind) (sockeye.Event, error) {
	ctx, cancel := context.WithTimeout(s.term.Ctx, s.limit)
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

// show prints the line of an event. The two ends of a connection may run on different processors,
// so that accept() returns a little before connect(); a line is printed with no earlier time than
// the one before it.
func (s *walkthrough) show(e sockeye.Event) error {
	if e.Time.Before(s.latest) {
		e.Time = s.latest
	}
	s.latest = e.Time
	_, err := s.out.Write(append([]byte("   "), s.lines.AppendLine(nil, e)...))
	return err
}

func (s *walkthrough) notSeen(err error) error {
	if s.term.Ctx.Err() != nil {
		return s.term.Interrupted()
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return s.fails(sockeye.TimedOut, sockeye.Text{
		En: fmt.Sprintf("nothing happened within %s", s.limit), Zh: fmt.Sprintf("%s 内没有任何结果", s.limit)}, err)
}

func (s *walkthrough) fails(kind sockeye.ErrorKind, why sockeye.Text, cause error) error {
	return &sockeye.Error{
		Kind: kind, Target: fmt.Sprintf(s.term.T("step %d, %s", "第 %d 步 %s"), s.number, s.calls), Message: why, Err: cause,
		Hint: sockeye.Text{
			En: "sockeye demo --once --json shows every event up to there; a firewall may block loopback",
			Zh: "sockeye demo --once --json 可显示此前的全部事件；也可能是防火墙阻止了环回连接"},
	}
}

// DeviceLine returns the command that plays the board towards an address, quoted for a shell where
// necessary.
func DeviceLine(to netip.Addr, port uint16) string {
	address := netip.AddrPortFrom(to, port).String()
	if strings.ContainsAny(address, "[]") {
		address = "'" + address + "'"
	}
	return "sockeye device " + address
}

// invite prints how to connect a board of one's own.
func (s *walkthrough) invite() {
	a := s.term
	_, board, _ := core.Reachable() // without a network the board runs on this machine
	ok := board.IsValid()
	if !ok {
		board = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	port := s.pc.Locals()[0].Port()
	fmt.Fprintf(s.out, a.T(`
That was the whole experiment. The server stays open for a board of your own.
On the board, with Sockeye:

    %s

or with the tutorial's Python program, two lines changed:

    addr=('%s',%d)
    if not text: break      # for "if text == '': pass", which never ends

`, `
整个实验到此完成。服务器保持打开，等待你自己的开发板。
在开发板上用 Sockeye：

    %s

或者用教程里的 Python 程序，改两行：

    addr=('%s',%d)
    if not text: break      # 代替 if text == '': pass，否则连接断开后会空转

`), DeviceLine(board, port), board, port)
	if !ok {
		fmt.Fprintln(s.out, a.T("(This computer is on no network: only programs on it can connect.)\n", "（本机没有连接网络：只有本机上的程序能够连接。）\n"))
	}
	if IsTerminal(a.In) && IsTerminal(s.out) {
		fmt.Fprintln(s.out, a.T("What you type goes to the board. Ctrl-C ends.", "输入的内容会发送给开发板。按 Ctrl-C 结束。"))
	} else {
		fmt.Fprintln(s.out, a.T("Ctrl-C ends.", "按 Ctrl-C 结束。"))
	}
}
