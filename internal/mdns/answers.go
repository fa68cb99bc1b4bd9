package mdns

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// maxRecords bounds what one asker keeps: whoever floods the link fills no memory.
const maxRecords = 4096

// heardRecord is a record with the interface on which it came.
type heardRecord struct {
	dns.RR
	iface string
}

// answers are the records that were heard, each once per interface.
type answers struct {
	records []heardRecord
}

// add keeps records that are about names of the link. Those of TTL 0 say goodbye (RFC 6762
// section 10.1).
func (h *answers) add(iface string, records []dns.RR) {
	for _, rr := range records {
		header := rr.Header()
		header.Class &^= flushBit
		if header.Class != dns.ClassINET || !strings.HasSuffix(strings.ToLower(header.Name), "."+local) {
			continue
		}
		same := func(old heardRecord) bool { return old.iface == iface && dns.IsDuplicate(old.RR, rr) }
		switch at := slices.IndexFunc(h.records, same); {
		case header.Ttl == 0 && at >= 0:
			h.records = slices.Delete(h.records, at, at+1)
		case header.Ttl > 0 && at < 0 && len(h.records) < maxRecords:
			h.records = append(h.records, heardRecord{rr, iface})
		}
	}
}

// addresses are those of a host, IPv4 first, and of IPv6 those first that need no zone.
func (h *answers) addresses(host string) (list []netip.Addr) {
	for _, r := range h.records {
		if !sameName(r.Header().Name, host) {
			continue
		}
		var a netip.Addr
		switch rr := r.RR.(type) {
		case *dns.A:
			a, _ = netip.AddrFromSlice(rr.A.To4())
		case *dns.AAAA:
			a, _ = netip.AddrFromSlice(rr.AAAA)
			if a.IsLinkLocalUnicast() {
				a = a.WithZone(r.iface)
			}
		}
		if a.IsValid() && !a.IsUnspecified() && !a.IsMulticast() && !a.Is4In6() && !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	slices.SortStableFunc(list, func(a, b netip.Addr) int {
		return cmp.Or(a.BitLen()-b.BitLen(), len(a.Zone())-len(b.Zone()))
	})
	return list
}

// instances calls f with each instance of a type that was heard of.
func (h *answers) instances(serviceType string, f func(instance, iface string)) {
	var seen []string
	for _, r := range h.records {
		ptr, ok := r.RR.(*dns.PTR)
		if !ok || !sameName(ptr.Hdr.Name, serviceType+"."+local) || !isInstance(ptr.Ptr, serviceType) {
			continue
		}
		if key := strings.ToLower(ptr.Ptr); !slices.Contains(seen, key) {
			seen = append(seen, key)
			f(ptr.Ptr, r.iface)
		}
	}
}

// isInstance says whether a name is LABEL.TYPE.local.
func isInstance(name, serviceType string) bool {
	labels := dns.SplitDomainName(name)
	return len(labels) == 4 && sameName(strings.Join(labels[1:], ".")+".", serviceType+"."+local)
}

// missing are the questions whose answers are not known yet: always who is there, of each
// instance where it is and what it says, and the addresses of its host.
func (h *answers) missing(types []string) (list []dns.Question) {
	ask := func(name string, qtype uint16) {
		list = append(list, dns.Question{Name: name, Qtype: qtype, Qclass: dns.ClassINET})
	}
	for _, t := range types {
		ask(t+"."+local, dns.TypePTR)
		h.instances(t, func(instance, _ string) {
			srv, txt := h.of(instance)
			if srv == nil {
				ask(instance, dns.TypeSRV)
			}
			if txt == nil {
				ask(instance, dns.TypeTXT)
			}
			if srv != nil && len(h.addresses(srv.Target)) == 0 {
				list = append(list, addressQuestions(srv.Target)...)
			}
		})
	}
	return list
}

// of are the records of an instance, nil if they were not heard.
func (h *answers) of(instance string) (srv *dns.SRV, txt *dns.TXT) {
	for _, r := range h.records {
		if !sameName(r.Header().Name, instance) {
			continue
		}
		switch rr := r.RR.(type) {
		case *dns.SRV:
			srv = rr
		case *dns.TXT:
			txt = rr
		}
	}
	return srv, txt
}

// services are the instances whose machine is known, by name.
func (h *answers) services(types []string) (list []ServiceInstance) {
	for _, t := range types {
		h.instances(t, func(instance, iface string) {
			srv, txt := h.of(instance)
			if srv == nil {
				return
			}
			first, _ := dns.NextLabel(instance, 0)
			s := ServiceInstance{Name: unescape(instance[:first-1]), Type: t, Host: plain(srv.Target), Port: srv.Port, Interface: iface, Addresses: h.addresses(srv.Target)}
			if txt != nil {
				s.Kind, s.Scheme = textValue(txt, "kind"), textValue(txt, "scheme")
			}
			list = append(list, s)
		})
	}
	slices.SortStableFunc(list, func(a, b ServiceInstance) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// textValue is the value of a key in a TXT record, "" if it is not there (RFC 6763 section
// 6.4: the first counts, the case of keys is one).
func textValue(txt *dns.TXT, key string) string {
	for _, pair := range txt.Txt {
		if k, value, ok := strings.Cut(pair, "="); ok && strings.EqualFold(k, key) {
			return unescape(value)
		}
	}
	return ""
}
