package terminal

import (
	"context"
	"fmt"
	"time"

	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/core"
	"sockeye/internal/payload"
)

// Exchange says what the flags of connect make it send and wait for. A field is nil or empty where
// the flags say nothing.
type Exchange struct {
	Send   *payload.Template
	List   *TimedList
	File   string
	Expect []byte
	Asked  string // what is expected, as it was typed

	Input   *InputFlags
	Pace    chunkPace
	Timeout time.Duration // for what is expected, or altogether; 0: 10 s, or for ever
	// SendOnly ends at the end of input, RecvOnly leaves standard input alone.
	SendOnly, RecvOnly bool
}

// Sends reports whether the exchange sends something that flags name.
func (r Exchange) Sends() bool { return r.Send != nil || r.List != nil || r.File != "" }

// Expectation is the bytes that --expect or --expect-hex means, nil for neither: of all
// peers' text in the charset of the input, without what is put around messages.
func (f *InputFlags) Expectation(text, hex string) ([]byte, error) {
	o := f.Write
	o.Trailer, o.Prefix, o.Suffix = checksum.Trailer{}, "", ""
	want, err := ParseEither(o, "--expect", text, "--expect-hex", hex)
	if err != nil || want == nil {
		return nil, err
	}
	data, fixed := want.Constant()
	if !fixed {
		return nil, Usage("--expect", sockeye.Text{En: "has a field that changes", Zh: "含有会变化的字段"},
			sockeye.Text{En: `expect the part that stays; {{ itself is written \{{`, Zh: `请只写不变的部分；{{ 本身写成 \{{`})
	}
	return data, nil
}

// RunExchange carries out what r asks for on an open session, or runs the REPL on a terminal. It
// returns when the exchange is over: when the expected bytes came, when everything is sent and
// answered, when the session or the time ends, or when the user interrupts.
func (l *Runner) RunExchange(s *core.Session, r Exchange) error {
	ctx, cancel := context.WithCancel(l.term.Ctx)
	defer cancel()
	x := exchangeRun{Runner: l, request: r, session: s, met: l.expect(ctx, s, r.Expect), ended: s.Done(), refused: l.watchRefusals(s)}
	if x.met != nil {
		x.ended = nil // the expected bytes may be in the last event
	}
	x.input = l.clientInput(s, r)
	if limit := r.limit(); limit > 0 {
		x.late = time.After(limit)
	}
	for {
		if over, err := x.next(); over {
			return err
		}
	}
}

// exchangeRun is an Exchange while it runs. The channels report what it waits for.
type exchangeRun struct {
	*Runner
	request Exchange
	session *core.Session
	refused *refusals
	sent    bool // everything was sent

	met   <-chan error     // the expected bytes came (nil), or cannot come any more
	ended <-chan struct{}  // the session has ended; nil while bytes are expected
	input <-chan error     // everything was sent (nil), or could not be; nil from then on
	late  <-chan time.Time // the time of the exchange is over
	quit  <-chan time.Time // the time after the end of the input is over
}

// next waits for one event of the exchange. over reports whether that ends it, with err.
func (x *exchangeRun) next() (over bool, err error) {
	select {
	case <-x.term.Ctx.Done():
		return true, x.Interrupted()
	case <-x.ViewDone:
		return true, nil
	case err := <-x.met:
		return true, x.metOr(err, x.request)
	case <-x.refused.news:
		return x.onRefusal()
	case <-x.quit:
		return true, nil
	case <-x.late:
		return true, x.onLate()
	case err := <-x.input:
		return x.onInputEnd(err)
	case <-x.ended:
		if err := x.outcome(x.session); err != nil {
			return true, err
		}
		return true, x.unheard(x.refused.latest())
	}
}

// onRefusal handles that a datagram was refused. That does not end the exchange while more will
// be sent, because the program at the other end may be started yet.
func (x *exchangeRun) onRefusal() (over bool, err error) {
	again := !x.sent && (x.request.List != nil || x.request.Expect != nil || x.session.Endpoint().Group().IsValid())
	if refused := x.refused.ofLastSend(); refused != nil && !again && x.console == nil {
		return true, x.notReached(x.request, refused)
	}
	return false, nil
}

// onLate is the error of an exchange whose time is over.
func (x *exchangeRun) onLate() error {
	if !x.sent && x.request.Sends() && x.request.Expect == nil {
		return unsentWithin(x.session, x.request)
	}
	return x.timedOut(x.request, x.refused.latest())
}

// onInputEnd handles that everything was sent, or that sending failed with err. The answer may
// still come, so the exchange goes on, unless it only sends.
func (x *exchangeRun) onInputEnd(err error) (over bool, _ error) {
	if err != nil || x.console != nil {
		return true, err
	}
	if x.request.SendOnly {
		return true, x.unheard(x.refused.await(x.term.Ctx))
	}
	x.input, x.sent = nil, true
	if refused := x.refused.ofLastSend(); refused != nil {
		return true, x.notReached(x.request, refused)
	}
	if x.request.Input.QuitAfter >= 0 {
		x.quit = time.After(x.request.Input.QuitAfter)
	}
	return false, nil
}

// limit returns how long the exchange may take; 0: for ever.
func (r *Exchange) limit() time.Duration {
	if r.Timeout <= 0 && r.Expect != nil {
		return 10 * time.Second
	}
	return r.Timeout
}

// metOr returns the error of an exchange whose wait for the expected bytes ended with err.
func (l *Runner) metOr(err error, r Exchange) error {
	switch {
	case err == nil:
		return nil
	case l.term.Ctx.Err() != nil:
		return l.Interrupted()
	}
	return notMet(r.Asked, "before the connection ended", "直到连接结束")
}

// unsentWithin is the error of an exchange whose time ended before everything was sent.
func unsentWithin(s *core.Session, r Exchange) error {
	return &sockeye.Error{Kind: sockeye.TimedOut, Op: "send", Target: s.Endpoint().Address.String(),
		Message: sockeye.Text{En: fmt.Sprintf("not everything could be sent within %s", r.limit()), Zh: fmt.Sprintf("%s 内没能全部发送", r.limit())},
		Hint:    sockeye.Text{En: "does the peer read? --timeout gives it longer", Zh: "对方是否在读取？可用 --timeout 延长"}}
}

// timedOut is the error of an exchange whose time ended after everything was sent; refused is
// the last refusal, or nil.
func (l *Runner) timedOut(r Exchange, refused *sockeye.Error) error {
	if refused != nil || r.Expect == nil {
		return l.notReached(r, refused)
	}
	return notMet(r.Asked, fmt.Sprintf("within %s", r.limit()), fmt.Sprintf("在 %s 内", r.limit()))
}

// notReached is the error of an exchange whose datagrams were refused, as refused says; nil if
// that is nil and nothing was expected.
func (l *Runner) notReached(r Exchange, refused *sockeye.Error) error {
	if r.Expect == nil {
		return l.unheard(refused)
	}
	e := *sockeye.ErrorOf(notMet(r.Asked, "", ""))
	e.Message = sockeye.Text{En: "cannot come: " + refused.Reason(sockeye.English), Zh: "不会收到：" + refused.Reason(sockeye.Chinese)}
	e.Hint = refused.Hint
	return &e
}

// outcome is the error of a session that has ended; nil if it ended in good order.
func (l *Runner) outcome(s *core.Session) error {
	switch reason, cause := s.Outcome(); reason {
	case sockeye.ReasonReset, sockeye.ReasonTimeout, sockeye.ReasonError, sockeye.ReasonUnplugged:
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

// notMet is the error of an exchange in which the expected bytes did not come.
func notMet(what, en, zh string) error {
	return &sockeye.Error{
		Kind: sockeye.Expected, Op: "expect", Target: fmt.Sprintf("%q", what),
		Message: sockeye.Text{En: "was not received " + en, Zh: zh + "没有收到"},
		Hint:    sockeye.Text{En: "run again with --hex to see what was received", Zh: "加 --hex 重新运行，查看实际收到的内容"},
	}
}

// clientInput starts to send everything that the exchange sends. The channel gets nil when that is
// done, or an error if it fails.
func (l *Runner) clientInput(s *core.Session, r Exchange) <-chan error {
	if l.console != nil {
		return l.replAside(s, r.Input, r.Pace)
	}
	done := make(chan error, 1)
	if r.RecvOnly || !r.Sends() && r.Expect != nil {
		return done
	}
	l.fed = make(chan struct{})
	go func() {
		defer close(l.fed)
		p, err := l.firstPeer(s)
		defer l.Sent(s)
		switch {
		case err != nil:
		case p == nil: // the session ended before anything could be sent
			if !r.Sends() || l.outcome(s) != nil {
				return
			}
			err = &sockeye.Error{Kind: sockeye.Closed, Op: "send", Target: s.Endpoint().Address.String()}
		case r.Sends():
			if err = l.sendRequest(s, p, r); err == nil && r.Expect == nil && p.Network.Traits().HalfClose {
				err = p.Finish(l.sending)
			}
		default:
			err = l.pipeToPeer(p, r.Input, s.Endpoint().Group().IsValid())
		}
		if err != nil && l.sending.Err() == nil && isLeaving(p, err) {
			return // why the peer left says more than the send that failed for it
		}
		done <- err
	}()
	return done
}

// sendRequest sends what the flags say, to the end.
func (l *Runner) sendRequest(s *core.Session, p *core.Peer, r Exchange) error {
	if p != nil && r.List == nil {
		p.Hold()
		defer p.Release()
	}
	switch {
	case r.List != nil:
		return l.playList(s, r.List)
	case r.File != "":
		_, err := sendFile(l.sending, s, p.Dialed(), r.File, r.Pace, func(string) {})
		return err
	}
	return l.sendPayload(s, p.Dialed(), r.Send)
}

// isLeaving reports whether a send failed because the peer has left, or is about to.
func isLeaving(p *core.Peer, err error) bool {
	if p == nil {
		return false
	}
	kind, st := sockeye.ErrorOf(err).Kind, p.Status()
	return kind == sockeye.Closed || kind == sockeye.BrokenPipe || st.State == sockeye.Gone || st.TCP != nil && st.TCP.State == "CLOSED"
}

// firstPeer waits for the session's connection, which a reconnecting session may
// not have yet.
func (l *Runner) firstPeer(s *core.Session) (*core.Peer, error) {
	for {
		_, next := l.Bench.Span()
		if peers := s.Peers(); len(peers) > 0 {
			return peers[0], nil
		}
		select {
		case <-l.AwaitEvent(next, sockeye.Joined):
		case <-s.Done():
			return nil, nil
		case <-l.term.Ctx.Done():
			return nil, context.Cause(l.term.Ctx)
		}
	}
}

// expect waits for bytes in what a session receives. The channel gets nil when they have
// come, and an error when they cannot come any more; it is nil if nothing is expected.
func (l *Runner) expect(ctx context.Context, s *core.Session, want []byte) <-chan error {
	if want == nil {
		return nil
	}
	met := make(chan error, 1)
	go func() {
		_, err := l.client.Expect(ctx, s.ID(), want)
		met <- err
	}()
	return met
}
