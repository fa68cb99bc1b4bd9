package cli

import (
	"bytes"
	"context"

	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/wire"
	"sockeye/internal/workbench"
)

// inputFlags say what happens to what is typed or piped in.
type inputFlags struct {
	crlf bool
}

func (f *inputFlags) register(a *app, fs *pflag.FlagSet) {
	fs.BoolVarP(&f.crlf, "crlf", "C", false, a.t("send CRLF for each line end", "把换行 LF 转换为 CRLF 发送"))
}

// interrupted is the error of a command that a signal ends.
func (a *app) interrupted() error { return context.Cause(a.ctx) }

// serveInput sends what comes in to the session's peers: lines typed at the
// console to the chosen ones, a pipe's bytes to all. The channel gets nil when
// the person is done; the end of a pipe closes nothing.
func (l *live) serveInput(s *workbench.Session, f *inputFlags) <-chan error {
	done := make(chan error, 1)
	if l.console != nil {
		go func() { done <- l.converse(s, f) }()
		return done
	}
	if isTerminal(l.app.In) && l.showing == quiet {
		return done
	}
	go func() {
		if err := l.pipeToAll(s, f); err != nil {
			done <- err
		}
	}()
	return done
}

// pipeToAll sends standard input to all peers, once there is one. A peer that
// fails is its own event and keeps nothing from the others.
func (l *live) pipeToAll(s *workbench.Session, f *inputFlags) error {
	joined := l.watch(1, func(e sockeye.Event) bool { return e.Kind != sockeye.Joined })
	select {
	case <-joined:
	case <-l.app.ctx.Done():
		return nil
	}
	defer s.SetFinIdle(-1) // after the end of input nobody answers any more
	return l.readInput(f, func(data []byte) error {
		s.Send(l.app.ctx, s.Peers(), data)
		return nil
	})
}

// readInput hands standard input on as it comes, until its end or send fails.
func (l *live) readInput(f *inputFlags, send func([]byte) error) error {
	buf := make([]byte, 64<<10)
	lines := lineEnds{crlf: f.crlf}
	for {
		n, err := l.app.In.Read(buf)
		if n > 0 {
			if err := send(lines.convert(buf[:n])); err != nil {
				return err
			}
		}
		if isEnd(err) {
			return nil
		}
		if err != nil {
			return &sockeye.Error{Kind: sockeye.System, Op: "read", Target: "stdin", Err: err}
		}
	}
}

// lineEnds turns LF into CRLF, and leaves a CRLF that is there already.
type lineEnds struct {
	crlf  bool
	wasCR bool
}

func (c *lineEnds) convert(data []byte) []byte {
	if !c.crlf || !bytes.Contains(data, []byte{'\n'}) {
		if len(data) > 0 {
			c.wasCR = data[len(data)-1] == '\r'
		}
		return data
	}
	out := make([]byte, 0, len(data)+16)
	for _, b := range data {
		if b == '\n' && !c.wasCR {
			out = append(out, '\r')
		}
		c.wasCR = b == '\r'
		out = append(out, b)
	}
	return out
}

// pipeToPeer sends standard input to one peer, then finishes sending: the peer
// sees the end as it came. It returns when that is done.
func (l *live) pipeToPeer(p *wire.Peer, f *inputFlags) error {
	err := l.readInput(f, func(data []byte) error {
		_, err := p.Send(l.app.ctx, data)
		return err
	})
	if err != nil {
		return err
	}
	if err := p.Finish(l.app.ctx); err != nil && sockeye.ErrorOf(err).Kind != sockeye.Unsupported {
		return err
	}
	return nil
}
