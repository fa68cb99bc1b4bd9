package doctor

import "fmt"

// ICMP errors by type and code (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1,
// RFC 4443 sections 3.1 and 3.3).
const (
	icmpUnreachable   = 3 // of ICMP
	icmp6Unreachable  = 1 // of ICMPv6
	icmpTimeExceeded  = 11
	icmp6TimeExceeded = 3
)

var icmpWords = map[int]string{
	0: "network unreachable", 1: "host unreachable", 2: "protocol unreachable", 3: "port unreachable", 5: "source route failed",
	6: "network unknown", 7: "host unknown", 9: "network administratively prohibited", 10: "host administratively prohibited",
	11: "network unreachable for this type of service", 12: "host unreachable for this type of service", 13: "communication administratively prohibited",
}

var icmp6Words = map[int]string{
	0: "no route", 1: "administratively prohibited", 2: "beyond scope of source address", 3: "address unreachable", 4: "port unreachable",
	5: "source address failed policy", 6: "route rejects destination",
}

// icmpWord is an ICMP error in the words of the RFC, with its numbers.
func icmpWord(p Probe) string {
	version, words, unreachable := "ICMP", icmpWords, icmpUnreachable
	if p.From.Is6() {
		version, words, unreachable = "ICMPv6", icmp6Words, icmp6Unreachable
	}
	if isTimeExceeded(p) {
		return fmt.Sprintf("%s time exceeded in transit (type %d code %d)", version, p.ICMPType, p.ICMPCode)
	}
	if word := words[p.ICMPCode]; word != "" && p.ICMPType == unreachable {
		return fmt.Sprintf("%s %s (type %d code %d)", version, word, p.ICMPType, p.ICMPCode)
	}
	return fmt.Sprintf("%s type %d code %d", version, p.ICMPType, p.ICMPCode)
}

// isUnreachable says that the sender of an ICMP error found no way or no machine. A firewall
// can be told to say so, too.
func isUnreachable(p Probe) bool {
	if p.From.Is6() {
		return p.ICMPType == icmp6Unreachable && (p.ICMPCode == 0 || p.ICMPCode == 3)
	}
	switch p.ICMPCode {
	case 0, 1, 6, 7, 11, 12:
		return p.ICMPType == icmpUnreachable
	}
	return false
}

// isTimeExceeded says that a router had a packet that was passed on as often as it may be: its
// TTL, or hop limit, was used up. Code 1 is of pieces of a packet that did not all arrive.
func isTimeExceeded(p Probe) bool {
	if p.From.Is6() {
		return p.ICMPType == icmp6TimeExceeded && p.ICMPCode == 0
	}
	return p.ICMPType == icmpTimeExceeded && p.ICMPCode == 0
}
