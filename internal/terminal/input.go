package terminal

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/payload"
)

// InputFlags says how the command treats what is typed or piped in.
type InputFlags struct {
	PayloadFlags
	crlf  bool
	delay time.Duration
	// QuitAfter is how long to wait after the end of input before quitting; negative:
	// until the peer is done, too.
	QuitAfter time.Duration
	Write     payload.ParseOptions // how what is typed becomes bytes
}

// Parse checks the flags and combines them. The charset also goes to the view, d.
func (f *InputFlags) Parse(d *DisplayFlags) error {
	var err error
	f.Write, err = f.PayloadOptions()
	d.Charset = f.ViewCharset()
	return err
}

// Register adds the flags to a command.
func (f *InputFlags) Register(a *Terminal, fs *pflag.FlagSet) {
	fs.BoolVarP(&f.crlf, "crlf", "C", false, a.T("send CRLF for each line end", "把换行 LF 转换为 CRLF 发送"))
	fs.VarP(&DurationFlag{&f.delay}, "delay", "d", a.T("wait so long between the lines of standard input", "标准输入逐行发送，行间等待这么久"))
	f.QuitAfter = -1
	fs.VarP(&DurationFlag{&f.QuitAfter}, "quit-after", "q", a.T("quit so long after the end of standard input", "标准输入结束后等待这么久就退出"))
	f.PayloadFlags.Register(a, fs)
}

// inputLinger is how long a peer that finished sending stays while standard input is open but gives
// nothing.
const inputLinger = 750 * time.Millisecond

// Linger makes peers that finish sending stay until the rest of standard input, or of what flags
// say to send, has been sent. The caller calls sent then.
func Linger(ep *sockeye.Endpoint) (sent func(*core.Session)) {
	if ep.Options.HalfOpen > 0 || !ep.Takes("half-open") {
		return func(*core.Session) {}
	}
	ep.Options.HalfOpen = inputLinger
	return func(s *core.Session) { s.SetHalfOpen(0) }
}

// Pipes reports whether the bytes of standard input are sent unchanged, instead of lines typed at a
// console.
func (l *Runner) Pipes() bool {
	return l.console == nil && l.term.stdin.reader == "" && (!IsTerminal(l.term.In) || l.showing != Quiet)
}

// ServeInput sends what comes in to the session's peers: lines typed at the
// console to the chosen ones, a pipe's bytes to all. The channel gets nil when
// the person is done; the end of a pipe closes nothing.
//
// A list, if there is one, is sent beside the console, and instead of a pipe.
func (l *Runner) ServeInput(s *core.Session, f *InputFlags, pace chunkPace, list *TimedList) <-chan error {
	done := make(chan error, 1)
	if list != nil {
		if _, err := s.Sender().StartList(list.List, core.ListOptions{Lookup: list.lookup}); err != nil || l.console == nil {
			if err != nil {
				done <- err
			}
			return done
		}
	}
	if l.console != nil {
		return l.replAside(s, f, pace)
	}
	if !l.Pipes() {
		return done
	}
	l.fed = make(chan struct{})
	go func() {
		defer close(l.fed)
		err := l.pipeToAll(s, f)
		if err == nil && f.QuitAfter >= 0 {
			select {
			case <-time.After(f.QuitAfter):
				done <- nil
			case <-l.term.Ctx.Done():
			}
		}
		if err != nil {
			done <- err
		}
	}()
	return done
}

// replAside runs repl on a goroutine of its own.
func (l *Runner) replAside(s *core.Session, f *InputFlags, pace chunkPace) <-chan error {
	done := make(chan error, 1)
	l.fed = make(chan struct{})
	go func() {
		defer close(l.fed)
		done <- l.repl(s, f, pace)
	}()
	return done
}

// pipeToAll sends standard input to all peers, once there is one. A failed send to one peer is an
// event and does not affect the others.
func (l *Runner) pipeToAll(s *core.Session, f *InputFlags) error {
	joined := l.AwaitEvent(0, sockeye.Joined)
	select {
	case <-joined:
	case <-l.term.Ctx.Done():
		return nil
	}
	defer l.Sent(s)
	err := l.readInput(f, func(data []byte) error {
		s.Sender().Hold()
		defer s.Sender().Release()
		var all sync.WaitGroup
		var failed atomic.Bool
		to, _ := s.Recipients().Select(core.All) // without a peer the bytes are lost, as with ncat
		for _, p := range to {
			all.Go(func() {
				if !l.sendOrLose(p, data) {
					failed.Store(true)
				}
			})
		}
		all.Wait()
		if failed.Load() && l.Finishes {
			return errCutOff // this session has only one peer
		}
		return nil
	})
	if errors.Is(err, errCutOff) {
		return nil // the view shows why it left
	}
	if err == nil && l.Finishes && !isDevice(l.term.In) && l.term.Ctx.Err() == nil {
		to, _ := s.Recipients().Select(core.All)
		for _, p := range to {
			p.Finish(l.sending)
		}
	}
	return err
}

// isDevice reports whether the input is a device such as /dev/null, which a program is given when
// there is nothing to send.
func isDevice(in any) bool {
	f, ok := in.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeDevice != 0
}

// errCutOff ends the input of the one peer that could not be sent to.
var errCutOff = errors.New("the one peer is gone")

// sendOrLose sends a part of a stream to one of many peers, and reports whether it could. It aborts
// a peer that does not read for --send-timeout, since later bytes would not continue what that peer
// had.
func (l *Runner) sendOrLose(p *core.Peer, data []byte) bool {
	_, err := p.Send(l.sending, data)
	if err != nil && sockeye.ErrorOf(err).Kind == sockeye.TimedOut && !p.Network.Traits().Datagram && l.sending.Err() == nil {
		p.Abort()
	}
	return err == nil
}

// inputPause is how long standard input must give nothing before a command that was asked to end
// treats this as the end of the input.
const inputPause = 250 * time.Millisecond

// readInput calls send with the bytes of standard input as they come, until the input ends or send
// fails. Once the command is asked to end, a pause ends the input.
func (l *Runner) readInput(f *InputFlags, send func([]byte) error) error {
	if f.delay <= 0 {
		return l.readChunks(f, send)
	}
	lines := &delayedLines{ctx: l.sending, delay: f.delay, send: send}
	if err := l.readChunks(f, lines.add); err != nil {
		return err
	}
	return lines.flush()
}

func (l *Runner) readChunks(f *InputFlags, send func([]byte) error) error {
	chunks, free, over := make(chan inputChunk), make(chan []byte, 1), make(chan struct{})
	defer close(over)
	free <- make([]byte, 64<<10)
	go l.pump(chunks, free, over)
	lines := lineEnds{crlf: f.crlf}
	ending, latest := l.term.Ctx.Done(), time.Now()
	var pause <-chan time.Time
	for {
		select {
		case c := <-chunks:
			if len(c.data) > 0 {
				if err := send(lines.convert(c.data)); err != nil {
					return err
				}
			}
			if isEnd(c.err) {
				return nil
			}
			if c.err != nil {
				return &sockeye.Error{Kind: sockeye.System, Op: "read", Target: "stdin", Err: c.err}
			}
			free <- c.data[:cap(c.data)]
			latest = time.Now()
			if ending == nil {
				pause = time.After(inputPause)
			}
		case <-ending:
			ending, pause = nil, time.After(inputPause-time.Since(latest))
		case <-pause:
			return nil
		case <-l.sending.Done():
			return context.Cause(l.sending)
		}
	}
}

// inputChunk is the result of one read.
type inputChunk struct {
	data []byte
	err  error
}

// pump reads standard input into free buffers and passes them on. A read that waits cannot be
// interrupted, so it may outlive the command and end with the process.
func (l *Runner) pump(chunks chan<- inputChunk, free <-chan []byte, over <-chan struct{}) {
	for {
		select {
		case buf := <-free:
			n, err := l.term.In.Read(buf)
			select {
			case chunks <- inputChunk{buf[:n], err}:
			case <-over:
				return
			}
			if err != nil {
				return
			}
		case <-over:
			return
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
// sees the end as it came. It returns when that is done. With aGroup a failed send is an event
// and no more: a multicast group refuses nothing, and its interface may come back.
func (l *Runner) pipeToPeer(p *core.Peer, f *InputFlags, aGroup bool) error {
	err := l.readInput(f, func(data []byte) error {
		var err error
		for _, one := range p.Dialed() {
			_, fault := one.Send(l.sending, data)
			err = cmp.Or(err, fault)
		}
		if aGroup && l.sending.Err() == nil {
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := p.Finish(l.sending); err != nil && sockeye.ErrorOf(err).Kind != sockeye.Unsupported {
		return err
	}
	return nil
}
