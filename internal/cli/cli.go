// Package cli is the command line: each command parses its flags, calls the
// workbench and prints what its view of the journal shows. Results go to
// standard output, everything else to standard error. It owns no socket.
package cli

import (
	"os"
	"strings"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/boards"
	"sockeye/internal/offline"
	"sockeye/internal/terminal"
)

// app is one run of the program.
type app struct {
	*terminal.Terminal
	// config is the user's configuration, once prepare has read it.
	config userConfig
	// args is the command line, with the command that it means.
	args []string
	// commandChecks are those of commands that have one; see checks.
	commandChecks map[*cobra.Command]commandCheck
	// helpErr is the error of a --help, which cobra has no way to hand on.
	helpErr error
}

// Run runs one command line (without the program's name) and returns the exit
// code. The first signal asks the command to end in good order, the second to
// end at once; see AwaitSignals.
func Run(args []string, std terminal.Streams, signals <-chan os.Signal) int {
	a := &app{Terminal: terminal.New(std)}
	a.ReadRegisters, a.ReadSchema, a.ReadFields = offline.ReadRegisters, offline.ReadSchema, offline.ReadFields
	defer a.Close()
	a.Lang = a.language(args)
	go a.AwaitSignals(signals)
	root := a.root()
	a.args = a.withCommand(args)
	root.SetArgs(a.args)
	cmd, err := root.ExecuteContextC(a.Ctx)
	if err == nil {
		err = a.helpErr
	}
	return a.ReportError(withHint(cmd, err))
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
	look := &app{Terminal: &terminal.Terminal{Streams: a.Streams}}
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
func (a *app) t(en, zh string) string { return a.T(en, zh) }

// root builds the command tree.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "sockeye",
		Short: a.t("Sockeye, the socket workbench: an eye on every socket", "Sockeye 网络调试工作台：看清每一个套接字"),
		Long: a.t(`Sockeye opens TCP and UDP servers and clients, shows every byte that crosses
them, and lets you answer.`, `Sockeye 打开 TCP、UDP 服务器与客户端，显示经过的每一个字节，并让你随时应答。`),
		Args:              terminal.OnlyKnownCommands,
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
	root.SetFlagErrorFunc(a.badFlags)
	root.AddCommand(a.listenCommand(), a.connectCommand(), a.relayCommand(), a.deviceCommand(), a.uiCommand(), a.sessionCommand(), a.loadCommand(), a.runCommand(), a.hubCommand(), a.versionCommand(), a.completionCommand())
	root.AddCommand(boards.Commands(a.Terminal)...)
	root.AddCommand(offline.Commands(a.Terminal, a.defaultPort)...)
	a.localizeHelp(root)
	return root
}
