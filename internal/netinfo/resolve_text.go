package netinfo

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"sockeye"
)

// noSuchHostError explains a name that the name server does not know. server is "" if
// the system asked by itself.
func noSuchHostError(e *sockeye.Error, server string) {
	e.Kind = sockeye.NoSuchHost
	if server != "" {
		e.Message = sockeye.Text{
			En: fmt.Sprintf("no such host: the name server %s does not know this name", server),
			Zh: fmt.Sprintf("找不到主机：域名服务器 %s 没有这个名称", server)}
	}
	switch name := strings.TrimSuffix(strings.ToLower(e.Target), "."); {
	case strings.HasSuffix(name, ".local"):
		e.Hint = sockeye.Text{
			En: fmt.Sprintf("names in .local are answered by the devices themselves (mDNS), not by a name server: %q shows the address to use", "ping "+name),
			Zh: fmt.Sprintf("以 .local 结尾的名称由设备自己应答（mDNS），不经过域名服务器：用 %q 查出 IP 地址后改用该地址", "ping "+name)}
	case !strings.Contains(name, "."):
		e.Hint = sockeye.Text{
			En: fmt.Sprintf("check the spelling; a device at home is often called %s.local, and its IP address always works", name),
			Zh: fmt.Sprintf("请检查拼写；局域网里的设备常以 %s.local 为名，直接用它的 IP 地址总是可行", name)}
	default:
		e.Hint = sockeye.Text{
			En: "check the spelling, or use the IP address",
			Zh: "请检查拼写，或直接使用 IP 地址"}
	}
}

// noAnswerError explains a name server that could be asked but gave no answer.
func noAnswerError(dns *net.DNSError, server string) (message, hint sockeye.Text) {
	name := serverName(server)
	switch {
	case dns.IsTimeout:
		return sockeye.Text{
			En: fmt.Sprintf("%s did not answer in time", name.En),
			Zh: fmt.Sprintf("%s没有及时应答", name.Zh)}, serverHint
	case dns.Err == "server misbehaving":
		return sockeye.Text{
				En: fmt.Sprintf("%s could not find out (server failure, SERVFAIL)", name.En),
				Zh: fmt.Sprintf("%s查询失败（服务器故障，SERVFAIL）", name.Zh)}, sockeye.Text{
				En: "the name may still exist: try again, use another name server, or the IP address",
				Zh: "名称可能存在：请重试、更换域名服务器，或直接使用 IP 地址"}
	}
	return sockeye.Text{
		En: fmt.Sprintf("%s gave no usable answer: %s", name.En, dns.Err),
		Zh: fmt.Sprintf("%s的应答无法使用：%s", name.Zh, dns.Err)}, serverHint
}

func noServerError(server string) sockeye.Text {
	return sockeye.Text{
		En: fmt.Sprintf("no name server answers at %s", server),
		Zh: fmt.Sprintf("%s 上没有域名服务器应答", server)}
}

func noNetworkError(server string) sockeye.Text {
	return sockeye.Text{
		En: fmt.Sprintf("no network: the name server %s cannot be reached", server),
		Zh: fmt.Sprintf("没有网络：无法到达域名服务器 %s", server)}
}

func serverName(server string) sockeye.Text {
	if server == "" {
		return sockeye.Text{En: "the name server", Zh: "域名服务器"}
	}
	return sockeye.Text{En: "the name server " + server, Zh: "域名服务器 " + server + " "}
}

var serverHint = sockeye.Text{
	En: "check the network and the name server set for it (/etc/resolv.conf on Linux), or use the IP address: that needs none",
	Zh: "请检查网络及其域名服务器设置（Linux 为 /etc/resolv.conf），或直接使用 IP 地址，无需域名服务器"}

// wrongFamilyError explains a host whose addresses are all of the other family.
func wrongFamilyError(host string, want int, have []netip.Addr) *sockeye.Error {
	records := map[int]string{4: "A", 6: "AAAA"}
	other := 10 - want
	e := &sockeye.Error{Kind: sockeye.WrongFamily, Op: "resolve", Target: host}
	shown := ""
	if len(have) > 0 {
		shown = ": " + have[0].String()
	}
	e.Message = sockeye.Text{
		En: fmt.Sprintf("the name has only IPv%d addresses (%s%s), IPv%d was asked for", other, records[other], shown, want),
		Zh: fmt.Sprintf("该名称只有 IPv%d 地址（%s%s），而要求的是 IPv%d", other, records[other], shown, want)}
	if _, err := netip.ParseAddr(host); err == nil {
		e.Message = sockeye.Text{
			En: fmt.Sprintf("this is an IPv%d address, IPv%d was asked for", other, want),
			Zh: fmt.Sprintf("这是 IPv%d 地址，而要求的是 IPv%d", other, want)}
	} else if isLocalhost(host) {
		e.Message = sockeye.Text{
			En: fmt.Sprintf("this machine has no IPv%d loopback address", want),
			Zh: fmt.Sprintf("本机没有 IPv%d 环回地址", want)}
	}
	e.Hint = sockeye.Text{
		En: fmt.Sprintf("leave out -%d (or write tcp:// for tcp%d://) to use what there is", want, want),
		Zh: fmt.Sprintf("去掉 -%d（或把 tcp%d:// 写成 tcp://）即可使用现有地址", want, want)}
	return e
}
