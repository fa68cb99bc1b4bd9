package decode

import (
	"fmt"
	"strings"

	wiredns "github.com/miekg/dns"

	"sockeye"
)

var dns = Decoder{
	Name: "dns", Title: sockeye.Text{En: "DNS", Zh: "DNS"}, Source: "RFC 1035",
	Ports: []uint16{53, 5353}, strict: 72, hasty: true, read: readDNS,
}

// dnsHeader is the size of the header, and the most records that are read of a message.
const (
	dnsHeader  = 12
	maxRecords = 2000
)

// readDNS reads a message, with its length before it where it came over TCP (RFC 1035
// section 4.2.2).
func readDNS(c *cursor) {
	if c.dnsPrefixed() {
		length, _ := c.uint("Length", 2)
		if c.want(int(length)) {
			c.within(int(length), func() { c.dnsMessage() })
		}
		return
	}
	if c.measuring && len(c.b) < 2+dnsHeader {
		c.short, c.need = true, 2+dnsHeader
		return
	}
	if len(c.b) < dnsHeader || !dnsPlausible(c.b) {
		c.reject()
		return
	}
	c.dnsMessage()
}

// dnsPrefixed is true for bytes that begin with the length of a message.
func (c *cursor) dnsPrefixed() bool {
	if len(c.b) < 2+dnsHeader || !dnsPlausible(c.b[2:]) {
		return false
	}
	length := int(c.b[0])<<8 | int(c.b[1])
	switch {
	case length < dnsHeader, dnsPlausible(c.b) && dnsWhole(c.b):
		return false
	case length > len(c.b)-2:
		return c.measuring || !dnsPlausible(c.b)
	}
	return true
}

// dnsPlausible is true for bytes that a header may be: a known operation, no reserved bit,
// few records, and one question at most unless it is a response of multicast DNS.
func dnsPlausible(b []byte) bool {
	opcode := b[2] >> 3 & 15
	number := func(at int) int { return int(b[at])<<8 | int(b[at+1]) }
	questions, records := number(4), number(6)+number(8)+number(10)
	return opcode <= 6 && opcode != 3 && b[3]&0x40 == 0 && questions <= 16 && records <= maxRecords && questions+records > 0 &&
		(b[2]&0x80 != 0 || number(6) == 0 || opcode == 5 || questions == 0)
}

// dnsWhole is true for a message that needs no length before it.
func dnsWhole(b []byte) bool { return new(wiredns.Msg).Unpack(b) == nil }

// dnsMessage reads a message up to the end of c.
func (c *cursor) dnsMessage() {
	base := c.at
	id, _ := c.hex("Transaction ID", 2)
	response := c.dnsFlags()
	counts := make([]int, 4)
	for n, name := range []string{"Questions", "Answers", "Authority records", "Additional records"} {
		v, _ := c.uint(name, 2)
		counts[n] = int(v)
	}
	if !c.ok() {
		return
	}
	whole, at := c.b, c.at
	c.b, c.at = c.b[base:], at-base // pointers in names count from the header
	c.dnsSections(base, counts)
	end := c.at + base
	c.b, c.at = whole, end
	if c.short {
		c.short, c.need = false, 0
		c.fault("it ends before its records do", "记录未完就已结束")
	}
	if c.none {
		return
	}
	c.out.Role = Request
	if response {
		c.out.Role = Response
	}
	c.out.Key = fmt.Sprintf("0x%04x", id)
}

// dnsFlags reads the flags, and says whether it is a response.
func (c *cursor) dnsFlags() (response bool) {
	flags, n := c.hex("Flags", 2)
	words := []string{"query"}
	if response = flags&0x8000 != 0; response {
		words[0] = "response"
	}
	if opcode := int(flags >> 11 & 15); opcode != 0 {
		words = append(words, strings.ToLower(wiredns.OpcodeToString[opcode]))
	}
	for _, f := range []struct {
		bit  uint64
		name string
	}{{0x400, "authoritative"}, {0x200, "truncated"}, {0x100, "recursion desired"}, {0x80, "recursion available"}, {0x20, "authentic data"}, {0x10, "checking disabled"}} {
		if flags&f.bit != 0 {
			words = append(words, f.name)
		}
	}
	if response {
		words = append(words, wiredns.RcodeToString[int(flags&15)])
	}
	n.Note = strings.Join(words, ", ")
	return response
}

// dnsSections reads questions and records. c.b begins with the header, which is at base in
// the message.
func (c *cursor) dnsSections(base int, counts []int) {
	for range counts[0] {
		if !c.dnsQuestion(base) {
			return
		}
	}
	if c.stack[0].Value == "" {
		c.summary("%s", plural(counts[1], "answer"))
	} else if counts[1] > 0 {
		c.summary("%s, %s", c.stack[0].Value, plural(counts[1], "answer"))
	}
	for section, name := range []string{"Answer", "Authority", "Additional"} {
		for range counts[section+1] {
			if !c.ok() || !c.dnsRecord(base, name) {
				return
			}
		}
	}
}

// dnsName reads a name, and gives how it is written; false if it is none.
func (c *cursor) dnsName() (string, bool) {
	name, end, err := wiredns.UnpackDomainName(c.b, c.at)
	if err != nil {
		c.fault("a name is wrong: %v", "名称有误：%v", err)
		c.at = len(c.b)
		return "", false
	}
	c.at = end
	return name, true
}

func (c *cursor) dnsQuestion(base int) bool {
	from := c.at
	name, ok := c.dnsName()
	if !ok {
		return false
	}
	kind, class := wiredns.Type(c.number(2)), wiredns.Class(c.number(2))
	if !c.ok() {
		return false
	}
	n := c.add("Question", fmt.Sprintf("%s %s %s", name, class, kind), base+from, base+c.at)
	n.Children = []Node{
		{Name: "Name", Value: shortened(name), From: base + from, To: base + c.at - 4},
		{Name: "Type", Value: kind.String(), From: base + c.at - 4, To: base + c.at - 2},
		{Name: "Class", Value: class.String(), From: base + c.at - 2, To: base + c.at},
	}
	c.summary("%s %s", kind, name)
	return true
}

func (c *cursor) dnsRecord(base int, section string) bool {
	from := c.at
	record, end, err := wiredns.UnpackRR(c.b, c.at)
	if err != nil || record == nil || end > len(c.b) {
		c.fault("a record is wrong: %v", "记录有误：%v", err)
		c.at = len(c.b)
		return false
	}
	h := record.Header()
	nameEnd := from
	if _, at, err := wiredns.UnpackDomainName(c.b, from); err == nil {
		nameEnd = at
	}
	if end < nameEnd+10 { // the library takes one without data for whole
		c.fault("a record ends before its fields do", "记录未完就已结束")
		c.at = len(c.b)
		return false
	}
	c.at = end
	data := strings.TrimPrefix(record.String(), h.String())
	if h.Rrtype == wiredns.TypeOPT {
		data = strings.TrimSpace(strings.ReplaceAll(record.String(), "\n", " "))
	}
	n := c.add(section, fmt.Sprintf("%s %s %s", h.Name, wiredns.Type(h.Rrtype), shortened(data)), base+from, base+end)
	n.Children = []Node{
		{Name: "Name", Value: shortened(h.Name), From: base + from, To: base + nameEnd},
		{Name: "Type", Value: wiredns.Type(h.Rrtype).String(), From: base + nameEnd, To: base + nameEnd + 2},
		{Name: "Class", Value: wiredns.Class(h.Class).String(), From: base + nameEnd + 2, To: base + nameEnd + 4},
		{Name: "TTL", Value: fmt.Sprint(h.Ttl), Unit: "s", From: base + nameEnd + 4, To: base + nameEnd + 8},
		{Name: "Data", Value: shortened(data), From: base + nameEnd + 10, To: base + end},
	}
	if c.nodes += len(n.Children); n == &c.nowhere {
		c.nodes -= len(n.Children)
	}
	return true
}
