package mdns

import (
	"bytes"
	"net/netip"
	"slices"

	"github.com/miekg/dns"

	"sockeye"
)

// flushBit says of a record that it is the only one of its name and type (RFC 6762 section
// 10.2); of a question, that the answer may come to the asker alone (section 5.4).
const flushBit = 1 << 15

// The times to live of records: what names a host 120 s, the others 75 minutes (RFC 6762
// section 10); at most legacyTTL in an answer to a resolver that is no mDNS resolver
// (section 6.7).
const (
	hostTTL   = 120
	otherTTL  = 4500
	legacyTTL = 10
)

// servicesName is asked for the types of service that there are (RFC 6763 section 9).
const servicesName = "_services._dns-sd._udp." + local

// Announcement is what to make known under a name.
type Announcement struct {
	// Name is what it is called (see CheckName): the instance, and the host NAME.local.
	Name         string
	Kind, Scheme string
	// Port is where it is reached; 0 says that it connects to others only.
	Port uint16
	// Only are the addresses to announce, of those that each interface has; 0.0.0.0 stands
	// for all of IPv4, :: for all, as a socket that is bound to it takes both. Without any
	// it is all.
	Only []netip.Addr
}

// announces says whether an address is among those to announce.
func (a Announcement) announces(ip netip.Addr) bool {
	return len(a.Only) == 0 || slices.ContainsFunc(a.Only, func(o netip.Addr) bool {
		return o == ip || o.IsUnspecified() && (o.Is6() || ip.Is4())
	})
}

func (a Announcement) serviceType() string {
	if sockeye.Network(a.Scheme).Traits().Datagram {
		return OverUDP + "." + local
	}
	return OverTCP + "." + local
}

func (a Announcement) host() string     { return label(a.Name) + "." + local }
func (a Announcement) instance() string { return label(a.Name) + "." + a.serviceType() }

func header(name string, rrtype uint16, ttl uint32, flush uint16) dns.RR_Header {
	return dns.RR_Header{Name: name, Rrtype: rrtype, Class: dns.ClassINET | flush, Ttl: ttl}
}

// pointers are the records that are shared with others of the type.
func (a Announcement) pointers() []dns.RR {
	return []dns.RR{
		&dns.PTR{Hdr: header(a.serviceType(), dns.TypePTR, otherTTL, 0), Ptr: a.instance()},
		&dns.PTR{Hdr: header(servicesName, dns.TypePTR, otherTTL, 0), Ptr: a.serviceType()},
	}
}

// unique are the records that nobody else may have, on a link with addresses.
func (a Announcement) unique(addrs []netip.Addr) []dns.RR {
	text := []string{"txtvers=1", "kind=" + a.Kind}
	if a.Scheme != "" {
		text = append(text, "scheme="+a.Scheme)
	}
	list := []dns.RR{
		&dns.SRV{Hdr: header(a.instance(), dns.TypeSRV, hostTTL, flushBit), Target: a.host(), Port: a.Port},
		&dns.TXT{Hdr: header(a.instance(), dns.TypeTXT, otherTTL, flushBit), Txt: text},
	}
	for _, ip := range addrs {
		if !a.announces(ip) {
			continue
		}
		if ip.Is4() {
			list = append(list, &dns.A{Hdr: header(a.host(), dns.TypeA, hostTTL, flushBit), A: ip.AsSlice()})
		} else {
			list = append(list, &dns.AAAA{Hdr: header(a.host(), dns.TypeAAAA, hostTTL, flushBit), AAAA: ip.AsSlice()})
		}
	}
	return list
}

// absent says which types a name of ours has, and so that it has no others (RFC 6762
// section 6.1). It is nil for a name that is not ours alone.
func absent(name string, records []dns.RR) dns.RR {
	var types []uint16
	for _, rr := range records {
		if h := rr.Header(); sameName(h.Name, name) && h.Class&flushBit != 0 && !slices.Contains(types, h.Rrtype) {
			types = append(types, h.Rrtype)
		}
	}
	if types == nil {
		return nil
	}
	slices.Sort(types)
	return &dns.NSEC{Hdr: header(name, dns.TypeNSEC, hostTTL, flushBit), NextDomain: name, TypeBitMap: types}
}

// answer is what of our records answers a message of questions, and what may be useful
// besides (RFC 6763 section 12). What the asker knows already is left out (RFC 6762 section
// 7.1).
func answer(q *dns.Msg, records []dns.RR) (found, besides []dns.RR) {
	for _, asked := range q.Question {
		if class := asked.Qclass &^ flushBit; class != dns.ClassINET && class != dns.ClassANY {
			continue
		}
		of := ofQuestion(asked, records)
		if of == nil {
			if no := absent(asked.Name, records); no != nil {
				of = []dns.RR{no}
			}
		}
		for _, rr := range of {
			if !slices.Contains(found, rr) && !known(q.Answer, rr) {
				found = append(found, rr)
			}
		}
	}
	if len(found) == 0 {
		return nil, nil
	}
	for _, rr := range records {
		if rr.Header().Class&flushBit != 0 && !slices.Contains(found, rr) {
			besides = append(besides, rr)
		}
	}
	return found, besides
}

func ofQuestion(q dns.Question, records []dns.RR) (list []dns.RR) {
	for _, rr := range records {
		if sameName(rr.Header().Name, q.Name) && (q.Qtype == dns.TypeANY || q.Qtype == rr.Header().Rrtype) {
			list = append(list, rr)
		}
	}
	return list
}

// known says whether an asker has a record, for at least half of its time.
func known(have []dns.RR, rr dns.RR) bool {
	return slices.ContainsFunc(have, func(old dns.RR) bool {
		return old.Header().Ttl >= rr.Header().Ttl/2 && sameRecord(old, rr)
	})
}

// sameRecord compares records but for TTL and flush bit.
func sameRecord(a, b dns.RR) bool {
	a, b = dns.Copy(a), dns.Copy(b)
	a.Header().Class &^= flushBit
	b.Header().Class &^= flushBit
	return dns.IsDuplicate(a, b)
}

// isConflict says whether a record of somebody else is about a name that is ours alone and
// says something else than any of ours (RFC 6762 section 9).
func isConflict(rr dns.RR, ours []dns.RR) bool {
	h := rr.Header()
	conflict := false
	for _, own := range ours {
		o := own.Header()
		if o.Class&flushBit == 0 || o.Rrtype != h.Rrtype || !sameName(o.Name, h.Name) {
			continue
		}
		if sameRecord(own, rr) {
			return false
		}
		conflict = true
	}
	return conflict && h.Class&^flushBit == dns.ClassINET && h.Ttl > 0
}

// before compares what two who probe for a name at the same time want to say of it: who is
// before gives way (RFC 6762 section 8.2).
func before(ours, theirs []dns.RR) bool {
	a, b := wireOrder(ours), wireOrder(theirs)
	return slices.CompareFunc(a, b, bytes.Compare) < 0
}

// wireOrder are records as class, type and data in the order of the wire.
func wireOrder(records []dns.RR) (list [][]byte) {
	for _, rr := range records {
		rr = dns.Copy(rr)
		rr.Header().Class &^= flushBit
		buf := make([]byte, dns.Len(rr)+1)
		end, err := dns.PackRR(rr, buf, 0, nil, false)
		start, nameErr := nameLength(rr.Header().Name)
		if err != nil || nameErr != nil || end < start+10 {
			continue
		}
		key := append([]byte{buf[start+2], buf[start+3], buf[start], buf[start+1]}, buf[start+10:end]...)
		list = append(list, key)
	}
	slices.SortFunc(list, bytes.Compare)
	return list
}

// nameLength is how many bytes a name has on the wire.
func nameLength(name string) (int, error) {
	buf := make([]byte, 256)
	return dns.PackDomainName(name, buf, 0, nil, false)
}
