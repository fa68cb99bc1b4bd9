package encode

import (
	"net/netip"
	"strings"

	wiredns "github.com/miekg/dns"

	"sockeye"
	"sockeye/internal/payload"
)

var dns = Encoder{Name: "dns", write: dnsQuery, Fields: []EncoderField{
	{Name: "type", Title: both("Type", "类型"), Kind: Choice, Default: "A", Choices: dnsTypes("A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT")},
	{Name: "name", Title: both("Name", "名称"), Hint: both("as in example.org; for PTR also an IP address", "例如 example.org；PTR 也可写 IP 地址"), Kind: Text, Length: 254},
	{Name: "length", Title: both("Length", "长度"), Kind: Choice, Default: "no", Choices: []EncoderChoice{{"no", both("none (UDP)", "不加（UDP）")}, {"yes", both("before it (TCP)", "加在前面（TCP）")}}},
}}

func dnsTypes(names ...string) (all []EncoderChoice) {
	for _, name := range names {
		all = append(all, EncoderChoice{name, sockeye.Text{En: name, Zh: name}})
	}
	return all
}

// dnsQuery is a question (RFC 1035 section 4.1) that asks for recursion. Its number is
// random.
func dnsQuery(f *form) EncodedRequest {
	name, kind := strings.TrimSpace(f.text("name")), f.text("type")
	if addr, err := netip.ParseAddr(name); err == nil && kind == "PTR" {
		name, _ = wiredns.ReverseAddr(addr.WithZone("").String())
	}
	odd := strings.ContainsFunc(name, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_.", r))
	})
	if _, ok := wiredns.IsDomainName(name); !ok || odd {
		f.fault("name", both("%s is not a domain name", "%s 不是域名", payload.Quote(name, 40)), both("write letters, digits and - with dots between; other scripts as xn--…", "请用字母、数字和 -，以点分隔；其他文字写成 xn--…"))
		return EncodedRequest{}
	}
	m := new(wiredns.Msg)
	m.SetQuestion(wiredns.Fqdn(name), wiredns.StringToType[kind])
	m.Id = 0
	b, err := m.Pack()
	if err != nil {
		f.fault("name", both("%s is not a domain name", "%s 不是域名", payload.Quote(name, 40)), sockeye.Text{})
		return EncodedRequest{}
	}
	text := "{{rand:2}} " + payload.FormatHex(b[2:])
	if f.text("length") == "yes" {
		text = payload.FormatHex(u16(len(b))) + " " + text
	}
	return EncodedRequest{Text: text, Hex: true}
}
