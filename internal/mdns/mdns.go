// Package mdns finds machines and services by name on the links of this machine, and makes
// some known there: Multicast DNS (RFC 6762) and DNS-Based Service Discovery (RFC 6763).
// It goes out of every interface that multicast goes through, each by itself, and needs
// neither a name server nor a default route: one cable between two machines is enough.
//
// Lookup and Discover ask, as one-shot queries from a port of their own; an Announcer
// answers, on port 5353, which it shares with other responders of the machine.
package mdns

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/miekg/dns"

	"sockeye"
)

// The types of service by which Sockeye is found: what is reached by TCP, and by UDP.
const (
	OverTCP = "_sockeye._tcp"
	OverUDP = "_sockeye._udp"
)

// What is announced: the words of the TXT record's kind.
const (
	KindSession   = "session"   // a server that a person opened
	KindWorkbench = "workbench" // a page
	KindBoard     = "board"     // a board that measures; it opens no port
)

// ServiceInstance is what is known of a service by its name. Names and texts came from the network:
// whoever shows them escapes them.
type ServiceInstance struct {
	// Name is what people call it: the instance of RFC 6763 section 4.1.1.
	Name string
	Type string // OverTCP or OverUDP, when it is Sockeye's
	// Host is the name of its machine, with ".local" and without the last dot.
	Host string
	// Port is 0 where there is a machine, but nothing to connect to.
	Port uint16
	// Kind and Scheme are from the TXT record: one of the kinds, and how the port is
	// spoken to: "tcp", "ws", "https". They are "" where it does not say.
	Kind, Scheme string
	// Addresses are where the machine was found from here: IPv4 first. Those of the link
	// alone have the zone of the interface.
	Addresses []netip.Addr
	// Interface is where it was heard first.
	Interface string
}

// Address is what to type to reach a service: its best address, with the scheme where one
// is known; without a port, the address alone. It is "" while no address is known.
func (s ServiceInstance) Address() string {
	if len(s.Addresses) == 0 {
		return ""
	}
	host := s.Addresses[0].String()
	if s.Port == 0 {
		return host
	}
	scheme := sockeye.TCP
	if n := sockeye.Network(s.Scheme); n.Traits().IP || n == "https" {
		scheme = n
	}
	return fmt.Sprintf("%s://%s", scheme, net.JoinHostPort(host, strconv.Itoa(int(s.Port))))
}

// local is the domain of names that are meant on one link (RFC 6762 section 3).
const local = "local."

// maxLabel is how many bytes a label has at most (RFC 1035 section 2.3.4).
const maxLabel = 63

// IsLocal says whether a host name is looked up on the link: it ends with ".local".
func IsLocal(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return len(host) > len(".local") && strings.HasSuffix(host, ".local")
}

// CheckName says why a name cannot be announced. It becomes a label of a host name, too:
// letters and digits of any script, and hyphens within, at most 60 bytes of UTF-8, so that
// a number can be put behind it.
func CheckName(name string) error {
	bad := name == "" || len(name) > maxLabel-3 || !utf8.ValidString(name) || strings.HasPrefix(name, "-") || strings.HasSuffix(name, "-")
	for _, r := range name {
		bad = bad || r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	}
	if !bad {
		return nil
	}
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "announce", Target: name,
		Message: sockeye.Text{En: "a name has letters, digits and hyphens within, at most 60 bytes", Zh: "名称由字母、数字和中间的连字符组成，最多 60 字节"},
		Hint:    sockeye.Text{En: "greenhouse-2 is one; people reach it as greenhouse-2.local", Zh: "例如 greenhouse-2，别人用 greenhouse-2.local 访问"}}
}

// label writes a label as package dns wants it: what has a meaning there, and what is not
// printable ASCII, is escaped.
func label(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		switch {
		case c == '.' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c <= ' ' || c >= 0x7f:
			fmt.Fprintf(&b, `\%03d`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// plain is a name of package dns as people write it: without escapes and the last dot.
func plain(name string) string { return unescape(strings.TrimSuffix(name, ".")) }

// unescape is a text of package dns without its escapes. What is no UTF-8 becomes the
// replacement character.
func unescape(name string) string {
	var b []byte
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c == '\\' && i+1 < len(name) {
			if i+3 < len(name) && isDigits(name[i+1:i+4]) {
				n := int(name[i+1]-'0')*100 + int(name[i+2]-'0')*10 + int(name[i+3]-'0')
				b = append(b, byte(n))
				i += 3
				continue
			}
			i++
			c = name[i]
		}
		b = append(b, c)
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

func isDigits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}

// hostName is the name of package dns for a host as people write it.
func hostName(host string) string {
	var labels []string
	for l := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		labels = append(labels, label(l))
	}
	return dns.Fqdn(strings.Join(labels, "."))
}

// sameName compares names as DNS does: the case of ASCII letters is one.
func sameName(a, b string) bool { return strings.EqualFold(a, b) }

// noLink is the error of a machine without an interface that multicast goes through.
func noLink(op, target string, cause error) *sockeye.Error {
	return &sockeye.Error{Kind: sockeye.NetworkUnreachable, Op: op, Target: target, Err: cause,
		Message: sockeye.Text{En: "no network interface is up that multicast goes through", Zh: "没有可用于组播的网络接口处于启用状态"},
		Hint:    sockeye.Text{En: "plug in the cable or join the Wi-Fi; sockeye addrs lists the interfaces", Zh: "请插上网线或连接 Wi-Fi；sockeye addrs 列出网络接口"}}
}

// interfaces are those that are up and that multicast goes through.
func interfaces() (usable []net.Interface, err error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	for _, i := range all {
		if i.Flags&(net.FlagUp|net.FlagMulticast|net.FlagLoopback) == net.FlagUp|net.FlagMulticast {
			usable = append(usable, i)
		}
	}
	if len(usable) == 0 {
		return nil, errors.New("no interface")
	}
	return usable, nil
}
