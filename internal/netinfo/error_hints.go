package netinfo

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"sockeye"
)

// errorHint is what a failure means on one occasion, and what to try. A zero
// message leaves the kind's own. {host}, {port} and {host:port} are those of the target.
type errorHint struct{ message, hint sockeye.Text }

// hintKey is a kind of failure, or the system's name of one, in an operation;
// "" is any other operation.
type hintKey struct{ failure, op string }

// errorHints has the words for each occasion; the system's name goes before the
// kind, the operation's own words before those for any.
var errorHints = map[hintKey]errorHint{
	{"refused", "connect"}: {hint: sockeye.Text{
		En: "start the server there first, for example: sockeye listen :{port}; if it runs, compare the port, and look for a firewall that rejects",
		Zh: "请先在那台机器上启动服务器，例如 sockeye listen :{port}；如果已经启动，请核对端口，并检查防火墙是否拒绝了连接"}},
	{"refused", "send"}: {
		message: sockeye.Text{
			En: "refused: the host is there, but no program receives on this UDP port",
			Zh: "被拒绝：主机在线，但没有程序在接收这个 UDP 端口"},
		hint: sockeye.Text{
			En: "start the receiver there, for example: sockeye listen udp://:{port}; then send again; find out why: sockeye doctor udp://{host:port}",
			Zh: "请在那台机器上启动接收程序，例如 sockeye listen udp://:{port}，然后重新发送；查找原因：sockeye doctor udp://{host:port}"}},

	{"timed-out", "connect"}: {
		message: sockeye.Text{En: "timed out: no answer from this address", Zh: "超时：这个地址没有应答"},
		hint: sockeye.Text{
			En: `a wrong address, a machine that is off and a firewall that drops packets look like this: compare the address with "sockeye addrs" on that machine, then let port {port} through its firewall`,
			Zh: "地址写错、对方关机、防火墙丢弃数据包都会这样：请在那台机器上运行 sockeye addrs 核对地址，再让它的防火墙放行端口 {port}"}},
	{"timed-out", "send"}: {
		message: sockeye.Text{En: "timed out: the peer does not read what it is sent", Zh: "超时：对方没有读取收到的数据"},
		hint: sockeye.Text{
			En: "the peer's program has to read; --send-timeout sets how long a send waits for it",
			Zh: "对方程序需要读取数据；--send-timeout 设置发送最多等待多久"}},
	{"ETIMEDOUT", "send"}:    vanishedHint,
	{"ETIMEDOUT", "receive"}: vanishedHint,

	{"reset", "connect"}: {
		message: sockeye.Text{
			En: "accepted and reset at once: a program listens there, but turned the connection away",
			Zh: "刚接通就被重置：对方有程序在监听，但没有接受这个连接"},
		hint: sockeye.Text{
			En: "the server may be full, or may let only certain addresses in: see what it says itself",
			Zh: "服务器可能已满，或只允许某些地址：请查看服务器自己的提示"}},
	{"reset", ""}: {hint: sockeye.Text{
		En: "the peer's program ended, aborted, or closed with data unread; what was sent last may not have reached it",
		Zh: "对方程序已退出、主动中止，或关闭时还有未读数据；最后发送的内容可能没有送达"}},
	{"ECONNABORTED", ""}: {
		message: sockeye.Text{En: "this machine ended the connection", Zh: "本机中止了连接"},
		hint: sockeye.Text{
			En: "an administrator (ss -K) or a change of the network did it; connect again",
			Zh: "管理员操作（ss -K）或网络变化所致；请重新连接"}},
	{"broken-pipe", ""}: {hint: sockeye.Text{
		En: "the connection is closed, or its sending direction finished; connect again to go on",
		Zh: "连接已关闭，或发送方向已结束；请重新连接后再发送"}},

	{"host-unreachable", ""}: {hint: sockeye.Text{
		En: `check the address, that the machine is on, and that both are in the same network ("sockeye addrs" on each); a router or firewall may say this, too`,
		Zh: "请核对地址，确认对方已开机、双方在同一网络（各自运行 sockeye addrs 查看）；路由器或防火墙也可能这样应答"}},
	{"network-unreachable", ""}: {hint: sockeye.Text{
		En: `connect the cable or Wi-Fi first ("sockeye addrs" shows what there is); an IPv6 address needs IPv6 here as well`,
		Zh: "请先连接网线或 Wi-Fi（用 sockeye addrs 查看现状）；访问 IPv6 地址需要本机也有 IPv6"}},
	{"ENETDOWN", ""}: {
		message: sockeye.Text{En: "network down: the interface is switched off", Zh: "网络已断开：网卡没有启用"},
		hint: sockeye.Text{
			En: `switch the interface on; "sockeye addrs" shows its state`,
			Zh: "请启用网卡；sockeye addrs 显示它的状态"}},

	{"access-denied", ""}: {
		message: sockeye.Text{En: "access denied: a rule of this machine forbids this destination", Zh: "拒绝访问：本机的规则禁止访问这个目标"},
		hint: sockeye.Text{
			En: "look for a prohibit route (ip route get {host}) or a security policy (SELinux, AppArmor) on this machine",
			Zh: "请检查本机是否有 prohibit 路由（ip route get {host}）或安全策略（SELinux、AppArmor）"}},
	{"not-permitted", ""}: {
		message: sockeye.Text{En: "not permitted: this machine's own firewall blocks it", Zh: "不允许：被本机自己的防火墙拦截"},
		hint: sockeye.Text{
			En: "look at this machine's rules for outgoing traffic: sudo nft list ruleset",
			Zh: "请检查本机的出站规则：sudo nft list ruleset"}},
	{"not-permitted", "set"}: {
		message: sockeye.Text{En: "not permitted: the option{option} needs more rights", Zh: "不允许：设置选项{option} 需要更高的权限"},
		hint:    sockeye.Text{En: "run with sudo, or leave the option out", Zh: "请用 sudo 运行，或去掉该选项"}},

	{"ENFILE", ""}: {
		message: sockeye.Text{En: "too many open files on the whole machine", Zh: "整台机器打开的文件过多"},
		hint: sockeye.Text{
			En: "end a program that holds many; sysctl fs.file-max is the limit",
			Zh: "请结束占用大量文件的程序；上限是 sysctl fs.file-max"}},
	{"limit-reached", ""}: {
		message: sockeye.Text{En: "the system has no memory left for sockets", Zh: "系统没有可供套接字使用的内存"},
		hint:    sockeye.Text{En: "close peers or other programs", Zh: "请关闭一些连接或其他程序"}},

	{"EAFNOSUPPORT", ""}: {
		message: sockeye.Text{En: "this machine does not speak this address family", Zh: "本机不支持这个地址族"},
		hint:    sockeye.Text{En: "use an address of the other family (tcp4:// or tcp6://)", Zh: "请改用另一个地址族的地址（tcp4:// 或 tcp6://）"}},
	{"EINVAL", "connect"}: {
		message: sockeye.Text{En: "the system sends nothing from this source to this destination", Zh: "系统无法从这个源地址发往这个目标"},
		hint: sockeye.Text{
			En: "look for a blackhole route (ip route get {host}), or a source that cannot reach it: 127.0.0.1 reaches only this machine",
			Zh: "请检查是否有 blackhole 路由（ip route get {host}），或源地址无法到达目标：127.0.0.1 只能访问本机"}},
	{"ENODEV", ""}: {
		message: sockeye.Text{En: "this machine has no such network interface{value}", Zh: "本机没有这块网卡{value}"},
		hint:    sockeye.Text{En: `"sockeye addrs" lists the interfaces`, Zh: "sockeye addrs 列出全部网卡"}},
}

// vanishedHint is what keepalive and the user timeout find.
var vanishedHint = errorHint{
	message: sockeye.Text{En: "timed out: the peer vanished without closing (cable, Wi-Fi, power)", Zh: "超时：对方没有关闭连接就消失了（网线、Wi-Fi 或电源）"},
	hint: sockeye.Text{
		En: "see to the peer; a client with --reconnect comes back by itself",
		Zh: "请检查对方设备；客户端加上 --reconnect 会自动重连"},
}

// OptionError is that the system refused an option of a socket.
type OptionError struct {
	Option, Value string
	Err           error
}

func (e *OptionError) Error() string { return e.Option + " " + e.Value + ": " + e.Err.Error() }

// Unwrap is the error of the system.
func (e *OptionError) Unwrap() error { return e.Err }

// addHint gives an error the message and the hint for its operation and its errno.
func addHint(e *sockeye.Error) {
	if e.Errno == "EMFILE" {
		explainDescriptorLimit(e)
		return
	}
	op := e.Op
	if call, ok := errors.AsType[*os.SyscallError](e.Err); ok && call.Syscall == "setsockopt" {
		op = "set"
	}
	words := append(hostAndPortOf(e.Target), "{option}", "", "{value}", "")
	if o, ok := errors.AsType[*OptionError](e.Err); ok {
		op = "set"
		words = append(hostAndPortOf(e.Target), "{option}", " "+o.Option, "{value}", ": "+o.Value)
	}
	for _, o := range []hintKey{{e.Errno, op}, {e.Errno, ""}, {string(e.Kind), op}, {string(e.Kind), ""}} {
		if s, ok := errorHints[o]; ok {
			fill := strings.NewReplacer(words...)
			e.Message = sockeye.Text{En: fill.Replace(s.message.En), Zh: fill.Replace(s.message.Zh)}
			e.Hint = sockeye.Text{En: fill.Replace(s.hint.En), Zh: fill.Replace(s.hint.Zh)}
			return
		}
	}
	if n := errnoOf(e.Err); e.Kind == sockeye.System && n != 0 {
		name := cmp.Or(e.Errno, fmt.Sprint(int(n)))
		e.Message = sockeye.Text{En: n.Error() + " (" + name + ")", Zh: "系统报告：" + n.Error() + "（" + name + "）"}
	}
}

// hostAndPortOf are the host and port of a target, for the words to name.
func hostAndPortOf(target string) []string {
	a, err := sockeye.ParseAddress(target)
	if err != nil || target == "" {
		return []string{"{host:port}", "ADDRESS:PORT", "{host}", "ADDRESS", "{port}", "PORT"}
	}
	return []string{"{host:port}", a.HostPort(), "{host}", a.Host, "{port}", fmt.Sprint(a.Port)}
}

// explainDescriptorLimit names the limit that a process without a free descriptor
// has reached. The Go runtime has raised it as far as it may already.
func explainDescriptorLimit(e *sockeye.Error) {
	limit := DescriptorLimit()
	more := max(65535, 2*limit)
	e.Message = sockeye.Text{
		En: fmt.Sprintf("too many open files: this process may have %d", limit),
		Zh: fmt.Sprintf("打开的文件过多：本进程的上限是 %d", limit)}
	e.Hint = sockeye.Text{
		En: fmt.Sprintf("as root, raise it before the start: ulimit -n %d (LimitNOFILE=%d in a systemd unit); or close peers that are no longer needed", more, more),
		Zh: fmt.Sprintf("请以 root 身份在启动前提高上限：ulimit -n %d（systemd 服务写 LimitNOFILE=%d）；或关闭不再需要的连接", more, more)}
}

// firstFreePort is the first port that needs no privilege (ip(7)).
const firstFreePort = 1024

// explainPrivilegedPort says why a port may not be listened on.
func explainPrivilegedPort(e *sockeye.Error) {
	a, err := sockeye.ParseAddress(e.Target)
	switch {
	case err == nil && a.Port < firstFreePort && runtime.GOOS != "windows":
		e.Message = sockeye.Text{
			En: fmt.Sprintf("access denied: ports below %d are for privileged programs", firstFreePort),
			Zh: fmt.Sprintf("拒绝访问：%d 以下的端口只供特权程序使用", firstFreePort)}
		a.Port += 10000
		e.Hint = sockeye.Text{
			En: fmt.Sprintf("use a port from %d on, such as %s, or run with sudo", firstFreePort, a),
			Zh: fmt.Sprintf("请使用 %d 及以上的端口，例如 %s，或用 sudo 运行", firstFreePort, a)}
	case runtime.GOOS == "windows":
		e.Message = sockeye.Text{En: "access denied: Windows reserves this port, or a program holds it for itself", Zh: "拒绝访问：该端口被 Windows 保留，或被某个程序独占"}
		e.Hint = sockeye.Text{
			En: "use another port; the reserved ones: netsh interface ipv4 show excludedportrange protocol=tcp",
			Zh: "请换一个端口；查看保留端口：netsh interface ipv4 show excludedportrange protocol=tcp"}
	default:
		e.Message = sockeye.Text{En: "access denied: a security policy of this machine forbids this port", Zh: "拒绝访问：本机的安全策略禁止使用这个端口"}
		e.Hint = sockeye.Text{En: "use another port, or ask the administrator (SELinux, AppArmor)", Zh: "请换一个端口，或联系管理员（SELinux、AppArmor）"}
	}
}
