package cli

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/api"
	"sockeye/internal/boards"
	"sockeye/internal/core"
	"sockeye/internal/terminal"
	"sockeye/internal/workspace"
)

// uiPort is the workbench's port unless told otherwise.
const uiPort = 7625

// uiFlags are the flags of ui.
type uiFlags struct {
	terminal.RecordFlags
	boards.HubFlags
	announce  boards.AnnounceFlag
	bind      string
	port      uint16
	portGiven bool
	bindGiven bool
	noBrowser bool
	cert, key string
	password  string // a file
	hosts     []string
	memory    int64
	workspace string // a file; "" is the user's own
	env       bool
	drain     time.Duration
	share     time.Duration // 0: not
}

func (a *app) uiCommand() *cobra.Command {
	f := newUIFlags()
	cmd := &cobra.Command{
		Use:   "ui",
		Short: a.t("Start the workbench and open its page in the browser", "启动工作台并在浏览器中打开页面"),
		Long: a.t(`Start the workbench: open, watch and answer sockets in the browser. Sessions live
here, not in the page: close the tab, and nothing is lost. "sockeye session" drives
the same sessions from a shell.

The page is served to this computer only. The address that is printed is good once,
for a minute; "sockeye ui" again opens another page on the same workbench.

Saved endpoints, messages, rules and lists are in one workspace file, which "sockeye
run" plays, too. Starting with a file opens nothing of it: the page offers what is
in it.`,
			`启动工作台：在浏览器里打开、查看并应答套接字。会话保存在本程序中，关闭网页不会丢失
任何内容。也可以用 sockeye session 在终端中操作同一批会话。

页面只对本机开放。显示的地址一分钟内有效，只能用一次；再次运行 sockeye ui 会为同一个
工作台再打开一个页面。

保存的端点、消息、规则和列表都在一个工作区文件里，sockeye run 也能执行它。启动时不会
打开文件中的任何端点，由你在页面中选择打开。`),
		Example: `  sockeye ui
  sockeye ui --workspace meter.toml
  sockeye ui --record board-log
  sockeye ui --share
  sockeye ui --port 8080 --no-browser`,
		Args: terminal.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.portGiven, f.bindGiven = cmd.Flags().Changed("port"), cmd.Flags().Changed("bind")
			return a.ui(f)
		},
	}
	f.register(a, cmd.Flags())
	return cmd
}

// register adds the flags to fs, which refer to f.
func (f *uiFlags) register(a *app, fs *pflag.FlagSet) {
	fs.StringVar(&f.bind, "bind", f.bind, a.t("address to serve the page on; beyond this computer only with TLS and a password", "页面的监听地址；对本机以外开放必须使用 TLS 和密码"))
	fs.Uint16Var(&f.port, "port", f.port, a.t("port of the page; the next free one if another program has it", "页面端口；被其他程序占用时用下一个空闲端口"))
	fs.BoolVar(&f.noBrowser, "no-browser", false, a.t("print the address only", "只显示地址，不打开浏览器"))
	fs.StringVar(&f.cert, "cert", "", a.t("file with the TLS certificate chain (PEM)", "TLS 证书链文件（PEM）"))
	fs.StringVar(&f.key, "key", "", a.t("file with the certificate's key (PEM)", "证书私钥文件（PEM）"))
	fs.StringVar(&f.cert, "tls-cert", "", "") // the old names
	fs.StringVar(&f.key, "tls-key", "", "")
	fs.MarkHidden("tls-cert")
	fs.MarkHidden("tls-key")
	fs.StringVar(&f.password, "password-file", "", a.t("file whose first line is the password that lets a page in", "首行为登录密码的文件"))
	fs.Var(terminal.WordsOf(&f.hosts), "host", a.t("name by which pages may call this computer, besides its addresses", "页面可以使用的本机主机名（地址之外）"))
	fs.Var(terminal.ByteSizeOf(&f.memory), "memory", a.t("memory for the record (default 64MiB)", "记录占用的内存（默认 64MiB）"))
	fs.StringVar(&f.workspace, "workspace", "", a.t("keep endpoints, messages and rules in this file (default: one of your own)", "在此文件中保存端点、消息和规则（默认使用用户自己的文件）"))
	fs.BoolVar(&f.env, "env", false, a.t("let payloads read environment variables ({{env.NAME}})", "允许数据读取环境变量（{{env.NAME}}）"))
	f.RecordFlags.Register(a.Terminal, fs)
	f.HubFlags.Register(a.Terminal, fs)
	f.announce.Register(a.Terminal, fs)
	fs.Var(terminal.DurationOf(&f.share), "share", a.t("share the page read-only from the start, for so long (8h if not given); others come by the link that is shown", "启动时即以只读方式分享页面，持续这么久（不写则为 8h）；他人使用显示的链接观看"))
	fs.Lookup("share").NoOptDefVal = "8h" // api.DefaultShareTime
	fs.Var(terminal.DurationOf(&f.drain), "drain", a.t("how long closing in good order may take (default 5s)", "正常关闭最多等待的时间（默认 5s）"))
}

func newUIFlags() *uiFlags {
	return &uiFlags{bind: "127.0.0.1", port: uiPort, drain: 5 * time.Second, RecordFlags: terminal.NewRecordFlags()}
}

func (a *app) ui(f *uiFlags) error {
	if f.TakesOutput() {
		return terminal.Usage("--record -", sockeye.Text{En: "the workbench records in a directory or file", Zh: "工作台只能记录到目录或文件"},
			sockeye.Text{En: "name one", Zh: "请指定目录或文件"})
	}
	withholdCore()
	config, err := a.uiConfig(f)
	if err != nil {
		return err
	}
	if found, err := a.openRunning(f); found || err != nil {
		return err
	}
	if err := f.HubFlags.Prepare(a.Terminal, &f.RecordFlags); err != nil {
		return err
	}
	listeners, err := a.listenForPage(f, func(text string) { fmt.Fprintln(a.Err, text) })
	if err != nil {
		return err
	}
	page, published, err := a.startWorkbench(f, config, listeners)
	if err != nil {
		return err
	}
	forget, err := f.announcePage(a, listeners)
	if err != nil {
		page.end(a)
		config.Bench.Shutdown(a.ForceStop)
		return err
	}
	defer forget()
	l := a.Follow(config.Bench, 0, "", terminal.Quiet, &terminal.DisplayFlags{Drain: f.drain}, nil, false)
	l.AfterShutdown(published)
	a.welcome(page.server.NewTicket(), f)
	if f.share > 0 {
		a.showShare(page.server.BeginSharing(f.share))
	}
	select {
	case err = <-page.serving:
	case <-a.Ctx.Done():
		err = l.Interrupted()
	}
	page.end(a)
	return l.Finish(err)
}

// announcePage announces the page, if that is wanted, until it is to be forgotten.
func (f *uiFlags) announcePage(a *app, listeners []net.Listener) (forget func(), err error) {
	var locals []sockeye.SocketAddr
	for _, l := range listeners {
		locals = append(locals, sockeye.IPSocketAddr(l.Addr().(*net.TCPAddr).AddrPort()))
	}
	return f.announce.Workbench(a.Terminal, locals, func(text string) { fmt.Fprintln(a.Err, terminal.Safe(text)) })
}

// startWorkbench starts what the workbench does besides: it records, serves its page, which
// other commands find, and publishes to a hub. If one of them fails, none goes on.
func (a *app) startWorkbench(f *uiFlags, config api.Config, listeners []net.Listener) (*pageServer, func(context.Context), error) {
	bench := config.Bench
	if f.To != "" {
		o := f.Options(a.Terminal, sockeye.Endpoint{})
		o.Name = "workbench"
		if err := a.BeginRecording(bench, o); err != nil {
			closeAll(listeners)
			return nil, nil, err
		}
	}
	page, err := a.startPage(config, listeners)
	if err != nil {
		bench.Shutdown(a.ForceStop)
		return nil, nil, err
	}
	published, err := f.HubFlags.Publish(a.Terminal, bench, func(text string) { fmt.Fprintln(a.Err, terminal.Safe(text)) })
	if err != nil {
		page.end(a)
		bench.Shutdown(a.ForceStop)
		return nil, nil, err
	}
	page.publish(a)
	return page, published, nil
}

// uiConfig is what to serve, and to whom. Beyond this computer it is served only to
// who has a password, and in secret.
func (a *app) uiConfig(f *uiFlags) (c api.Config, err error) {
	c = api.Config{Version: terminal.ThisBuild().Version, Language: a.Lang, Hosts: f.hosts, RecordShared: f.How.Shared}
	if dir := a.DataDir(); dir != "" {
		c.Recordings, c.Workspace = filepath.Join(dir, "recordings"), filepath.Join(dir, "workspace.toml")
	}
	if f.workspace != "" {
		if c.Workspace, err = workspacePath(f.workspace); err != nil {
			return c, err
		}
	}
	if f.env {
		c.Lookup = a.Environment
	}
	if err := terminal.Together(f.checkBind(), f.announce.Check()); err != nil {
		return c, err
	}
	if f.cert != "" {
		if c.TLS, err = a.pageTLS(f.cert, f.key); err != nil {
			return c, err
		}
	}
	if f.password != "" {
		if c.Password, err = a.pagePassword(f.password); err != nil {
			return c, err
		}
	}
	c.Hosts = append(c.Hosts, f.announce.Hosts()...)
	c.Bench = core.New(int(f.memory))
	c.Bench.CADir = a.CADir()
	return c, nil
}

// workspacePath is the whole path of a workspace file that can be read, or is still to
// be made: the page says it to people who stand elsewhere.
func workspacePath(path string) (string, error) {
	if err := terminal.NotStdin("--workspace", path, sockeye.Text{En: "standard input cannot be written back, as a workspace is", Zh: "工作区会被写回，不能来自标准输入"},
		sockeye.Text{En: "name a file; ./- is one with that name", Zh: "请写文件名；名为 - 的文件写成 ./-"}); err != nil {
		return "", err
	}
	if _, err := workspace.Read(path); err != nil && sockeye.ErrorOf(err).Kind != sockeye.NotFound {
		return "", err
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs, nil
	}
	return path, nil
}

// checkBind refuses to serve other computers without TLS and a password.
func (f *uiFlags) checkBind() error {
	ip, err := netip.ParseAddr(f.bind)
	switch {
	case err != nil:
		return terminal.Usage("--bind", sockeye.Text{En: fmt.Sprintf("%q is not an IP address", f.bind), Zh: fmt.Sprintf("%q 不是 IP 地址", f.bind)},
			sockeye.Text{En: "sockeye addrs lists this machine's addresses", Zh: "sockeye addrs 列出本机地址"})
	case !ip.IsLoopback() && (f.cert == "" || f.password == ""):
		return terminal.Usage("--bind", sockeye.Text{
			En: fmt.Sprintf("%s can be reached from other computers, so the page needs TLS and a password", ip),
			Zh: fmt.Sprintf("%s 可从其他计算机访问，页面必须使用 TLS 和密码", ip)},
			sockeye.Text{En: "add --cert, --key and --password-file, or leave --bind out", Zh: "请加上 --cert、--key 和 --password-file，或去掉 --bind"})
	case f.share > api.MaxShareTime:
		return terminal.Usage("--share", sockeye.Text{En: fmt.Sprintf("%s is longer than seven days", f.share), Zh: fmt.Sprintf("%s 超过七天", f.share)},
			sockeye.Text{En: "share for less, and again when it is over", Zh: "请缩短时间，到期后再次分享"})
	case (f.cert == "") != (f.key == ""):
		return terminal.Usage("--cert --key", sockeye.Text{En: "both are needed, or neither", Zh: "两者必须同时使用"}, sockeye.Text{})
	}
	return nil
}

// pageTLS is how the page is served in secret, with a certificate and its key (PEM files).
func (a *app) pageTLS(cert, key string) (*tls.Config, error) {
	if err := checkSecretFile("--key", key); err != nil {
		return nil, err
	}
	pair, err := a.LoadKeyPair(cert, key)
	if terminal.IsInterrupt(err) || terminal.IsInvalid(err) {
		return nil, err
	}
	if err != nil {
		return nil, terminal.Usage("--cert", sockeye.Text{En: err.Error(), Zh: "无法读取证书：" + err.Error()}, sockeye.Text{En: "both files are PEM", Zh: "两个文件都应为 PEM 格式"})
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}, nil
}

// minPassword is how many characters a password of the page has at least.
const minPassword = 8

// pagePassword is the first line of a file that only its owner can read.
func (a *app) pagePassword(path string) (string, error) {
	text, err := a.ReadFile("--password-file", path)
	if terminal.IsInterrupt(err) || terminal.IsInvalid(err) {
		return "", err
	}
	if err != nil {
		return "", terminal.Usage("--password-file", sockeye.Text{En: err.Error(), Zh: "无法读取：" + err.Error()}, sockeye.Text{})
	}
	password, _, _ := strings.Cut(string(text), "\n")
	password = strings.TrimSuffix(password, "\r")
	if len(password) < minPassword {
		return "", terminal.Usage("--password-file", sockeye.Text{En: fmt.Sprintf("the password has fewer than %d characters", minPassword), Zh: fmt.Sprintf("密码少于 %d 个字符", minPassword)}, sockeye.Text{En: "its first line is the password", Zh: "文件首行为密码"})
	}
	return password, checkSecretFile("--password-file", path)
}

// openRunning opens a page on this user's workbench if one runs already.
func (a *app) openRunning(f *uiFlags) (found bool, err error) {
	dir := a.StateDir()
	client, err := api.Find(dir, a.Lang)
	if dir == "" || err != nil {
		return false, nil
	}
	if f.portGiven && !strings.HasSuffix(client.URL(), fmt.Sprintf(":%d/", f.port)) {
		return false, nil
	}
	ctx, cancel := client.Within(a.Ctx, 15*time.Second)
	defer cancel()
	t, err := client.NewTicket(ctx)
	if kind := sockeye.ErrorOf(err); kind != nil && (kind.Kind == sockeye.LimitReached || kind.Kind == sockeye.TimedOut) {
		return true, err
	}
	if err != nil {
		return false, nil // it has ended
	}
	if f.workspace != "" {
		return true, terminal.Usage("--workspace", sockeye.Text{En: "a workbench is running already, at " + client.URL(), Zh: "已有工作台在运行：" + client.URL()},
			sockeye.Text{En: "import the file in its page, or end it first", Zh: "请在其页面中导入该文件，或先结束它"})
	}
	if f.announce.Named() {
		return true, terminal.Usage("--announce", sockeye.Text{En: "a workbench is running already, at " + client.URL(), Zh: "已有工作台在运行：" + client.URL()},
			sockeye.Text{En: "end it first", Zh: "请先结束它"})
	}
	if f.HubFlags.Named() {
		return true, terminal.Usage("--hub", sockeye.Text{En: "a workbench is running already, at " + client.URL(), Zh: "已有工作台在运行：" + client.URL()},
			sockeye.Text{En: "end it first", Zh: "请先结束它"})
	}
	if f.To != "" {
		return true, terminal.Usage("--record", sockeye.Text{En: "a workbench is running already, at " + client.URL(), Zh: "已有工作台在运行：" + client.URL()},
			sockeye.Text{En: "begin to record in its page, or end it first", Zh: "请在其页面中开始记录，或先结束它"})
	}
	fmt.Fprintln(a.Out, a.t("A workbench is running already; this opens another page on it.", "已有工作台在运行，将为它再打开一个页面。"))
	a.showAddress(t, f)
	if f.share == 0 {
		return true, nil
	}
	share, err := api.ShareOf(ctx, client, f.share)
	if err == nil {
		a.showShare(share)
	}
	return true, err
}
