package cli

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/terminal"
)

// endpointFlags are the flags that describe an endpoint, for every command that
// opens one.
type endpointFlags struct {
	udp, only4, only6 bool
	unix              bool // the address is the path of a Unix socket
	numeric           bool // hosts are addresses: no DNS
	o                 sockeye.Options
	typed             map[string]string // options by the names of the flags that set them
	allowFile         string            // ncat's: a list of peers to let in
	denyFile          string
	readFile          func(flag, path string) ([]byte, error)
}

// register adds the flags both modes share.
func (f *endpointFlags) register(a *app, fs *pflag.FlagSet) {
	fs.BoolVarP(&f.udp, "udp", "u", false, a.t("UDP instead of TCP", "使用 UDP（默认 TCP）"))
	fs.BoolVarP(&f.unix, "unixsock", "U", false, a.t("the address is a path: a Unix socket, for datagrams with -u", "地址是路径：Unix 套接字；加 -u 则为数据报"))
	fs.BoolVarP(&f.only4, "ipv4", "4", false, a.t("IPv4 only", "仅 IPv4"))
	fs.BoolVarP(&f.only6, "ipv6", "6", false, a.t("IPv6 only", "仅 IPv6"))
	fs.BoolVarP(&f.numeric, "nodns", "n", false, a.t("HOST is an IP address: look up no name", "主机必须是 IP 地址，不查询域名"))
	f.registerOptions(a, fs, sockeye.AllOptions, "")
}

// completeAddress gives a shell the addresses that may be meant; with -U, files.
func (f *endpointFlags) completeAddress(_ *cobra.Command, words []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	switch {
	case len(words) > 0:
		return nil, cobra.ShellCompDirectiveNoFileComp
	case f.unix:
		return nil, cobra.ShellCompDirectiveDefault
	}
	return terminal.Addresses(typed)
}

// registerListen adds the flags of a listening endpoint.
func (f *endpointFlags) registerListen(a *app, fs *pflag.FlagSet) {
	f.registerOptions(a, fs, sockeye.AllOptions, sockeye.Listen)
	f.readFile = a.ReadFile
	fs.StringVar(&f.allowFile, "allowfile", "", "")
	fs.StringVar(&f.denyFile, "denyfile", "", "")
	fs.MarkHidden("allowfile")
	fs.MarkHidden("denyfile")
}

// registerConnect adds the flags of a connecting endpoint.
func (f *endpointFlags) registerConnect(a *app, fs *pflag.FlagSet) {
	f.registerOptions(a, fs, sockeye.AllOptions, sockeye.Connect)
}

// endpoint makes the endpoint that flags and address words mean: def where there are no
// words, and a port where they have none. The error is everything that is wrong with it.
func (f *endpointFlags) endpoint(mode sockeye.Mode, words []string, def string, missing uint16) (sockeye.Endpoint, error) {
	ep := sockeye.Endpoint{Mode: mode, Options: f.o}
	badLists := f.readPeerFiles(&ep.Options)
	if err := f.readAddress(&ep, words, def, missing); err != nil {
		return sockeye.Endpoint{}, terminal.Together(err, badLists, f.asFlags(f.o.Check()))
	}
	return ep, terminal.Together(badLists, f.asFlags(core.CheckEndpoint(ep)))
}

// readAddress sets the address of an endpoint, and options that it names.
func (f *endpointFlags) readAddress(ep *sockeye.Endpoint, words []string, def string, missing uint16) error {
	typed := strings.Join(words, " ")
	if typed == "" {
		typed = def
	}
	typed, err := f.unixAddress(words, typed)
	if err != nil {
		return err
	}
	if err := ep.ReadAddress(typed, missing); err != nil {
		return err
	}
	addr := &ep.Address
	if addr.Network, err = f.network(*addr); err != nil {
		return err
	}
	if _, err := netip.ParseAddr(addr.Host); f.numeric && addr.Host != "" && err != nil {
		return terminal.Usage("--nodns", sockeye.Text{En: fmt.Sprintf("%q is a name", addr.Host), Zh: fmt.Sprintf("%q 是名称", addr.Host)},
			sockeye.Text{En: "write its IP address; sockeye resolve " + addr.Host + " looks it up", Zh: "请写 IP 地址；sockeye resolve " + addr.Host + " 可以查询"})
	}
	return nil
}

// readPeerFiles adds ncat's files of peers to the lists of options.
func (f *endpointFlags) readPeerFiles(o *sockeye.Options) error {
	var bad []error
	for _, file := range []struct {
		flag, path string
		to         *[]netip.Prefix
	}{{"--allowfile", f.allowFile, &o.AllowPeers}, {"--denyfile", f.denyFile, &o.DenyPeers}} {
		if file.path == "" {
			continue
		}
		list, err := f.prefixesIn(file.flag, file.path)
		bad = append(bad, err)
		*file.to = append(*file.to, list...)
	}
	return terminal.Together(bad...)
}

// unixAddress is the address that -U means, as ncat has it: its words are a path.
func (f *endpointFlags) unixAddress(words []string, typed string) (string, error) {
	switch {
	case !f.unix:
		return typed, nil
	case f.only4 || f.only6:
		return "", terminal.Usage("-U", sockeye.Text{En: "a Unix socket has neither IPv4 nor IPv6", Zh: "Unix 套接字没有 IPv4 和 IPv6 之分"}, sockeye.Text{En: "leave -4 and -6 out", Zh: "请去掉 -4 和 -6"})
	case len(words) == 0:
		return "", terminal.Usage("-U", sockeye.Text{En: "the path is missing", Zh: "缺少路径"}, sockeye.Text{En: "write -U /tmp/x.sock, or on Linux -U @name", Zh: "写成 -U /tmp/x.sock；Linux 上也可写 -U @名称"})
	case !strings.Contains(typed, "://"):
		return string(sockeye.Unix) + "://" + typed, nil
	}
	if a, err := sockeye.ParseAddress(typed); err == nil && !a.IsSocketPath() {
		return "", terminal.Usage("-U", sockeye.Text{En: typed + " is no path", Zh: typed + " 不是路径"}, sockeye.Text{En: "leave -U out, or write a path", Zh: "请去掉 -U，或写路径"})
	}
	return typed, nil
}

// asFlags names the flags, as they were typed, in what is said of options: by Validate, by a
// driver that opens the endpoint, or by a workbench in the words of its API.
func (f *endpointFlags) asFlags(err error) error {
	var all []error
	for _, one := range sockeye.SplitErrors(err) {
		if name := optionNamed(one); name != "" {
			e := *sockeye.ErrorOf(one)
			e.Op, e.Target = "", "--"+cmp.Or(f.typed[name], name)
			one = &e
		}
		all = append(all, one)
	}
	return terminal.Together(all...)
}

// optionNamed is the name of the option that an error is about, or "".
func optionNamed(err error) string {
	e := sockeye.ErrorOf(err)
	if e.Op != "set" {
		return ""
	}
	name, _, _ := strings.Cut(e.Target, "[") // a flag that is given again is one line each
	form := sockeye.FlagForm
	if key, ok := strings.CutPrefix(name, "options."); ok {
		name, form = key, sockeye.JSONForm
	}
	if d, _ := sockeye.AllOptions.Lookup(name, form); d != nil {
		return d.Name
	}
	return ""
}

// network combines the scheme that was typed with -u, -4 and -6.
func (f *endpointFlags) network(a sockeye.Address) (sockeye.Network, error) {
	if f.only4 && f.only6 {
		return "", terminal.Usage("-4 -6", sockeye.Text{En: "only one of the two", Zh: "两者只能选一"},
			sockeye.Text{En: "without either, both families are used", Zh: "都不写则两种地址都用"})
	}
	n := a.Network
	if f.udp {
		n = n.ForDatagrams()
	}
	want := 0
	if f.only4 {
		want = 4
	} else if f.only6 {
		want = 6
	}
	if want == 0 {
		return n, nil
	}
	of, hasFamily := n.WithFamily(want)
	if ip, err := netip.ParseAddr(a.Host); !hasFamily || n.Family() != 0 && n.Family() != want || err == nil && ip.Unmap().Is4() != (want == 4) {
		return "", terminal.Usage(fmt.Sprintf("-%d", want), sockeye.Text{
			En: fmt.Sprintf("%s is not IPv%d", a, want), Zh: fmt.Sprintf("%s 不是 IPv%d", a, want)},
			sockeye.Text{En: "leave the flag out", Zh: "请去掉这个选项"})
	}
	return of, nil
}
