package netinfo

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/netinfo/netinfotest"
)

// asking is a resolver that asks a test's name server.
func asking(t *testing.T, z netinfotest.Zone) resolver {
	t.Helper()
	return askingAt(netinfotest.ServeNames(t, "127.0.0.1:0", z))
}

func askingAt(server string) resolver {
	return resolver{budget: 300 * time.Millisecond, lookupOne: 100 * time.Millisecond,
		dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "udp", server)
		},
		onLink: func(_ context.Context, host string) ([]netip.Addr, error) { // nothing leaves the machine
			return nil, &sockeye.Error{Kind: sockeye.NoSuchHost, Op: "resolve", Target: host,
				Message: sockeye.Text{En: "nobody on the link", Zh: "没有应答"}, Hint: sockeye.Text{En: "is it switched on?", Zh: "是否已开机？"}}
		}}
}

func addrsOf(list string) (out []netip.Addr) {
	for _, s := range strings.Fields(list) {
		out = append(out, netip.MustParseAddr(s))
	}
	return out
}

// A name is resolved to each address of the wanted family once; literals and localhost are never
// asked for.
func TestResolve(t *testing.T) {
	hasIPv6(t)
	r := asking(t, netinfotest.Zone{Hosts: map[string][]string{
		"both.test.": {"192.0.2.1", "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"}, "four.test.": {"192.0.2.4"}, "six.test.": {"2001:db8::6"},
		// A literal is never asked for.
		"127.0.0.1.": {"192.0.2.66"}, "localhost.": {"192.0.2.66"},
	}})
	for _, test := range []struct {
		name, host string
		family     int
		want       string
	}{
		{"C38 literal wins", "127.0.0.1", 0, "127.0.0.1"},
		{"literal", "2001:db8::1", 6, "2001:db8::1"},
		{"C34 zone", "fe80::1%eth0", 0, "fe80::1%eth0"},
		{"C35 mapped literal", "::ffff:192.0.2.1", 4, "192.0.2.1"},
		{"localhost", "localhost", 0, "127.0.0.1 ::1"},
		{"localhost of IPv4", "localhost", 4, "127.0.0.1"},
		{"localhost of IPv6", "LocalHost.", 6, "::1"},
		{"under localhost", "sockeye.localhost", 4, "127.0.0.1"},
		{"both, each once", "both.test", 0, "192.0.2.1 2001:db8::1"},
		{"both, IPv4 wanted", "both.test", 4, "192.0.2.1"},
		{"both, IPv6 wanted", "both.test", 6, "2001:db8::1"},
		{"only IPv4 there", "four.test", 0, "192.0.2.4"},
		{"only IPv6 there", "six.test.", 0, "2001:db8::6"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := r.resolve(t.Context(), test.host, test.family)
			slices.SortFunc(got, netip.Addr.Compare) // RFC 6724 orders by what this machine has
			if err != nil || !slices.Equal(got, addrsOf(test.want)) {
				t.Errorf("got %v, %v; want %s", got, err, test.want)
			}
		})
	}
}

// C36, C38: each way not to find an address is told apart, and the name server
// that said so is named.
func TestLookupFailuresAreToldApart(t *testing.T) {
	hasIPv6(t)
	z := netinfotest.Zone{
		Hosts:  map[string][]string{"four.test.": {"192.0.2.4"}, "six.test.": {"2001:db8::6"}},
		Errors: map[string]byte{"broken.test.": netinfotest.ServerFailure, "mute.test.": netinfotest.Silence},
	}
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := free.LocalAddr().String()
	free.Close()
	saying := func(n syscall.Errno) resolver {
		r := askingAt("")
		r.dial = func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "udp", Err: os.NewSyscallError("socket", n)}
		}
		return r
	}
	working := asking(t, z)
	for _, test := range []struct {
		name   string
		r      resolver
		host   string
		family int
		kind   sockeye.ErrorKind
		say    string
		hint   string
		zh     string
	}{
		{"no such name", working, "nowhere.test", 0, sockeye.NoSuchHost, "does not know this name", "spelling", "没有这个名称"},
		{"no such name of one family", working, "nowhere.test", 4, sockeye.NoSuchHost, "does not know this name", "spelling", "没有这个名称"},
		{"a bare name", working, "nowhere", 0, sockeye.NoSuchHost, "no such host", "nowhere.local", "找不到主机"},
		{"mDNS", working, "Board.local", 0, sockeye.NoSuchHost, "nobody on the link", "switched on", "没有应答"},
		{"C36 only AAAA", working, "six.test", 4, sockeye.WrongFamily, "only IPv6 addresses (AAAA: 2001:db8::6)", "leave out -4", "只有 IPv6 地址"},
		{"C36 only A", working, "four.test", 6, sockeye.WrongFamily, "only IPv4 addresses (A: 192.0.2.4)", "tcp6://", "只有 IPv4 地址"},
		{"C36 literal", working, "192.0.2.1", 6, sockeye.WrongFamily, "this is an IPv4 address", "leave out -6", "这是 IPv4 地址"},
		{"SERVFAIL", working, "broken.test", 0, sockeye.NameServer, "SERVFAIL", "may still exist", "服务器故障"},
		{"silence", working, "mute.test", 0, sockeye.NameServer, "did not answer in time", "needs none", "没有及时应答"},
		{"nobody there", askingAt(nobody), "any.test", 0, sockeye.NameServer, "no name server answers at", "needs none", "没有域名服务器应答"},
		{"no network", saying(syscall.ENETUNREACH), "any.test", 0, sockeye.NameServer, "no network: the name server", "sockeye addrs", "没有网络"},
		{"F26 no descriptor to ask with", saying(syscall.EMFILE), "any.test", 0, sockeye.LimitReached, "too many open files", "ulimit -n", "上限"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := test.r.resolve(t.Context(), test.host, test.family)
			e := sockeye.ErrorOf(err)
			if e == nil || e.Kind != test.kind || e.Op != "resolve" || e.Target != test.host {
				t.Fatalf("got %+v", e)
			}
			netinfotest.CheckWords(t, e, test.say, test.hint, test.zh)
			if asked := test.name != "mDNS"; asked && (e.Kind == sockeye.NoSuchHost || e.Kind == sockeye.NameServer) {
				if server := nameServers(t); !slices.ContainsFunc(server, func(s string) bool { return strings.Contains(e.Error(), s) }) {
					t.Errorf("%q does not name the server, one of %v", e.Error(), server)
				}
			}
		})
	}
}

// nameServers are those set for this machine: package net believes that it asks
// them.
func nameServers(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("/etc/resolv.conf")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var servers []string
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "nameserver" {
			servers = append(servers, f[1])
		}
	}
	if servers == nil {
		return []string{"127.0.0.1", "[::1]"}
	}
	return servers
}

// C38: a lookup ends with its caller's patience, and then that is the reason.
func TestCanceledLookup(t *testing.T) {
	r := asking(t, netinfotest.Zone{Errors: map[string]byte{"any.test.": netinfotest.Silence}})
	r.budget, r.lookupOne = time.Hour, time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	if _, err := r.resolve(ctx, "any.test", 0); sockeye.ErrorOf(err).Kind != sockeye.Canceled {
		t.Errorf("got %v, want canceled", err)
	}
}

// A caller that set a time is told which name server did not answer in it, and what to do.
func TestLookupOutOfTime(t *testing.T) {
	r := asking(t, netinfotest.Zone{Errors: map[string]byte{"any.test.": netinfotest.Silence}})
	r.budget, r.lookupOne = time.Hour, time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := r.resolve(ctx, "any.test", 0)
	if e := sockeye.ErrorOf(err); e.Kind != sockeye.NameServer || !strings.Contains(e.Message.En, "did not answer in time") || e.Hint.IsZero() {
		t.Errorf("got %v, %+v", err, e)
	}
}

// C38: the budget of a lookup is 5 s, with time for a second server.
func TestLookupTimeIsBounded(t *testing.T) {
	if systemResolver.budget != 5*time.Second || 2*systemResolver.lookupOne >= systemResolver.budget {
		t.Errorf("got %v, %v for one server", systemResolver.budget, systemResolver.lookupOne)
	}
}

// hasIPv6 fails a test where the IPv6 loopback address is missing.
func hasIPv6(t *testing.T) {
	t.Helper()
	if here, err := HasAddress(netip.IPv6Loopback()); err != nil || !here {
		t.Fatalf("this test needs the IPv6 loopback address ::1: %v", err)
	}
}
