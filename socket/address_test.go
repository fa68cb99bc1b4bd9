package socket

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// An address in the form of package net means one numeric address of the socket's family, and a
// name of a service its port.
func TestResolve(t *testing.T) {
	for _, test := range []struct {
		family  Family
		typ     Type
		address string
		want    string
	}{
		{AF_INET, SOCK_STREAM, "192.168.1.111:10000", "192.168.1.111:10000"},
		{AF_INET, SOCK_STREAM, ":0", "0.0.0.0:0"},
		{AF_INET, SOCK_STREAM, "localhost:10000", "127.0.0.1:10000"},
		{AF_INET, SOCK_STREAM, "LOCALHOST.:65535", "127.0.0.1:65535"},
		{AF_INET, SOCK_STREAM, "127.0.0.1:http", "127.0.0.1:80"},
		{AF_INET, SOCK_DGRAM, "127.0.0.1:domain", "127.0.0.1:53"},
		{AF_INET6, SOCK_STREAM, "[::1]:10000", "[::1]:10000"},
		{AF_INET6, SOCK_STREAM, ":10000", "[::]:10000"},
		{AF_INET6, SOCK_STREAM, "localhost:10000", "[::1]:10000"},
		{AF_INET6, SOCK_STREAM, "[fe80::1%1]:10000", "[fe80::1%1]:10000"},
		{AF_INET6, SOCK_STREAM, "[::ffff:127.0.0.1]:1", "[::ffff:127.0.0.1]:1"},
	} {
		t.Run(test.family.String()+" "+test.address, func(t *testing.T) {
			s := &Socket{family: test.family, typ: test.typ}
			got, err := s.resolve(context.Background(), test.address, wildcard)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// An address that is malformed or of another family is refused with the reason, by an Error that
// names the operation and the address as it was given.
func TestRefusedAddresses(t *testing.T) {
	for _, test := range []struct {
		family  Family
		address string
		text    string
		want    error
	}{
		{AF_INET, "", "missing port in address", nil},
		{AF_INET, "127.0.0.1", "missing port in address", nil},
		{AF_INET, "127.0.0.1:", "missing port in address", nil},
		{AF_INET, "127.0.0.1:65536", "port is not from 0 to 65535", nil},
		{AF_INET, "127.0.0.1:-1", "port is not from 0 to 65535", nil},
		{AF_INET, "127.0.0.1:+80", "port is not from 0 to 65535", nil},
		{AF_INET, "127.0.0.1:99999999999999999999", "port is not from 0 to 65535", nil},
		{AF_INET, "::1:80", "too many colons in address", nil},
		{AF_INET, "[::1:80", "missing ']' in address", nil},
		{AF_INET, "[::1]:80", "", syscall.EAFNOSUPPORT},
		{AF_INET6, "127.0.0.1:80", "", syscall.EAFNOSUPPORT},
		{AF_INET6, "[fe80::1%no-such-if]:80", "no such network interface", nil},
	} {
		t.Run(test.family.String()+" "+test.address, func(t *testing.T) {
			s, err := New(test.family, SOCK_STREAM)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			err = s.Connect(test.address)
			var e *Error
			if !errors.As(err, &e) || e.Op != "connect" || e.Address != test.address {
				t.Fatalf("Connect = %#v", err)
			}
			if test.want != nil && !errors.Is(err, test.want) || !strings.HasSuffix(err.Error(), test.text) {
				t.Errorf("Connect = %v, want %q %v", err, test.text, test.want)
			}
		})
	}
}

// GetAddrInfo lists an address for each family and type that the hints leave.
func TestGetAddrInfo(t *testing.T) {
	four := func(typ Type, a string) AddrInfo { return AddrInfo{AF_INET, typ, a, netip.MustParseAddrPort(a)} }
	six := func(typ Type, a string) AddrInfo { return AddrInfo{AF_INET6, typ, a, netip.MustParseAddrPort(a)} }
	for _, test := range []struct {
		name, host, port string
		hints            []Hint
		want             []AddrInfo
	}{
		{"numeric", "14.215.177.38", "80", nil,
			[]AddrInfo{four(SOCK_STREAM, "14.215.177.38:80"), four(SOCK_DGRAM, "14.215.177.38:80")}},
		{"numeric IPv6", "fe80::1%eth0", "80", []Hint{SOCK_DGRAM}, []AddrInfo{six(SOCK_DGRAM, "[fe80::1%eth0]:80")}},
		{"localhost", "localhost", "10000", []Hint{SOCK_STREAM},
			[]AddrInfo{four(SOCK_STREAM, "127.0.0.1:10000"), six(SOCK_STREAM, "[::1]:10000")}},
		{"family", "localhost", "10000", []Hint{AF_INET6, SOCK_STREAM}, []AddrInfo{six(SOCK_STREAM, "[::1]:10000")}},
		{"service", "127.0.0.1", "https", []Hint{SOCK_STREAM}, []AddrInfo{four(SOCK_STREAM, "127.0.0.1:443")}},
		{"nothing", "", "", []Hint{AF_INET, SOCK_STREAM}, []AddrInfo{four(SOCK_STREAM, "127.0.0.1:0")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := GetAddrInfo(test.host, test.port, test.hints...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, cmpopts.EquateComparable(netip.AddrPort{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Each way in which GetAddrInfo fails can be told from the others: no such host, no such
// service, the wrong family, a port out of range.
func TestGetAddrInfoErrors(t *testing.T) {
	var dns *net.DNSError
	// A label of 64 bytes is no name, so that nobody is asked.
	_, err := GetAddrInfo(strings.Repeat("a", 64)+".invalid", "80")
	if !errors.As(err, &dns) || !dns.IsNotFound {
		t.Errorf("no such host: %v", err)
	}
	if _, err = GetAddrInfo("127.0.0.1", "no-such-service"); err == nil {
		t.Error("no such service: no error")
	}
	if _, err = GetAddrInfo("127.0.0.1", "80", AF_INET6); !errors.Is(err, syscall.EAFNOSUPPORT) {
		t.Errorf("wrong family: %v", err)
	}
	_, err = GetAddrInfo("127.0.0.1", "70000")
	if err == nil || err.Error() != "getaddrinfo 127.0.0.1:70000: port is not from 0 to 65535" {
		t.Errorf("wrong port: %v", err)
	}
}

// The zone of each interface of this machine is found by name and named back by index.
func TestZones(t *testing.T) {
	interfaces, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range interfaces {
		index, err := zoneIndex(i.Name)
		if err != nil || int(index) != i.Index || zoneName(index) != i.Name {
			t.Errorf("%s is %d (%v), named back %s", i.Name, index, err, zoneName(index))
		}
	}
}

// What splits joins back to the same, and literals survive the sockaddr.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{
		"127.0.0.1:10000", ":0", "[::1]:80", "[fe80::1%1]:10000", "localhost:http", "[::ffff:1.2.3.4]:1", "::1:80", "[]:", "a:b:c", "%:1",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, address string) {
		host, port, err := splitAddress(address)
		if err != nil {
			return
		}
		if port == "" {
			t.Fatalf("%q: empty port", address)
		}
		again, portAgain, err := splitAddress(net.JoinHostPort(host, port))
		if err != nil || again != host || portAgain != port {
			t.Fatalf("%q: %q %q, then %q %q, %v", address, host, port, again, portAgain, err)
		}
		ip, err := netip.ParseAddr(host)
		if err != nil || strings.Trim(ip.Zone(), "0123456789") != "" {
			return
		}
		sa, err := sockaddrOf(netip.AddrPortFrom(ip, 10000))
		if err != nil {
			return
		}
		if back := addrPortOf(sa); back.Addr().WithZone("") != ip.WithZone("") || back.Port() != 10000 {
			t.Fatalf("%q became %v", address, back)
		}
	})
}
