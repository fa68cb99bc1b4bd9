package cli

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/client"
	"sockeye/internal/api"
	"sockeye/internal/terminal"
)

// pageServer serves the page of a workbench.
type pageServer struct {
	server    *api.Server
	serving   chan error // gets why a listener ended
	unpublish func()
}

// startPage serves a workbench on listeners, which it closes if it cannot.
func (a *app) startPage(config api.Config, listeners []net.Listener) (*pageServer, error) {
	server, err := api.New(config)
	if err != nil {
		closeAll(listeners)
		return nil, err
	}
	for _, l := range listeners {
		server.Allow(l)
	}
	p := &pageServer{server, make(chan error, len(listeners)), func() {}}
	for _, l := range listeners {
		go func() { p.serving <- server.Serve(l) }()
	}
	return p, nil
}

// publish lets this user's shells find the workbench.
func (p *pageServer) publish(a *app) {
	dir := a.StateDir()
	if dir == "" {
		return
	}
	var err error
	if p.unpublish, err = p.server.Publish(dir); err != nil {
		a.ShowError(err)
	}
}

// end ends serving.
func (p *pageServer) end(a *app) {
	p.unpublish()
	ctx, cancel := context.WithTimeout(a.ForceStop, time.Second)
	defer cancel()
	p.server.Close(ctx)
}

func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		l.Close()
	}
}

// listenForPage takes the port that was asked for, or the next free one: of the
// loopback's both families, where this machine has both, unless --bind says where.
func (a *app) listenForPage(f *uiFlags, say func(text string)) ([]net.Listener, error) {
	for port := int(f.port); ; port++ {
		found, err := listenOn(f, port)
		if err == nil {
			if port != int(f.port) {
				say(fmt.Sprintf(a.t("Port %d is taken by another program; this is %d.", "端口 %d 被其他程序占用，改用 %d。"), f.port, port))
			}
			return found, nil
		}
		if terminal.IsTaken(err) && port < int(f.port)+20 && port < 65535 && f.port != 0 {
			continue
		}
		return nil, &sockeye.Error{Kind: sockeye.System, Op: "listen", Target: net.JoinHostPort(f.bind, strconv.Itoa(port)), Err: err,
			Hint: sockeye.Text{En: "choose another port with --port", Zh: "请用 --port 换一个端口"}}
	}
}

// listenOn takes one port. Its [::1] must not be another program's, to whom the name
// localhost could lead; a machine without ::1 does without.
func listenOn(f *uiFlags, port int) ([]net.Listener, error) {
	l, err := api.Listen("tcp", net.JoinHostPort(f.bind, strconv.Itoa(port)))
	if err != nil || f.bindGiven {
		return []net.Listener{l}, err
	}
	_, taken, _ := net.SplitHostPort(l.Addr().String())
	l6, err := api.Listen("tcp6", net.JoinHostPort("::1", taken))
	switch {
	case err == nil:
		return []net.Listener{l, l6}, nil
	case terminal.IsTaken(err) && port != 0:
		l.Close()
		return nil, err
	}
	return []net.Listener{l}, nil
}

// pageFlags show the sessions of a command elsewhere, too: in a page that the command
// serves itself, or in the workbench that runs.
type pageFlags struct {
	ui, attach bool
}

func (f *pageFlags) register(a *app, fs *pflag.FlagSet) {
	fs.BoolVar(&f.ui, "ui", false, a.t("show the same sessions in a page, which this command serves", "同时在网页中显示这些会话，由本命令提供页面"))
	fs.BoolVar(&f.attach, "attach", false, a.t("open the session in the workbench that runs; Ctrl-C detaches, the session stays open", "在正在运行的工作台中打开会话；Ctrl-C 只断开本终端，会话保持打开"))
}

// start serves the page of a command, if it is wanted, until the command ends. Shells
// find it unless another workbench runs, which they know already.
func (f *pageFlags) start(a *app, l *terminal.Runner) error {
	if !f.ui {
		return nil
	}
	u := newUIFlags()
	if port, err := strconv.ParseUint(a.config.ui["port"], 10, 16); err == nil {
		u.port = uint16(port)
	}
	u.noBrowser = a.config.ui["no-browser"] == "true"
	config, err := a.uiConfig(u)
	if err != nil {
		return err
	}
	config.Bench = l.Bench
	listeners, err := a.listenForPage(u, l.Print)
	if err != nil {
		return err
	}
	p, err := a.startPage(config, listeners)
	if err != nil {
		return err
	}
	l.OnFinish(func() { p.end(a) })
	if c, err := a.workbench(); err == nil {
		c.Close()
	} else {
		p.publish(a)
	}
	url := p.server.NewTicket().URL
	l.Print(a.t("Sockeye: ", "Sockeye：") + url)
	if !u.noBrowser && openBrowser(url) != nil {
		l.Print(a.noBrowserText())
	}
	return nil
}

// attachFlags are flags, besides those of endpoints, that mean the same for a session in
// the workbench that runs.
var attachFlags = map[string]bool{
	"attach": true, "hex": true, "raw": true, "json": true, "quiet": true, "verbose": true, "crlf": true, "quit-after": true,
	"charset": true, "checksum": true, "prefix": true, "suffix": true, "echo": true, "lift-guard": true, "hello": true, "interval": true, "recv": true,
	"port": true, "source": true, "lang": true, "portable": true,
}

// check refuses flags that do not go with --attach.
func (f *pageFlags) check(a *app, cmd *cobra.Command) error {
	if !f.attach {
		return nil
	}
	endpoint := pflag.NewFlagSet("", pflag.ContinueOnError)
	var e endpointFlags
	e.register(a, endpoint)
	e.registerListen(a, endpoint)
	e.registerConnect(a, endpoint)
	var wrong error
	cmd.Flags().Visit(func(g *pflag.Flag) {
		if wrong == nil && !attachFlags[g.Name] && endpoint.Lookup(g.Name) == nil {
			hint := sockeye.Text{En: "what the session sends by itself and records is set in the workbench: in its page, or with sockeye session", Zh: "会话的自动发送与记录在工作台中设置：用页面或 sockeye session"}
			if g.Name == "ui" {
				hint = sockeye.Text{En: "the workbench that runs has a page already: sockeye ui opens it", Zh: "正在运行的工作台已有页面：用 sockeye ui 打开"}
			}
			wrong = terminal.Usage("--attach --"+g.Name, sockeye.Text{En: "only one of the two", Zh: "两者只能选一"}, hint)
		}
	})
	return wrong
}

// open opens an endpoint in the workbench that runs, and shows it until it ends or a
// person detaches.
func (f *pageFlags) open(a *app, at terminal.Attachment) error {
	c, err := client.Attach(a.Ctx, &client.AttachOptions{Language: a.Lang, Getenv: a.Env})
	if err != nil {
		return err
	}
	defer c.Close()
	at.Client = c
	return a.Attach(at)
}
