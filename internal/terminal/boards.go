package terminal

import (
	"sync"
	"time"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/client"
	"sockeye/internal/core"
	"sockeye/internal/payload"
	"sockeye/internal/responder"
)

// Play runs count boards until all have left or a signal comes.
func (l *Runner) Play(ep sockeye.Endpoint, board responder.Answer, count int) error {
	var running sync.WaitGroup
	var sessions []*core.Session
	for range count {
		s, err := l.Bench.Open(l.term.Ctx, ep, board)
		if err != nil {
			return err
		}
		sessions = append(sessions, s)
		running.Go(func() { <-s.Done() })
	}
	left := make(chan struct{})
	go func() {
		running.Wait()
		close(left)
	}()
	select {
	case <-l.term.Ctx.Done():
		return l.term.Interrupted()
	case <-l.ViewDone:
		return nil
	case <-left:
	}
	for _, s := range sessions {
		if _, cause := s.Outcome(); cause != nil {
			return cause
		}
	}
	return nil
}

// BoardReadSize is how many bytes the board reads at a time.
const BoardReadSize = responder.DefaultReceive

// BoardFlags say how the board of the experiment behaves.
type BoardFlags struct {
	hello    string
	interval time.Duration
}

// RegisterHello adds what the board says first.
func (f *BoardFlags) RegisterHello(a *Terminal, fs *pflag.FlagSet) {
	f.hello = responder.DefaultHello
	fs.Var(PayloadText(&f.hello), "hello", a.T("what to say when connected (escapes and fields allowed)", "连接后发送的问候（支持转义与字段）"))
}

// RegisterInterval adds how long the board pauses.
func (f *BoardFlags) RegisterInterval(a *Terminal, fs *pflag.FlagSet) {
	f.interval = responder.DefaultInterval
	fs.Var(DurationOf(&f.interval), "interval", a.T("pause after each echo", "每次回传后的停顿"))
}

// Answer returns the answer of a session that plays the board.
func (f *BoardFlags) Answer(p *PayloadFlags) (responder.Answer, error) {
	write, err := p.PayloadOptions()
	if err != nil {
		return responder.Answer{}, err
	}
	hello, err := payload.Parse(f.hello, write)
	if err != nil {
		return responder.Answer{}, OfFlag(err, "--hello")
	}
	return responder.Answer{Device: &responder.Device{Interval: f.interval}, Hello: hello}, nil
}

// Device is the board for a workbench in another process, which fills in no fields.
func (f *BoardFlags) Device(p *PayloadFlags) (*client.Device, error) {
	answer, err := f.Answer(p)
	if err != nil {
		return nil, err
	}
	hello, fixed := answer.Hello.Constant()
	if !fixed || !utf8.Valid(hello) {
		return nil, Usage("--attach --hello", sockeye.Text{En: "the hello must be plain text: no fields and no bytes that are not UTF-8", Zh: "问候必须是纯文本：不含字段，也不含非 UTF-8 的字节"},
			sockeye.Text{En: "leave --attach out, or let a rule of a workspace say hello", Zh: "请去掉 --attach，或在工作区中用规则发送问候"})
	}
	return &client.Device{Hello: string(hello), Interval: f.interval}, nil
}
