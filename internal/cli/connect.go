package cli

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/core"
	"sockeye/internal/payload"
	"sockeye/internal/responder"
	"sockeye/internal/transport"
)

// connectFlags are the flags of connect.
type connectFlags struct {
	endpointFlags
	displayFlags
	recordFlags
	inputFlags
	timedFlags
	expect, expectHex  string
	timeout            time.Duration
	sendOnly, recvOnly bool
	zero               bool
	dumpFlags
	execFlags
}

func (a *app) connectCommand() *cobra.Command {
	var f connectFlags
	cmd := &cobra.Command{
		Use:   "connect ADDRESS",
		Short: a.t("Connect to a server, send and receive", "连接服务器，收发数据"),
		Long: a.t(`Connect to a TCP or UDP server.

On a terminal, what the server sends is shown as it comes, and what you type goes
to it. Otherwise standard input goes to the socket and the socket to standard
output, as with nc: the end of input finishes our sending, and the command exits
when both directions are done.`,
			`连接 TCP 或 UDP 服务器。

在终端中：实时显示对方发来的数据，输入的内容会发送给对方。
不在终端中：标准输入发往套接字，套接字写到标准输出，与 nc 相同；
输入结束后结束发送方向，双方都结束后退出。`),
		Example: `  sockeye connect 192.168.1.111:10000
  echo hello | sockeye connect localhost 10000
  sockeye connect localhost:10000 --send 'AT\r\n' --expect OK --timeout 2s
  sockeye connect localhost:10000 --send 'ping {{seq}}\n' --every 500ms --repeat 10
  sockeye connect udp://192.168.1.88:10000 --send-hex '01 03 00 00 00 0a c5 cd' --hex`,
		RunE: func(_ *cobra.Command, args []string) error { return a.connect(&f, args) },
	}
	fs := cmd.Flags()
	f.endpointFlags.register(a, fs)
	f.registerConnect(a, fs)
	f.displayFlags.register(a, fs)
	f.recordFlags.register(a, fs)
	f.inputFlags.register(a, fs)
	fs.StringVar(&f.send, "send", "", a.t(`send TEXT (with escapes such as \r\n and fields such as {{seq}}) instead of standard input`, `发送文本（支持 \r\n 等转义和 {{seq}} 等字段），不读标准输入`))
	fs.StringVar(&f.sendHex, "send-hex", "", a.t("send these bytes, written in hex", "发送十六进制数据"))
	f.timedFlags.register(a, fs)
	f.timedFlags.registerFile(a, fs, true)
	fs.StringVar(&f.expect, "expect", "", a.t("exit 0 as soon as TEXT was received, 3 if it was not", "收到该文本立即以 0 退出，否则以 3 退出"))
	fs.StringVar(&f.expectHex, "expect-hex", "", a.t("the same for bytes written in hex", "同上，期望内容为十六进制"))
	fs.Var(&duration{&f.timeout}, "timeout", a.t("how long to wait for what is expected (default 10s), or altogether", "等待期望内容的时间（默认 10s），或总时间"))
	fs.BoolVar(&f.sendOnly, "send-only", false, a.t("only send; exit at the end of input", "只发送，输入结束即退出"))
	fs.BoolVar(&f.recvOnly, "recv-only", false, a.t("only receive; leave standard input alone", "只接收，不读标准输入"))
	fs.BoolVarP(&f.zero, "zero", "z", false, a.t("only say whether the port is open: exit 0 or 1", "只检查端口是否打开，以 0 或 1 退出"))
	f.execFlags.register(a, fs)
	f.dumpFlags.register(a, fs)
	return cmd
}

// sendPlan is what connect sends by itself and waits for; nil where not asked.
type sendPlan struct {
	send   *payload.Template
	list   *timedList
	file   string
	expect []byte
}

// sends says whether there is something to send by itself.
func (r sendPlan) sends() bool { return r.send != nil || r.list != nil || r.file != "" }

func (f *connectFlags) request(a *app) (sendPlan, error) {
	var r sendPlan
	var err error
	if r.send, err = parseEither(f.write, "--send", f.send, "--send-hex", f.sendHex); err != nil {
		return r, err
	}
	if r.list, err = f.sendList(a, &f.inputFlags); err != nil {
		return r, err
	}
	if r.file = f.file; r.file != "" {
		if r.send != nil || r.list != nil {
			return r, usage("--send-file", sockeye.Text{En: "only one thing can be sent", Zh: "只能发送一种内容"}, sockeye.Text{En: "leave out --send and --send-list", Zh: "请去掉 --send 与 --send-list"})
		}
		if r.file, err = a.file("--send-file", r.file); err != nil {
			return r, err
		}
		if err := checkFile(r.file); err != nil {
			return r, err
		}
	}
	expected := f.write
	expected.Trailer, expected.Prefix, expected.Suffix = checksum.Trailer{}, "", ""
	want, err := parseEither(expected, "--expect", f.expect, "--expect-hex", f.expectHex)
	if err != nil || want == nil {
		return r, err
	}
	fixed := false
	if r.expect, fixed = want.Constant(); !fixed {
		return r, usage("--expect", sockeye.Text{En: "has a field that changes", Zh: "含有会变化的字段"},
			sockeye.Text{En: `expect the part that stays; {{ itself is written \{{`, Zh: `请只写不变的部分；{{ 本身写成 \{{`})
	}
	return r, nil
}

func (a *app) connect(f *connectFlags, words []string) error {
	ep, err := f.endpoint(sockeye.Connect, words, "*", a.defaultPort())
	if err != nil {
		return err
	}
	show, err := f.recordFlags.form(a, &f.displayFlags)
	if err != nil {
		return err
	}
	if err := f.inputFlags.parse(&f.displayFlags); err != nil {
		return err
	}
	req, err := f.request(a)
	if err != nil {
		return err
	}
	program, err := f.program(a)
	if err != nil {
		return err
	}
	typing := !req.sends() && req.expect == nil && !f.recvOnly && program == nil
	if program != nil {
		forProgram(&ep.Options)
	}
	if f.zero {
		return a.probe(f, ep)
	}
	f.unheard = program != nil || f.sendOnly
	if f.dump, err = f.dumpFlags.open(); err != nil {
		return err
	}
	l, err := a.start(show, &f.displayFlags, typing, &f.recordFlags, ep)
	if err != nil {
		return err
	}
	l.bench.SetLookup(a.lookup(&f.payloadFlags))
	met := l.expect(req.expect)
	f.recvOnly = f.recvOnly || program != nil
	if l.console == nil && !f.recvOnly && req.list == nil && (req.sends() || req.expect == nil) {
		l.sent = linger(&ep)
	}
	s, err := l.bench.Open(a.ctx, ep, responder.Answer{Program: program})
	if err != nil {
		return l.finish(err)
	}
	return l.finish(l.replOnce(s, f, req, met))
}

// replOnce runs an open connection to its end.
func (l *runner) replOnce(s *core.Session, f *connectFlags, req sendPlan, met <-chan struct{}) error {
	lost := l.watchRefusals(s)
	input := l.clientInput(s, f, req)
	timeout := time.Duration(0)
	if f.timeout > 0 {
		timeout = f.timeout
	} else if req.expect != nil {
		timeout = 10 * time.Second
	}
	var late, quit <-chan time.Time
	if timeout > 0 {
		late = time.After(timeout)
	}
	for {
		select {
		case <-l.app.ctx.Done():
			return l.interrupted()
		case <-l.viewDone:
			return nil
		case <-met:
			return nil
		case <-lost.first:
			if req.expect == nil && req.list == nil && l.console == nil {
				return l.unheard(lost.latest())
			}
			lost.first = nil // the program may be started yet
		case <-quit:
			return nil
		case <-late:
			if req.expect == nil {
				return l.unheard(lost.latest())
			}
			return notMet(f, fmt.Sprintf("within %s", timeout), fmt.Sprintf("在 %s 内", timeout))
		case err := <-input:
			if err != nil || f.sendOnly || l.console != nil {
				return err
			}
			input = nil // sent; the answer may still come
			if f.quitAfter >= 0 {
				quit = time.After(f.quitAfter)
			}
		case <-s.Done():
			if err := l.outcome(s, f, req, met); err != nil {
				return err
			}
			return l.unheard(lost.latest())
		}
	}
}

// outcome is the error of a connection that has ended.
func (l *runner) outcome(s *core.Session, f *connectFlags, req sendPlan, met <-chan struct{}) error {
	if req.expect != nil {
		select {
		case <-met: // what it waited for may have come last
			return nil
		case <-time.After(100 * time.Millisecond):
		}
		return notMet(f, "before the connection ended", "直到连接结束")
	}
	switch reason, cause := s.Outcome(); reason {
	case sockeye.ReasonReset, sockeye.ReasonTimeout, sockeye.ReasonError:
		if cause != nil {
			return cause
		}
	case sockeye.ReasonIdle:
		limit := s.Endpoint().Options.IdleTimeout
		return &sockeye.Error{
			Kind: sockeye.TimedOut, Op: "receive", Target: s.Endpoint().Address.String(),
			Message: sockeye.Text{En: fmt.Sprintf("nothing came or went for %s", roundTime(sockeye.English, limit)), Zh: fmt.Sprintf("%s内没有收发数据", roundTime(sockeye.Chinese, limit))},
			Hint:    sockeye.Text{En: "allow more time with --idle-timeout, or leave it out to wait for ever", Zh: "可用 --idle-timeout 延长等待时间，不写则一直等待"},
		}
	}
	return nil
}

func notMet(f *connectFlags, en, zh string) error {
	what := f.expect
	if what == "" {
		what = f.expectHex
	}
	return &sockeye.Error{
		Kind: sockeye.Expected, Op: "expect", Target: fmt.Sprintf("%q", what),
		Message: sockeye.Text{En: "was not received " + en, Zh: zh + "没有收到"},
		Hint:    sockeye.Text{En: "run again with --hex to see what was received", Zh: "加 --hex 重新运行，查看实际收到的内容"},
	}
}

// clientInput sends what is to be sent; the channel tells when that is done.
func (l *runner) clientInput(s *core.Session, f *connectFlags, req sendPlan) <-chan error {
	if l.console != nil {
		return l.replAside(s, &f.inputFlags, f.pace)
	}
	done := make(chan error, 1)
	if f.recvOnly || !req.sends() && req.expect != nil {
		return done
	}
	l.fed = make(chan struct{})
	go func() {
		defer close(l.fed)
		p, err := l.firstPeer(s)
		defer l.sent(s)
		switch {
		case err != nil:
		case req.sends():
			if err = l.sendRequest(s, p, f, req); err == nil && req.expect == nil && p.Network == "tcp" {
				err = p.Finish(l.sending)
			}
		default:
			err = l.pipeToPeer(p, &f.inputFlags)
		}
		if err != nil && l.sending.Err() == nil && isGone(p) {
			return // why the peer left says more than the send that failed for it
		}
		done <- err
	}()
	return done
}

// sendRequest sends what the flags say, to the end.
func (l *runner) sendRequest(s *core.Session, p *transport.Peer, f *connectFlags, req sendPlan) error {
	if p != nil && req.list == nil {
		p.Hold()
		defer p.Release()
	}
	switch {
	case req.list != nil:
		return l.playList(s, req.list)
	case req.file != "":
		_, err := sendFile(l.sending, p, req.file, f.pace, func(string) {})
		return err
	}
	return l.sendPayload(s, p, req.send)
}

func isGone(p *transport.Peer) bool {
	if p == nil {
		return false
	}
	st := p.Status()
	return st.State == sockeye.Gone || st.TCP != nil && st.TCP.State == "CLOSED"
}

// firstPeer waits for the session's connection, which a reconnecting session may
// not have yet.
func (l *runner) firstPeer(s *core.Session) (*transport.Peer, error) {
	for {
		_, next := l.bench.Span()
		if peers := s.Peers(); len(peers) > 0 {
			return peers[0], nil
		}
		select {
		case <-l.awaitEvent(next, sockeye.Joined):
		case <-s.Done():
			return nil, nil
		case <-l.app.ctx.Done():
			return nil, context.Cause(l.app.ctx)
		}
	}
}

// expect watches for bytes in what is received, over the borders of chunks. The
// channel is closed when they have come; it is nil if nothing is expected.
func (l *runner) expect(want []byte) <-chan struct{} {
	if want == nil {
		return nil
	}
	met := make(chan struct{})
	var tail []byte
	l.watch(0, sockeye.Received, func(e sockeye.Event) bool {
		tail = append(tail, e.Data...)
		if bytes.Contains(tail, want) {
			close(met)
			return false
		}
		tail = tail[max(0, len(tail)-len(want)+1):]
		return true
	})
	return met
}
