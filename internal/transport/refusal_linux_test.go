package transport_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/netinfo/netinfotest"
	"sockeye/internal/transport/transporttest"
)

// What the kernel really says when something cannot be done, in networks made
// for it.

// connectFails opens a connection that must fail, and returns its error, which
// the record must tell as well.
func connectFails(t *testing.T, address string, o sockeye.Options) *sockeye.Error {
	t.Helper()
	return openFails(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, address), Options: o})
}

func openFails(t *testing.T, ep sockeye.Endpoint) *sockeye.Error {
	t.Helper()
	_, r, err := transporttest.TryOpen(t, ep, nil)
	if err == nil {
		t.Fatalf("%v was opened", ep)
	}
	e := sockeye.ErrorOf(err)
	if e.Hint.En == "" || e.Hint.Zh == "" {
		t.Errorf("no hint with %v", e)
	}
	event := r.WaitKind(t, sockeye.Failed, 1)
	if e.Errno != "" && !strings.Contains(string(event.AppendJSON(nil, sockeye.English)), `"errno":"`+e.Errno+`"`) {
		t.Errorf("the event does not tell errno %s", e.Errno)
	}
	return e
}

// C11: the six ways in which the network says no are six kinds with six
// sentences; a blackhole route is a seventh.
func TestNetworkSaysNo(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	there.Rules(t, "", "tcp dport 7001 drop")
	transporttest.Sysctl(t, "net.ipv4.neigh.va.mcast_solicit", "1")
	for _, kind := range []string{"unreachable", "prohibit", "blackhole"} {
		transporttest.Run(t, "ip", "route", "add", kind, map[string]string{"unreachable": "10.78.1.0/24", "prohibit": "10.78.2.0/24", "blackhole": "10.78.3.0/24"}[kind])
	}
	transporttest.Run(t, "nft", transporttest.Ruleset("output", "", "udp dport 7002 drop"))
	seen := map[string]string{}
	for _, test := range []struct {
		name, to string
		kind     sockeye.ErrorKind
		errno    string
	}{
		{"closed port", transporttest.ThereIP + ":7000", sockeye.Refused, "ECONNREFUSED"},
		{"dropped", transporttest.ThereIP + ":7001", sockeye.TimedOut, "ETIMEDOUT"},
		{"nobody has the address", "10.77.0.99:7000", sockeye.HostUnreachable, "EHOSTUNREACH"},
		{"unreachable route", "10.78.1.1:7000", sockeye.HostUnreachable, "EHOSTUNREACH"},
		{"no route", "10.79.0.1:7000", sockeye.NetworkUnreachable, "ENETUNREACH"},
		{"prohibit route", "10.78.2.1:7000", sockeye.AccessDenied, "EACCES"},
		{"blackhole route", "10.78.3.1:7000", sockeye.System, "EINVAL"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := connectFails(t, test.to, sockeye.Options{UserTimeout: 500 * time.Millisecond})
			if e.Kind != test.kind || e.Errno != test.errno {
				t.Errorf("got kind %q, errno %s (%v); want %q, %s", e.Kind, e.Errno, e, test.kind, test.errno)
			}
			said := e.Reason(sockeye.English)
			if errno, before := seen[said]; before && errno != e.Errno {
				t.Errorf("the words for %s are those for %s: %s", e.Errno, errno, said)
			}
			seen[said] = e.Errno
		})
	}
	// A firewall's EPERM comes to datagrams: it drops a SYN without a word.
	board, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, "udp://"+transporttest.ThereIP+":7002")}, nil)
	_, err := transporttest.FirstPeer(t, board, r).Send(t.Context(), []byte("x"))
	e := sockeye.ErrorOf(err)
	if e == nil || e.Kind != sockeye.NotPermitted || e.Errno != "EPERM" || !strings.Contains(e.Error(), "firewall") {
		t.Errorf("got %v, want not-permitted", err)
	}
}

// C12, F28: a taken port names the process that has it; one in TIME_WAIT can be
// listened on, or says so; a privileged one and an address of somebody else are
// told apart from these.
func TestTakenPortNamesItsOwner(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	listen := func(address string, o sockeye.Options) sockeye.Endpoint {
		return sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, address), Options: o}
	}
	t.Run("another process", func(t *testing.T) {
		address, pid := child(t)
		e := openFails(t, listen(address, sockeye.Options{}))
		name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("address in use: %s (pid %d) listens on %s", bytes.TrimSpace(name), pid, address); e.Kind != sockeye.AddressInUse || e.Reason(sockeye.English) != want {
			t.Errorf("says %q, want %q", e.Reason(sockeye.English), want)
		}
	})
	t.Run("time wait", func(t *testing.T) {
		address := timeWaiting(t)
		e := openFails(t, listen(address, sockeye.Options{ReuseAddress: sockeye.Off}))
		if e.Kind != sockeye.AddressInUse || !strings.Contains(e.Error(), "TIME_WAIT") {
			t.Errorf("got %v", e)
		}
		transporttest.Open(t, listen(address, sockeye.Options{}), nil)
	})
	t.Run("privileged", func(t *testing.T) {
		defer withoutCapability(t, unix.CAP_NET_BIND_SERVICE)()
		e := openFails(t, listen("127.0.0.1:80", sockeye.Options{}))
		if e.Kind != sockeye.AccessDenied || e.Errno != "EACCES" || !strings.Contains(e.Hint.En, "tcp://127.0.0.1:10080") {
			t.Errorf("got %v (%s)", e, e.Hint.En)
		}
	})
	t.Run("not here", func(t *testing.T) {
		e := openFails(t, listen("192.0.2.1:0", sockeye.Options{}))
		if e.Kind != sockeye.AddressNotAvailable || !strings.Contains(e.Hint.En, "sockeye addrs") {
			t.Errorf("got %v (%s)", e, e.Hint.En)
		}
	})
}

// timeWaiting is an address that a connection in TIME_WAIT keeps: its side closed
// first.
func timeWaiting(t *testing.T) string {
	t.Helper()
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
	c := transporttest.DialTCP(t, pc)
	p := transporttest.FirstPeer(t, pc, r)
	if err := p.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	transporttest.Drain(c)
	c.Close()
	<-p.Done()
	pc.Close()
	return transporttest.AddressOf(pc).HostPort()
}

// withoutCapability takes a right from the calling goroutine until the returned
// function is called.
func withoutCapability(t *testing.T, number int) (restore func()) {
	t.Helper()
	runtime.LockOSThread()
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var had [2]unix.CapUserData
	if err := unix.Capget(&head, &had[0]); err != nil {
		t.Fatal(err)
	}
	less := had
	less[0].Effective &^= 1 << number
	if err := unix.Capset(&head, &less[0]); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := unix.Capset(&head, &had[0]); err != nil {
			t.Fatal(err)
		}
		runtime.UnlockOSThread()
	}
}

// C13, C15, F29: source ports that are used up are told apart from an address that is
// not here; another source address has ports of its own.
func TestPortsUsedUp(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	transporttest.Sysctl(t, "net.ipv4.ip_local_port_range", "40000 40009")
	pc, _ := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, "127.0.0.1:7000")}, nil)
	for range 10 {
		transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.AddressOf(pc)}, nil)
	}
	e := connectFails(t, "127.0.0.1:7000", sockeye.Options{})
	if e.Kind != sockeye.PortsExhausted || e.Errno != "EADDRNOTAVAIL" || !strings.Contains(e.Error(), "40000 to 40009") {
		t.Errorf("got kind %q: %v", e.Kind, e)
	}
	e = connectFails(t, "127.0.0.1:7000", sockeye.Options{Sources: []netip.Addr{netip.MustParseAddr("192.0.2.1")}})
	if e.Kind != sockeye.AddressNotAvailable || !strings.Contains(e.Error(), "no address 192.0.2.1") {
		t.Errorf("got kind %q: %v", e.Kind, e)
	}
	transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.AddressOf(pc), Options: sockeye.Options{
		Sources: []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")}}}, nil)

	for range 10 {
		transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, "127.0.0.9:0")}, nil)
	}
	e = openFails(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, "127.0.0.9:0")})
	if e.Kind != sockeye.PortsExhausted || e.Errno != "EADDRINUSE" {
		t.Errorf("listening: got kind %q: %v", e.Kind, e)
	}
}

// C13: with IPv6 switched off the kernel says EADDRNOTAVAIL of an IPv6 address,
// too, and that is neither ports nor the address there.
func TestNoIPv6(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	transporttest.Sysctl(t, "net.ipv6.conf.all.disable_ipv6", "1")
	e := connectFails(t, "[::1]:7000", sockeye.Options{})
	if e.Kind != sockeye.AddressNotAvailable || !strings.Contains(e.Error(), "no IPv6 address to connect from") {
		t.Errorf("got kind %q: %v", e.Kind, e)
	}
	if got, err := netinfo.Resolve(t.Context(), "localhost", sockeye.TCP); err != nil || len(got) != 1 || !got[0].Is4() {
		t.Errorf("localhost is %v, %v; want 127.0.0.1 alone", got, err)
	}
	if _, err := netinfo.Resolve(t.Context(), "localhost", sockeye.TCP6); sockeye.ErrorOf(err).Kind != sockeye.WrongFamily {
		t.Errorf("localhost of IPv6: %v", err)
	}
}

// C34: link-local addresses work with the interface's name or number, in
// brackets, bare, or URL-escaped, and peers are shown with the name.
func TestLinkLocalZonesWork(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	va, err := net.InterfaceByName("va")
	if err != nil {
		t.Fatal(err)
	}
	here := linkLocal(t, va)
	var vb *net.Interface
	var far netip.Addr
	there.Do(func() {
		if vb, err = net.InterfaceByName("vb"); err == nil {
			far = linkLocal(t, vb)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	port := there.Serve(t, "[::]:0").Addr().(*net.TCPAddr).Port
	want := netip.AddrPortFrom(far.WithZone("va"), uint16(port)).String()
	for _, written := range []string{
		fmt.Sprintf("[%s%%va]:%d", far, port), fmt.Sprintf("[%s%%%d]:%d", far, va.Index, port),
		fmt.Sprintf("tcp6://[%s%%25va]:%d", far, port), fmt.Sprintf("%s%%va %d", far, port),
	} {
		s, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, written)}, nil)
		if p := transporttest.FirstPeer(t, s, r); p.String() != want {
			t.Errorf("%s: the peer is shown as %s, want %s", written, p, want)
		}
	}
	pc, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, fmt.Sprintf("[%s%%va]:0", here))}, nil)
	if local := pc.Locals()[0]; local.Addr() != here.WithZone("va") {
		t.Errorf("transporttest.Listening on %v", local)
	}
	var c net.Conn
	there.Do(func() {
		c, err = net.Dial("tcp", fmt.Sprintf("[%s%%vb]:%d", here, pc.Locals()[0].Port()))
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if p := transporttest.FirstPeer(t, pc, r); p.Remote.Addr() != far.WithZone("va") {
		t.Errorf("joined from %v, want %v%%va", p, far)
	}
	e := connectFails(t, fmt.Sprintf("[%s]:%d", far, port), sockeye.Options{})
	if e.Kind != sockeye.Invalid || !strings.Contains(e.Hint.En, fmt.Sprintf("tcp://[%s%%va]:%d", far, port)) {
		t.Errorf("without zone: %v (%s)", e, e.Hint.En)
	}
}

// linkLocal waits for the link-local address of an interface.
func linkLocal(t *testing.T, i *net.Interface) netip.Addr {
	t.Helper()
	var found netip.Addr
	transporttest.Eventually(t, "a link-local address", func() bool {
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is6() && p.Addr().IsLinkLocalUnicast() {
				found = p.Addr()
			}
		}
		return found.IsValid()
	})
	return found
}

// C36, C38: what the system's own resolver finds out is told apart, through a
// real name server.
func TestResolverFailuresAreToldApart(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	transporttest.NameServer(t, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
	netinfotest.ServeNames(t, "127.0.0.1:53", netinfotest.Zone{
		Hosts: map[string][]string{"pc.test.": {"127.0.0.1"}, "six.test.": {"2001:db8::6"}, "four.test.": {"192.0.2.4"},
			"127.0.0.1.": {"192.0.2.66"}},
		Errors: map[string]byte{"broken.test.": netinfotest.ServerFailure, "mute.test.": netinfotest.Silence},
	})
	pc, _ := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, "127.0.0.1:0")}, nil)
	for _, host := range []string{"pc.test", "127.0.0.1"} {
		transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: sockeye.Address{Network: sockeye.TCP, Host: host, Port: transporttest.AddressOf(pc).Port}}, nil)
	}
	for _, test := range []struct {
		to   string
		kind sockeye.ErrorKind
		say  string
	}{
		{"tcp4://six.test:1", sockeye.WrongFamily, "only IPv6 addresses (AAAA: 2001:db8::6)"},
		{"tcp6://four.test:1", sockeye.WrongFamily, "only IPv4 addresses (A: 192.0.2.4)"},
		{"nowhere.test:1", sockeye.NoSuchHost, "the name server 127.0.0.1 does not know this name"},
		{"broken.test:1", sockeye.NameServer, "the name server 127.0.0.1 could not find out"},
		{"mute.test:1", sockeye.NameServer, "the name server 127.0.0.1 did not answer in time"},
	} {
		t.Run(test.to, func(t *testing.T) {
			if e := connectFails(t, test.to, sockeye.Options{}); e.Kind != test.kind || !strings.Contains(e.Error(), test.say) {
				t.Errorf("got kind %q: %v", e.Kind, e)
			}
		})
	}
}

// C38: a name server that is silent does not use up the time of the next one.
func TestSecondServer(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	transporttest.NameServer(t, "nameserver 127.0.0.1\nnameserver 127.0.0.2\n")
	netinfotest.ServeNames(t, "127.0.0.1:53", netinfotest.Zone{Errors: map[string]byte{"pc.test.": netinfotest.Silence}})
	netinfotest.ServeNames(t, "127.0.0.2:53", netinfotest.Zone{Hosts: map[string][]string{"pc.test.": {"127.0.0.1"}}})
	if got, err := netinfo.Resolve(t.Context(), "pc.test", sockeye.TCP4); err != nil || len(got) != 1 {
		t.Errorf("got %v, %v", got, err)
	}
}

// C38: no name server, and no network to ask one over, are their own messages.
func TestNobodyToAsk(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	transporttest.NameServer(t, "nameserver 127.0.0.1\n")
	if e := connectFails(t, "pc.test:1", sockeye.Options{}); e.Kind != sockeye.NameServer || !strings.Contains(e.Error(), "no name server answers at 127.0.0.1") {
		t.Errorf("got kind %q: %v", e.Kind, e)
	}
}

// C38: without a network the error of a name says so.
func TestNoNetwork(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	transporttest.NameServer(t, "nameserver 192.0.2.53\n")
	if e := connectFails(t, "pc.test:1", sockeye.Options{}); e.Kind != sockeye.NameServer || !strings.Contains(e.Error(), "no network: the name server 192.0.2.53") {
		t.Errorf("got kind %q: %v", e.Kind, e)
	}
}

// F26: out of descriptors, dialling and asking for a name tell the limit.
func TestDialOutOfDescriptors(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	pc, _ := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
	transporttest.NameServer(t, "nameserver 127.0.0.1\n")
	limit := useUpDescriptors(t)
	for _, to := range []string{transporttest.AddressOf(pc).String(), "udp://127.0.0.1:9", "pc.test:1"} {
		e := connectFails(t, to, sockeye.Options{})
		if e.Kind != sockeye.LimitReached || e.Errno != "EMFILE" || !strings.Contains(e.Error(), fmt.Sprintf("may have %d", limit)) ||
			!errors.Is(e, syscall.EMFILE) {
			t.Errorf("%s: got kind %q: %v", to, e.Kind, e)
		}
	}
}

// useUpDescriptors leaves the process without a free descriptor until the test
// ends, and returns its limit.
func useUpDescriptors(t *testing.T) uint64 {
	t.Helper()
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	low := unix.Rlimit{Cur: 64, Max: before.Max}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	var held []*os.File
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		held = append(held, f)
	}
	t.Cleanup(func() {
		for _, f := range held {
			f.Close()
		}
		unix.Setrlimit(unix.RLIMIT_NOFILE, &before)
	})
	return low.Cur
}
