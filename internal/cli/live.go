package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"sockeye"
	"sockeye/internal/workbench"
)

// live is a command's workbench together with the view that shows it.
type live struct {
	app      *app
	bench    *workbench.Workbench
	console  *console // nil unless a person types at a terminal
	showing  form
	drain    time.Duration
	viewDone chan struct{}
	viewErr  error // valid after viewDone
}

// displayFlags choose how a command shows what happens.
type displayFlags struct {
	hex, raw, json, quiet, verbose bool
	drain                          time.Duration
}

func (f *displayFlags) register(a *app, fs *pflag.FlagSet) {
	fs.BoolVar(&f.hex, "hex", false, a.t("show bytes as a hex dump", "以十六进制显示"))
	fs.BoolVar(&f.raw, "raw", false, a.t("write received bytes exactly, nothing else (the default into a pipe)", "原样输出收到的字节（输出到管道时的默认方式）"))
	fs.BoolVar(&f.json, "json", false, a.t("print one JSON event per line", "每个事件输出一行 JSON"))
	fs.BoolVar(&f.quiet, "quiet", false, a.t("show nothing", "不显示任何内容"))
	fs.BoolVarP(&f.verbose, "verbose", "v", false, a.t("with --raw: tell on standard error who comes and goes", "配合 --raw：在标准错误上显示连接与断开"))
	f.drain = 5 * time.Second
	fs.Var(&duration{&f.drain}, "drain", a.t("how long closing in good order may take (default 5s)", "正常关闭最多等待的时间（默认 5s）"))
}

// form is what was asked for, or else lines on a terminal and raw into a pipe.
func (f *displayFlags) form(a *app) (form, error) {
	asked, name := form(-1), ""
	for _, c := range []struct {
		on   bool
		name string
		form form
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
		return asked, nil
	case isTerminal(a.Out):
		return lines, nil
	}
	return raw, nil
}

// start makes a workbench and begins to show all of it.
func (a *app) start(f form, d *displayFlags, typing bool) *live {
	return a.follow(workbench.New(0), 1, "", f, d, typing)
}

// follow shows a workbench from event number from on: one session of it, or all
// for "". At a terminal on both sides, and if typing is wanted, a console takes
// the bottom line.
func (a *app) follow(bench *workbench.Workbench, from uint64, session string, f form, d *displayFlags, typing bool) *live {
	l := &live{app: a, bench: bench, showing: f, drain: d.drain, viewDone: make(chan struct{})}
	out := a.Out
	if typing && (f == lines || f == hexLines) && isTerminal(a.In) && isTerminal(a.Out) {
		l.console = newConsole(a.In, a.Out, a.interrupt)
		out = l.console
	}
	colour := (f == lines || f == hexLines) && isTerminal(a.Out) && a.Env("NO_COLOR") == "" && a.Env("TERM") != "dumb"
	v := a.newView(f, out, a.Err, colour)
	v.chatty = d.verbose
	v.from, v.session = from, session
	cursor := l.bench.View(1)
	go func() {
		defer close(l.viewDone)
		l.viewErr = v.run(cursor)
	}()
	return l
}

// finish closes everything in good order, waits for the view to show it, and
// returns the error that ends the command. A second signal cuts it short.
func (l *live) finish(err error) error {
	ctx, cancel := context.WithTimeout(l.app.hurry, l.drain)
	defer cancel()
	l.bench.Shutdown(ctx)
	<-l.viewDone
	if l.console != nil {
		l.console.Close()
	}
	if l.app.hurry.Err() != nil {
		return exit{exitInterrupted}
	}
	if err == nil {
		err = l.viewErr
	}
	return err
}

// watch calls see with every event from number from on, until it says false or
// the journal ends. It returns at once.
func (l *live) watch(from uint64, see func(sockeye.Event) bool) (done <-chan struct{}) {
	cursor, over := l.bench.View(from), make(chan struct{})
	go func() {
		defer close(over)
		defer cursor.Close()
		for {
			e, err := cursor.Next(context.Background())
			if err != nil || !see(e) {
				return
			}
		}
	}()
	return over
}

// isTerminal reports whether a stream is a person's terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// isEnd reports whether reading ended for want of input, not by a failure.
func isEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, os.ErrClosed) }
