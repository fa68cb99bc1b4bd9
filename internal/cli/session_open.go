package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/client"
	"sockeye/internal/api"
	"sockeye/internal/core"
	"sockeye/internal/terminal"
	"sockeye/internal/workspace"
)

// openFlags are the flags of session open.
type openFlags struct {
	endpointFlags
	echo, asJSON bool
	from         string   // an endpoint of the workspace
	upstreams    []string // one for all, and others for some peers
	faults       faultFlag
	share        string
	allow        guardFlag
}

func (a *app) sessionOpenCommand() *cobra.Command {
	var f openFlags
	cmd := &cobra.Command{
		Use:   "open MODE [ADDRESS]",
		Short: a.t("Open a session: listen or connect", "打开会话：listen 或 connect"),
		Long: a.t(`Open a session in the running workbench. MODE is listen or connect; ADDRESS is as
for these commands. The session's name is printed. With --from-workspace the endpoint
of the workspace with that name is opened as the file says it, with its rules.`,
			`在正在运行的工作台中打开会话。MODE 为 listen 或 connect；ADDRESS 与这两个命令相同。
成功后输出会话名。--from-workspace 则按工作区文件打开其中这个名称的端点，规则一并生效。`),
		Example: `  sockeye session open listen :10000
  sockeye session open connect 192.168.1.88:10000 --reconnect
  sockeye session open listen udp://:10000 --echo
  sockeye session open --from-workspace meter`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.from != "" {
				return a.openFromWorkspace(cmd, f.from, args, f.asJSON)
			}
			return a.sessionOpen(cmd, &f, args)
		},
	}
	a.checks(cmd, 1, func(words []string) error {
		if f.from != "" {
			return nil
		}
		_, err := a.endpointOf(cmd, &f, words)
		return err
	})
	fs := cmd.Flags()
	fs.StringVar(&f.from, "from-workspace", "", a.t("open this endpoint of the workspace", "打开工作区中的这个端点"))
	fs.BoolVar(&f.echo, "echo", false, a.t("send everything back", "收到什么就发回什么"))
	fs.StringArrayVar(&f.upstreams, "upstream", nil, a.t("relay: give each peer a connection of its own to this address (again, with peer or when, for some peers)", "转发：为每个连接对象各连接一次该地址（可重复：加 peer 或 when 则只用于部分对象）"))
	f.faults.register(a, fs)
	registerShare(a, fs, &f.share)
	f.allow.register(a, fs)
	fs.BoolVar(&f.asJSON, "json", false, a.t("print JSON", "输出 JSON"))
	f.register(a, fs)
	f.registerListen(a, fs)
	f.registerConnect(a, fs)
	return cmd
}

// endpointOf is the endpoint that the words mean.
func (a *app) endpointOf(cmd *cobra.Command, f *openFlags, words []string) (sockeye.Endpoint, error) {
	ep, badEndpoint := a.typedEndpoint(cmd, f, words)
	_, badGuards := workspace.Allowed(f.allow.words)
	_, badFault := f.faults.set("")
	upstream, badUpstream := f.upstream()
	if upstream == "" && len(f.faults.faults) > 0 {
		badFault = terminal.Usage("--fault", sockeye.Text{En: "only a relay has two sides that faults can be between", Zh: "只有转发才能设置故障"}, sockeye.Text{En: "add --upstream ADDRESS", Zh: "请加上 --upstream 地址"})
	}
	return ep, terminal.Together(badEndpoint, guardFault(badGuards), badFault, badUpstream, f.badShare(upstream))
}

// typedEndpoint reads MODE and ADDRESS.
func (a *app) typedEndpoint(cmd *cobra.Command, f *openFlags, words []string) (sockeye.Endpoint, error) {
	wrong := sockeye.Text{En: "listen or connect is missing", Zh: "缺少 listen 或 connect"}
	if len(words) > 0 {
		mode := sockeye.Mode(words[0])
		switch mode {
		case sockeye.Listen:
			return f.endpoint(mode, words[1:], "", a.defaultPort())
		case sockeye.Connect:
			return f.endpoint(mode, words[1:], "localhost", a.defaultPort())
		}
		wrong = sockeye.Text{En: fmt.Sprintf("%q is neither listen nor connect", mode), Zh: fmt.Sprintf("%q 既不是 listen 也不是 connect", mode)}
	}
	return sockeye.Endpoint{}, terminal.Together(terminal.Usage("MODE", wrong, terminal.HelpHint(cmd)), f.asFlags(f.o.Check()))
}

// upstream is the one for all peers: that without a word for whom. "" if there is none.
func (f *openFlags) upstream() (string, error) {
	for _, u := range f.upstreams {
		if !strings.Contains(strings.TrimSpace(u), " ") {
			return u, nil
		}
	}
	if len(f.upstreams) > 0 {
		return "", terminal.Usage("--upstream", sockeye.Text{En: "one for all other peers is missing", Zh: "缺少其余连接对象的上游"}, sockeye.Text{En: "add --upstream ADDRESS", Zh: "请加上 --upstream 地址"})
	}
	return "", nil
}

// routes are the upstreams for some peers.
func (f *openFlags) routes() []string {
	all, _ := f.upstream()
	return slices.DeleteFunc(slices.Clone(f.upstreams), func(u string) bool { return u == all })
}

// badShare says what is wrong with --share.
func (f *openFlags) badShare(upstream string) error {
	switch {
	case f.share != "" && upstream == "":
		return terminal.Usage("--share", sockeye.Text{En: "only a relay has an upstream that peers can share", Zh: "只有转发的上游才能共用"}, sockeye.Text{En: "add --upstream ADDRESS", Zh: "请加上 --upstream 地址"})
	case f.share != "":
		return faultsAsFlags(core.RelayOptions{Share: core.Writers(f.share)}.Validate())
	}
	return nil
}

// sessionOpen opens a session in the running workbench and prints it.
func (a *app) sessionOpen(cmd *cobra.Command, f *openFlags, words []string) error {
	ep, err := a.endpointOf(cmd, f, words)
	if err != nil {
		return err
	}
	c, err := a.workbench()
	if err != nil {
		return err
	}
	defer c.Close()
	how := &client.OpenOptions{Echo: f.echo, LiftGuards: f.allow.words, Faults: f.faults.faults, Share: f.share}
	if upstream, _ := f.upstream(); upstream != "" {
		how.Routes = f.routes()
		how.Upstream = &sockeye.Endpoint{Mode: sockeye.Connect}
		if err := how.Upstream.ReadAddress(upstream, a.defaultPort()); err != nil {
			return err
		}
	}
	opened, err := c.Open(a.Ctx, ep, how)
	if err != nil {
		return f.asFlags(err)
	}
	var s api.Session
	if err := apiOf(c).Ask(a.Ctx, "GET", "/sessions/"+opened.ID, nil, &s); err != nil {
		return err
	}
	return a.printOpened(s, f.asJSON)
}

func (a *app) printOpened(s api.Session, asJSON bool) error {
	if asJSON {
		return a.PrintJSON(s)
	}
	_, err := fmt.Fprintf(a.Out, "%s  %s\n", s.ID, sessionWhere(s.Mode, s.Address, s.Locals))
	return err
}

// openFromWorkspace opens an endpoint of the running workbench's workspace.
func (a *app) openFromWorkspace(cmd *cobra.Command, name string, args []string, asJSON bool) error {
	if len(args) > 0 {
		return terminal.Usage("--from-workspace", sockeye.Text{En: "not together with MODE and ADDRESS", Zh: "不能与 MODE、ADDRESS 同时使用"}, terminal.HelpHint(cmd))
	}
	other := ""
	local := cmd.LocalNonPersistentFlags()
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if f.Name != "from-workspace" && f.Name != "json" && local.Lookup(f.Name) != nil {
			other = f.Name
		}
	})
	if other != "" {
		return terminal.Usage("--"+other, sockeye.Text{En: "the workspace says how the endpoint is opened", Zh: "端点的打开方式由工作区决定"}, sockeye.Text{En: "change it there", Zh: "请在工作区中修改"})
	}
	var w api.Workspace
	if err := a.askWorkbench("GET", "/workspace", nil, &w); err != nil {
		return err
	}
	var opened api.Sessions
	if err := a.askWorkbench("POST", "/workspace/open", api.OpenWorkspace{Stamp: w.Stamp, Endpoint: name}, &opened); err != nil {
		return err
	}
	for _, s := range opened.Sessions {
		if err := a.printOpened(s, asJSON); err != nil {
			return err
		}
	}
	return nil
}

// sessionWhere is where a session is bound, or whereto it connects.
func sessionWhere(mode sockeye.Mode, address string, locals []string) string {
	if mode == sockeye.Listen && len(locals) > 0 {
		transport, _, _ := strings.Cut(address, "://")
		address = transport + "://" + strings.Join(locals, ", ")
	}
	return terminal.Safe(string(mode) + " " + address)
}
