package sockeye

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
)

// lookAlikes are characters that are typed for those of an IPv4 address.
var lookAlikes = strings.NewReplacer("O", "0", "o", "0", "l", "1", "I", "1", "|", "1", ",", ".", ";", ".", "，", ".", "；", ".", "、", ".", "·", ".",
	"０", "0", "１", "1", "２", "2", "３", "3", "４", "4", "５", "5", "６", "6", "７", "7", "８", "8", "９", "9")

// meansIPv4 tells a mistyped IPv4 address from a name: no top-level domain is all digits, and
// no name is digits and look-alikes between three or more dots.
func meansIPv4(s string) bool {
	if looksIPv4(s) {
		return true
	}
	plain := lookAlikes.Replace(s)
	return plain != s && strings.ContainsAny(s, "0123456789") && strings.Trim(plain, "0123456789.") == "" && strings.Count(plain, ".") >= 3
}

// notIPv4 is the error for what was to be an IPv4 address: it names the mistake, and offers
// what was probably meant.
func (p addressParser) notIPv4(s string) error {
	why := ipv4Mistake(s)
	hint := Text{"four numbers from 0 to 255: 192.168.1.111", "IPv4 地址是四个 0 到 255 的数字：192.168.1.111"}
	if meant := p.meant(s); meant != "" {
		hint = Text{"did you mean " + meant + "? " + hint.En, "是否想输入 " + meant + "？" + hint.Zh}
	}
	return p.fail(Text{fmt.Sprintf("%q is not an IPv4 address: %s", s, why.En), fmt.Sprintf("%q 不是 IPv4 地址：%s", s, why.Zh)}, hint)
}

// ipv4Mistake says what is wrong with an IPv4 address.
func ipv4Mistake(s string) Text {
	for _, r := range s {
		switch as := lookAlikes.Replace(string(r)); {
		case as == "." && r != '.':
			return Text{fmt.Sprintf("%q stands where a dot belongs", r), fmt.Sprintf("%q 应为点号", r)}
		case as != string(r) && unicode.IsDigit(r):
			return Text{fmt.Sprintf("%q is a full-width digit", r), fmt.Sprintf("%q 是全角数字", r)}
		case as != string(r):
			return Text{fmt.Sprintf("%q is no digit; %s is", r, as), fmt.Sprintf("%q 不是数字，应为 %s", r, as)}
		case r != '.' && (r < '0' || r > '9'):
			return Text{fmt.Sprintf("%q is no digit", r), fmt.Sprintf("%q 不是数字", r)}
		}
	}
	parts := strings.Split(s, ".")
	for _, part := range parts {
		switch n, err := strconv.Atoi(part); {
		case part == "":
			return Text{"a number is missing beside a dot", "点号旁缺少数字"}
		case err != nil || n > 255:
			return Text{clip(part) + " is more than 255", clip(part) + " 大于 255"}
		case len(part) > 1 && part[0] == '0':
			return Text{part + " begins with 0", part + " 以 0 开头"}
		}
	}
	return Text{fmt.Sprintf("it has %d numbers, not four", len(parts)), fmt.Sprintf("它有 %d 个数字，而不是四个", len(parts))}
}

// meant is the address that was probably meant, as it would be typed, "" if none is likely.
func (p addressParser) meant(host string) string {
	parts := strings.Split(lookAlikes.Replace(host), ".")
	port := ""
	if len(parts) == 5 { // a point or comma for the colon
		parts, port = parts[:4], ":"+parts[4]
	} else if _, after, found := strings.Cut(plainPunctuation.Replace(p.typed), host+":"); found {
		port = ":" + lookAlikes.Replace(strings.TrimSpace(after))
	}
	for n, part := range parts {
		if short := strings.TrimLeft(part, "0"); short != "" {
			parts[n] = short
		}
	}
	ip, err := netip.ParseAddr(strings.Join(parts, "."))
	if n, bad := strconv.ParseUint(strings.TrimPrefix(port, ":"), 10, 16); err != nil || port != "" && (bad != nil || n == 0) {
		return ""
	}
	return ip.String() + port
}

// notIPv6 is the error for what was to be an IPv6 address.
func (p addressParser) notIPv6(s string) error {
	hint := addressHint
	if at := strings.LastIndexByte(s, ':'); at > 0 {
		host, port := strings.TrimSuffix(s[:at], "/"), s[at+1:]
		if scheme, rest, ok := strings.Cut(host, ":/"); ok && len(rest) > 0 { // tcp:/host:port
			if _, err := p.network(scheme); err == nil {
				meant := scheme + "://" + rest + ":" + port
				hint = Text{"did you mean " + meant + "?", "是否想输入 " + meant + "？"}
			}
		} else if ip, err := netip.ParseAddr(host); err == nil && ip.Is6() && isDigits(port) {
			meant := netip.AddrPortFrom(ip, 0).String()
			meant = strings.TrimSuffix(meant, "0") + port
			hint = Text{"an IPv6 address stands in brackets before a port: " + meant, "IPv6 地址后接端口时要加方括号：" + meant}
		}
	}
	return p.fail(Text{fmt.Sprintf("%q is not an IPv6 address", s), fmt.Sprintf("%q 不是 IPv6 地址", s)}, hint)
}

// notPort is the error for a port that is not a number.
func (p addressParser) notPort(s string) error {
	hint := portHint
	if plain := lookAlikes.Replace(s); isDigits(plain) {
		hint = Text{"did you mean " + plain + "? " + portHint.En, "是否想输入 " + plain + "？" + portHint.Zh}
	}
	return p.fail(Text{fmt.Sprintf("port %q is not a number", s), fmt.Sprintf("端口 %q 不是数字", s)}, hint)
}

// foreignScheme are schemes of other programs, and the plain transport below each.
var foreignScheme = map[string]Network{"http": TCP, "https": TLS, "ftp": TCP, "ssh": TCP, "telnet": TCP, "socket": TCP}

// unknownScheme is the error for a scheme that is not one of ours.
func (p addressParser) unknownScheme(scheme string) error {
	hint := schemesHint()
	if n, ok := foreignScheme[strings.ToLower(scheme)]; ok {
		_, rest, _ := strings.Cut(plainPunctuation.Replace(strings.TrimSpace(p.typed)), "://")
		rest, _, _ = strings.Cut(rest, "/")
		meant := string(n) + "://" + clip(rest)
		hint = Text{fmt.Sprintf("its connection alone is %s; %s", meant, hint.En), fmt.Sprintf("仅建立其连接请写 %s；%s", meant, hint.Zh)}
	}
	return p.fail(Text{fmt.Sprintf("unknown protocol %q", scheme), fmt.Sprintf("未知的协议 %q", scheme)}, hint)
}
