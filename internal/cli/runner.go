package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/payload"
)

// runner is a command's workbench together with the view that shows it.
type runner struct {
	app      *app
	bench    *core.Core
	view     *view    // its goroutine's, but for reframing
	console  *console // nil unless a person types at a terminal
	showing  outputFormat
	drain    time.Duration
	viewDone chan struct{}
	viewErr  error              // valid after viewDone
	pace     *core.Backpressure // of a view that must be exact, or nil

	// sending is for what goes to peers; it ends when a signal leaves no more time.
	sending     context.Context
	stopSending context.CancelCauseFunc
	fed         chan struct{}          // closed when the input has been sent; nil without input
	sent        func(*core.Session)    // see linger; never nil
	finishes    bool                   // the end of the input finishes our direction
	ending      func() context.Context // how long closing in good order may take, from the first call on
	ended       context.CancelFunc     // of ending
}

// displayFlags choose how a command shows what happens.
type displayFlags struct {
	frameFlags
	hex, raw, json, quiet, verbose bool
	drain                          time.Duration
	charset                        payload.Charset
	dump                           *dump // nil: none
	unheard                        bool  // received bytes do not come out raw: a program has them, or nobody wants them
}

func (f *displayFlags) register(a *app, fs *pflag.FlagSet) {
	fs.BoolVar(&f.hex, "hex", false, a.t("show bytes as a hex dump", "以十六进制显示"))
	fs.BoolVar(&f.raw, "raw", false, a.t("write received bytes exactly, nothing else (the default into a pipe)", "原样输出收到的字节（输出到管道时的默认方式）"))
	fs.BoolVar(&f.json, "json", false, a.t("print one JSON event per line", "每个事件输出一行 JSON"))
	fs.BoolVar(&f.quiet, "quiet", false, a.t("show nothing", "不显示任何内容"))
	fs.BoolVarP(&f.verbose, "verbose", "v", false, a.t("with --raw: tell on standard error who comes and goes", "配合 --raw：在标准错误上显示连接与断开"))
	f.frameFlags.register(a, fs)
	f.drain = 5 * time.Second
	fs.Var(&duration{&f.drain}, "drain", a.t("how long closing in good order may take (default 5s)", "正常关闭最多等待的时间（默认 5s）"))
}

// format is what was asked for, or else lines on a terminal and raw into a pipe.
func (f *displayFlags) format(a *app) (outputFormat, error) {
	asked, name := outputFormat(-1), ""
	for _, c := range []struct {
		on   bool
		name string
		form outputFormat
	}{{f.hex, "--hex", hexLines}, {f.raw, "--raw", raw}, {f.json, "--json", jsonLines}, {f.quiet, "--quiet", quiet}} {
		if !c.on {
			continue
		}
		if name != "" {
			return 0, usage(name+" "+c.name, sockeye.Text{En: "only one of the two", Zh: "两者只能选一"},
				sockeye.Text{En: "they are ways to show the same bytes", Zh: "它们是同一数据的不同显示方式"})
		}
		asked, name = c.form, c.name
	}
	switch {
	case name != "":
	case isTerminal(a.Out):
		asked = lines
	default:
		asked = raw
	}
	return f.framed(f, asked)
}

// start makes a workbench, begins to record it, if asked to, and to show all of
// it: what this run does, not what the recording has of earlier ones.
func (a *app) start(f outputFormat, d *displayFlags, typing bool, rec *recordFlags, ep sockeye.Endpoint) (*runner, error) {
	cut, err := d.choice()
	if err != nil {
		return nil, err
	}
	bench := core.New(0)
	if rec.to != "" {
		if err := a.beginRecording(bench, rec.options(a, ep)); err != nil {
			return nil, err
		}
	}
	return a.follow(bench, 0, "", f, d, cut, typing), nil
}

// follow shows a workbench from event number from on: one session of it, or all
// for "", as chunks or cut into frames. At a terminal on both sides, and if typing is wanted, a console takes
// the bottom line.
func (a *app) follow(bench *core.Core, from uint64, session string, f outputFormat, d *displayFlags, cut *frameChoice, typing bool) *runner {
	l := &runner{app: a, sent: func(*core.Session) {}, bench: bench, showing: f, drain: d.drain, viewDone: make(chan struct{})}
	l.sending, l.stopSending = context.WithCancelCause(context.Background())
	l.ending = sync.OnceValue(func() context.Context {
		ctx, cancel := context.WithTimeout(a.hurry, l.drain)
		l.ended = cancel
		return ctx
	})
	out := a.Out
	if f == raw && d.unheard && !d.raw {
		out = io.Discard
	}
	if typing && (f == lines || f == hexLines) && isTerminal(a.In) && isTerminal(a.Out) {
		l.console = newConsole(a.In, a.Out, a.interrupt)
		out = l.console
	}
	colour := (f == lines || f == hexLines) && isTerminal(a.Out) && a.Env("NO_COLOR") == "" && a.Env("TERM") != "dumb"
	v := a.newView(f, out, a.Err, colour)
	v.verbose, v.charset = d.verbose, d.charset
	v.from, v.session, v.cut = from, session, cut.splitter()
	l.view = v
	v.dump = d.dump
	if f == raw || v.dump != nil { // neither may miss anything
		l.pace = bench.StartBackpressure()
		v.pace = l.pace
	}
	cursor := l.bench.View(0)
	go func() {
		defer close(l.viewDone)
		l.viewErr = v.run(cursor)
		l.freePace()
	}()
	return l
}

func (l *runner) freePace() {
	if l.pace != nil {
		l.pace.End()
	}
}

// interrupted is how a signal ends the command. A request to end (SIGTERM) first
// lets the input that is there go out, as long as closing in good order may take;
// an interrupt does not. The error is the signal, or why not all could be sent.
func (l *runner) interrupted() error {
	err := l.app.interrupted()
	if l.fed == nil || !isTermination(err) {
		l.stopSending(err)
		return err
	}
	select {
	case <-l.fed:
	case <-l.ending().Done():
		err = isCutShort(l.drain)
		l.stopSending(err)
	}
	return err
}

// isCutShort is the error of input that did not get through in time.
func isCutShort(drain time.Duration) error {
	return &sockeye.Error{Kind: sockeye.TimedOut, Op: "send",
		Message: sockeye.Text{En: fmt.Sprintf("not all input could be sent within %s", drain), Zh: fmt.Sprintf("%s 内没能发送完全部输入", drain)},
		Hint:    sockeye.Text{En: "--drain gives it longer", Zh: "可用 --drain 延长"}}
}

// finish closes everything in good order, waits for the view to show it, and
// returns the error that ends the command. A second signal cuts it short.
func (l *runner) finish(err error) error {
	free := context.AfterFunc(l.ending(), l.freePace)
	defer l.ended()
	defer free()
	incomplete := l.bench.Shutdown(l.ending())
	select {
	case <-l.viewDone:
	case <-l.app.hurry.Done(): // whoever reads our output may never do so again
	}
	if l.console != nil {
		l.console.Close()
	}
	if l.app.hurry.Err() != nil {
		return exit{exitInterrupted}
	}
	if err == nil {
		err = l.viewErr
	}
	if err == nil || isInterrupt(err) && incomplete != nil {
		err = incomplete
	}
	return err
}

// watch calls see with every event of a kind from number from on, until it says
// false or the journal ends. It returns at once.
func (l *runner) watch(from uint64, kind sockeye.EventKind, see func(sockeye.Event) bool) (done <-chan struct{}) {
	cursor, over := l.bench.View(from), make(chan struct{})
	cursor.Only(kind)
	go func() {
		defer close(over)
		defer cursor.Close()
		for {
			e, err := cursor.Next(context.Background())
			if err != nil || e.Kind == kind && !see(e) {
				return
			}
		}
	}()
	return over
}

// awaitEvent is closed with the first event of a kind from number from on, or when the
// journal ends.
func (l *runner) awaitEvent(from uint64, kind sockeye.EventKind) <-chan struct{} {
	return l.watch(from, kind, func(sockeye.Event) bool { return false })
}

// isTerminal reports whether a stream is a person's terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// isEnd reports whether reading ended for want of input, not by a failure.
func isEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, os.ErrClosed) }
