package transport_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"sockeye/internal/transport"
	"sockeye/internal/transport/transporttest"
	"testing"
	"time"

	"sockeye"
)

// What a path that passes only small packets, or only few, does to connections.

// clientOf connects from the machine to a session here.
func clientOf(t *testing.T, m *transporttest.Host, s *transport.Session, network string) net.Conn {
	t.Helper()
	var c net.Conn
	var err error
	m.Do(func() { c, err = net.Dial(network, s.Locals()[0].String()) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(transporttest.Patience))
	return c
}

// F38: where long packets disappear and nobody says so, a small message is echoed, and a
// large one ends the connection once the peer has answered nothing for the answer timeout;
// all of it is counted as not arrived.
func TestLargeSendIntoMTUBlackHoleIsGivenUp(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	transporttest.Sysctl(t, "net.ipv4.tcp_mtu_probing", "0") // the kernel does not find it out by itself
	there.Rules(t, "", "ip length > 576 drop", "ip protocol icmp drop")
	transporttest.OnEachConnKind(t, func(t *testing.T) {
		for _, size := range []int{20_000, 2 << 20} { // what the kernel takes at once, and more than that
			t.Run(fmt.Sprint(size), func(t *testing.T) { testLargeSendIntoMTUBlackHole(t, there, size) })
		}
	})
}

func testLargeSendIntoMTUBlackHole(t *testing.T, there *transporttest.Host, size int) {
	o := sockeye.Options{KeepAliveIdle: time.Second, KeepAliveInterval: 500 * time.Millisecond, KeepAliveCount: 1}
	s, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, transporttest.HereIP+":0"), Options: o}, transporttest.Echoing{})
	c := clientOf(t, there, s, "tcp")
	small, got := numbered(400), make([]byte, 400)
	began := time.Now()
	if _, err := c.Write(small); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, small) {
		t.Fatalf("of the small message %.20q came back: %v", got, err)
	}
	taken, err := transporttest.FirstPeer(t, s, r).Send(t.Context(), make([]byte, size))
	if (err == nil) != (taken == size) {
		t.Errorf("%d of %d bytes were taken: %v", taken, size, err)
	}
	checkVanished(t, r, size)
	if took, limit := time.Since(began), s.Endpoint().AnswerTimeout(); took < limit {
		t.Errorf("given up after %v, want %v at least", took, limit)
	}
	if taken < size {
		if e := r.WaitKind(t, sockeye.Failed, 1); e.Detail.Unsent != size-taken {
			t.Errorf("%d bytes are told to be unsent, want %d", e.Detail.Unsent, size-taken)
		}
	}
}

// fragmentsLost is a rule that counts and drops every part of a datagram that was cut
// for being longer than the MTU. Only before the parts are put together can it see them.
var fragmentsLost = transporttest.Ruleset("prerouting", "counter lost { }", "ip frag-off & 0x3fff != 0 counter name lost drop")

// F38: a datagram longer than the MTU arrives whole, as one event; where fragments are lost
// it does not arrive, in either direction, and the small one after it does.
func TestDatagramIsLostWithItsFragments(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	transporttest.OnEachConnKind(t, func(t *testing.T) { testDatagramIsLostWithItsFragments(t, there) })
}

func testDatagramIsLostWithItsFragments(t *testing.T, there *transporttest.Host) {
	transporttest.Run(t, "nft", transporttest.Ruleset("prerouting", ""))
	there.Run(t, "nft", fragmentsLost)
	s, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, "udp://"+transporttest.HereIP+":0")}, transporttest.Echoing{})
	c := clientOf(t, there, s, "udp")
	large, buf := numbered(4000), make([]byte, 8000)
	var heard []string
	for n, lost := range []bool{false, true} {
		if lost {
			transporttest.Run(t, "nft", fragmentsLost)
		}
		small := fmt.Sprintf("small %d", n)
		for _, datagram := range [][]byte{large, []byte(small)} {
			if _, err := c.Write(datagram); err != nil {
				t.Fatal(err)
			}
		}
		if !lost {
			heard = append(heard, string(large))
		}
		heard = append(heard, small)
		got, err := c.Read(buf)
		if err != nil || string(buf[:got]) != small {
			t.Fatalf("the first answer is %d bytes %.20q, %v; want that to the small datagram", got, buf[:got], err)
		}
	}
	if n := there.Counted(t, "lost"); n != 3 {
		t.Errorf("%d fragments of the answer were lost, want 3", n)
	}
	for _, kind := range []sockeye.EventKind{sockeye.Received, sockeye.Sent} {
		r.WaitKind(t, kind, len(heard))
		events := r.All(transporttest.IsKind(kind))
		if len(events) != len(heard) {
			t.Fatalf("%d datagrams %v, want %d\n%s", len(events), kind, len(heard), r)
		}
		for n, e := range events {
			if string(e.Data) != heard[n] {
				t.Errorf("datagram %d %v: %d bytes %.20q, want %d", n, kind, len(e.Data), e.Data, len(heard[n]))
			}
		}
	}
}

// F37: over links from 9.6 kbit/s to 2 Mbit/s every byte comes in order, there and back,
// and a peer that acknowledges is kept, although the whole takes longer than the answer
// timeout.
func TestSlowPeerIsKeptWhileItAcknowledges(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	ends := map[string]func(*testing.T, string, ...string) string{"va": transporttest.Run, "vb": there.Run}
	for end, run := range ends {
		run(t, "ip", "link", "set", end, "mtu", "576", "gso_max_segs", "1") // 0.5 s each at 9.6 kbit/s
	}
	for _, link := range []struct {
		rate, burst string
		bytes       int
	}{{"9600bit", "600", 3_000}, {"2mbit", "5000", 520_000}} {
		for end, run := range ends {
			run(t, "tc", "qdisc", "replace", "dev", end, "root", "tbf", "rate", link.rate, "burst", link.burst, "latency", "60s")
		}
		t.Run(link.rate, func(t *testing.T) { testSlowPeerIsKept(t, there, link.bytes) })
	}
}

func testSlowPeerIsKept(t *testing.T, there *transporttest.Host, size int) {
	o := sockeye.Options{KeepAliveIdle: time.Second, KeepAliveInterval: time.Second, KeepAliveCount: 1}
	s, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, transporttest.HereIP+":0"), Options: o}, transporttest.Echoing{})
	c := clientOf(t, there, s, "tcp")
	p := transporttest.FirstPeer(t, s, r)
	want, got := numbered(size), make([]byte, size)
	began := time.Now()
	go c.Write(want)
	if n, err := io.ReadFull(c, got); err != nil {
		t.Fatalf("%d of %d bytes came back: %v\n%s", n, size, err, r)
	}
	if took, limit := time.Since(began), s.Endpoint().AnswerTimeout(); took < limit {
		t.Errorf("all came back in %v, which is less than the answer timeout of %v", took, limit)
	}
	if !bytes.Equal(got, want) {
		t.Error("something else came back")
	}
	if heard := r.WaitBytes(t, sockeye.Received, size); !bytes.Equal(heard, want) {
		t.Error("something else is recorded")
	}
	transporttest.Eventually(t, "everything is acknowledged", func() bool { return p.Status().Unsent == 0 })
	if over := r.All(func(e sockeye.Event) bool { return e.Kind == sockeye.Left || e.Kind == sockeye.Failed }); len(over) > 0 {
		t.Errorf("the session has given up:\n%s", r)
	}
}
