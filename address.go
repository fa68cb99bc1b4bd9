package sockeye

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Address is where an endpoint is, as a URL: a network, and then what its sockets have
// (see Traits): a host and a port, or a path. The zero network is TCP.
type Address struct {
	Network Network
	// Host is a name or a literal IP address (IPv6 without brackets, with its
	// zone: "fe80::1%eth0"), or "" for every address of this machine.
	Host string
	// Port 0 asks the system for a free one.
	Port uint16
	// Path is the name of what has no host and port, as the system has it: a file,
	// "/run/x.sock", or on Linux a name without a file, "@name"; a serial port, "/dev/ttyUSB0"
	// or "COM3". After a host and a port it is the request target, "/chat?room=1"; "" is "/" (see TargetQuery).
	Path string
}

// String is the URL form, "tcp://[fe80::1%eth0]:10000", "unix:///run/x.sock".
// ParseAddress reads it back.
func (a Address) String() string { return string(a.network()) + "://" + a.place() }

// place is the address without its network.
func (a Address) place() string {
	if a.network().Traits().Query == TargetQuery {
		return a.HostPort() + a.Path
	}
	return a.HostPort()
}

// Short is the address as a person types it: without the scheme that is meant where none is
// written.
func (a Address) Short() string { return strings.TrimPrefix(a.String(), string(TCP)+"://") }

// HostPort is where to connect or listen: "[fe80::1%eth0]:10000", "/run/x.sock".
func (a Address) HostPort() string {
	if !a.network().Traits().IP {
		return a.Path
	}
	port := strconv.Itoa(int(a.Port))
	if strings.Contains(a.Host, ":") {
		return "[" + a.Host + "]:" + port
	}
	return a.Host + ":" + port
}

func (a Address) network() Network {
	if a.Network == "" {
		return TCP
	}
	return a.Network
}

// ParseAddress reads an address as people type it:
//
//	192.168.1.111:10000     localhost           :10000      8080
//	[fe80::1%eth0]:10000    fe80::1%eth0        *:10000     host 10000
//	udp://host:port         tcp6://[::1]:10000  unix:///run/x.sock  unix://@name
//
// A missing network is TCP, a missing port is DefaultPort, and digits alone are
// a port. The full-width colon and stop of a Chinese input method are taken for
// the plain ones. The error is an *Error of kind Invalid.
func ParseAddress(s string) (Address, error) { return ParseAddressPort(s, DefaultPort) }

// ParseAddressPort is ParseAddress with another port for an address written without one.
func ParseAddressPort(s string, missing uint16) (Address, error) {
	p := addressParser{typed: s, missing: missing}
	a, query, err := p.parse()
	if err == nil && query != "" {
		err = p.fail(Text{"options do not belong here", "此处不能写选项"}, Text{"write it without " + clip(query), "请去掉 " + clip(query)})
	}
	return a, err
}

// parse reads the address, and what follows it if its scheme has options there: "",
// "?name=value", or "#name=value" where the query is the peer's.
func (p addressParser) parse() (a Address, query string, err error) {
	a.Network = TCP
	if n, path, ok := p.path(); ok {
		a.Network, a.Path = n, path
		if n.Traits().Query == OptionQuery {
			a.Path, query = cutQuery(path)
		}
		return a, query, p.checkPath(n, a.Path)
	}
	typed, query := cutQuery(strings.TrimSpace(p.typed))
	rest := plainPunctuation.Replace(typed)
	if len(rest) > 300 && !strings.Contains(rest, "/") { // a host name has at most 253, RFC 1035 section 2.3.4
		return Address{}, "", p.fail(Text{"too long for an address", "地址太长"}, addressHint)
	}
	if scheme, after, ok := strings.Cut(rest, "://"); ok {
		if a.Network, err = p.network(scheme); err != nil {
			return Address{}, "", err
		}
		rest = after
		if a.Network.Traits().Query == TargetQuery {
			rest, _ = cutFragment(rest)
			whole, options := cutFragment(typed + query)
			if rest, a.Path, err = p.target(rest, whole); err != nil {
				return Address{}, "", err
			}
			query = options
		} else {
			rest = strings.TrimSuffix(rest, "/")
		}
		if port := a.Network.scheme().port; port != 0 {
			p.missing = port
		}
	}
	host, port, err := p.split(rest)
	if err != nil {
		return Address{}, "", err
	}
	if a.Host, err = p.host(host); err != nil {
		return Address{}, "", err
	}
	if a.Port, err = p.port(port); err != nil {
		return Address{}, "", err
	}
	return a, query, p.family(a)
}

var plainPunctuation = strings.NewReplacer("：", ":", "。", ".", "．", ".", "　", " ", "［", "[", "］", "]", "％", "%", "／", "/")

// addressParser carries what was typed, for error texts.
type addressParser struct {
	typed   string
	missing uint16 // the port where none is written
	mark    string // what stands before its options: "?" or "#"
}

func (p addressParser) network(scheme string) (Network, error) {
	for _, n := range Networks() {
		if strings.EqualFold(scheme, string(n)) {
			return n, nil
		}
	}
	return "", p.unknownScheme(scheme)
}

// schemesHint names every scheme.
func schemesHint() Text {
	var all []string
	for _, n := range Networks() {
		all = append(all, string(n)+"://")
	}
	last := len(all) - 1
	return Text{"use " + strings.Join(all[:last], ", ") + " or " + all[last], "可用：" + strings.Join(all, "、")}
}

// path takes apart the address of a scheme that has a path, which is taken as it is
// written; false for any other.
func (p addressParser) path() (Network, string, bool) {
	scheme, after, ok := strings.Cut(strings.TrimSpace(p.typed), "://")
	for _, n := range Networks() {
		if ok && strings.EqualFold(scheme, string(n)) && !n.Traits().IP {
			return n, after, true
		}
	}
	return "", "", false
}

func (p addressParser) checkPath(n Network, path string) error {
	hint := Text{"write unix:///run/x.sock, or on Linux unix://@name for a name without a file", "写成 unix:///run/x.sock；Linux 上 unix://@名称 表示没有文件的名称"}
	if n.Traits().Line {
		hint = serialHint
	}
	switch {
	case path == "" || path == "@":
		return p.fail(Text{"the path is missing", "缺少路径"}, hint)
	case len(path) > maxPath:
		return p.fail(Text{fmt.Sprintf("the path has %d bytes; a socket's has at most %d", len(path), maxPath), fmt.Sprintf("路径有 %d 字节，套接字的路径最多 %d 字节", len(path), maxPath)},
			Text{"go to its directory and write the path from there, or take a shorter one", "请进入所在目录使用相对路径，或换一个更短的路径"})
	case strings.HasSuffix(path, "/"):
		return p.fail(Text{"the path is a directory's", "路径是目录"}, hint)
	case strings.ContainsFunc(path, unicode.IsControl) || !utf8.ValidString(path):
		return p.fail(Text{"the path has control characters", "路径含有控制字符"}, hint)
	}
	return nil
}

// serialHint says how to write a serial port.
var serialHint = Text{"write serial:///dev/ttyUSB0 or serial://COM3; sockeye ports lists them", "写成 serial:///dev/ttyUSB0 或 serial://COM3；sockeye ports 列出串口"}

// maxPath is the most bytes of a socket's path on Linux, without the NUL at its end
// (unix(7)). Other systems have a few less, and say so.
const maxPath = 107

// split cuts host from port; an absent port comes back as "".
func (p addressParser) split(s string) (host, port string, err error) {
	switch {
	case strings.HasPrefix(s, "["):
		return p.splitBracketed(s)
	case strings.ContainsAny(s, " \t"):
		parts := strings.Fields(s)
		if len(parts) != 2 {
			return "", "", p.fail(Text{"too many words", "单词太多"}, addressHint)
		}
		return parts[0], parts[1], p.portWritten(parts[1])
	case isDigits(s):
		return "", s, nil
	case strings.Count(s, ":") > 1:
		return s, "", nil // a bare IPv6 address
	}
	host, port, found := strings.Cut(s, ":")
	if found {
		err = p.portWritten(port)
	}
	return host, port, err
}

func (p addressParser) splitBracketed(s string) (host, port string, err error) {
	end := strings.IndexByte(s, ']')
	if end < 0 {
		return "", "", p.fail(Text{"missing ]", "缺少 ]"}, addressHint)
	}
	host, rest := s[1:end], s[end+1:]
	if !strings.Contains(host, ":") {
		return "", "", p.fail(
			Text{fmt.Sprintf("%q in brackets is not an IPv6 address", host), fmt.Sprintf("方括号中的 %q 不是 IPv6 地址", host)}, addressHint)
	}
	if rest == "" {
		return host, "", nil
	}
	rest = strings.TrimSpace(rest)
	port = strings.TrimPrefix(rest, ":")
	if port == rest && !isDigits(rest) {
		return "", "", p.fail(
			Text{fmt.Sprintf("unexpected %q after ]", rest), fmt.Sprintf("] 后面有多余的 %q", rest)}, addressHint)
	}
	return host, port, p.portWritten(port)
}

func (p addressParser) portWritten(port string) error {
	if port == "" {
		return p.fail(Text{"the port is missing after the colon", "冒号后面缺少端口"}, portHint)
	}
	return nil
}

// host checks and normalises the host: "*" is every address, a literal gets its
// canonical spelling.
func (p addressParser) host(s string) (string, error) {
	switch s {
	case "*":
		return "", nil
	case "-": // which other programs take for standard input
		return "", p.fail(Text{`"-" is not a host name`, `"-" 不是主机名`}, Text{"standard input is sent without being named; write HOST:PORT", "标准输入不必写出就会发送；请写 主机:端口"})
	}
	addr, zone, hasZone := strings.Cut(s, "%")
	if hasZone {
		zone = strings.TrimPrefix(zone, "25") // the URL spelling, RFC 6874
		if zone == "" || strings.ContainsAny(zone, "[]%:") || strings.ContainsFunc(zone, notInName) {
			return "", p.fail(Text{"the zone after % is not the name of a network interface", "% 后面不是网卡名"}, addressHint)
		}
		s = addr + "%" + zone
	}
	if ip, err := netip.ParseAddr(s); err == nil {
		return ip.String(), nil
	}
	if hasZone || strings.Contains(s, ":") {
		return "", p.notIPv6(s)
	}
	if meansIPv4(s) {
		return "", p.notIPv4(s)
	}
	if c := strings.IndexFunc(s, notInName); c >= 0 || len(s) > 253 {
		return "", p.fail(Text{fmt.Sprintf("%q is not a host name", s), fmt.Sprintf("%q 不是主机名", s)}, addressHint)
	}
	return s, nil
}

func (p addressParser) port(s string) (uint16, error) {
	if s == "" {
		return p.missing, nil
	}
	if isDigits(s) {
		if n, err := strconv.ParseUint(s, 10, 16); err == nil {
			return uint16(n), nil
		}
		return 0, p.fail(Text{"port " + clip(s) + " is out of range", "端口 " + clip(s) + " 超出范围"}, portHint)
	}
	return 0, p.notPort(s)
}

// family refuses a literal that the network cannot carry.
func (p addressParser) family(a Address) error {
	ip, err := netip.ParseAddr(a.Host)
	want := a.Network.Family()
	if err != nil || want == 0 || (want == 4) == ip.Unmap().Is4() {
		return nil
	}
	have, other := 4, Address{Network: a.Network.Transport(), Host: a.Host, Port: a.Port}
	if want == 4 {
		have = 6
	}
	return p.fail(
		Text{fmt.Sprintf("%s is an IPv%d address, %s takes IPv%d", a.Host, have, a.Network, want),
			fmt.Sprintf("%s 是 IPv%d 地址，而 %s 只接受 IPv%d", a.Host, have, a.Network, want)},
		Text{"write " + other.String(), "请写 " + other.String()})
}

func (p addressParser) fail(message, hint Text) error {
	return &Error{Kind: Invalid, Op: "parse", Target: strconv.Quote(clip(p.typed)), Message: message, Hint: hint}
}

var (
	addressHint = Text{"write it as host:port, for example 192.168.1.111:10000, [fe80::1%eth0]:10000 or :10000",
		"写成 主机:端口，例如 192.168.1.111:10000、[fe80::1%eth0]:10000 或 :10000"}
	portHint = Text{"a port is a number from 0 to 65535; 0 picks a free one", "端口是 0 到 65535 的数字；0 表示自动选择空闲端口"}
)

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// looksIPv4 tells a mistyped IPv4 address from a name: no top-level domain is all digits.
func looksIPv4(s string) bool {
	return isDigits(s[strings.LastIndexByte(s, '.')+1:])
}

// notInName finds what can be in no host name, internationalised ones included.
func notInName(r rune) bool {
	return r <= ' ' || r == 0x7f || strings.ContainsRune(`"'/\@?#<>|{}^,;，；、`+"`", r) || r == '\uFFFD'
}

// clip bounds what an error text repeats of its input.
func clip(s string) string {
	const most = 80
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most]) + "…"
}
