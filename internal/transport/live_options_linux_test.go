package transport_test

import (
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye"
	"sockeye/internal/transport"
	"sockeye/internal/transport/transporttest"
)

// corked asks the kernel whether a peer's connection holds back part of a segment.
func corked(t *testing.T, p *transport.Peer) bool {
	t.Helper()
	var on int
	var failed error
	err := transporttest.Control(p, func(fd uintptr) { on, failed = unix.GetsockoptInt(int(fd), unix.SOL_TCP, unix.TCP_CORK) })
	if err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	return on != 0
}

// C19: cork is set from the beginning, and turned on and off while the session is open,
// for those who are there and those who join later; what was held back then arrives.
func TestCorkIsChangedWhileOpen(t *testing.T) {
	transporttest.OnEachConnKind(t, func(t *testing.T) {
		s, r := transporttest.Listening(t, "tcp", sockeye.Options{Cork: sockeye.On}, nil)
		first := transporttest.DialTCP(t, s)
		p := transporttest.FirstPeer(t, s, r)
		if !corked(t, p) {
			t.Error("opened with cork, the first peer has none")
		}
		for _, piece := range []string{"held ", "back"} {
			if _, err := p.Send(t.Context(), []byte(piece)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.SetOptions(&sockeye.Options{Cork: sockeye.Off}); err != nil {
			t.Fatal(err)
		}
		if corked(t, p) {
			t.Error("turned off, and it still is corked")
		}
		got := make([]byte, 9)
		if _, err := io.ReadFull(first, got); err != nil || string(got) != "held back" {
			t.Errorf("%q arrived, %v", got, err)
		}
		for n, on := range []sockeye.OptionalBool{sockeye.Off, sockeye.On} {
			if err := s.SetOptions(&sockeye.Options{Cork: on}); err != nil {
				t.Fatal(err)
			}
			transporttest.DialTCP(t, s)
			r.WaitKind(t, sockeye.Joined, n+2)
			for _, p := range s.Peers() {
				if corked(t, p) != (on == sockeye.On) {
					t.Errorf("cork is to be %v, peer %d of %d has it: %v", on == sockeye.On, p.ID, n+2, corked(t, p))
				}
			}
		}
		if got := s.LiveOptions().Cork; got != sockeye.On {
			t.Errorf("the session says cork is %v", got)
		}
	})
}

// acksAlone is a rule that counts segments without data: IP and TCP headers with the
// timestamps option have 52 bytes.
const acksAlone = "ip length 52 tcp sport 7000 counter name acks"

// C19: with quick-ack every message of a dialogue is acknowledged by a segment of its own,
// before its answer; the kernel would send the acknowledgement with the answer. It is
// turned on while the session is open.
func TestQuickAckIsSeenOnTheWire(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	const rounds = 200
	transporttest.OnEachConnKind(t, func(t *testing.T) {
		s, _ := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, transporttest.HereIP+":7000")}, transporttest.Echoing{})
		c := clientOf(t, there, s, "tcp")
		if err := s.SetOptions(&sockeye.Options{QuickAck: sockeye.On}); err != nil {
			t.Fatal(err)
		}
		there.Rules(t, "counter acks { }", acksAlone)
		buf := make([]byte, 1)
		for range rounds {
			if _, err := c.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(c, buf); err != nil {
				t.Fatal(err)
			}
		}
		if n := there.Counted(t, "acks"); n < rounds {
			t.Errorf("%d acknowledgements for %d messages, want one for each", n, rounds)
		}
	})
}

// C39: with dont-fragment a datagram that is too long for the path is refused with the
// path's MTU and what fits, IPv4 and IPv6; what fits arrives; without it the same datagram
// goes out in fragments.
func TestDontFragmentNamesThePathMTU(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	transporttest.Run(t, "ip", "address", "add", "2001:db8:77::1/64", "dev", "va")
	there.Run(t, "ip", "address", "add", "2001:db8:77::2/64", "dev", "vb")
	transporttest.OnEachConnKind(t, func(t *testing.T) {
		for _, family := range []struct {
			host, fits string
			most       int
		}{{transporttest.ThereIP, "its MTU is 1500, so at most 1472 bytes", 1472}, {"2001:db8:77::2", "its MTU is 1500, so at most 1452 bytes", 1452}} {
			var c net.PacketConn
			transporttest.Eventually(t, "the address can be bound", func() bool {
				var err error
				there.Do(func() { c, err = net.ListenPacket("udp", net.JoinHostPort(family.host, "0")) })
				return err == nil
			})
			to := c.LocalAddr().(*net.UDPAddr).AddrPort()
			client := udpTo(t, to, sockeye.Options{DontFragment: sockeye.On})
			_, err := client.Send(t.Context(), make([]byte, family.most+1))
			if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.TooLarge || !strings.Contains(e.Error(), family.fits) || !strings.Contains(e.Hint.En, "--dont-fragment") {
				t.Errorf("%v: got %v", to, err)
			}
			listening, _ := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, "udp://:0"), Options: sockeye.Options{DontFragment: sockeye.On}}, nil)
			reached, err := listening.Reach(sockeye.IPSocketAddr(to))
			if err != nil {
				t.Fatal(err)
			}
			if _, err = reached.Send(t.Context(), make([]byte, family.most+1)); sockeye.ErrorOf(err) == nil || !strings.Contains(err.Error(), family.fits) {
				t.Errorf("from a listening socket to %v: got %v", to, err)
			}
			if _, err := client.Send(t.Context(), make([]byte, family.most)); err != nil {
				t.Errorf("what fits is refused: %v", err)
			}
			fragments := udpTo(t, to, sockeye.Options{DontFragment: sockeye.Off})
			if _, err := fragments.Send(t.Context(), make([]byte, family.most+2)); err != nil {
				t.Errorf("fragments are allowed, and: %v", err)
			}
			buf := make([]byte, 4000)
			for _, want := range []int{family.most, family.most + 2} {
				if n, _, err := c.ReadFrom(buf); err != nil || n != want {
					t.Errorf("%d bytes arrived, %v; want %d", n, err, want)
				}
			}
			c.Close()
		}
	})
}

// C39: a router that may not cut a datagram says which MTU its link has; that is told of
// the datagram it was, and the next one, which fits, is sent and not taken for too long.
func TestRouterThatMayNotFragmentIsHeard(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	// The other machine is a router to a network behind a link of 800 bytes.
	there.Run(t, "sysctl", "-qw", "net.ipv4.ip_forward=1")
	there.Run(t, "ip", "link", "add", "behind", "mtu", "800", "type", "veth", "peer", "name", "beyond")
	there.Run(t, "ip", "link", "set", "beyond", "up")
	there.Run(t, "ip", "address", "add", "198.51.100.1/24", "dev", "behind")
	there.Run(t, "ip", "link", "set", "behind", "up")
	there.Run(t, "ip", "neigh", "add", "198.51.100.2", "lladdr", "02:00:00:00:00:02", "dev", "behind")
	transporttest.Run(t, "ip", "route", "add", "198.51.100.0/24", "via", transporttest.ThereIP)
	transporttest.OnEachConnKind(t, func(t *testing.T) {
		transporttest.Run(t, "ip", "route", "flush", "cache")
		s, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, "udp://198.51.100.2:7"), Options: sockeye.Options{DontFragment: sockeye.On}}, nil)
		p := s.Peers()[0]
		if _, err := p.Send(t.Context(), make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		e := r.WaitKind(t, sockeye.Failed, 1).Detail.Err
		if e.Kind != sockeye.TooLarge || !strings.Contains(e.Error(), "did not arrive: too long for a link on the way, whose MTU is 800: at most 772 bytes") {
			t.Errorf("got kind %q: %v", e.Kind, e)
		}
		if _, err := p.Send(t.Context(), make([]byte, 772)); err != nil {
			t.Errorf("what fits is refused: %v", err)
		}
		if failed := r.All(transporttest.IsKind(sockeye.Failed)); len(failed) != 1 {
			t.Errorf("%d failures, want 1\n%s", len(failed), r)
		}
	})
}

func udpTo(t *testing.T, to netip.AddrPort, o sockeye.Options) *transport.Peer {
	t.Helper()
	s, _ := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, "udp://"+to.String()), Options: o}, nil)
	return s.Peers()[0]
}

// C18, C19: options are changed for one peer alone, and for all again: then it has what
// was given, and keeps what was not.
func TestOptionsOfOnePeer(t *testing.T) {
	transporttest.OnEachConnKind(t, func(t *testing.T) {
		s, r := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
		transporttest.DialTCP(t, s)
		transporttest.DialTCP(t, s)
		r.WaitKind(t, sockeye.Joined, 2)
		peers := s.Peers()
		if err := peers[0].SetOptions(&sockeye.Options{Cork: sockeye.On, QuickAck: sockeye.On}); err != nil {
			t.Fatal(err)
		}
		has := func(when string, want ...bool) {
			t.Helper()
			for n, p := range peers {
				quick := p.LiveOptions().QuickAck == sockeye.On
				if corked(t, p) != want[2*n] || quick != want[2*n+1] || p.HasOwnOptions() != (n == 0) {
					t.Errorf("%s: peer %d has cork %v, quick-ack %v, its own %v", when, n+1, corked(t, p), quick, p.HasOwnOptions())
				}
			}
		}
		has("for one", true, true, false, false)
		if err := s.SetOptions(&sockeye.Options{Cork: sockeye.Off}); err != nil {
			t.Fatal(err)
		}
		has("off for all", false, true, false, false)
		if err := s.SetOptions(&sockeye.Options{Cork: sockeye.On}); err != nil {
			t.Fatal(err)
		}
		has("on for all", true, true, true, false)
	})
}

// A peer of UDP has no socket of its own.
func TestOptionsOfADatagramPeer(t *testing.T) {
	s, _ := transporttest.Listening(t, "udp", sockeye.Options{}, nil)
	p, err := s.Reach(sockeye.ParseSocketAddr("127.0.0.1:9"))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.SetOptions(&sockeye.Options{Broadcast: sockeye.On}); sockeye.ErrorOf(err) == nil || sockeye.ErrorOf(err).Kind != sockeye.Unsupported {
		t.Errorf("got %v", err)
	}
}
