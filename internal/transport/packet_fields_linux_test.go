package transport_test

import (
	"net"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye"
	"sockeye/internal/transport"
	"sockeye/internal/transport/transporttest"
)

// C50: TTL, DSCP and mark are what the system says that the sockets of both ends have, and
// what their packets carry, of TCP and UDP, over IPv4 and IPv6.
func TestPacketFields(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	transporttest.Run(t, "ip", "address", "add", "2001:db8:77::1/64", "dev", "va", "nodad")
	there.Run(t, "ip", "address", "add", "2001:db8:77::2/64", "dev", "vb", "nodad")
	o := sockeye.Options{TTL: 77, DSCP: 46, Mark: 51820}
	transporttest.Run(t, "nft", transporttest.Ruleset("output", "", "oifname va meta l4proto { tcp, udp } meta mark != 51820 drop"))
	for _, family := range []struct {
		ours, theirs, matches string
	}{
		{transporttest.HereIP, transporttest.ThereIP, "ip ttl 77 ip dscp ef"},
		{"2001:db8:77::1", "2001:db8:77::2", "ip6 hoplimit 77 ip6 dscp ef"},
	} {
		t.Run(family.ours, func(t *testing.T) {
			l := there.Serve(t, net.JoinHostPort(family.theirs, "0"))
			// A packet from here that does not have both is dropped there, the handshake's included.
			there.Rules(t, "counter right { }", "meta l4proto { tcp, udp } "+family.matches+" counter name right accept", "meta l4proto { tcp, udp } drop")
			listening, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, "tcp://"+net.JoinHostPort(family.ours, "0")), Options: o}, transporttest.Echoing{})
			c := clientOf(t, there, listening, "tcp")
			if _, err := c.Write([]byte("hi")); err != nil {
				t.Fatal(err)
			}
			buf := make([]byte, 2)
			if _, err := c.Read(buf); err != nil {
				t.Errorf("no answer: %v", err)
			}
			dialled, dr := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, "tcp://"+l.Addr().String()), Options: o}, nil)
			hasFields(t, transporttest.FirstPeer(t, listening, r), o)
			hasFields(t, transporttest.FirstPeer(t, dialled, dr), o)

			var from net.PacketConn
			var err error
			there.Do(func() { from, err = net.ListenPacket("udp", net.JoinHostPort(family.theirs, "0")) })
			if err != nil {
				t.Fatal(err)
			}
			defer from.Close()
			client := udpTo(t, from.LocalAddr().(*net.UDPAddr).AddrPort(), o)
			hasFields(t, client, o)
			if _, err := client.Send(t.Context(), []byte("hi")); err != nil {
				t.Fatal(err)
			}
			if _, _, err := from.ReadFrom(buf); err != nil {
				t.Error(err)
			}
			if n := there.Counted(t, "right"); n < 6 {
				t.Errorf("%d packets had the fields", n)
			}
		})
	}
}

// hasFields asks the kernel what the packets of a peer's socket have.
func hasFields(t *testing.T, p *transport.Peer, want sockeye.Options) {
	t.Helper()
	is := func(fd uintptr, name string, level, option, want int) {
		if got, err := unix.GetsockoptInt(int(fd), level, option); err != nil || got != want {
			t.Errorf("%v: %s is %d, %v, want %d", p, name, got, err, want)
		}
	}
	transporttest.Control(p, func(fd uintptr) {
		is(fd, "SO_MARK", unix.SOL_SOCKET, unix.SO_MARK, want.Mark)
		is(fd, "IP_TTL", unix.SOL_IP, unix.IP_TTL, want.TTL)
		is(fd, "IP_TOS", unix.SOL_IP, unix.IP_TOS, want.DSCP<<2)
		if p.Remote.Addr().Is6() {
			is(fd, "IPV6_UNICAST_HOPS", unix.SOL_IPV6, unix.IPV6_UNICAST_HOPS, want.TTL)
			is(fd, "IPV6_TCLASS", unix.SOL_IPV6, unix.IPV6_TCLASS, want.DSCP<<2)
		}
	})
}

// C50: who may not mark packets is told so, with the option and what to do.
func TestMarkNeedsRights(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	defer withoutCapability(t, unix.CAP_NET_ADMIN)()
	defer withoutCapability(t, unix.CAP_NET_RAW)()
	for _, network := range []string{"tcp", "udp"} {
		e := openFails(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, network+"://127.0.0.1:0"), Options: sockeye.Options{Mark: 1}})
		if e.Kind != sockeye.NotPermitted || e.Errno != "EPERM" || !strings.Contains(e.Error(), "SO_MARK") || !strings.Contains(e.Hint.En, "sudo") {
			t.Errorf("%s: %v, %+v", network, e, e.Hint)
		}
	}
}
