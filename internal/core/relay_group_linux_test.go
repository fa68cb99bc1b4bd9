package core

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/transport/transporttest"
)

// groupMember answers from its own address what is sent to 239.1.2.3:5000, on another machine.
func groupMember(t *testing.T) {
	t.Helper()
	transporttest.Cable(t).Do(func() {
		i, err := net.InterfaceByName("vb")
		if err != nil {
			t.Fatal(err)
		}
		c, err := net.ListenMulticastUDP("udp4", i, &net.UDPAddr{IP: net.IPv4(239, 1, 2, 3), Port: 5000})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		go func() {
			for b := make([]byte, 100); ; {
				n, from, err := c.ReadFrom(b)
				if err != nil {
					return
				}
				c.WriteTo(append([]byte("I heard "), b[:n]...), from)
			}
		}()
	})
}

// What the members of a group answer from their own addresses goes back to who asked, with and
// without faults, and to all who share the connection to the group.
func TestRelayToAGroup(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	groupMember(t)
	for name, o := range map[string]RelayOptions{"pairs": {}, "faults": {Faults: faultsOf(t, "", "latency 5ms")}, "shared": {Share: "all"}} {
		t.Run(name, func(t *testing.T) {
			bench := New(0)
			t.Cleanup(func() {
				ctx, cancel := context.WithTimeout(context.Background(), patience)
				defer cancel()
				bench.Shutdown(ctx)
			})
			up := sockeye.Endpoint{Mode: sockeye.Connect, Address: addressOf(t, "udp://239.1.2.3:5000"), Options: sockeye.Options{Interface: "va"}}
			s, err := bench.OpenRelay(t.Context(), sockeye.Endpoint{Mode: sockeye.Listen, Address: addressOf(t, "udp://127.0.0.1:0")}, up, o)
			if err != nil {
				t.Fatal(err)
			}
			var clients []net.Conn
			for _, question := range []string{"one", "other"} {
				c, err := net.Dial("udp", s.Locals()[0].String())
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				clients = append(clients, c)
				c.Write([]byte(question))
				for _, to := range clients {
					if to != c && name != "shared" {
						continue
					}
					to.SetDeadline(time.Now().Add(patience))
					got := make([]byte, 100)
					if n, err := to.Read(got); err != nil || string(got[:n]) != "I heard "+question {
						t.Errorf("%q, %v", got[:n], err)
					}
				}
			}
			member := netip.MustParseAddrPort("10.77.0.2:5000")
			waitUntil(t, "what the member sent is the member's", func() bool {
				for _, s := range bench.Sessions() {
					for _, p := range s.Peers() {
						if p.Remote == sockeye.IPSocketAddr(member) && p.Counters().ReceivedBytes > 0 {
							return true
						}
					}
				}
				return false
			})
		})
	}
}
