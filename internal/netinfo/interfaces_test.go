package netinfo

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func iface(name string, up bool, prefixes ...string) Interface {
	i := Interface{Name: name, Up: up, Loopback: name == "lo", Virtual: virtualName(name)}
	for _, s := range prefixes {
		p := netip.MustParsePrefix(s)
		a := InterfaceAddress{Prefix: p, Scope: scopeOf(p.Addr())}
		if a.Scope == ScopeLinkLocal && p.Addr().Is6() {
			a.Zone = name
		}
		i.Addresses = append(i.Addresses, a)
	}
	return i
}

func names(list []Interface) []string {
	var out []string
	for _, i := range list {
		out = append(out, i.Name)
	}
	return out
}

// Interfaces are listed by how likely a board reaches them, the one of the default route first
// and those that are down last, and so are the addresses of each.
func TestArrange(t *testing.T) {
	list := []Interface{
		iface("lo", true, "127.0.0.1/8", "::1/128"),
		iface("docker0", true, "172.17.0.1/16"),
		iface("eth1", false, "10.9.9.9/24"),
		iface("wlan0", true, "fe80::2/64"),
		iface("usb0", true, "10.0.0.5/24"),
		iface("eth0", true, "fe80::1/64", "2001:db8:7::5/64", "192.168.1.7/24", "192.168.1.23/24"),
	}
	arrange(list, []netip.Addr{netip.MustParseAddr("192.168.1.23"), {}})
	if diff := cmp.Diff([]string{"eth0", "usb0", "wlan0", "docker0", "lo", "eth1"}, names(list)); diff != "" {
		t.Error(diff)
	}
	var addrs []string
	for _, a := range list[0].Addresses {
		addrs = append(addrs, a.Addr().String())
	}
	if diff := cmp.Diff([]string{"192.168.1.23", "192.168.1.7", "2001:db8:7::5", "fe80::1%eth0"}, addrs); diff != "" {
		t.Error(diff)
	}
	if !list[0].Default || list[1].Default {
		t.Error("the default route is not marked")
	}
}

// The address to give a board is the likeliest of an interface that is up; the loopback is only
// a last resort, and says so.
func TestBoardAddress(t *testing.T) {
	for name, c := range map[string]struct {
		list []Interface
		want string
		ok   bool
	}{
		"private":         {[]Interface{iface("eth0", true, "fe80::1/64", "192.168.1.23/24")}, "192.168.1.23", true},
		"second has v4":   {[]Interface{iface("eth0", true, "fe80::1/64"), iface("wlan0", true, "10.0.0.5/24")}, "10.0.0.5", true},
		"global v6":       {[]Interface{iface("eth0", true, "fe80::1/64", "2001:db8::5/64")}, "2001:db8::5", true},
		"one cable":       {[]Interface{iface("eth0", true, "fe80::1/64")}, "fe80::1%eth0", true},
		"self-assigned":   {[]Interface{iface("eth0", true, "169.254.3.4/16")}, "169.254.3.4", true},
		"down":            {[]Interface{iface("eth0", false, "192.168.1.23/24")}, "127.0.0.1", false},
		"loopback only":   {[]Interface{iface("lo", true, "127.0.0.1/8")}, "127.0.0.1", false},
		"nothing at all":  {nil, "127.0.0.1", false},
		"provider's NAT":  {[]Interface{iface("eth0", true, "100.64.1.1/10")}, "100.64.1.1", true},
		"unnumbered only": {[]Interface{iface("eth0", true)}, "127.0.0.1", false},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := BoardAddress(c.list)
			if got.String() != c.want || ok != c.ok {
				t.Errorf("got %s %v, want %s %v", got, ok, c.want, c.ok)
			}
		})
	}
}

// A link-local address comes with its zone, and never from an interface that is down.
func TestLinkLocalAddress(t *testing.T) {
	list := []Interface{iface("eth1", false, "fe80::9/64"), iface("eth0", true, "10.0.0.1/8", "fe80::1/64")}
	if got, ok := LinkLocalAddress(list); got.String() != "fe80::1%eth0" || !ok {
		t.Errorf("got %s %v", got, ok)
	}
	if got, ok := LinkLocalAddress(list[:1]); ok {
		t.Errorf("an interface that is down gave %s", got)
	}
}

// Each address has the scope that its block was assigned for.
func TestScopes(t *testing.T) {
	for s, want := range map[string]AddressScope{
		"127.0.0.1": ScopeLoopback, "::1": ScopeLoopback, "169.254.1.1": ScopeLinkLocal, "fe80::1": ScopeLinkLocal,
		"192.168.1.1": ScopePrivate, "10.1.1.1": ScopePrivate, "fd00::1": ScopePrivate, "100.100.1.1": ScopeShared,
		"8.8.8.8": ScopeGlobal, "2001:db8::1": ScopeGlobal,
	} {
		if got := scopeOf(netip.MustParseAddr(s)); got != want {
			t.Errorf("%s is %s, want %s", s, got, want)
		}
	}
}

// The real machine has at least a loopback interface, and says so.
func TestInterfacesReal(t *testing.T) {
	list, err := Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		if i.Loopback && len(i.Addresses) > 0 && i.Addresses[0].Scope == ScopeLoopback {
			return
		}
	}
	t.Errorf("no loopback interface in %+v", list)
}
