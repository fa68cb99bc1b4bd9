package workspace

import (
	"fmt"
	"net/netip"
	"strings"

	"sockeye"
	"sockeye/internal/payload"
)

// Plan says what an endpoint will do when it is opened, in a line for the endpoint and
// one for each way in which it acts by itself. The lines are safe to show.
func (o *Opening) Plan(l sockeye.Lang) []string {
	say := func(en, zh string, args ...any) string { return both(en, zh, args...).In(l) }
	at := payload.SafeString(o.Endpoint.Address.String())
	first := say("connect to %s", "连接 %s", at)
	if o.Endpoint.Mode == sockeye.Listen {
		first = say("listen on %s, for %s", "监听 %s，%s", at, reach(o.Endpoint.Address).In(l))
	}
	lines := []string{first}
	if r, ok := o.Risk(); ok {
		lines = append(lines, r.In(l))
	}
	if o.Relay != nil {
		lines = append(lines, o.Relay.plan(l)...)
	}
	for _, text := range o.ignored {
		lines = append(lines, text.In(l))
	}
	for _, text := range o.answerPlan() {
		lines = append(lines, text.In(l))
	}
	if list := o.List; list != nil {
		rows := say("%d rows", "%d 行", list.RowsOn())
		if list.RowsOn() == 1 {
			rows = say("one row", "1 行")
		}
		lines = append(lines, say("send the list %s: ", "发送列表 %s：", payload.SafeString(list.Name))+rows+say(", ", "，")+times(list.Times).In(l))
	}
	for _, guard := range []struct {
		off  bool
		word string
	}{{o.Allow.Storm, "storm"}, {o.Allow.Amplify, "amplify"}, {o.Allow.LowPorts, "low-ports"}} {
		if guard.off {
			lines = append(lines, say("without the guard against %s", "不启用防护：%s", guard.word))
		}
	}
	return lines
}

// answerPlan says how an endpoint answers by itself, and how messages are found.
func (o *Opening) answerPlan() (lines []sockeye.Text) {
	how := o.Frame.String()
	if o.Check.Algorithm != nil {
		how += " " + o.Check.String()
	}
	switch {
	case o.Compiled != nil:
		rules := payload.SafeString(o.RuleSet)
		if n := len(o.Compiled.Names()); n != 1 {
			return append(lines, both("answer by %d rules (%s), frames: %s", "按 %d 条规则（%s）应答，分帧：%s", n, rules, how))
		}
		return append(lines, both("answer by one rule (%s), frames: %s", "按 1 条规则（%s）应答，分帧：%s", rules, how))
	case o.Echo:
		lines = append(lines, sockeye.Text{En: "send back everything that comes", Zh: "收到什么就发回什么"})
	}
	if o.FrameSpec() != "" {
		lines = append(lines, both("find frames: %s", "分帧：%s", how))
	}
	return lines
}

// times says how often a list is sent.
func times(n int) sockeye.Text {
	switch n {
	case 0:
		return sockeye.Text{En: "for ever", Zh: "无限循环"}
	case 1:
		return sockeye.Text{En: "once", Zh: "一次"}
	}
	return both("%d times", "%d 次", n)
}

// reach says who can connect to an address.
func reach(address sockeye.Address) sockeye.Text {
	ip, err := netip.ParseAddr(address.Host)
	if address.Host == "localhost" || err == nil && ip.Unmap().IsLoopback() {
		return sockeye.Text{En: "programs on this machine", Zh: "仅限本机程序连接"}
	}
	return sockeye.Text{En: "whoever reaches this machine", Zh: "任何能访问本机的人都可连接"}
}

// metadata are the addresses at which the machines of clouds ask for their own keys.
var metadata = map[string]bool{
	"169.254.169.254": true, "169.254.170.2": true, "169.254.170.23": true, "100.100.100.200": true, "192.0.0.192": true, "168.63.129.16": true,
	"fd00:ec2::254": true, "fd00:ec2::23": true, "fd20:ce::254": true,
	"metadata.google.internal": true, "metadata": true, "instance-data": true,
}

// IsMetadata reports whether a host, an IP address or a name as it is written, is where
// the machines of clouds ask for their own keys.
func IsMetadata(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if ip, err := netip.ParseAddr(host); err == nil {
		host = ip.Unmap().WithZone("").String()
	}
	return metadata[host]
}

// Risk says why one should think twice before the endpoint is opened; ok is false if there
// is no reason.
func (o *Opening) Risk() (text sockeye.Text, ok bool) {
	if o.Endpoint.Mode != sockeye.Connect {
		return sockeye.Text{}, false
	}
	return risk(o.Endpoint.Address)
}

// risk says why one should think twice before connecting to an address; ok is false if
// there is no reason.
func risk(address sockeye.Address) (text sockeye.Text, ok bool) {
	ip, _ := netip.ParseAddr(address.Host)
	ip = ip.Unmap()
	switch {
	case IsMetadata(address.Host):
		return sockeye.Text{En: "careful: this address gives the keys of a machine in a cloud to whoever asks it from there", Zh: "注意：该地址是云主机的元数据服务，会交出该主机的密钥"}, true
	case ip.IsLinkLocalUnicast():
		return sockeye.Text{En: "careful: a link-local address, which another machine has on each network", Zh: "注意：链路本地地址，在不同网络中指向不同的主机"}, true
	}
	return sockeye.Text{}, false
}

// PlanText is the plan of all that a file opens, for a terminal.
func (f *File) PlanText(openings []Opening, l sockeye.Lang) string {
	var b strings.Builder
	if f.About != "" {
		fmt.Fprintf(&b, "  # %s\n", payload.SafeString(f.About))
	}
	for i := range openings {
		for n, line := range openings[i].Plan(l) {
			if n == 0 {
				fmt.Fprintf(&b, "  %s (%s)\n", line, payload.SafeString(openings[i].Name))
			} else {
				fmt.Fprintf(&b, "    %s\n", line)
			}
		}
	}
	return b.String()
}

// NoEndpoint is the error about an endpoint that a file does not have; there are those it
// has.
func NoEndpoint(name string, there []Opening) error {
	var names []string
	for _, o := range there {
		names = append(names, o.Name)
	}
	e := &sockeye.Error{Kind: sockeye.NotFound, Op: "open", Target: payload.Quote(name, 40), Message: sockeye.Text{En: "the workspace has no such endpoint", Zh: "工作区中没有这个端点"}}
	e.Hint = sockeye.Text{En: "it has none yet", Zh: "其中还没有端点"}
	if len(names) > 0 {
		list := strings.Join(names, ", ")
		e.Hint = sockeye.Text{En: "the endpoints are " + list, Zh: "端点有：" + list}
	}
	return e
}
