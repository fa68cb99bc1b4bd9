package transport_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"sockeye/internal/transport"
	"sockeye/internal/transport/transporttest"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye"
)

// What a bad path between two machines does to connections, and what is told of it.

// numbered are bytes in which every place of a few KiB differs from every other.
func numbered(size int) []byte {
	var b []byte
	for n := 0; len(b) < size; n++ {
		b = fmt.Appendf(b, "%08d ", n)
	}
	return b[:size]
}

// F36: of packets that get lost, 1, 5 or 30 in a hundred, TCP only gets slower: every byte
// comes in order, there and back, and what was sent again is shown.
func TestPacketLoss(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	// Small packets, so that there are enough of them to lose.
	for end, run := range map[string]func(*testing.T, string, ...string) string{"va": transporttest.Run, "vb": there.Run} {
		run(t, "ip", "link", "set", end, "mtu", "576", "gso_max_segs", "1")
	}
	// TCP waits twice as long after each loss of the same packet: which of many packets are
	// lost is left to chance, but 30 of 100 by chance would have no bound in time.
	losses := []struct {
		percent, bytes, port int
		which                string
	}{
		{1, 300_000, 7001, "numgen random mod 100 < 1"},
		{5, 100_000, 7005, "numgen random mod 100 < 5"},
		{30, 15_000, 7030, "numgen inc mod 10 { 0, 1, 5 }"},
	}
	var toHere, toThere []string
	for _, l := range losses {
		rule := fmt.Sprintf("port %d tcp flags & syn == 0 %s drop", l.port, l.which)
		toHere, toThere = append(toHere, "tcp d"+rule), append(toThere, "tcp s"+rule)
	}
	transporttest.Run(t, "nft", transporttest.Ruleset("input", "", toHere...))
	there.Rules(t, "", toThere...)
	for _, l := range losses {
		s, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, fmt.Sprintf("%s:%d", transporttest.HereIP, l.port)),
			Options: sockeye.Options{UserTimeout: transporttest.Patience}}, transporttest.Echoing{})
		var c net.Conn
		var err error
		there.Do(func() { c, err = net.Dial("tcp", s.Locals()[0].String()) })
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(transporttest.Patience))
		want, got := numbered(l.bytes), make([]byte, l.bytes)
		go c.Write(want)
		if _, err := io.ReadFull(c, got); err != nil {
			t.Fatalf("%d %% are lost: %v", l.percent, err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%d %% are lost: something else came back", l.percent)
		}
		p := transporttest.FirstPeer(t, s, r)
		if heard := r.WaitBytes(t, sockeye.Received, l.bytes); !bytes.Equal(heard, want) {
			t.Errorf("%d %% are lost: something else is recorded", l.percent)
		}
		if st := p.Status(); l.percent > 1 && (st.TCP == nil || st.TCP.Retransmits == 0) {
			t.Errorf("%d %% are lost: nothing was sent again", l.percent)
		}
	}
}

// F39: when packets pass in one direction only, both ends of a connection conclude that
// it is dead, in bounded time, whoever is sending and whoever is silent.
func TestOneWayPartition(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	o := sockeye.Options{KeepAliveIdle: time.Second, KeepAliveInterval: time.Second, KeepAliveCount: 2}
	const silent, fromHere, fromThere = 7001, 7002, 7003
	type end struct {
		p *transport.Peer
		r *transporttest.EventLog
	}
	var ends []end
	for _, port := range []uint16{silent, fromHere, fromThere} {
		var s *transport.Session
		var r *transporttest.EventLog
		there.Do(func() {
			s, r = transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, on(port)), Options: o}, nil)
		})
		p, pr := connectedTo(t, port, o)
		ends = append(ends, end{p, pr}, end{transporttest.FirstPeer(t, s, r), r})
	}
	there.Rules(t, "", "ip saddr "+transporttest.HereIP+" drop") // what comes from there still arrives here
	for _, sending := range []end{ends[2], ends[5]} {
		if _, err := sending.p.Send(t.Context(), []byte("hello?")); err != nil {
			t.Fatal(err)
		}
	}
	for n, e := range ends {
		left := e.r.WaitKind(t, sockeye.Left, 1)
		if took := left.Time.Sub(e.p.Status().Since); took > 30*time.Second {
			t.Errorf("end %d: given up after %v, want 30 s at most", n, took)
		}
		if d := left.Detail; d.Err == nil || d.Reason != sockeye.ReasonTimeout && d.Reason != sockeye.ReasonReset {
			t.Errorf("end %d: left for %q: %v", n, d.Reason, d.Err)
		}
	}
}

// C50: a socket bound to an interface hears only what comes by it, also without the right
// that old kernels asked for, says so when it is asked, and an interface that is not there
// is explained.
func TestInterfaceBindsTheSocket(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	defer withoutCapability(t, unix.CAP_NET_RAW)()
	o := sockeye.Options{Interface: "va"}
	s, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, "0.0.0.0:7000"), Options: o}, nil)
	if c, reached := reaches(t, "tcp", "127.0.0.1", 7000); reached {
		t.Errorf("reached by lo: %v", c.LocalAddr())
	}
	there.Do(func() {
		if c, reached := reaches(t, "tcp", transporttest.HereIP, 7000); !reached {
			t.Error("not reached by va")
		} else {
			c.Write([]byte("hi"))
		}
	})
	there.Serve(t, on(7001))
	dialled, _ := connectedTo(t, 7001, o)
	for _, p := range []*transport.Peer{transporttest.FirstPeer(t, s, r), dialled} {
		transporttest.Control(p, func(fd uintptr) {
			if name, err := unix.GetsockoptString(int(fd), unix.SOL_SOCKET, unix.SO_BINDTODEVICE); name != "va" {
				t.Errorf("%v is bound to %q, %v", p, name, err)
			}
		})
	}
	udp, _ := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, "udp4://:7002"), Options: o}, nil)
	if _, reached := reaches(t, "udp", "127.0.0.1", udp.Locals()[0].Port()); reached {
		t.Error("a datagram by lo is taken")
	}
	for _, network := range []string{"tcp", "udp"} {
		e := openFails(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, network+"://:0"), Options: sockeye.Options{Interface: "nosuch0"}})
		if e.Kind != sockeye.Invalid || e.Errno != "ENODEV" || !strings.Contains(e.Error(), "nosuch0") || e.Hint.IsZero() {
			t.Errorf("%s: an interface that is not there: %v", network, e)
		}
	}
}
