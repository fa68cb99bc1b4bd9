package boards

import (
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/mdns"
	"sockeye/internal/terminal"
)

// AnnounceFlag has a command make itself known by name (mDNS). The zero value announces
// nothing.
type AnnounceFlag struct {
	name string
}

// Register adds the flag to those of a command.
func (f *AnnounceFlag) Register(x *terminal.Terminal, fs *pflag.FlagSet) {
	fs.StringVar(&f.name, "announce", "", x.T("let sockeye discover find this by NAME in the same network, and others reach it as NAME.local (mDNS)", "在同一网络中公布名称：sockeye discover 可按该名称找到，别人可用 NAME.local 访问（mDNS）"))
}

// Named reports whether a name is to be announced.
func (f *AnnounceFlag) Named() bool { return f.name != "" }

// Hosts are the names by which others call a page that is announced.
func (f *AnnounceFlag) Hosts() []string {
	if f.name == "" {
		return nil
	}
	return []string{f.name + ".local"}
}

// Check says why the name cannot be announced.
func (f *AnnounceFlag) Check() error {
	if f.name == "" {
		return nil
	}
	err := mdns.CheckName(f.name)
	if err == nil {
		return nil
	}
	e := sockeye.ErrorOf(err)
	return terminal.Usage("--announce", e.Message, e.Hint)
}

// onlyHere says that other machines cannot reach any of the addresses.
func onlyHere(locals []sockeye.SocketAddr) bool {
	return !slices.ContainsFunc(locals, func(l sockeye.SocketAddr) bool { return l.IsIP() && !l.Addr().IsLoopback() })
}

// Session announces a server while a command runs.
func (f *AnnounceFlag) Session(x *terminal.Terminal, l *terminal.Runner, ep sockeye.Endpoint, locals []sockeye.SocketAddr) error {
	end, err := f.server(x, mdns.KindSession, string(ep.Address.Network), locals, l.Print)
	if err == nil {
		l.OnFinish(end)
	}
	return err
}

// Workbench announces a page of HTTPS until end is called.
func (f *AnnounceFlag) Workbench(x *terminal.Terminal, locals []sockeye.SocketAddr, say func(string)) (end func(), err error) {
	return f.server(x, mdns.KindWorkbench, "https", locals, say)
}

// server announces what listens on addresses and speaks a scheme, until end is called. It
// says so by say, and that another machine has the name.
func (f *AnnounceFlag) server(x *terminal.Terminal, kind, scheme string, locals []sockeye.SocketAddr, say func(string)) (end func(), err error) {
	if f.name == "" {
		return func() {}, nil
	}
	if onlyHere(locals) {
		return nil, terminal.Usage("--announce", sockeye.Text{En: "it listens on this computer only, or has no port: other machines cannot reach it", Zh: "它只在本机监听或没有端口，其他机器无法访问"},
			sockeye.Text{En: "listen on an address of the network, such as :10000, or leave --announce out", Zh: "请监听网络地址（例如 :10000），或去掉 --announce"})
	}
	what := mdns.Announcement{Name: f.name, Kind: kind, Scheme: scheme, Port: locals[0].Port()}
	for _, l := range locals {
		what.Only = append(what.Only, l.Addr().WithZone(""))
	}
	return f.start(x, what, say)
}

// Board announces a board that listens on no port, while a command runs.
func (f *AnnounceFlag) Board(x *terminal.Terminal, l *terminal.Runner) error {
	if f.name == "" {
		return nil
	}
	end, err := f.start(x, mdns.Announcement{Name: f.name, Kind: mdns.KindBoard}, l.Print)
	if err == nil {
		l.OnFinish(end)
	}
	return err
}

func (f *AnnounceFlag) start(x *terminal.Terminal, what mdns.Announcement, say func(string)) (func(), error) {
	announcer, err := mdns.Announce(what, func(name string) {
		say(fmt.Sprintf(x.T("another machine is called that already: this one is announced as %s", "已有机器使用该名称，本机改以 %s 公布"), name))
	})
	if err != nil {
		return nil, err
	}
	say(fmt.Sprintf(x.T("announced as %s.local", "已公布为 %s.local"), what.Name))
	return announcer.Close, nil
}
