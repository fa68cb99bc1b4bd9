package mdns

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"sockeye"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	board = Announcement{Name: "温室", Kind: KindBoard, Scheme: "tcp", Port: 10000}
	addrs = []netip.Addr{netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("fe80::7")}
)

func records() []dns.RR { return append(board.pointers(), board.unique(addrs)...) }

func question(name string, qtype uint16) *dns.Msg {
	return &dns.Msg{Question: []dns.Question{{Name: name, Qtype: qtype, Qclass: dns.ClassINET}}}
}

// kinds are the types of records, in order.
func kinds(list []dns.RR) (s string) {
	for _, rr := range list {
		s += dns.TypeToString[rr.Header().Rrtype] + " "
	}
	return strings.TrimSpace(s)
}

// A question is answered with the records it asks for and those that it will need next, but not
// with what the asker already knows.
func TestAnswer(t *testing.T) {
	host := hostName("温室.local")
	knows := question("_sockeye._tcp.local.", dns.TypePTR)
	knows.Answer = board.pointers()[:1]
	knewOnce := question("_sockeye._tcp.local.", dns.TypePTR)
	old := dns.Copy(board.pointers()[0])
	old.Header().Ttl = otherTTL / 3
	knewOnce.Answer = []dns.RR{old}
	for _, c := range []struct {
		name           string
		q              *dns.Msg
		found, besides string
	}{
		{"who is there", question("_SOCKEYE._tcp.local.", dns.TypePTR), "PTR", "SRV TXT A AAAA"},
		{"who is there, known", knows, "", ""},
		{"who is there, known long ago", knewOnce, "PTR", "SRV TXT A AAAA"},
		{"which types", question(servicesName, dns.TypePTR), "PTR", "SRV TXT A AAAA"},
		{"an address", question(host, dns.TypeA), "A", "SRV TXT AAAA"},
		{"all of the host", question(host, dns.TypeANY), "A AAAA", "SRV TXT"},
		{"what the host has not", question(host, dns.TypeMX), "NSEC", "SRV TXT A AAAA"},
		{"somebody else", question("roof.local.", dns.TypeA), "", ""},
		{"another type of service", question("_http._tcp.local.", dns.TypePTR), "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, besides := answer(c.q, records())
			if kinds(found) != c.found || kinds(besides) != c.besides {
				t.Errorf("%q and %q, want %q and %q", kinds(found), kinds(besides), c.found, c.besides)
			}
		})
	}
}

// What an announcer says is what an asker understands, over the wire.
func TestAnnouncementIsUnderstood(t *testing.T) {
	data := pack(legacy(question("_sockeye._tcp.local.", dns.TypePTR), records()[:1], records()[1:]))
	a := &asker{heard: &answers{}}
	if !a.take(packet{link: &link{}, data: data}) {
		t.Fatal("it was no answer")
	}
	want := []ServiceInstance{{Name: "温室", Type: OverTCP, Host: "温室.local", Port: 10000, Kind: KindBoard, Scheme: "tcp", Addresses: addrs}}
	if diff := cmp.Diff(want, a.heard.services([]string{OverTCP}), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	if more := a.heard.missing([]string{OverTCP}); len(more) != 1 {
		t.Errorf("it asks on: %v", more)
	}
	if a.take(packet{link: &link{}, data: pack(question("_sockeye._tcp.local.", dns.TypePTR))}) {
		t.Error("a question was taken for an answer")
	}
	a.id++
	if a.take(packet{link: &link{}, data: data}) {
		t.Error("the answer to somebody else was taken")
	}
}

// A record that cannot be understood takes nothing away from the others.
func TestUnpack(t *testing.T) {
	bad := &dns.NSEC{Hdr: header("a.local.", dns.TypeNSEC, 120, 0), NextDomain: "a.local.", TypeBitMap: []uint16{1}}
	data := pack(reply([]dns.RR{bad, records()[2]}, nil))
	bitmap := strings.Index(string(data), "\x00\x01\x40") // window 0, one byte: type 1
	data[bitmap+1] = 0                                    // no byte
	var strict dns.Msg
	if strict.Unpack(data) == nil {
		t.Fatal("the record is not bad")
	}
	m, ok := unpack(data)
	if !ok || kinds(m.Answer) != "SRV" {
		t.Errorf("%v %v", m, ok)
	}
	for n := range data {
		unpack(data[:n])
	}
}

// Only another's record of our own unique name with other data is a conflict, and of two that
// announce at once the later in the order of RFC 6762 wins.
func TestConflict(t *testing.T) {
	ours := records()
	theirs := board
	theirs.Port++
	for _, c := range []struct {
		name string
		rr   dns.RR
		want bool
	}{
		{"another port", theirs.unique(nil)[0], true},
		{"another address", board.unique([]netip.Addr{netip.MustParseAddr("192.0.2.8")})[2], true},
		{"our own words", ours[2], false},
		{"one address of two", ours[5], false},
		{"a pointer, which is shared", theirs.pointers()[0], false},
		{"another host", Announcement{Name: "roof"}.unique(addrs)[2], false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := isConflict(c.rr, ours); got != c.want {
				t.Errorf("%v is a conflict: %t", c.rr, got)
			}
		})
	}
	low, high := board.unique(addrs[:1]), board.unique([]netip.Addr{netip.MustParseAddr("192.0.2.200")})
	if !before(low, high) || before(high, low) || before(low, low) {
		t.Error("the order of RFC 6762 section 8.2.1 is by the bytes of the data")
	}
}

// A name is one label of DNS of at most 60 bytes; a refusal says what to do in both languages.
func TestCheckName(t *testing.T) {
	for name, ok := range map[string]bool{"greenhouse": true, "温室2": true, "a-b": true, strings.Repeat("a", 60): true,
		"": false, "-a": false, "a-": false, "a.b": false, "a b": false, "a\x1b": false, strings.Repeat("a", 61): false, "\xff": false} {
		err := CheckName(name)
		if (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
		if e := sockeye.ErrorOf(err); err != nil && (e.Kind != sockeye.Invalid || e.Hint.Zh == "") {
			t.Errorf("%q: %#v", name, e)
		}
	}
}

// Names below .local are for multicast DNS, in any case and with or without a dot at the end,
// and no others are.
func TestIsLocal(t *testing.T) {
	for host, want := range map[string]bool{"a.local": true, "A.LOCAL.": true, "a.b.local": true, "local": false, ".local": false, "a.local.de": false, "alocal": false} {
		if IsLocal(host) != want {
			t.Errorf("%q: %t", host, !want)
		}
	}
}

// Whatever comes from the network, an asker understands it or not, in bounded memory.
func FuzzAnswer(f *testing.F) {
	f.Add(pack(legacy(question("_sockeye._tcp.local.", dns.TypePTR), records()[:1], records()[1:])))
	f.Add(pack(reply(records(), nil)))
	f.Add([]byte{})
	types := []string{OverTCP, OverUDP}
	f.Fuzz(func(t *testing.T, data []byte) {
		a := &asker{heard: &answers{}}
		a.take(packet{link: &link{}, data: data})
		a.heard.addresses(board.host())
		for _, s := range a.heard.services(types) {
			if s.Name == "" || strings.ToValidUTF8(s.Name+s.Host+s.Kind+s.Scheme, "") != s.Name+s.Host+s.Kind+s.Scheme {
				t.Errorf("%+v", s)
			}
		}
		for _, q := range a.heard.missing(types) {
			m := dns.Msg{Question: []dns.Question{q}}
			m.Pack()
		}
	})
}

// Whatever is asked, an answer fits into a packet.
func FuzzQuestion(f *testing.F) {
	f.Add(pack(question("_sockeye._tcp.local.", dns.TypePTR)))
	probe := question(board.host(), dns.TypeANY)
	probe.Ns = records()
	f.Add(pack(probe))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, ok := unpack(data)
		if !ok {
			return
		}
		m.Question = m.Question[:min(len(m.Question), maxQuestions)]
		found, besides := answer(m, records())
		if data := pack(legacy(m, found, besides)); len(data) > maxPacket {
			t.Errorf("%d bytes", len(data))
		}
		for _, rr := range m.Ns {
			isConflict(rr, records())
		}
		before(records(), m.Ns)
	})
}
