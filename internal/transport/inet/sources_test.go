package inet

import (
	"net/netip"
	"slices"
	"sockeye"
	"strings"
	"testing"
)

// Addresses are tried in turns of the families, as RFC 8305 has it, the preferred one first.
func TestInterleave(t *testing.T) {
	parse := func(list string) (out []netip.Addr) {
		for _, s := range strings.Fields(list) {
			out = append(out, netip.MustParseAddr(s))
		}
		return out
	}
	for _, test := range []struct {
		name   string
		addrs  string
		prefer int
		want   string
	}{
		{"keeps the resolver's first family first", "::1 ::2 1.1.1.1 2.2.2.2", 0, "::1 1.1.1.1 ::2 2.2.2.2"},
		{"prefers IPv4", "::1 ::2 1.1.1.1", 4, "1.1.1.1 ::1 ::2"},
		{"prefers IPv6", "1.1.1.1 2.2.2.2 ::1", 6, "::1 1.1.1.1 2.2.2.2"},
		{"one family", "1.1.1.1 2.2.2.2", 6, "1.1.1.1 2.2.2.2"},
		{"nothing", "", 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := Interleave(parse(test.addrs), test.prefer)
			if !slices.Equal(got, parse(test.want)) {
				t.Errorf("got %v, want %s", got, test.want)
			}
		})
	}
}

// Source addresses are tried as they were given, those of the destination's family.
func TestSourcesFitTheDestination(t *testing.T) {
	o := &sockeye.Options{Sources: []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.3")}}
	want := []netip.AddrPort{netip.MustParseAddrPort("127.0.0.2:0"), netip.MustParseAddrPort("127.0.0.3:0")}
	if got := Sources(o, netip.MustParseAddr("1.2.3.4")); !slices.Equal(got, want) {
		t.Errorf("sources %v, want %v", got, want)
	}
	if got := Sources(o, netip.MustParseAddr("::1")); len(got) != 1 || got[0].IsValid() {
		t.Errorf("IPv4 sources for an IPv6 destination: %v", got)
	}
}

// The broadcast address of a prefix is its last address.
func TestDirectedBroadcast(t *testing.T) {
	for prefix, want := range map[string]string{
		"192.168.1.7/24": "192.168.1.255", "10.1.2.3/8": "10.255.255.255", "172.16.5.1/20": "172.16.15.255",
	} {
		if got := lastAddr(netip.MustParsePrefix(prefix)).String(); got != want {
			t.Errorf("%s: %s, want %s", prefix, got, want)
		}
	}
}
