package terminal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/payload"
)

// repl carries out what a person types at the console, for one session. It belongs to one
// goroutine. Messages are sent on others, so that a peer that does not read holds up neither the
// console nor other peers.
type repl struct {
	run     *Runner
	term    *Terminal
	session *core.Session
	write   payload.ParseOptions // how what is typed becomes bytes
	lineEnd string
	pace    chunkPace
	to      *targets

	out sendQueue
}

// repl carries out typed lines until the person ends the input; then it returns nil, or the error
// that ends the command.
func (l *Runner) repl(s *core.Session, f *InputFlags, pace chunkPace) error {
	c := &repl{run: l, term: l.term, session: s, write: f.Write, lineEnd: map[bool]string{false: "\n", true: "\r\n"}[f.crlf], pace: pace, to: newTargets(core.All)}
	c.out.init(l.sending, func(busy string) { l.console.prompt(c.promptText(), busy) })
	defer c.out.stop()
	l.console.prompt(c.promptText(), "")
	l.console.complete(c.completions)
	ctx, cancel := context.WithCancel(context.Background())
	var following sync.WaitGroup
	following.Go(func() { c.followPeers(ctx) })
	following.Go(func() { c.offerDoctor(ctx, doctorOfferDelay) })
	defer following.Wait()
	defer cancel()
	for {
		select {
		case line, ok := <-l.console.typed:
			if !ok {
				return nil
			}
			if err := c.take(line); errors.Is(err, errQuit) {
				return nil
			} else if err != nil {
				c.printError(err)
			}
		case <-s.Done():
			return nil
		case <-l.term.Ctx.Done():
			c.out.running.Wait() // until the sending context ends
			return l.term.Interrupted()
		}
	}
}

var errQuit = errors.New("quit")

// promptText names the peers that a typed line goes to.
func (c *repl) promptText() string {
	if c.session.Endpoint().Mode == sockeye.Connect {
		return "> "
	}
	to := strings.Join(c.to.words(), " ")
	if c.to.isAll() {
		to = c.term.T("all", "全部")
	}
	return payload.SafeString(to) + "> "
}

// take carries out one line.
func (c *repl) take(line string) error {
	if !strings.HasPrefix(line, "/") || strings.HasPrefix(line, "//") {
		line = strings.TrimPrefix(line, "/")
		o := c.write
		o.Plain, o.LineEnd = true, c.lineEnd
		return c.say(line, o)
	}
	c.run.console.print("> " + line)
	name, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	var names []string
	for _, k := range slashCommands {
		if k.name == name {
			return k.run(c, rest)
		}
		names = append(names, k.name)
	}
	hint := sockeye.Text{En: "/help lists the commands; //text sends a line that begins with /", Zh: "/help 列出全部命令；要发送以 / 开头的内容，请多写一个 /"}
	if near := Nearest(name, names); near != "" {
		hint = DidYouMean(near)
	}
	return Usage("", sockeye.Text{En: fmt.Sprintf("unknown command %q", name), Zh: fmt.Sprintf("未知的命令 %q", name)}, hint)
}

// slashCommand is one of the console's commands.
type slashCommand struct {
	name string
	args string
	help sockeye.Text
	run  func(c *repl, rest string) error
}

// slashCommands are listed by /help in this order.
var slashCommands []slashCommand

func init() { // filled here because /help refers to the table
	slashCommands = []slashCommand{
		{"/to", "PEER… | all", sockeye.Text{En: "choose whom typed lines go to", Zh: "选择发送对象"}, (*repl).chooseTo},
		{"/peers", "", sockeye.Text{En: "list the peers with their counters", Zh: "列出连接对象和收发统计"}, (*repl).listPeers},
		{"/tcp", "[PEER…]", sockeye.Text{En: "what TCP does: look for five seconds, then windows, round trip, what is in flight and what limits", Zh: "查看 TCP 状态：观察五秒，显示窗口、往返时间、在途数据以及受什么限制"}, (*repl).showTCP},
		{"/why", "", sockeye.Text{En: "find out why nobody comes, or nothing is answered", Zh: "查找无人连接或没有应答的原因"}, (*repl).why},
		{"/alias", "PEER NAME", sockeye.Text{En: "name a peer; without NAME, take the name away", Zh: "为连接对象取别名；不写名称则取消别名"}, (*repl).alias},
		{"/text", "TEXT", sockeye.Text{En: `send TEXT with escapes such as \r\n and fields such as {{seq}}, and no line end`, Zh: `发送带转义（如 \r\n）和字段（如 {{seq}}）的文本，不附加换行`}, (*repl).sendText},
		{"/hex", "01 03 00", sockeye.Text{En: "send bytes written in hex", Zh: "发送十六进制数据"}, (*repl).sendHex},
		{"/every", "TIME TEXT", sockeye.Text{En: "send TEXT again and again, this long apart", Zh: "按间隔反复发送文本"}, (*repl).every},
		{"/list", "FILE", sockeye.Text{En: "send the rows of a list; alone: how far the lists are", Zh: "发送列表文件；单独使用则显示进度"}, (*repl).list},
		{"/prefix", "TEXT | off", sockeye.Text{En: `put TEXT before each message: \x02; alone: what there is`, Zh: `在每条数据前加上 TEXT，例如 \x02；单独使用则显示当前设置`}, (*repl).setPrefix},
		{"/suffix", "TEXT | off", sockeye.Text{En: `put TEXT after each message and its checksum: \x03`, Zh: `在每条数据及其校验后加上 TEXT，例如 \x03`}, (*repl).setSuffix},
		{"/file", "PATH", sockeye.Text{En: "send a file as it is; chunk=1k rate=10k set its pace", Zh: "原样发送文件；chunk=1k rate=10k 控制节奏"}, (*repl).sendFile},
		{"/stop", "", sockeye.Text{En: "stop what is being sent", Zh: "停止正在进行的发送"}, (*repl).stopSending},
		{"/frame", "SPEC [CHECK] | off", sockeye.Text{En: "cut what was and will be received into frames: line, delim:0d0a, idle:20ms …", Zh: "把已收到和将收到的数据分帧显示：line、delim:0d0a、idle:20ms…"}, (*repl).frame},
		{"/fields", "SPEC | off", sockeye.Text{En: "show the values of frames: keys, csv, json, u8 id, i16be temp*0.1 …", Zh: "显示帧中的字段值：keys、csv、json、u8 id, i16be temp*0.1…"}, (*repl).fields},
		{"/rules", "", sockeye.Text{En: "list the rules that answer, with their hits", Zh: "列出自动应答规则及其次数"}, (*repl).listRules},
		{"/dtr", "on | off", sockeye.Text{En: "set DTR of a serial port", Zh: "设置串口的 DTR"}, setLines("/dtr")},
		{"/rts", "on | off", sockeye.Text{En: "set RTS of a serial port", Zh: "设置串口的 RTS"}, setLines("/rts")},
		{"/break", "[TIME]", sockeye.Text{En: "send a break on a serial port, for 250ms", Zh: "在串口上发送 break，默认 250ms"}, setLines("/break")},
		{"/lines", "", sockeye.Text{En: "which modem lines of a serial port are on", Zh: "显示串口哪些信号线有效"}, (*repl).showLines},
		{"/comment", "[TEXT | off]", sockeye.Text{En: "write a comment on the last message; alone: a bookmark", Zh: "给最近一条消息写注释；单独使用则加书签"}, (*repl).comment},
		{"/record", "PLACE | off", sockeye.Text{En: "record in a directory or .pcapng file, or end it; alone: how it is", Zh: "记录到目录或 .pcapng 文件，或停止记录；单独使用则显示状态"}, (*repl).record},
		{"/finish", "PEER…", sockeye.Text{En: "finish sending (FIN); the peer may still send", Zh: "结束发送方向（FIN），对方仍可发送"}, (*repl).finish},
		{"/close", "PEER…", sockeye.Text{En: "close in good order (FIN)", Zh: "正常关闭连接（FIN）"}, (*repl).close},
		{"/abort", "PEER…", sockeye.Text{En: "abort (RST)", Zh: "强制中止连接（RST）"}, (*repl).abort},
		{"/quit", "", sockeye.Text{En: "close everything and leave (also Ctrl-D)", Zh: "关闭全部并退出（也可按 Ctrl-D）"}, func(*repl, string) error { return errQuit }},
		{"/help", "", sockeye.Text{En: "this list", Zh: "显示本列表"}, (*repl).help},
	}
}

// ConsoleCommands are the names of the console's commands.
func ConsoleCommands() (names []string) {
	for _, k := range slashCommands {
		names = append(names, k.name)
	}
	return names
}

// completions returns the words that can continue a line: commands, and after a command that takes
// peers, the aliases and numbers of the peers.
func (c *repl) completions(line string) []string {
	name, _, more := strings.Cut(line, " ")
	if !strings.HasPrefix(line, "/") {
		return nil
	}
	if !more {
		return ConsoleCommands()
	}
	var words []string
	for _, k := range slashCommands {
		if k.name == name && strings.Contains(k.args, "PEER") {
			words = peerWords(c.session.Peers(), strings.Contains(k.args, "all"))
		}
		if k.name == name && strings.Contains(k.args, "off") {
			words = append(words, "off")
		}
	}
	return words
}

// peerWords returns the words that name peers at the console.
func peerWords(peers []*core.Peer, all bool) (words []string) {
	if all {
		words = append(words, "all")
	}
	for _, p := range peers {
		words = append(words, fmt.Sprintf("#%d", p.ID), p.Remote.String())
		if alias := p.Alias(); alias != "" && !strings.Contains(alias, " ") {
			words = append(words, alias)
		}
	}
	return words
}

func (c *repl) help(string) error {
	var b strings.Builder
	for _, k := range slashCommands {
		fmt.Fprintf(&b, "  %-8s%-20s%s\n", k.name, k.args, k.help.In(c.term.Lang))
	}
	b.WriteString(c.term.T(
		"  Tab completes commands and peers; Ctrl-R searches what was typed; Ctrl-C clears the line, and an empty one ends.\n  A PEER is a number (3 or #3), an alias, an address, a port (:54036), or all.\n  Anything else you type is sent with a line end; a line that begins with / as //.\n",
		"  Tab 补全命令和连接对象；Ctrl-R 搜索输入历史；Ctrl-C 清空当前行，空行时退出。\n  PEER 可以是编号（3 或 #3）、别名、地址、端口（:54036）或 all。\n  其他输入都会连同换行一起发送；要发送以 / 开头的内容，请写 //。\n"))
	c.run.console.print(b.String())
	return nil
}

// printError shows an error as the command line does: the fault, then the hint.
func (c *repl) printError(err error) {
	for _, line := range c.term.ErrorLines(err) {
		c.run.console.print(line)
	}
}

// find returns the peers that words mean. There must be at least one word.
func (c *repl) find(words string) ([]*core.Peer, error) {
	if words == "" {
		return nil, Usage("", sockeye.Text{En: "which peer?", Zh: "缺少连接对象"},
			sockeye.Text{En: "name one by number, alias, address or port; /peers lists them", Zh: "可用编号、别名、地址或端口；/peers 列出全部"})
	}
	return c.session.Find(strings.Fields(words)...)
}

func (c *repl) chooseTo(words string) error {
	if words == "" {
		_, err := c.find(words)
		return err
	}
	if err := c.to.choose(c.session, strings.Fields(words)); err != nil {
		return err
	}
	c.run.console.prompt(c.promptText(), "")
	return nil
}

func (c *repl) alias(rest string) error {
	words, name, _ := strings.Cut(rest, " ")
	peers, err := c.find(words)
	if err != nil {
		return err
	}
	if len(peers) > 1 {
		return Usage(words, sockeye.Text{En: fmt.Sprintf("means %d peers", len(peers)), Zh: fmt.Sprintf("对应 %d 个连接对象", len(peers))},
			sockeye.Text{En: "a name is for one peer; use its number", Zh: "别名只能给一个连接对象，请用编号"})
	}
	if err := c.session.Alias(peers[0], strings.TrimSpace(name)); err != nil {
		return err
	}
	c.run.console.print(PeerName(peers[0].Peer))
	return nil
}

func (c *repl) sendText(text string) error { return c.say(text, c.write) }

func (c *repl) sendHex(text string) error {
	o := c.write
	o.Hex = true
	return c.say(text, o)
}

// say sends what was typed to the chosen peers.
func (c *repl) say(text string, o payload.ParseOptions) error {
	t, err := payload.Parse(text, o)
	if err != nil {
		return err
	}
	peers, err := c.session.Recipients().Select(c.to.words()...)
	if err != nil {
		return err
	}
	messages, err := c.session.Sender().Compose(peers, t)
	if err != nil {
		return err
	}
	for i, p := range peers {
		c.out.queue(p, func(ctx context.Context) {
			if _, err := p.Send(ctx, messages[i]); sockeye.ErrorOf(err) != nil && sockeye.ErrorOf(err).Kind == sockeye.Misuse {
				c.printError(err) // the view shows any other failure as an event
			}
		})
	}
	return nil
}

func (c *repl) sendFile(rest string) error {
	path, pace, err := cutPace(rest, c.pace)
	if err != nil {
		return err
	}
	if err := notConsole("/file", path); err != nil {
		return err
	}
	if err := CheckFile(path); err != nil {
		return err
	}
	peers, err := c.session.Recipients().Select(c.to.words()...)
	if err != nil {
		return err
	}
	for _, p := range peers {
		c.out.queue(p, func(ctx context.Context) {
			n, err := sendFile(ctx, c.session, []*core.Peer{p}, path, pace, c.out.show)
			if err != nil && sockeye.ErrorOf(err).Op != "send" { // the view shows a failed send as an event
				c.printError(err)
			}
			c.run.console.print(fmt.Sprintf(c.term.T("%[1]s of %[2]s given to %[3]s", "已将 %[2]s 的 %[1]s 交给 %[3]s"), c.term.ByteCount(n), path, PeerName(p.Peer)))
		})
	}
	return nil
}

// frame carries out /frame: it changes the framing of the view, and shows kept events again with
// it.
func (c *repl) frame(rest string) error {
	if rest == "" {
		return Usage("/frame", sockeye.Text{En: "how?", Zh: "缺少分帧方式"}, sockeye.Text{En: "write line, delim:0d0a, idle:20ms … or off", Zh: "写 line、delim:0d0a、idle:20ms…，或 off"})
	}
	var cut *FrameChoice
	if rest != "off" {
		quoted := false
		end := strings.IndexFunc(rest, func(r rune) bool {
			quoted = quoted != (r == '"')
			return r == ' ' && !quoted
		})
		if end < 0 {
			end = len(rest)
		}
		var err error
		if cut, err = parseFrameChoice(rest[:end], strings.TrimSpace(rest[end:])); err != nil {
			return err
		}
	}
	again := c.run.Bench.View(0)
	c.run.view.reframing.ask(func(v *View) { v.reframe(cut, again) })
	return nil
}

// listRules shows what became of each rule, and which state each peer is in.
func (c *repl) listRules(string) error {
	status, ok := c.session.Rules().Status()
	if !ok {
		return Usage("/rules", sockeye.Text{En: "no rules answer this session", Zh: "此会话没有自动应答规则"},
			sockeye.Text{En: "sockeye run FILE plays the rules of a workspace", Zh: "sockeye run FILE 执行工作区中的规则"})
	}
	for _, r := range status.Rules {
		c.run.console.print(fmt.Sprintf(c.term.T("%6d answered %6d skipped  %s", "应答 %6d 次 跳过 %6d 次  %s"), r.Hits.Hits, r.Skipped, r.Name))
	}
	for _, p := range status.States {
		c.run.console.print(fmt.Sprintf(c.term.T("%s is in the state %q", "%s 处于状态 %q"), PeerName(p.Peer), p.State))
	}
	return nil
}

func (c *repl) stopSending(string) error {
	c.out.cancel()
	for _, r := range c.session.Sender().Runs() {
		c.out.aside(r.Stop)
	}
	return nil
}

func (c *repl) finish(words string) error {
	return c.each(words, func(p *core.Peer) error { return p.Finish(c.run.sending) })
}

func (c *repl) close(words string) error {
	return c.each(words, func(p *core.Peer) error {
		ctx, cancel := context.WithTimeout(c.run.sending, c.run.drain)
		defer cancel()
		p.Close(ctx)
		return nil
	})
}

func (c *repl) abort(words string) error {
	return c.each(words, func(p *core.Peer) error {
		p.Abort()
		return nil
	})
}

// each calls do for each peer that words mean, in the background, since it may take a while.
func (c *repl) each(words string, do func(*core.Peer) error) error {
	peers, err := c.find(words)
	if err != nil {
		return err
	}
	for _, p := range peers {
		c.out.aside(func() {
			if err := do(p); err != nil {
				c.printError(err)
			}
		})
	}
	return nil
}
