package transport_test

import (
	"fmt"
	"net"
	"net/netip"
	"sockeye/internal/transport"
	"sockeye/internal/transport/transporttest"
	"strings"
	"testing"
	"time"

	"sockeye"
)

// What crosses the wire, and what is told when it is cut, over a transporttest.Cable between
// two networks.

// connectedTo opens a connection to a server on the other machine, on a port of the
// test's choice.
func connectedTo(t *testing.T, port uint16, o sockeye.Options) (*transport.Peer, *transporttest.EventLog) {
	t.Helper()
	s, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: sockeye.Address{Network: sockeye.TCP, Host: transporttest.ThereIP, Port: port}, Options: o}, nil)
	return transporttest.FirstPeer(t, s, r), r
}

func on(port uint16) string { return fmt.Sprintf("%s:%d", transporttest.ThereIP, port) }

// portCounters are rules that count what arrives on two TCP ports, by name.
func portCounters(what string, ports map[string]uint16) (counters string, rules []string) {
	for name, port := range ports {
		counters += "counter " + name + " { }\n"
		rules = append(rules, fmt.Sprintf("tcp dport %d tcp flags & (syn|fin|rst) == 0 %s counter name %s", port, what, name))
	}
	return counters, rules
}

// A segment without data is 20 bytes of IPv4 and 32 of TCP with timestamps.
const (
	withData    = "ip length > 52"
	withoutData = "ip length 52"
)

// C18: with TCP_NODELAY a hundred writes of a byte are a hundred segments; with
// Nagle's algorithm they wait for each other.
func TestNoDelay(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	ports := map[string]uint16{"eager": 7001, "patient": 7002}
	counters, rules := portCounters(withData, ports)
	there.Rules(t, counters, rules...)
	// Acknowledgements take their time, as on a real network.
	there.Run(t, "ip", "link", "set", "vb", "mtu", "576") // the least burst that tbf takes
	there.Run(t, "tc", "qdisc", "add", "dev", "vb", "root", "tbf", "rate", "50kbit", "burst", "600", "latency", "5s")
	segments := map[string]int{}
	for name, choice := range map[string]sockeye.OptionalBool{"eager": sockeye.Default, "patient": sockeye.Off} {
		there.Serve(t, on(ports[name]))
		p, _ := connectedTo(t, ports[name], sockeye.Options{NoDelay: choice})
		for range 100 {
			// What is more than the congestion window is put together by the kernel anyway.
			transporttest.Eventually(t, "there is room in the window", func() bool { return p.Status().Unsent < 8 })
			if _, err := p.Send(t.Context(), []byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		transporttest.Eventually(t, "everything is acknowledged", func() bool { return p.Status().Unsent == 0 })
		segments[name] = there.Counted(t, name)
	}
	if segments["eager"] < 100 || segments["patient"] > 70 {
		t.Errorf("segments for 100 writes: %v; want 100 with TCP_NODELAY and clearly less without", segments)
	}
}

// C20: an idle connection is probed as often as asked, and not when not.
func TestKeepAlive(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	ports := map[string]uint16{"probed": 7001, "quiet": 7002}
	for name, choice := range map[string]sockeye.OptionalBool{"probed": sockeye.On, "quiet": sockeye.Off} {
		there.Serve(t, on(ports[name]))
		connectedTo(t, ports[name], sockeye.Options{KeepAlive: choice, KeepAliveIdle: time.Second, KeepAliveInterval: time.Second})
	}
	counters, rules := portCounters(withoutData, ports)
	began := time.Now() // before anything is counted
	there.Rules(t, counters, rules...)
	transporttest.Eventually(t, "two probes", func() bool { return there.Counted(t, "probed") >= 2 })
	if took := time.Since(began); took < time.Second {
		t.Errorf("two probes in %v, want one a second", took)
	}
	if n := there.Counted(t, "quiet"); n != 0 {
		t.Errorf("%d probes with keepalive off", n)
	}
}

// C21, F32: bytes that nobody acknowledges end the connection after the answer timeout,
// or the user timeout if one is given, and the record says how many there were.
func TestVanishedPeerIsGivenUp(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	for n, o := range []sockeye.Options{
		{UserTimeout: time.Second},
		{KeepAliveIdle: time.Second, KeepAliveInterval: time.Second, KeepAliveCount: 1},
		{UserTimeout: time.Second, KeepAlive: sockeye.Off},
	} {
		port := uint16(7000 + n)
		there.Serve(t, on(port))
		p, r := connectedTo(t, port, o)
		there.Rules(t, "", fmt.Sprintf("tcp dport %d drop", port))
		began := time.Now()
		if _, err := p.Send(t.Context(), []byte("hello?")); err != nil {
			t.Fatal(err)
		}
		checkVanished(t, r, 6)
		if took := time.Since(began); took < time.Second {
			t.Errorf("%+v: given up after %v, want 1 s at least", o, took)
		}
	}
}

func checkVanished(t *testing.T, r *transporttest.EventLog, unsent int) {
	t.Helper()
	d := r.WaitKind(t, sockeye.Left, 1).Detail
	if d.Reason != sockeye.ReasonTimeout || d.Err == nil || d.Err.Kind != sockeye.TimedOut || d.Err.Errno != "ETIMEDOUT" ||
		!strings.Contains(d.Err.Error(), "vanished") || d.Err.Hint.IsZero() {
		t.Errorf("left for %q: %+v", d.Reason, d.Err)
	}
	if d.Unsent != unsent {
		t.Errorf("%d bytes unacknowledged, want %d", d.Unsent, unsent)
	}
}

// C22, F31: an idle peer whose transporttest.Cable is cut is found dead by keepalive alone,
// after idle + count × interval; by default that is 20 s.
func TestIdlePeerVanishes(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	o := sockeye.Endpoint{Mode: sockeye.Connect}.Effective()
	if dead := o.KeepAliveIdle + time.Duration(o.KeepAliveCount)*o.KeepAliveInterval; dead > 20*time.Second {
		t.Errorf("by default a peer is dead after %v, want 20 s at most", dead)
	}
	there := transporttest.Cable(t)
	there.Serve(t, on(7000))
	_, r := connectedTo(t, 7000, sockeye.Options{KeepAliveIdle: time.Second, KeepAliveInterval: time.Second, KeepAliveCount: 2})
	there.Run(t, "ip", "link", "set", "vb", "down")
	began := time.Now()
	checkVanished(t, r, 0)
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("dead after %v, want about 3 s", took)
	}
}

// F30: a listener says when its address leaves the machine and when it is back,
// and works again then; a listener on every address has nothing to say.
func TestAddressVanishes(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	pc, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, transporttest.HereIP+":7000")}, nil)
	_, wild := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, ":7001")}, nil)
	transporttest.Run(t, "ip", "address", "delete", transporttest.HereIP+"/24", "dev", "va")
	e := r.WaitKind(t, sockeye.Failed, 1).Detail.Err
	if e.Kind != sockeye.AddressNotAvailable || e.Target != transporttest.HereIP+":7000" || e.Hint.IsZero() {
		t.Errorf("got %+v", e)
	}
	transporttest.Run(t, "ip", "address", "add", transporttest.HereIP+"/24", "dev", "va")
	back := r.WaitKind(t, sockeye.Opened, 2)
	if len(back.Detail.Locals) != 1 || back.Detail.Locals[0] != pc.Locals()[0] {
		t.Errorf("back at %v", back.Detail.Locals)
	}
	for _, port := range []int{7000, 7001} {
		there.Do(func() {
			c, err := net.DialTimeout("tcp", fmt.Sprintf("%s:%d", transporttest.HereIP, port), transporttest.Patience)
			if err != nil {
				t.Error(err)
				return
			}
			c.Close()
		})
	}
	r.WaitKind(t, sockeye.Joined, 1)
	wild.WaitKind(t, sockeye.Joined, 1)
	if said := wild.All(func(e sockeye.Event) bool { return e.Kind == sockeye.Failed }); len(said) > 0 {
		t.Errorf("the listener on every address says %v", said[0].Detail.Err)
	}
}

// F30: an address on which datagrams may be received, but which is no interface's own, is
// not lost because no interface has it: everybody's, a network's broadcast address, one
// that a local route gives to the machine, an IPv4-mapped one. Those that can be lost are
// told of.
func TestAddressesThatCannotVanish(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	transporttest.Cable(t)
	transporttest.Run(t, "ip", "address", "add", "fe80::77/64", "dev", "va", "nodad")
	transporttest.Run(t, "ip", "address", "add", "fe80::77/64", "dev", "lo", "nodad")
	transporttest.Run(t, "ip", "route", "add", "local", "10.99.0.0/24", "dev", "lo")
	network := netip.MustParsePrefix(transporttest.HereIP + "/24")
	ends := network.Masked().Addr().As4()
	ends[3] = 255
	broadcast := netip.AddrFrom4(ends).String()
	open := func(host string) *transporttest.EventLog {
		_, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, "udp://"+net.JoinHostPort(host, "0"))}, nil)
		return r
	}
	lasting := map[string]*transporttest.EventLog{}
	for _, host := range []string{"255.255.255.255", "10.99.0.5", "0.0.0.0", "::1", "127.255.255.255"} {
		lasting[host] = open(host)
	}
	own := map[string]*transporttest.EventLog{}
	for _, host := range []string{"::ffff:" + transporttest.HereIP, "fe80::77%va", broadcast} {
		own[host] = open(host)
	}
	transporttest.Run(t, "ip", "address", "delete", transporttest.HereIP+"/24", "dev", "va")
	transporttest.Run(t, "ip", "address", "delete", "fe80::77/64", "dev", "va")
	for host, r := range own {
		e := r.WaitKind(t, sockeye.Failed, 1).Detail.Err
		if e.Kind != sockeye.AddressNotAvailable || e.Op != "listen" {
			t.Errorf("%s: %+v", host, e)
		}
	}
	transporttest.Run(t, "ip", "address", "add", transporttest.HereIP+"/24", "dev", "va")
	transporttest.Run(t, "ip", "address", "add", "fe80::77/64", "dev", "va", "nodad")
	for _, r := range own {
		r.WaitKind(t, sockeye.Opened, 2)
	}
	for host, r := range lasting {
		if said := r.All(func(e sockeye.Event) bool { return e.Kind == sockeye.Failed }); len(said) > 0 {
			t.Errorf("%s: %v", host, said[0].Detail.Err)
		}
	}
}

// TCP joins two machines: to listen on a broadcast address is refused in words.
func TestListenOnBroadcastWithTCP(t *testing.T) {
	_, _, err := transporttest.TryOpen(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, "255.255.255.255:7000")}, nil)
	if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.Unsupported || !strings.Contains(e.Message.En, "broadcast") || e.Hint.Zh == "" {
		t.Errorf("%+v", e)
	}
}

// F35: a connection that an administrator kills here is told as that, and a
// client that reconnects does.
func TestKilledByAdministrator(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	there.Serve(t, on(7000))
	_, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, on(7000)), Options: sockeye.Options{Reconnect: true}}, nil)
	r.WaitKind(t, sockeye.Joined, 1)
	transporttest.Run(t, "ss", "-K", "dst", transporttest.ThereIP, "dport", "=", "7000")
	d := r.WaitKind(t, sockeye.Left, 1).Detail
	if d.Reason != sockeye.ReasonReset || d.Err == nil || d.Err.Errno != "ECONNABORTED" || !strings.Contains(d.Err.Error(), "this machine ended the connection") {
		t.Errorf("left for %q: %v", d.Reason, d.Err)
	}
	r.WaitKind(t, sockeye.Joined, 2)
}

// F45: what the network says of datagrams comes back to their sender: of a
// connected socket's, once each, and of an unconnected one's with who it was. The
// socket stays usable.
func TestUnreachableDatagrams(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	transporttest.Sysctl(t, "net.ipv4.icmp_ratelimit", "0")
	there.Do(func() { transporttest.Sysctl(t, "net.ipv4.icmp_ratelimit", "0") })
	there.Rules(t, "", "udp dport 7002 reject with icmp type host-unreachable")
	var heard net.PacketConn
	var err error
	there.Do(func() { heard, err = net.ListenPacket("udp", on(7003)) })
	if err != nil {
		t.Fatal(err)
	}
	defer heard.Close()

	for port, want := range map[uint16]sockeye.ErrorKind{7001: sockeye.Refused, 7002: sockeye.HostUnreachable} {
		board, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, "udp://"+on(port))}, nil)
		p := transporttest.FirstPeer(t, board, r)
		for n := 1; n <= 2; n++ {
			if _, err := p.Send(t.Context(), []byte("lost")); err != nil {
				t.Fatalf("port %d, datagram %d: %v", port, n, err)
			}
			e := r.WaitKind(t, sockeye.Failed, n)
			sent := r.WaitKind(t, sockeye.Sent, n)
			if e.Detail.Err.Kind != want || !strings.Contains(e.Detail.Err.Error(), fmt.Sprintf("event %d ", sent.Seq)) {
				t.Errorf("port %d, datagram %d: %v", port, n, e.Detail.Err)
			}
		}
	}

	pc, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, "udp://:0")}, nil)
	for n, port := range []uint16{7001, 7002} {
		p, err := pc.Reach(sockeye.IPSocketAddr(netip.MustParseAddrPort(on(port))))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Send(t.Context(), []byte("lost")); err != nil {
			t.Fatal(err)
		}
		if e := r.WaitKind(t, sockeye.Failed, n+1); e.Peer == nil || e.Peer.ID != p.ID {
			t.Errorf("port %d: told of %v, want %v", port, e.Peer, p)
		}
	}
	p, err := pc.Reach(sockeye.IPSocketAddr(netip.MustParseAddrPort(on(7003))))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Send(t.Context(), []byte("heard")); err != nil {
		t.Fatal(err)
	}
	heard.SetDeadline(time.Now().Add(transporttest.Patience))
	buf := make([]byte, 16)
	if n, _, err := heard.ReadFrom(buf); err != nil || string(buf[:n]) != "heard" {
		t.Errorf("got %q, %v", buf[:n], err)
	}
}
