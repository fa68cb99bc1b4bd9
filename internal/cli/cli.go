// Package cli is the command line: each command parses its flags, calls the
// workbench and prints what its view of the journal shows. Results go to
// standard output, everything else to standard error. It owns no socket.
package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"sockeye"
)

// Exit codes, after ncat's: 1 is the network's fault, 2 the caller's or anything
// else, 3 an expectation that was not met, 130 an interrupt.
const (
	exitOK          = 0
	exitNetwork     = 1
	exitOther       = 2
	exitExpectation = 3
	exitInterrupted = 130
)

// Streams is what a command is connected to.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	// Env looks up an environment variable.
	Env func(string) string
	// LookupEnv tells an empty variable from none; nil takes both for none.
	LookupEnv func(string) (string, bool)
}

// app is one run of the program.
type app struct {
	Streams
	lang sockeye.Lang
	// config is the user's configuration, once prepare has read it.
	config config
	// ctx ends, with an *interrupt as its cause, at the first signal; hurry ends at
	// the second.
	ctx   context.Context
	hurry context.Context
	// interrupt is what Ctrl-C does while a console has the keyboard.
	interrupt func()
	// helpErr is the error of a --help, which cobra has no way to hand on.
	helpErr error
	stdin   stdinFile
}

// Run runs one command line (without the program's name) and returns the exit
// code. The first signal asks the command to end in good order, the second to
// end at once; see awaitSignals.
func Run(args []string, std Streams, signals <-chan os.Signal) int {
	a := &app{Streams: std}
	defer a.stdin.remove()
	a.lang = a.language(args)
	var stop, stopNow context.CancelCauseFunc
	a.ctx, stop = context.WithCancelCause(context.Background())
	a.hurry, stopNow = context.WithCancelCause(context.Background())
	over, keyboard := make(chan struct{}), make(chan os.Signal, 2)
	defer close(over)
	a.interrupt = func() {
		select {
		case keyboard <- os.Interrupt:
		default: // the second one has been pressed already
		}
	}
	go awaitSignals(signals, keyboard, over, stop, stopNow)
	root := a.root()
	root.SetArgs(a.withCommand(args))
	cmd, err := root.ExecuteContextC(a.ctx)
	if err == nil {
		err = a.helpErr
	}
	return a.report(withHint(cmd, err))
}

// language is --lang, else LC_ALL, else that of the configuration, else what the
// environment's locale says (POSIX order). It is found before the flags are parsed,
// because their help is already text.
func (a *app) language(args []string) sockeye.Lang {
	for i, arg := range args {
		if v, ok := strings.CutPrefix(arg, "--lang="); ok {
			return sockeye.LangOf(v)
		}
		if arg == "--lang" && i+1 < len(args) {
			return sockeye.LangOf(args[i+1])
		}
	}
	if v := a.Env("LC_ALL"); v != "" {
		return sockeye.LangOf(v)
	}
	if v := a.configuredLanguage(args); v != "" {
		return sockeye.LangOf(v)
	}
	for _, name := range []string{"LC_MESSAGES", "LANG"} {
		if v := a.Env(name); v != "" {
			return sockeye.LangOf(v)
		}
	}
	return sockeye.English
}

// configuredLanguage is the language of the configuration; prepare tells what is wrong
// with that.
func (a *app) configuredLanguage(args []string) string {
	look := &app{Streams: a.Streams}
	if saysPortable(args) {
		if home, err := portableHome(); err == nil {
			look.Env = withHome(a.Env, home)
		}
	}
	c, err := look.readConfig()
	if err != nil {
		return ""
	}
	return c.lang
}

// t is a text in the language of this run.
func (a *app) t(en, zh string) string { return sockeye.Text{En: en, Zh: zh}.In(a.lang) }

// root builds the command tree.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "sockeye",
		Short: a.t("Sockeye, the socket workbench: an eye on every socket", "Sockeye 网络调试工作台：看清每一个套接字"),
		Long: a.t(`Sockeye opens TCP and UDP servers and clients, shows every byte that crosses
them, and lets you answer.`, `Sockeye 打开 TCP、UDP 服务器与客户端，显示经过的每一个字节，并让你随时应答。`),
		Args:              a.onlyKnownCommands,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		RunE: func(cmd *cobra.Command, _ []string) error {
			ui, _, err := cmd.Find([]string{"ui"})
			if err != nil {
				return err
			}
			return ui.RunE(ui, nil)
		},
	}
	cobra.MousetrapHelpText = "" // a double click in Windows starts the workbench
	root.SetIn(a.In)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	root.PersistentFlags().String("lang", "", a.t("language of messages: en or zh (default: from LANG)", "界面语言：en 或 zh（默认取自 LANG）"))
	root.PersistentFlags().Bool("portable", false, a.t("keep state, data and configuration in sockeye-data beside the program", "状态、数据和配置都放在程序旁的 sockeye-data 目录"))
	root.SetFlagErrorFunc(a.badFlag)
	root.AddCommand(
		a.listenCommand(), a.connectCommand(), a.deviceCommand(), a.addrsCommand(),
		a.resolveCommand(), a.uiCommand(), a.sessionCommand(), a.demoCommand(), a.runCommand(), a.ruleCommand(), a.logCommand(), a.payloadCommand(), a.crcCommand(),
		a.versionCommand(), a.completionCommand(),
	)
	a.localizeHelp(root)
	return root
}

// exit is an error that has been shown already, or needs no words.
type exit struct{ code int }

func (e exit) Error() string { return "exit" }

// report shows an error and returns the exit code of it.
func (a *app) report(err error) int {
	if err == nil {
		return exitOK
	}
	if e, ok := errors.AsType[exit](err); ok {
		return e.code
	}
	if isTermination(err) {
		return exitOK // it ended in good order
	}
	if _, ok := errors.AsType[*interrupt](err); ok {
		return exitInterrupted
	}
	if errors.Is(err, syscall.EPIPE) {
		return exitOther // whoever read our output has gone: nobody to tell
	}
	a.showError(err)
	return exitCode(err)
}

// exitCode is the one table from kinds of error to exit codes.
func exitCode(err error) int {
	switch sockeye.ErrorOf(err).Kind {
	case sockeye.Refused, sockeye.TimedOut, sockeye.Reset, sockeye.BrokenPipe, sockeye.HostUnreachable,
		sockeye.NetworkUnreachable, sockeye.NoSuchHost, sockeye.NameServer, sockeye.WrongFamily, sockeye.TooLarge,
		sockeye.SelfConnect, sockeye.AddressInUse, sockeye.AddressNotAvailable, sockeye.PortsExhausted,
		sockeye.AccessDenied, sockeye.NotPermitted, sockeye.LimitReached, sockeye.Closed:
		return exitNetwork
	case sockeye.Expected:
		return exitExpectation
	case sockeye.Canceled:
		return exitInterrupted
	}
	return exitOther
}
