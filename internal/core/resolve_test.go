package core

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// A host and a service are resolved to an address for each network that has them.
func TestResolve(t *testing.T) {
	for _, c := range []struct {
		name, host, port string
		want             []Resolved
	}{
		{"a literal and a number", "127.0.0.1", "10000", []Resolved{
			{sockeye.TCP, netip.MustParseAddrPort("127.0.0.1:10000")}, {sockeye.UDP, netip.MustParseAddrPort("127.0.0.1:10000")}}},
		{"IPv6", "::1", "0", []Resolved{{sockeye.TCP, netip.MustParseAddrPort("[::1]:0")}, {sockeye.UDP, netip.MustParseAddrPort("[::1]:0")}}},
		{"the name of a service", "127.0.0.1", "http", []Resolved{
			{sockeye.TCP, netip.MustParseAddrPort("127.0.0.1:80")}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Resolve(t.Context(), c.host, c.port)
			if err != nil {
				t.Fatal(err)
			}
			if c.port == "http" {
				got = got[:1] // whether UDP knows it too is the system's to say
			}
			if diff := cmp.Diff(c.want, got, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A host or port that cannot be one is refused as invalid without asking anybody.
func TestResolveRefuses(t *testing.T) {
	for _, c := range []struct{ host, port string }{
		{"127.0.0.1", "65536"}, {"127.0.0.1", "-1"}, {"127.0.0.1", "no-such-service"}, {"1.2.3.4.5", "1"}, {"a/b", "1"},
	} {
		_, err := Resolve(t.Context(), c.host, c.port)
		if e, ok := errors.AsType[*sockeye.Error](err); !ok || e.Kind != sockeye.Invalid {
			t.Errorf("%s %s: %v", c.host, c.port, err)
		}
	}
}
