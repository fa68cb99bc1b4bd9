package transport_test

import (
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/netinfo/netinfotest"
	"sockeye/internal/transport/transporttest"
)

// F42: where IPv6 is broken and IPv4 is not, a name with addresses of both connects over
// IPv4 a quarter of a second later (RFC 8305), and the record says what was tried.
func TestBrokenIPv6CostsAQuarterOfASecond(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	there.Run(t, "ip", "address", "add", "2001:db8:77::2/64", "dev", "vb")
	transporttest.Run(t, "ip", "address", "add", "2001:db8:77::1/64", "dev", "va")
	transporttest.NameServer(t, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
	netinfotest.ServeNames(t, "127.0.0.1:53", netinfotest.Zone{Hosts: map[string][]string{"pc.test.": {"2001:db8:77::2", transporttest.ThereIP}}})
	there.Serve(t, ":7000")
	there.Rules(t, "", "meta nfproto ipv6 tcp dport 7000 drop")

	s, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, "pc.test:7000")}, nil)
	if got := s.Peers()[0].Remote.String(); got != transporttest.ThereIP+":7000" {
		t.Errorf("connected to %s", got)
	}
	attempts := r.WaitKind(t, sockeye.Joined, 1).Detail.Attempts
	if len(attempts) != 2 || attempts[0].Address.Addr().Is4() || !attempts[1].Address.Addr().Is4() {
		t.Fatalf("attempts: %+v", attempts)
	}
	if after := attempts[1].After; after < 250*time.Millisecond || after > 5*time.Second {
		t.Errorf("IPv4 was tried after %v", after)
	}
}

// F40: a client that is to reconnect comes back by itself when its interface, which went
// down and came up with another address, can reach the server again.
func TestReconnectsFromANewAddress(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	there.Serve(t, ":7000")
	s, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, transporttest.ThereIP+":7000"),
		Options: sockeye.Options{Reconnect: true, KeepAliveIdle: time.Second, KeepAliveInterval: time.Second, KeepAliveCount: 1}}, nil)
	r.WaitKind(t, sockeye.Joined, 1)
	transporttest.Run(t, "ip", "link", "set", "va", "down")
	transporttest.Run(t, "ip", "address", "flush", "dev", "va")
	r.WaitKind(t, sockeye.Left, 1)
	r.WaitKind(t, sockeye.Failed, 1) // it cannot reach the server
	transporttest.Run(t, "ip", "address", "add", "10.77.0.9/24", "dev", "va")
	transporttest.Run(t, "ip", "link", "set", "va", "up")
	r.WaitKind(t, sockeye.Joined, 2)
	if got := s.Peers()[0].Local.AddrPort().Addr().String(); got != "10.77.0.9" {
		t.Errorf("it comes back from %s", got)
	}
}
