package mdns

import (
	"encoding/binary"

	"github.com/miekg/dns"
)

// unpack reads a message, and leaves out records that cannot be understood: responders that
// people use send some (python-zeroconf an NSEC without types), and what else is in their
// messages is good. It says whether there is a message at all.
func unpack(data []byte) (*dns.Msg, bool) {
	const headerSize = 12
	if len(data) < headerSize {
		return nil, false
	}
	count := func(n int) int { return int(binary.BigEndian.Uint16(data[4+2*n:])) }
	flags := binary.BigEndian.Uint16(data[2:])
	m := &dns.Msg{MsgHdr: dns.MsgHdr{Id: binary.BigEndian.Uint16(data), Response: flags>>15 == 1, Opcode: int(flags >> 11 & 15)}}
	at := headerSize
	for range count(0) {
		name, end, err := dns.UnpackDomainName(data, at)
		if err != nil || end+4 > len(data) {
			return nil, false
		}
		m.Question = append(m.Question, dns.Question{Name: name, Qtype: binary.BigEndian.Uint16(data[end:]), Qclass: binary.BigEndian.Uint16(data[end+2:])})
		at = end + 4
	}
	for n, section := range []*[]dns.RR{&m.Answer, &m.Ns, &m.Extra} {
		for range count(n + 1) {
			rr, end, ok := unpackRecord(data, at)
			if !ok {
				return nil, false
			}
			if rr != nil {
				*section = append(*section, rr)
			}
			at = end
		}
	}
	return m, true
}

// unpackRecord reads the record at an offset: nil if it cannot be understood. It is not ok
// where no record is.
func unpackRecord(data []byte, at int) (rr dns.RR, end int, ok bool) {
	const fixedSize = 10 // type, class, TTL, length
	_, fixed, err := dns.UnpackDomainName(data, at)
	if err != nil || fixed+fixedSize > len(data) {
		return nil, 0, false
	}
	end = fixed + fixedSize + int(binary.BigEndian.Uint16(data[fixed+8:]))
	if end > len(data) {
		return nil, 0, false
	}
	rr, rrEnd, err := dns.UnpackRR(data, at)
	if err != nil || rrEnd != end {
		return nil, end, true
	}
	return rr, end, true
}
