package server

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/hub"
	"sockeye/internal/private"
	"sockeye/internal/terminal"
)

// hubProgram is one run of sockeye-hub.
type hubProgram struct {
	*terminal.Terminal
	dir  string
	nats string
}

// Run runs one command line (without the program's name) and returns the exit code.
func Run(args []string, std terminal.Streams, signals <-chan os.Signal) int {
	p := &hubProgram{Terminal: terminal.New(std)}
	defer p.Close()
	p.Lang = language(args, std.Env)
	go p.AwaitSignals(signals)
	root := p.root()
	root.SetArgs(args)
	return p.ReportError(root.ExecuteContext(p.Ctx))
}

// language is --lang, else that of the environment.
func language(args []string, env func(string) string) sockeye.Lang {
	for i, arg := range args {
		if v, ok := strings.CutPrefix(arg, "--lang="); ok {
			return sockeye.LangOf(v)
		}
		if arg == "--lang" && i+1 < len(args) {
			return sockeye.LangOf(args[i+1])
		}
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := env(name); v != "" {
			return sockeye.LangOf(v)
		}
	}
	return sockeye.English
}

func (p *hubProgram) root() *cobra.Command {
	serve := p.serveCommand()
	root := &cobra.Command{
		Use: "sockeye-hub", Short: p.T("The journals of many boards in one place", "把众多开发板的记录汇集到一处"),
		Long: serve.Long, Example: serve.Example,
		SilenceErrors: true, SilenceUsage: true, Args: terminal.OnlyKnownCommands, RunE: serve.RunE,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetIn(p.In)
	root.SetOut(p.Out)
	root.SetErr(p.Err)
	root.Version = terminal.ThisBuild().Version
	fs := root.PersistentFlags()
	fs.String("lang", "", p.T("language of messages: en or zh (default: from LANG)", "界面语言：en 或 zh（默认取自 LANG）"))
	fs.StringVar(&p.dir, "dir", "", p.T("the hub's directory: its keys, and what it keeps (default: hub in this user's data)", "集线服务的目录：密钥与数据（默认为用户数据中的 hub）"))
	fs.StringVar(&p.nats, "nats", "", p.T("use the NATS servers at these URLs, instead of one in this process", "使用这些地址上的 NATS 服务器，而不是内置的"))
	root.Flags().AddFlagSet(serve.Flags())
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return terminal.Usage(cmd.CommandPath(), sockeye.Text{En: err.Error(), Zh: err.Error()}, terminal.HelpHint(cmd))
	})
	defer plainDefaults(root)
	root.AddCommand(serve, p.enrolCommand(), p.revokeCommand(), p.keepCommand(), p.listCommand(), p.sendCommand(), p.exportCommand(), p.credsCommand(), p.pageCommand(), p.configCommand())
	return root
}

// plainDefaults leaves defaults to the words of the flags, which say them as people write
// them.
func plainDefaults(root *cobra.Command) {
	for _, c := range append(root.Commands(), root) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if strings.Contains(f.Usage, "(default") || strings.Contains(f.Usage, "（默认") || strings.HasPrefix(f.Usage, "--") {
				f.DefValue = ""
			}
		})
	}
}

// directory is where the hub's files are.
func (p *hubProgram) directory() (string, error) {
	if p.dir != "" {
		return filepath.Abs(p.dir)
	}
	if data := p.DataDir(); data != "" {
		return filepath.Join(data, "hub"), nil
	}
	return "", terminal.Usage("--dir", sockeye.Text{En: "there is no home directory", Zh: "没有主目录"}, sockeye.Text{En: "name a directory, or set SOCKEYE_HOME", Zh: "请指定目录，或设置 SOCKEYE_HOME"})
}

// addressFile is the file in which a running hub writes how it is reached.
const addressFile = "address.json"

// hubAddress is how a hub is reached: from this machine, and by boards, with the pin of its
// certificate.
type hubAddress struct {
	Here string `json:"here"`
	Told string `json:"told"`
	Pin  string `json:"pin,omitempty"`
}

func (at hubAddress) leave(dir string) error {
	text, err := json.Marshal(at)
	if err != nil {
		return err
	}
	return private.WriteFile(filepath.Join(dir, addressFile), text)
}

func findAddress(dir string) (at hubAddress, err error) {
	text, err := private.ReadFile(filepath.Join(dir, addressFile))
	if err == nil {
		err = json.Unmarshal(text, &at)
	}
	return at, err
}

// admin is a command's own connection to a hub that runs.
type admin struct {
	authority *Operator
	registry  *BoardRegistry
	at        hubAddress
	service   *nats.Conn
	records   *nats.Conn // of the registry; nil without one
}

// close ends the connections.
func (a *admin) close() {
	a.service.Close()
	if a.records != nil {
		a.records.Close()
	}
}

// open connects as the hub itself does. The admin has no registry yet.
func (p *hubProgram) open(ctx context.Context) (*admin, error) {
	dir, err := p.directory()
	if err != nil {
		return nil, err
	}
	a := &admin{at: hubAddress{Here: p.nats, Told: p.nats}}
	if a.authority, err = FindAuthority(dir); err != nil {
		return nil, err
	}
	if p.nats == "" {
		if a.at, err = findAddress(dir); err != nil {
			return nil, notRunning(dir)
		}
	}
	if a.service, err = connectOnce(ctx, a.authority.Service, a.at.Here, a.at.Pin, "sockeye-hub command"); err != nil {
		return nil, err
	}
	return a, nil
}

// openRegistry finds who is enrolled. A server that is cut off from most of its cluster cannot
// tell, and that is said soon.
func (a *admin) openRegistry(ctx context.Context) (err error) {
	if a.records, err = connectOnce(ctx, a.authority.Registry, a.at.Here, a.at.Pin, "sockeye-hub command"); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	a.registry, err = FindRegistry(ctx, a.records, a.authority)
	return err
}

func notRunning(dir string) error {
	return &sockeye.Error{Kind: sockeye.NotFound, Op: "connect", Target: dir,
		Message: sockeye.Text{En: "no hub runs with this directory", Zh: "没有集线服务使用此目录运行"},
		Hint:    sockeye.Text{En: "start one: sockeye hub; or name its servers with --nats", Zh: "请先启动：sockeye hub；或用 --nats 指定服务器"}}
}

// commandTimeout bounds what a command asks of the hub.
const commandTimeout = 30 * time.Second

// within gives a command a hub, for a bounded time.
func (p *hubProgram) within(do func(ctx context.Context, a *admin) error) error {
	ctx, cancel := context.WithTimeout(p.Ctx, commandTimeout)
	defer cancel()
	a, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer a.close()
	if err := a.openRegistry(ctx); err != nil {
		return err
	}
	return do(ctx, a)
}

// oneBoard is the board that the only word of a command names.
func oneBoard(cmd *cobra.Command, args []string) (hub.BoardID, error) {
	if len(args) == 0 {
		return hub.BoardID{}, terminal.Usage(cmd.CommandPath(), sockeye.Text{En: "the board's name is missing", Zh: "缺少开发板名称"}, terminal.HelpHint(cmd))
	}
	if len(args) > 1 {
		return hub.BoardID{}, terminal.Usage(cmd.CommandPath(), terminal.TooMany(args[1]), terminal.HelpHint(cmd))
	}
	return hub.ParseBoard(args[0])
}
