package transport_test

import (
	"bufio"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye"
	"sockeye/internal/transport"
	"sockeye/internal/transport/transporttest"
)

// twoCables joins this network with another one by va (Cable) and by wa, 10.78.0.1, whose
// other end wb is 10.78.0.2. All ends have IPv6 addresses, too.
func twoCables(t *testing.T) *transporttest.Host {
	t.Helper()
	there := transporttest.Cable(t)
	there.Run(t, "ip", "link", "add", "wb", "index", "104", "type", "veth", "peer", "name", "wa", "index", "103", "netns", thisNetwork(t))
	transporttest.Run(t, "ip", "address", "add", "10.78.0.1/24", "dev", "wa")
	there.Run(t, "ip", "address", "add", "10.78.0.2/24", "dev", "wb")
	transporttest.Run(t, "ip", "link", "set", "wa", "up")
	there.Run(t, "ip", "link", "set", "wb", "up")
	for _, end := range []struct {
		run             func(*testing.T, string, ...string) string
		address, device string
	}{{transporttest.Run, "2001:db8:77::1/64", "va"}, {transporttest.Run, "2001:db8:78::1/64", "wa"},
		{there.Run, "2001:db8:77::2/64", "vb"}, {there.Run, "2001:db8:78::2/64", "wb"}} {
		end.run(t, "ip", "address", "add", end.address, "dev", end.device, "nodad")
	}
	return there
}

// thisNetwork is a path of the network that the test is in. Another thread may be in that
// of a machine, also the first one, which the process has its name from.
func thisNetwork(t *testing.T) string {
	t.Helper()
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	return fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid())
}

// sendToGroup is a foreign sender: GROUP PORT DEVICE TEXT, and an address to send from.
const sendToGroup = `
import socket, struct, sys
group, port, device, text = sys.argv[1:5]
six = ":" in group
s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
if len(sys.argv) > 5:
    s.bind((sys.argv[5], 0))
index = socket.if_nametoindex(device)
if six:
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    s.sendto(text.encode(), (group, int(port), 0, index))
else:
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack("4s4si", bytes(4), bytes(4), index))
    s.sendto(text.encode(), (group, int(port)))
`

// hearGroup is a foreign listener: GROUP PORT DEVICE. It prints the text and the TTL of
// each datagram.
const hearGroup = `
import socket, struct, sys
group, port, device = sys.argv[1:4]
six = ":" in group
s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
index = socket.if_nametoindex(device)
if six:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
    s.bind((group, int(port), 0, index))
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, group) + struct.pack("i", index))
else:
    s.setsockopt(socket.IPPROTO_IP, 49, 0)  # IP_MULTICAST_ALL
    s.setsockopt(socket.IPPROTO_IP, 12, 1)  # IP_RECVTTL
    s.bind((group, int(port)))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + struct.pack("4si", bytes(4), index))
print("ready", flush=True)
while True:
    data, control, _, _ = s.recvmsg(1000, 100)
    ttl = [struct.unpack("i", c[2][:4])[0] for c in control]
    print(data.decode(), *ttl, flush=True)
`

func send(t *testing.T, from *transporttest.Host, group, device, text string, source ...string) {
	t.Helper()
	from.Run(t, "python3", append([]string{"-c", sendToGroup, group, "5000", device, text}, source...)...)
}

// hearing starts a foreign listener and returns what it prints, line by line.
func hearing(t *testing.T, at *transporttest.Host, group, device string) *bufio.Scanner {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "python3", "-c", hearGroup, group, "5000", device)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	at.Do(func() { err = cmd.Start() })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "ready" {
		t.Fatalf("the listener says %q", lines.Text())
	}
	return lines
}

// heard are the datagrams of a session so far: interface, text, where it was sent to.
func heard(r *transporttest.EventLog, s *transport.Session) (all []string) {
	on := map[uint64]string{}
	for _, e := range r.All(transporttest.IsKind(sockeye.Joined)) {
		on[e.Peer.ID] = "?"
		if e.Detail != nil {
			on[e.Peer.ID] = e.Detail.Interface
		}
	}
	for _, e := range r.All(transporttest.IsKind(sockeye.Received)) {
		all = append(all, on[e.Peer.ID]+" "+string(e.Data)+" "+e.Peer.Local.String())
	}
	slices.Sort(all)
	return all
}

func listenGroup(t *testing.T, address string, o sockeye.Options) (*transport.Session, *transporttest.EventLog) {
	t.Helper()
	return transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, address), Options: o}, nil)
}

// C41: a group is joined on the interfaces that were chosen, by name, index or address,
// IPv4 and IPv6. Each datagram is told with the interface that it came in on and has the
// group as its destination; what is sent to another group on the port, or to this one on
// another interface, is not heard, though another socket of the machine hears it.
func TestGroupIsHeardOnItsInterfaces(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := twoCables(t)
	transporttest.OnEachConnKind(t, func(t *testing.T) {
		for _, family := range []struct{ group, other, typed, to, on string }{
			{"239.1.2.3", "239.9.9.9", "udp://239.1.2.3:5000", "239.1.2.3:5000", "10.78.0.1"},
			{"ff15::123", "ff15::999", "udp://[ff15::123]:5000", "[ff15::123]:5000", "2001:db8:78::1"},
			{"ff02::123", "ff02::999", "udp://[ff02::123]:5000", "[ff02::123%%s]:5000", "103"},
		} {
			t.Run(family.group, func(t *testing.T) {
				to := func(device string) string { return strings.ReplaceAll(family.to, "%%s", "%"+device) }
				both, r := listenGroup(t, family.typed, sockeye.Options{Interface: "va," + family.on})
				first, one := listenGroup(t, family.typed, sockeye.Options{Interface: "va"})
				every, all := listenGroup(t, family.typed, sockeye.Options{})
				_, other := listenGroup(t, strings.Replace(family.typed, family.group, family.other, 1), sockeye.Options{})
				send(t, there, family.group, "wb", "over wb")
				send(t, there, family.other, "vb", "to the other")
				send(t, there, family.group, "vb", "over vb")
				want := []string{"va over vb " + to("va"), "wa over wb " + to("wa")}
				for _, test := range []struct {
					s    *transport.Session
					r    *transporttest.EventLog
					want []string
				}{{both, r, want}, {every, all, want}, {first, one, want[:1]}} {
					test.r.WaitKind(t, sockeye.Received, len(test.want))
					if got := heard(test.r, test.s); !slices.Equal(got, test.want) {
						t.Errorf("heard %q, want %q", got, test.want)
					}
				}
				other.WaitKind(t, sockeye.Received, 1)
				for _, p := range both.Peers() {
					if st := p.Status(); st.Interface != "va" && st.Interface != "wa" {
						t.Errorf("the status says interface %q", st.Interface)
					}
				}
			})
		}
	})
}

// C41: joined for one sender only, a group is heard from that one and from no other.
func TestGroupOfOneSender(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := twoCables(t)
	there.Run(t, "ip", "address", "add", "10.77.0.3/24", "dev", "vb")
	there.Run(t, "ip", "address", "add", "2001:db8:77::3/64", "dev", "vb", "nodad")
	transporttest.OnEachConnKind(t, func(t *testing.T) {
		for group, senders := range map[string][2]string{"232.1.2.3": {"10.77.0.2", "10.77.0.3"}, "ff35::123": {"2001:db8:77::2", "2001:db8:77::3"}} {
			wanted := netip.MustParseAddr(senders[1])
			_, r := listenGroup(t, "udp://"+netip.AddrPortFrom(netip.MustParseAddr(group), 5000).String(), sockeye.Options{Interface: "va", GroupSources: []netip.Addr{wanted}})
			send(t, there, group, "vb", "unwanted", senders[0])
			send(t, there, group, "vb", "wanted", senders[1])
			e := r.WaitKind(t, sockeye.Received, 1)
			if string(e.Data) != "wanted" || e.Peer.Remote.Addr() != wanted {
				t.Errorf("%s: heard %q from %v first", group, e.Data, e.Peer.Remote)
			}
		}
	})
}

// C41: what is sent to a group goes out on every interface that was chosen, as a datagram
// of its own with the address of that interface, as far as the TTL says; this machine
// hears it, unless that is turned off.
func TestGroupIsSentToOnItsInterfaces(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := twoCables(t)
	for _, group := range []struct{ ip, typed, local string }{{"239.1.2.3", "udp://239.1.2.3:5000", "10.78.0.1"}, {"ff15::123", "udp://[ff15::123]:5000", "2001:db8:78::1"}} {
		overVB, overWB := hearing(t, there, group.ip, "vb"), hearing(t, there, group.ip, "wb")
		_, own := listenGroup(t, group.typed, sockeye.Options{})
		ask := func(text string, o sockeye.Options) *transport.Session {
			s, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, group.typed), Options: o}, nil)
			for _, p := range s.Peers() {
				if _, err := p.Send(t.Context(), []byte(text)); err != nil {
					t.Fatal(err)
				}
			}
			r.WaitKind(t, sockeye.Sent, 2)
			return s
		}
		s := ask("far", sockeye.Options{Interface: "va,wa", TTL: 5, Loop: sockeye.Off})
		if p := s.Peers()[1]; p.Local.Addr().String() != group.local || p.Status().Interface != "wa" {
			t.Errorf("the second peer is %v on %s, want from %s on wa", p, p.Status().Interface, group.local)
		}
		ask("near", sockeye.Options{Interface: "va,wa"})
		for _, lines := range []*bufio.Scanner{overVB, overWB} {
			for _, want := range []string{"far 5", "near 1"} {
				if lines.Scan(); lines.Text() != want {
					t.Errorf("%s heard %q, want %q", group.ip, lines.Text(), want)
				}
			}
		}
		own.WaitKind(t, sockeye.Received, 2)
		for _, e := range own.All(transporttest.IsKind(sockeye.Received)) {
			if string(e.Data) != "near" {
				t.Errorf("with loop off this machine heard %q", e.Data)
			}
		}
	}
}

// A group for which there is no route is told as one, and what to do.
func TestGroupWithoutRoute(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	transporttest.Cable(t)
	transporttest.Run(t, "ip", "-6", "address", "flush", "dev", "va") // none to send from; one of its own may come late
	for _, typed := range []string{"udp://239.1.2.3:5000", "udp://[ff15::123]:5000"} {
		s, _ := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, typed)}, nil)
		_, err := s.Peers()[0].Send(t.Context(), []byte("x"))
		if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.NetworkUnreachable || !strings.Contains(e.Hint.En, "--interface") || !strings.Contains(e.Hint.Zh, "--interface") {
			t.Errorf("%s: %v; as an error %+v", typed, err, e)
		}
	}
}

// Who sends to the one that was dialled sends on every interface that was chosen, and with it
// the others end.
func TestGroupIsDialedOnItsInterfaces(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := twoCables(t)
	for _, group := range []struct{ ip, typed string }{{"239.1.2.3", "udp://239.1.2.3:5000"}, {"ff15::123", "udp://[ff15::123]:5000"}} {
		lines := []*bufio.Scanner{hearing(t, there, group.ip, "vb"), hearing(t, there, group.ip, "wb")}
		s, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, group.typed), Options: sockeye.Options{Interface: "va,wa"}}, nil)
		first := s.Peers()[0]
		for _, p := range first.Dialed() {
			if _, err := p.Send(t.Context(), []byte("both")); err != nil {
				t.Fatal(err)
			}
		}
		for _, heard := range lines {
			if heard.Scan(); heard.Text() != "both 1" {
				t.Errorf("%s heard %q", group.ip, heard.Text())
			}
		}
		first.Close(t.Context())
		r.WaitKind(t, sockeye.Left, 2)
		r.WaitKind(t, sockeye.Ended, 1)
	}
}

// A listening session sends to its group, too, on each of its interfaces.
func TestListenerSendsToItsGroup(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := twoCables(t)
	overVB, overWB := hearing(t, there, "239.1.2.3", "vb"), hearing(t, there, "239.1.2.3", "wb")
	s, _ := listenGroup(t, "udp://239.1.2.3:5000", sockeye.Options{Loop: sockeye.Off})
	if _, err := s.Reach(sockeye.IPSocketAddr(netip.MustParseAddrPort("239.1.2.3:5000"))); err != nil {
		t.Fatal(err)
	}
	for _, p := range s.Peers() {
		if _, err := p.Send(t.Context(), []byte("to all")); err != nil {
			t.Fatal(err)
		}
	}
	for _, lines := range []*bufio.Scanner{overVB, overWB} {
		if lines.Scan(); lines.Text() != "to all 1" {
			t.Errorf("heard %q", lines.Text())
		}
	}
}

// putBack makes wa and wb again, with their addresses.
func putBack(t *testing.T, there *transporttest.Host) {
	t.Helper()
	there.Run(t, "ip", "link", "add", "wb", "type", "veth", "peer", "name", "wa", "netns", thisNetwork(t))
	there.Run(t, "ip", "address", "add", "10.78.0.2/24", "dev", "wb")
	there.Run(t, "ip", "address", "add", "2001:db8:78::2/64", "dev", "wb", "nodad")
	there.Run(t, "ip", "link", "set", "wb", "up")
	transporttest.Run(t, "ip", "address", "add", "10.78.0.1/24", "dev", "wa")
	transporttest.Run(t, "ip", "link", "set", "wa", "up")
}

// F48: when the interface of a group is taken out, that is told; when it is back, the
// group is joined on it again.
func TestGroupIsJoinedAgain(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := twoCables(t)
	for _, group := range []string{"239.1.2.3", "ff15::123"} {
		address := "udp://" + netip.AddrPortFrom(netip.MustParseAddr(group), 5000).String()
		_, r := listenGroup(t, address, sockeye.Options{Interface: "wa"})
		transporttest.Run(t, "ip", "link", "delete", "wa")
		r.Wait(t, "the interface is gone", func(e sockeye.Event) bool {
			return e.Kind == sockeye.Failed && strings.Contains(e.Detail.Err.Error(), "the interface wa is gone")
		})
		putBack(t, there)
		r.WaitKind(t, sockeye.Opened, 2)
		send(t, there, group, "wb", "again")
		if e := r.WaitKind(t, sockeye.Received, 1); string(e.Data) != "again" {
			t.Errorf("heard %q", e.Data)
		}
	}
}

// An interface on which a group is sent to may be taken out as well: that is told, and when it is
// back, what is sent leaves on it again.
func TestGroupIsSentToAgain(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := twoCables(t)
	s, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, "udp://239.1.2.3:5000"), Options: sockeye.Options{Interface: "va,wa"}}, nil)
	over := s.Peers()[1]
	transporttest.Run(t, "ip", "link", "delete", "wa")
	r.Wait(t, "the interface is gone", func(e sockeye.Event) bool {
		return e.Kind == sockeye.Failed && strings.Contains(e.Detail.Err.Error(), "the interface wa is gone: nothing goes to the group")
	})
	putBack(t, there)
	r.WaitKind(t, sockeye.Opened, 2)
	heard := hearing(t, there, "239.1.2.3", "wb")
	if _, err := over.Send(t.Context(), []byte("again")); err != nil {
		t.Fatal(err)
	}
	if heard.Scan(); heard.Text() != "again 1" {
		t.Errorf("heard %q", heard.Text())
	}
}

// Groups and interfaces that cannot be used are refused before anything opens, with the
// interfaces that there are.
func TestBadGroupsAndInterfaces(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	twoCables(t)
	for _, test := range []struct {
		mode       sockeye.Mode
		typed      string
		o          sockeye.Options
		says, hint string
	}{
		{sockeye.Listen, "udp://239.1.2.3:5000", sockeye.Options{Interface: "eth9"}, `"eth9" is no network interface`, "va"},
		{sockeye.Connect, "udp://239.1.2.3:5000", sockeye.Options{Interface: "va,192.0.2.1"}, `"192.0.2.1" is no network interface`, "wa"},
		{sockeye.Connect, "udp://[ff02::1]:5000", sockeye.Options{}, "say on which interface", "%eth0"},
		{sockeye.Listen, "udp://239.1.2.3:0", sockeye.Options{}, "needs a port", "udp://239.1.2.3:5000"},
		{sockeye.Listen, "udp://[ff02::1%va]:5000", sockeye.Options{Interface: "wa"}, "another one than that of the address", "once"},
		{sockeye.Listen, "udp://:5000", sockeye.Options{Interface: "va,wa"}, "only a multicast group takes several", "one of them"},
		{sockeye.Listen, "udp://:5000", sockeye.Options{GroupSources: []netip.Addr{netip.MustParseAddr("10.0.0.1")}}, "this address is none", "232."},
		{sockeye.Listen, "udp://232.1.2.3:5000", sockeye.Options{GroupSources: []netip.Addr{netip.MustParseAddr("::1")}}, "cannot send to the group", "family"},
	} {
		_, r, err := transporttest.TryOpen(t, sockeye.Endpoint{Mode: test.mode, Address: transporttest.At(t, test.typed), Options: test.o}, nil)
		e := sockeye.ErrorOf(err)
		if e == nil || e.Kind != sockeye.Invalid || !strings.Contains(e.Error(), test.says) || !strings.Contains(e.Hint.En, test.hint) || e.Message.Zh == "" || e.Hint.Zh == "" {
			t.Errorf("%s %+v: got %v, hint %q", test.typed, test.o, err, e.Hint.En)
		}
		if opened := r.All(transporttest.IsKind(sockeye.Opened)); len(opened) > 0 {
			t.Errorf("%s was opened", test.typed)
		}
	}
}
