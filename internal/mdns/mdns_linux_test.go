package mdns_test

import (
	"bufio"
	"context"
	"net/netip"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/mdns"
	"sockeye/internal/transport/transporttest"
)

// Two machines on one cable: neither has a default route, a name server or a daemon.

var board = mdns.Announcement{Name: "greenhouse", Kind: mdns.KindSession, Scheme: "tcp", Port: 10000}

// announce makes it known until the test ends.
func announce(t *testing.T, what mdns.Announcement, renamed func(string)) *mdns.Announcer {
	t.Helper()
	a, err := mdns.Announce(what, renamed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

// discoverUntil looks from a host until what is found is as wanted.
func discoverUntil(t *testing.T, there *transporttest.Host, wanted func([]mdns.ServiceInstance) bool) []mdns.ServiceInstance {
	t.Helper()
	var found []mdns.ServiceInstance
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		var err error
		there.Do(func() {
			found, err = mdns.Discover(t.Context(), time.Second, nil, mdns.OverTCP, mdns.OverUDP)
		})
		if err != nil {
			t.Fatal(err)
		}
		if wanted(found) {
			return found
		}
	}
	t.Fatalf("after a minute there is found: %+v", found)
	return nil
}

func isOne(found []mdns.ServiceInstance) bool { return len(found) == 1 && len(found[0].Addresses) > 1 }

// Two machines on one cable, without a router, find each other.
func TestFoundOnOneCable(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	announce(t, board, nil) // before there is a cable: it is followed
	there := transporttest.Cable(t)
	if routes := transporttest.Run(t, "ip", "route", "show", "default"); routes != "" {
		t.Fatalf("there is a default route: %s", routes)
	}
	found := discoverUntil(t, there, isOne)
	ip := netip.MustParseAddr(transporttest.HereIP)
	want := mdns.ServiceInstance{Name: "greenhouse", Type: mdns.OverTCP, Host: "greenhouse.local", Port: 10000, Kind: mdns.KindSession, Scheme: "tcp", Interface: "vb"}
	got := found[0]
	if addrs := got.Addresses; addrs[0] != ip || !addrs[1].IsLinkLocalUnicast() || addrs[1].Zone() != "vb" {
		t.Errorf("addresses %v, want %v first, and one of the link with its zone", addrs, ip)
	}
	got.Addresses = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	var addrs []netip.Addr
	var err error
	there.Do(func() { addrs, err = mdns.Lookup(t.Context(), "GreenHouse.local") })
	if err != nil || addrs[0] != ip {
		t.Errorf("lookup: %v, %v", addrs, err)
	}
	there.Do(func() { addrs, err = mdns.Lookup(t.Context(), "nobody.local") })
	if e := sockeye.ErrorOf(err); err == nil || e.Kind != sockeye.NoSuchHost || e.Hint.Zh == "" {
		t.Errorf("lookup of nobody: %v, %v", addrs, err)
	}
}

// The second of two that announce the same name takes another, both are found, and one that
// closes is gone.
func TestNamesakesGetDifferentNames(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	renamed := make(chan string, 10)
	second := board
	second.Port = 10001
	first := announce(t, board, func(name string) { renamed <- name })
	announce(t, second, func(name string) { renamed <- name })
	if name := <-renamed; name != "greenhouse-2" {
		t.Errorf("the second is called %q", name)
	}
	discoverUntil(t, there, func(found []mdns.ServiceInstance) bool {
		return len(found) == 2 && found[0].Name == "greenhouse" && found[1].Name == "greenhouse-2" && found[0].Port+found[1].Port == 20001
	})
	first.Close() // whichever it is called
	discoverUntil(t, there, func(found []mdns.ServiceInstance) bool { return len(found) == 1 })
}

// Without a network, discovery and lookup say so at once.
func TestNoLink(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	_, err := mdns.Discover(t.Context(), time.Minute, nil, mdns.OverTCP)
	if e := sockeye.ErrorOf(err); err == nil || e.Kind != sockeye.NetworkUnreachable || e.Hint.Zh == "" {
		t.Errorf("discover: %v", err)
	}
	_, err = mdns.Lookup(t.Context(), "greenhouse.local")
	if e := sockeye.ErrorOf(err); err == nil || e.Kind != sockeye.NetworkUnreachable {
		t.Errorf("lookup: %v", err)
	}
}

// zeroconf is python3-zeroconf, which nobody here wrote. It browses and prints what it
// found as it comes and goes, or registers a service and prints that it has.
const zeroconf = `
import socket, sys
from zeroconf import IPVersion, ServiceBrowser, ServiceInfo, Zeroconf
TYPE = "_sockeye._tcp.local."
class Listener:
    def add_service(self, zc, type, name):
        i = zc.get_service_info(type, name, timeout=20000)
        print("+", name, i.server, i.port, ",".join(i.parsed_addresses(IPVersion.V4Only)), i.properties[b"kind"].decode(), flush=True)
    def remove_service(self, zc, type, name):
        print("-", name, flush=True)
    def update_service(self, zc, type, name):
        pass
zc = Zeroconf(interfaces=["10.77.0.2"])
if sys.argv[1] == "browse":
    ServiceBrowser(zc, TYPE, Listener())
else:
    zc.register_service(ServiceInfo(TYPE, "Wei's board (2)." + TYPE, port=7000, server="weis-board.local.",
        addresses=[socket.inet_aton("10.77.0.2")], properties={"kind": "session", "scheme": "ws"}))
    print("registered", flush=True)
sys.stdin.read()
zc.close()
`

// startZeroconf runs it in a host, and gives its lines.
func startZeroconf(t *testing.T, there *transporttest.Host, what string) <-chan string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "/usr/bin/python3", "-c", zeroconf, what)
	cmd.Stderr = os.Stderr
	lines := make(chan string, 100)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	there.Do(func() { err = cmd.Start() })
	if err != nil {
		t.Fatalf("this test needs Debian's python3 and python3-zeroconf: %v", err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			lines <- scanner.Text()
		}
		close(lines)
		cmd.Wait()
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return lines
}

// Python's zeroconf sees what we announce appear, and go when we take it back.
func TestZeroconfFindsUs(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	a := announce(t, board, nil)
	lines := startZeroconf(t, there, "browse")
	const name = "greenhouse._sockeye._tcp.local."
	if got, want := <-lines, "+ "+name+" greenhouse.local. 10000 10.77.0.1 session"; got != want {
		t.Errorf("it found %q, want %q", got, want)
	}
	a.Close()
	if got, want := <-lines, "- "+name; got != want {
		t.Errorf("after goodbye it says %q, want %q", got, want)
	}
}

// We find a service that Python's zeroconf registers, with its addresses, and look its host name
// up.
func TestWeFindZeroconf(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	if got := <-startZeroconf(t, there, "register"); got != "registered" {
		t.Fatalf("it says %q", got)
	}
	var told []mdns.ServiceInstance
	found, err := mdns.Discover(t.Context(), 3*time.Second, func(s mdns.ServiceInstance) { told = append(told, s) }, mdns.OverTCP)
	if err != nil {
		t.Fatal(err)
	}
	want := []mdns.ServiceInstance{{Name: "Wei's board (2)", Type: mdns.OverTCP, Host: "weis-board.local", Port: 7000, Kind: "session", Scheme: "ws",
		Addresses: []netip.Addr{netip.MustParseAddr(transporttest.ThereIP)}, Interface: "va"}}
	if diff := cmp.Diff(want, found, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, told, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("told on the way: %s", diff)
	}
	if addrs, err := mdns.Lookup(t.Context(), "weis-board.local"); err != nil || addrs[0].String() != transporttest.ThereIP {
		t.Errorf("lookup: %v, %v", addrs, err)
	}
}
