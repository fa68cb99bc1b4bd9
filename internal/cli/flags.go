package cli

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/terminal"
)

// endpointFlags are the flags that describe an endpoint, for every command that
// opens one.
type endpointFlags struct {
	udp, only4, only6 bool
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
	fs.BoolVarP(&f.only4, "ipv4", "4", false, a.t("IPv4 only", "仅 IPv4"))
	fs.BoolVarP(&f.only6, "ipv6", "6", false, a.t("IPv6 only", "仅 IPv6"))
	fs.BoolVarP(&f.numeric, "nodns", "n", false, a.t("HOST is an IP address: look up no name", "主机必须是 IP 地址，不查询域名"))
	f.registerOptions(a, fs, sockeye.AllOptions, "")
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
// words, and a port where they have none.
func (f *endpointFlags) endpoint(mode sockeye.Mode, words []string, def string, missing uint16) (sockeye.Endpoint, error) {
	typed := strings.Join(words, " ")
	if typed == "" {
		typed = def
	}
	ep := sockeye.Endpoint{Mode: mode, Options: f.o}
	if err := ep.ReadAddress(typed, missing); err != nil {
		return sockeye.Endpoint{}, err
	}
	addr, err := ep.Address, error(nil)
	if addr.Network, err = f.network(addr); err != nil {
		return sockeye.Endpoint{}, err
	}
	if _, err := netip.ParseAddr(addr.Host); f.numeric && addr.Host != "" && err != nil {
		return sockeye.Endpoint{}, terminal.Usage("--nodns", sockeye.Text{En: fmt.Sprintf("%q is a name", addr.Host), Zh: fmt.Sprintf("%q 是名称", addr.Host)},
			sockeye.Text{En: "write its IP address; sockeye resolve " + addr.Host + " looks it up", Zh: "请写 IP 地址；sockeye resolve " + addr.Host + " 可以查询"})
	}
	o := &ep.Options
	for _, file := range []struct {
		flag, path string
		to         *[]netip.Prefix
	}{{"--allowfile", f.allowFile, &o.AllowPeers}, {"--denyfile", f.denyFile, &o.DenyPeers}} {
		if file.path == "" {
			continue
		}
		list, err := f.prefixesIn(file.flag, file.path)
		if err != nil {
			return sockeye.Endpoint{}, err
		}
		*file.to = append(*file.to, list...)
	}
	ep.Address = addr
	return ep, f.asFlags(ep.Validate())
}

// asFlags names the flags, as they were typed, in what Validate says of options.
func (f *endpointFlags) asFlags(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	var all []error
	for _, err := range joined.Unwrap() {
		e := *sockeye.ErrorOf(err)
		if e.Target != "address" {
			e.Op, e.Target = "", "--"+cmp.Or(f.typed[e.Target], e.Target)
		}
		all = append(all, &e)
	}
	return errors.Join(all...)
}

// network combines the scheme that was typed with -u, -4 and -6.
func (f *endpointFlags) network(a sockeye.Address) (sockeye.Network, error) {
	if f.only4 && f.only6 {
		return "", terminal.Usage("-4 -6", sockeye.Text{En: "only one of the two", Zh: "两者只能选一"},
			sockeye.Text{En: "without either, both families are used", Zh: "都不写则两种地址都用"})
	}
	n := a.Network
	if f.udp {
		n = sockeye.Network(strings.Replace(string(n), "tcp", "udp", 1))
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
	if ip, err := netip.ParseAddr(a.Host); n.Family() != 0 && n.Family() != want || err == nil && ip.Unmap().Is4() != (want == 4) {
		return "", terminal.Usage(fmt.Sprintf("-%d", want), sockeye.Text{
			En: fmt.Sprintf("%s is not IPv%d", a, want), Zh: fmt.Sprintf("%s 不是 IPv%d", a, want)},
			sockeye.Text{En: "leave the flag out", Zh: "请去掉这个选项"})
	}
	return n.Transport() + sockeye.Network(strconv.Itoa(want)), nil
}
