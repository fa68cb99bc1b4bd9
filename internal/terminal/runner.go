package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/client"
	"sockeye/internal/core"
	"sockeye/internal/payload"
)

// Runner is a command's workbench together with the view that shows it.
type Runner struct {
	term     *Terminal
	Bench    *core.Core
	client   client.Client // the same workbench; nil unless Start made it
	view     *View         // owned by its goroutine, except for reframing
	console  *console      // nil unless a person types at a terminal
	status   *StatusBar    // nil unless there is one to show, and no console
	showing  OutputFormat
	drain    time.Duration
	ViewDone chan struct{}
	viewErr  error              // valid after ViewDone
	pace     *core.Backpressure // nil unless the view must miss nothing

	// sending is the context of all sends. It ends when the time that a signal leaves is over.
	sending     context.Context
	stopSending context.CancelCauseFunc
	closing     []func()                // called before the workbench shuts down
	after       []func(context.Context) // called after it has shut down, with the time that is left
	fed         chan struct{}           // closed when the input has been sent; nil without input
	Sent        func(*core.Session)     // see Linger; never nil
	Finishes    bool                    // the end of the input finishes our direction
	ending      func() context.Context  // how long closing in good order may take, from the first call on
	ended       context.CancelFunc      // of ending
}

// DisplayFlags choose how a command shows what happens.
type DisplayFlags struct {
	FrameFlags
	Hex, Raw, Json, Quiet, Verbose bool
	Drain                          time.Duration
	Charset                        payload.Charset
	Dump                           *dumpWriter // nil: none
	Unheard                        bool        // received bytes are not written raw, because a program gets them or nobody wants them
	EndTells                       bool        // the command's own error says why its peer left
	Status                         string      // shown below the lines on a terminal where nobody types; safe to print
}

// Register adds the flags to a command.
func (f *DisplayFlags) Register(a *Terminal, fs *pflag.FlagSet) {
	fs.BoolVar(&f.Hex, "hex", false, a.T("show bytes as a hex dump", "以十六进制显示"))
	fs.BoolVar(&f.Raw, "raw", false, a.T("write received bytes exactly, nothing else (the default into a pipe)", "原样输出收到的字节（输出到管道时的默认方式）"))
	fs.BoolVar(&f.Json, "json", false, a.T("print one JSON event per line", "每个事件输出一行 JSON"))
	fs.BoolVar(&f.Quiet, "quiet", false, a.T("show nothing", "不显示任何内容"))
	fs.BoolVarP(&f.Verbose, "verbose", "v", false, a.T("with --raw: tell on standard error who comes and goes", "配合 --raw：在标准错误上显示连接与断开"))
	f.FrameFlags.Register(a, fs)
	f.Decode.Register(a, fs)
	f.Drain = 5 * time.Second
	fs.Var(&DurationFlag{&f.Drain}, "drain", a.T("how long closing in good order may take (default 5s)", "正常关闭最多等待的时间（默认 5s）"))
}

// Format returns the format that was asked for; by default lines on a terminal and raw into a
// pipe.
func (f *DisplayFlags) Format(a *Terminal) (OutputFormat, error) {
	asked, name := OutputFormat(-1), ""
	for _, c := range []struct {
		on   bool
		name string
		form OutputFormat
	}{{f.Hex, "--hex", HexLines}, {f.Raw, "--raw", Raw}, {f.Json, "--json", JSONLines}, {f.Quiet, "--quiet", Quiet}} {
		if !c.on {
			continue
		}
		if name != "" {
			return 0, Usage(name+" "+c.name, sockeye.Text{En: "only one of the two", Zh: "两者只能选一"},
				sockeye.Text{En: "they are ways to show the same bytes", Zh: "它们是同一数据的不同显示方式"})
		}
		asked, name = c.form, c.name
	}
	switch {
	case name != "":
	case IsTerminal(a.Out):
		asked = Lines
	default:
		asked = Raw
	}
	return f.Framed(f, asked)
}

// Start makes a workbench, begins to record it if the flags say so, and shows everything that this
// run does. It does not show earlier runs of the recording.
func (a *Terminal) Start(f OutputFormat, d *DisplayFlags, typing bool, rec *RecordFlags, ep sockeye.Endpoint) (*Runner, error) {
	return a.StartIn(client.New(client.LocalOptions{CADir: a.CADir()}), f, d, typing, rec, ep)
}

// StartIn does what Start does with a workbench that exists. The Runner closes it.
func (a *Terminal) StartIn(c client.Client, f OutputFormat, d *DisplayFlags, typing bool, rec *RecordFlags, ep sockeye.Endpoint) (*Runner, error) {
	cut, err := d.Choice()
	if err != nil {
		return nil, err
	}
	bench := c.(interface{ Core() *core.Core }).Core()
	if rec.To != "" {
		if err := a.BeginRecording(bench, rec.Options(a, ep)); err != nil {
			return nil, err
		}
	}
	l := a.Follow(bench, 0, "", f, d, cut, typing)
	l.client = c
	return l, nil
}

// Follow shows the events of a workbench from number from on: those of one session, or of all for
// "". If input and output are a terminal and typing is true, a console takes the bottom line.
func (a *Terminal) Follow(bench *core.Core, from uint64, session string, f OutputFormat, d *DisplayFlags, cut *FrameChoice, typing bool) *Runner {
	l := &Runner{term: a, Sent: func(*core.Session) {}, Bench: bench, showing: f, drain: d.Drain, ViewDone: make(chan struct{})}
	l.sending, l.stopSending = context.WithCancelCause(context.Background())
	l.ending = sync.OnceValue(func() context.Context {
		ctx, cancel := context.WithTimeout(a.ForceStop, l.drain)
		l.ended = cancel
		return ctx
	})
	out := a.Out
	if f == Raw && d.Unheard && !d.Raw {
		out = io.Discard
	}
	if typing && (f == Lines || f == HexLines) && IsTerminal(a.In) && IsTerminal(a.Out) {
		l.console = newConsole(a.In, a.Out, a.interrupt)
		out = l.console
	}
	lines := f == Lines || f == HexLines
	colour := lines && IsTerminal(a.Out) && a.Env("NO_COLOR") == "" && a.Env("TERM") != "dumb"
	if lines && l.console == nil && d.Status != "" {
		if l.status = a.NewStatusBar(d.Status, a.Out, colour); l.status != nil {
			out = l.status
		}
	}
	v := a.NewView(f, out, a.Err, colour)
	v.verbose, v.Charset, v.endTells = d.Verbose, d.Charset, d.EndTells
	v.from, v.session = from, session
	v.ShowFrames(cut)
	l.view = v
	v.dump = d.Dump
	if f == Raw || v.dump != nil { // both must miss nothing
		l.pace = bench.StartBackpressure()
		v.pace = l.pace
	}
	cursor := l.Bench.View(0)
	go func() {
		defer close(l.ViewDone)
		l.viewErr = v.run(cursor)
		l.freePace()
	}()
	return l
}

// OnFinish registers end, which is called when the command ends, before its workbench shuts down.
func (l *Runner) OnFinish(end func()) { l.closing = append(l.closing, end) }

// AfterShutdown registers end, which is called when the workbench has closed its sessions, with
// how long an end in good order may still take.
func (l *Runner) AfterShutdown(end func(context.Context)) { l.after = append(l.after, end) }

// Print shows lines that are about no event, above the input line or on standard error.
func (l *Runner) Print(text string) {
	if l.console != nil {
		l.console.print(text)
		return
	}
	if l.status != nil {
		fmt.Fprintln(l.status, payload.SafeString(text))
		return
	}
	fmt.Fprintln(l.term.Err, payload.SafeString(text))
}

// Interactive reports whether a person types at a console.
func (l *Runner) Interactive() bool { return l.console != nil }

func (l *Runner) freePace() {
	if l.pace != nil {
		l.pace.End()
	}
}

// Interrupted ends the command after a signal. After a request to end (SIGTERM) it first sends the
// input that is there, within the time for closing in good order; after an interrupt it does not.
// The error is the signal, or why not everything could be sent.
func (l *Runner) Interrupted() error {
	err := l.term.Interrupted()
	if l.fed == nil || !IsTermination(err) {
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

// undelivered returns an error if a peer had not acknowledged all input when it left or when the
// time for closing was over. At a console it returns nil, since the view has shown it.
func (l *Runner) undelivered(sessions []*core.Session) error {
	if l.fed == nil || l.console != nil {
		return nil
	}
	for _, s := range sessions {
		if n := s.Sender().Undelivered(); n > 0 && (l.Finishes || s.Endpoint().Mode == sockeye.Connect) {
			return &sockeye.Error{Kind: sockeye.TimedOut, Op: "send", Target: s.Endpoint().Address.String(),
				Message: sockeye.Text{En: fmt.Sprintf("%d bytes of the input were not acknowledged", n), Zh: fmt.Sprintf("输入中有 %d 字节未得到确认", n)},
				Hint:    sockeye.Text{En: "the peer was gone, or does not read; --drain gives it longer", Zh: "对方已断开或没有读取；可用 --drain 延长等待时间"}}
		}
	}
	return nil
}

// isCutShort returns the error of input that was not sent in time.
func isCutShort(drain time.Duration) error {
	return &sockeye.Error{Kind: sockeye.TimedOut, Op: "send",
		Message: sockeye.Text{En: fmt.Sprintf("not all input could be sent within %s", drain), Zh: fmt.Sprintf("%s 内没能发送完全部输入", drain)},
		Hint:    sockeye.Text{En: "--drain gives it longer", Zh: "可用 --drain 延长"}}
}

// Finish closes everything in good order, waits for the view to show it, and
// returns the error that ends the command. A second signal cuts it short.
func (l *Runner) Finish(err error) error {
	for _, end := range l.closing {
		end()
	}
	free := context.AfterFunc(l.ending(), l.freePace)
	defer l.ended()
	defer free()
	sessions := slices.Concat(l.Bench.Closed(), l.Bench.Sessions())
	incomplete, undelivered := l.Bench.Shutdown(l.ending()), l.undelivered(sessions)
	for _, end := range l.after {
		end(l.ending())
	}
	select {
	case <-l.ViewDone:
	case <-l.term.ForceStop.Done(): // the reader of our output may have stopped for good
	}
	if l.console != nil {
		l.console.Close()
	}
	if l.status != nil {
		l.status.End()
	}
	if l.term.ForceStop.Err() != nil {
		return Exit{ExitInterrupted}
	}
	if err == nil {
		err = l.viewErr
	}
	switch all := errors.Join(incomplete, undelivered); {
	case all == nil:
	case err == nil, IsTermination(err), IsInterrupt(err) && incomplete != nil:
		err = all
	case IsInterrupt(err):
		l.term.ShowError(undelivered) // only shown: the exit code stays that of the interrupt
	case undelivered != nil:
		err = withUndelivered(err, sessions)
	}
	return err
}

// withUndelivered adds to why a connection ended how many bytes never reached the peer. An
// error that is not the socket's says itself what it cut short.
func withUndelivered(err error, sessions []*core.Session) error {
	n := int64(0)
	for _, s := range sessions {
		n += s.Sender().Undelivered()
	}
	e := *sockeye.ErrorOf(err)
	if e.Errno == "" || e.Kind != sockeye.Reset && e.Kind != sockeye.BrokenPipe && e.Kind != sockeye.TimedOut {
		return err
	}
	lost := sockeye.NeverReached(int(n))
	e.Message = sockeye.Text{En: e.Reason(sockeye.English) + "; " + lost.En, Zh: e.Reason(sockeye.Chinese) + "；" + lost.Zh}
	return &e
}

// watch calls see on another goroutine with every event of a kind from number from on, until see
// returns false or the journal ends. watch returns at once.
func (l *Runner) watch(from uint64, kind sockeye.EventKind, see func(sockeye.Event) bool) (done <-chan struct{}) {
	cursor, over := l.Bench.View(from), make(chan struct{})
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

// AwaitEvent returns a channel that is closed at the first event of a kind from number from on, or
// when the journal ends.
func (l *Runner) AwaitEvent(from uint64, kind sockeye.EventKind) <-chan struct{} {
	return l.watch(from, kind, func(sockeye.Event) bool { return false })
}

// isEnd reports whether a read ended because the input did, and not because it failed.
func isEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, os.ErrClosed) }

// untilStopped waits until a person ends the command, by a signal or, if typeTo is not nil, at the
// console.
func (l *Runner) untilStopped(typeTo *core.Session) error {
	var typed <-chan error
	if l.console != nil && typeTo != nil {
		typed = l.replAside(typeTo, &InputFlags{}, chunkPace{})
	}
	select {
	case err := <-typed:
		return err
	case <-l.ViewDone:
		return nil
	case <-l.term.Ctx.Done():
		return l.Interrupted()
	}
}

// UntilAllStopped waits for a signal, the end of the view, the person at the console,
// or for all sessions to end by themselves.
func (l *Runner) UntilAllStopped(sessions []*core.Session) error {
	ended := make(chan struct{})
	go func() {
		for _, s := range sessions {
			<-s.Done()
		}
		close(ended)
	}()
	var input <-chan error
	if l.console != nil {
		input = l.replAside(sessions[0], &InputFlags{}, chunkPace{})
	}
	select {
	case <-l.term.Ctx.Done():
		return l.Interrupted()
	case err := <-input:
		return err
	case <-l.ViewDone:
	case <-ended:
		var causes []error
		for _, s := range sessions {
			if _, cause := s.Outcome(); cause != nil {
				causes = append(causes, cause)
			}
		}
		return errors.Join(causes...)
	}
	return nil
}
