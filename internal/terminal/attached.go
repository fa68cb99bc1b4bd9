package terminal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"sockeye"
	"sockeye/client"
)

// Attachment is a session to open in another process's workbench, with the settings of its
// display on this terminal.
type Attachment struct {
	Client   client.Client
	Endpoint sockeye.Endpoint
	Open     *client.OpenOptions
	Display  *DisplayFlags
	Format   OutputFormat
	Input    *InputFlags // nil: nothing is sent from here
}

// Attach opens a session in another process's workbench, shows what happens there, and sends what
// is typed or piped in. It returns when the session ends or the person leaves; then the session
// stays open.
func (a *Terminal) Attach(at Attachment) error {
	s, err := at.Client.Open(a.Ctx, at.Endpoint, at.Open)
	if err != nil {
		return err
	}
	x := &attached{Attachment: at, term: a, session: s.ID}
	out := a.Out
	isPerson := at.Input != nil && IsTerminal(a.In) && IsTerminal(a.Out)
	if isPerson && (at.Format == Lines || at.Format == HexLines) {
		x.console = newConsole(a.In, a.Out, a.interrupt)
		out = x.console
	}
	colour := (at.Format == Lines || at.Format == HexLines) && IsTerminal(a.Out) && a.Env("NO_COLOR") == "" && a.Env("TERM") != "dumb"
	x.view = a.NewView(at.Format, out, a.Err, colour)
	x.view.verbose, x.view.Charset = at.Display.Verbose, at.Display.Charset
	err = x.run()
	if x.console != nil {
		x.console.Close()
	}
	if errors.Is(err, errQuit) || a.Ctx.Err() != nil {
		fmt.Fprintf(a.Err, a.T("%s stays open in the workbench; sockeye session close %[1]s closes it\n", "会话 %s 在工作台中保持打开；用 sockeye session close %[1]s 关闭\n"), x.session)
	}
	switch {
	case a.Ctx.Err() != nil:
		return a.Interrupted()
	case errors.Is(err, errQuit):
		return nil
	}
	return err
}

// attached is a terminal that shows a session of another process.
type attached struct {
	Attachment
	term    *Terminal
	session string
	console *console // nil unless a person types
	view    *View

	mu sync.Mutex
	to []uint64 // the numbers of the peers that are sent to; empty: all
}

// run shows and sends until the session ends or the input asks for the end.
func (x *attached) run() error {
	ctx, cancel := context.WithCancel(x.term.Ctx)
	defer cancel()
	shown, typed := make(chan error, 1), make(chan error, 1)
	go func() { shown <- x.show(ctx) }()
	switch {
	case x.console != nil:
		go func() { typed <- x.repl(ctx) }()
	case x.Input != nil && !IsTerminal(x.term.In) && x.term.stdin.reader == "":
		go func() { typed <- x.pipe(ctx) }()
	}
	var quit <-chan time.Time
	for {
		select {
		case err := <-shown:
			return err
		case <-x.term.Ctx.Done():
			cancel()
			<-shown
			return nil
		case err := <-typed:
			if err == nil && x.console == nil && x.Input.QuitAfter >= 0 {
				quit = time.After(x.Input.QuitAfter)
			}
			if err == nil && x.console == nil {
				continue // the session is still shown
			}
			cancel()
			<-shown
			return err
		case <-quit:
			cancel()
			<-shown
			return errQuit
		}
	}
}

// show prints the events of the session to its end.
func (x *attached) show(ctx context.Context) error {
	for e, err := range x.Client.Events(ctx, client.EventOptions{Session: x.session}) {
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			return err
		}
		if e.Kind == sockeye.Opened {
			x.view.MarkOpened(e.Session)
		}
		if err := x.view.Show(e); err != nil {
			return OutputError(err)
		}
		if err := x.view.Flush(); err != nil {
			return OutputError(err)
		}
	}
	if err := x.view.End(); err != nil || ctx.Err() != nil {
		return err
	}
	sessions, err := x.Client.Sessions(ctx)
	if err != nil {
		return nil // the workbench has ended as well
	}
	for _, s := range sessions {
		if s.ID == x.session && s.Err != nil {
			return s.Err
		}
	}
	return nil
}

// pipe sends standard input to the end, once there is a peer.
func (x *attached) pipe(ctx context.Context) error {
	if _, err := x.Client.AwaitPeer(ctx, x.session); err != nil {
		return nil // the view shows why
	}
	lines := lineEnds{crlf: x.Input.crlf}
	buf := make([]byte, 64<<10)
	for {
		n, readErr := x.term.In.Read(buf)
		if n > 0 {
			if _, err := x.Client.Send(ctx, x.session, lines.convert(buf[:n])); err != nil && ctx.Err() == nil {
				return err
			}
		}
		switch {
		case isEnd(readErr):
			return nil
		case readErr != nil:
			return &sockeye.Error{Kind: sockeye.System, Op: "read", Target: "stdin", Err: readErr}
		}
	}
}

// repl carries out what a person types. The error is errQuit when they leave.
func (x *attached) repl(ctx context.Context) error {
	x.prompt()
	x.console.complete(func(line string) []string { return x.completions(ctx, line) })
	for {
		select {
		case line, ok := <-x.console.typed:
			if !ok {
				return errQuit
			}
			err := x.take(ctx, line)
			if errors.Is(err, errQuit) {
				return err
			}
			if err != nil {
				for _, text := range x.term.ErrorLines(err) {
					x.console.print(text)
				}
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// prompt names the session and whom a typed line goes to.
func (x *attached) prompt() {
	x.mu.Lock()
	defer x.mu.Unlock()
	to := ""
	for _, id := range x.to {
		to += fmt.Sprintf(" #%d", id)
	}
	x.console.prompt(x.session+to+"> ", "")
}

// take carries out one line.
func (x *attached) take(ctx context.Context, line string) error {
	f := x.Input
	p := client.Payload{Charset: f.sendCharset(), Checksum: f.checksum, Prefix: f.prefix, Suffix: f.suffix}
	if !strings.HasPrefix(line, "/") || strings.HasPrefix(line, "//") {
		p.Text, p.Plain, p.LineEnding = strings.TrimPrefix(line, "/"), true, "lf"
		if f.crlf {
			p.LineEnding = "crlf"
		}
		return x.send(ctx, p)
	}
	x.console.print("> " + line)
	name, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch name {
	case "/text":
		p.Text = rest
		return x.send(ctx, p)
	case "/hex":
		p.Text, p.Hex = rest, true
		return x.send(ctx, p)
	case "/to":
		return x.choose(ctx, strings.Fields(rest))
	case "/peers":
		return x.listPeers(ctx)
	case "/dtr", "/rts", "/break":
		set, _, err := lineSetting(name, rest)
		if err != nil {
			return err
		}
		return x.eachPeer(ctx, func(p sockeye.PeerStatus) error { return x.Client.SetLines(ctx, x.session, p.ID, set) })
	case "/lines":
		return x.eachPeer(ctx, x.showLines)
	case "/close":
		return x.Client.CloseSession(ctx, x.session)
	case "/quit":
		return errQuit
	case "/help":
		x.help()
		return nil
	}
	return Usage("", sockeye.Text{En: fmt.Sprintf("%q is not for a session of the workbench", name), Zh: fmt.Sprintf("工作台中的会话不支持 %q", name)},
		sockeye.Text{En: "/help lists what is; the rest is in its page, and in sockeye session", Zh: "/help 列出可用命令；其余操作请用页面或 sockeye session"})
}

// showLines prints the modem lines of a peer.
func (x *attached) showLines(p sockeye.PeerStatus) error {
	if p.Lines == nil {
		return noLines(PeerName(p.Peer))
	}
	x.console.print(PeerName(p.Peer) + "  " + p.Lines.String())
	return nil
}

// eachPeer does something with every peer of the session.
func (x *attached) eachPeer(ctx context.Context, do func(sockeye.PeerStatus) error) error {
	peers, err := x.Client.Peers(ctx, x.session)
	if err != nil {
		return err
	}
	for _, p := range peers {
		if err := do(p); err != nil {
			return err
		}
	}
	return nil
}

// send sends a payload to the chosen peers. A failed send is an event, and shown as one.
func (x *attached) send(ctx context.Context, p client.Payload) error {
	x.mu.Lock()
	to := x.to
	x.mu.Unlock()
	sent, err := x.Client.SendPayload(ctx, x.session, p, to...)
	if sent != nil {
		return nil
	}
	return err
}

// choose chooses whom typed lines go to.
func (x *attached) choose(ctx context.Context, words []string) error {
	if len(words) == 0 {
		return Usage("/to", sockeye.Text{En: "which peer?", Zh: "缺少连接对象"}, sockeye.Text{En: "name one by number, alias, address or port; /peers lists them", Zh: "可用编号、别名、地址或端口；/peers 列出全部"})
	}
	peers, err := x.Client.Peers(ctx, x.session)
	if err != nil {
		return err
	}
	var to []uint64
	for _, word := range words {
		if strings.EqualFold(word, "all") {
			to = nil
			break
		}
		before := len(to)
		for _, p := range peers {
			if p.Answers(word) {
				to = append(to, p.ID)
			}
		}
		if len(to) == before {
			return &sockeye.Error{Kind: sockeye.NotFound, Op: "send", Target: word, Message: sockeye.Text{En: "no such peer", Zh: "没有这个连接对象"},
				Hint: sockeye.Text{En: "/peers lists them", Zh: "/peers 列出全部"}}
		}
	}
	x.mu.Lock()
	x.to = to
	x.mu.Unlock()
	x.prompt()
	return nil
}

func (x *attached) listPeers(ctx context.Context) error {
	peers, err := x.Client.Peers(ctx, x.session)
	if err != nil {
		return err
	}
	x.console.print(x.term.peerTable(peers) + x.term.limitLines(peers))
	return nil
}

// attachedCommands are the commands for a session of the workbench.
var attachedCommands = []string{"/to", "/peers", "/text", "/hex", "/close", "/quit", "/help", "/dtr", "/rts", "/break", "/lines"}

// completions returns the words that can continue a line, as repl.completions does. It asks the
// workbench for the peers, with a short timeout.
func (x *attached) completions(ctx context.Context, line string) []string {
	switch name, _, more := strings.Cut(line, " "); {
	case !strings.HasPrefix(line, "/"):
		return nil
	case !more:
		return attachedCommands
	case name != "/to":
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	peers, err := x.Client.Peers(ctx, x.session)
	if err != nil {
		return nil
	}
	words := []string{"all"}
	for _, p := range peers {
		words = append(words, fmt.Sprintf("#%d", p.Peer.ID), p.Peer.Remote.String())
		if alias := p.Peer.Alias(); alias != "" && !strings.Contains(alias, " ") {
			words = append(words, alias)
		}
	}
	return words
}

func (x *attached) help() {
	x.console.print(x.term.T(
		`  /to PEER… | all     choose whom typed lines go to
  /peers              list the peers with their counters
  /text TEXT          send TEXT with escapes and fields, and no line end
  /hex 01 03 00       send bytes written in hex
  /close              close the session in the workbench
  /quit               leave; the session stays open (also Ctrl-D and Ctrl-C)
  Anything else you type is sent with a line end; a line that begins with / as //.
`, `  /to PEER… | all     选择发送对象
  /peers              列出连接对象和收发统计
  /text TEXT          发送带转义和字段的文本，不附加换行
  /hex 01 03 00       发送十六进制数据
  /close              关闭工作台中的这个会话
  /quit               离开，会话保持打开（也可按 Ctrl-D 或 Ctrl-C）
  其他输入都会连同换行一起发送；要发送以 / 开头的内容，请写 //。
`))
}
