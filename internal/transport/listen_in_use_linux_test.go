package transport_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"

	"sockeye"
	"sockeye/internal/netinfo/netinfotest"
	"sockeye/internal/transport/transporttest"
)

// C12, F28: a session that cannot listen says who listens there, really, and the
// port it offers instead is free.
func TestListenInUse(t *testing.T) {
	transporttest.NeedIPv6(t)
	self := fmt.Sprintf("this program itself (pid %d)", os.Getpid())
	for _, test := range []struct{ name, held, wanted, say string }{
		{"same address", "tcp://127.0.0.1:0", "tcp://127.0.0.1", self + " listens on 127.0.0.1:"},
		{"dual stack", "tcp://:0", "tcp4://", "which takes IPv4 as well"},
		{"dual stack wanted", "tcp4://:0", "tcp://", "[::] would take IPv4 as well"},
		{"UDP", "udp://127.0.0.1:0", "udp://127.0.0.1", self + " receives on 127.0.0.1:"},
	} {
		t.Run(test.name, func(t *testing.T) {
			holder, _ := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, test.held)}, nil)
			port := holder.Locals()[0].Port()
			_, r, err := transporttest.TryOpen(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, fmt.Sprintf("%s:%d", test.wanted, port))}, nil)
			e := sockeye.ErrorOf(err)
			if e == nil || e.Kind != sockeye.AddressInUse || e.Errno != "EADDRINUSE" || !errors.Is(err, syscall.EADDRINUSE) {
				t.Fatalf("got %+v, want address-in-use", e)
			}
			netinfotest.CheckWords(t, e, "address in use: ", "close that session", "占用")
			if !strings.Contains(e.Error(), test.say) {
				t.Errorf("%q does not say %q", e.Error(), test.say)
			}
			if got := r.WaitKind(t, sockeye.Failed, 1).Detail.Err; got != e {
				t.Errorf("the event tells %v", got)
			}
			_, rest, found := strings.Cut(e.Hint.En, "use port ")
			var free uint16
			if _, err := fmt.Sscanf(rest, "%d", &free); !found || err != nil {
				t.Fatalf("%q offers no port", e.Hint.En)
			}
			transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, fmt.Sprintf("%s:%d", test.wanted, free))}, nil)
		})
	}
}

// C12: a port whose socket is in no list is still said to be in use, with how to
// find out more.
func TestUnseenHolder(t *testing.T) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = transporttest.TryOpen(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port))}, nil)
	e := sockeye.ErrorOf(err)
	if e == nil || e.Kind != sockeye.AddressInUse {
		t.Fatalf("got %v", err)
	}
	netinfotest.CheckWords(t, e, "another program has it", "sudo ss -tnap", "其他程序")
}

// C12: a source port that is taken names its holder, too, and hints at the flag.
func TestSourcePortInUse(t *testing.T) {
	pc, _ := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
	busy, _ := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
	_, _, err := transporttest.TryOpen(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.AddressOf(pc), Options: sockeye.Options{
		Sources: []netip.Addr{netip.MustParseAddr("127.0.0.1")}, SourcePort: busy.Locals()[0].Port()}}, nil)
	e := sockeye.ErrorOf(err)
	if e == nil || e.Kind != sockeye.AddressInUse {
		t.Fatalf("got %v, want address-in-use", err)
	}
	netinfotest.CheckWords(t, e, "listens on "+busy.Locals()[0].String(), "--source-port", "占用")
}

// C13: an address of somebody else cannot be listened on, nor connected from.
func TestNotOnThisHost(t *testing.T) {
	pc, _ := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
	for _, ep := range []sockeye.Endpoint{
		{Mode: sockeye.Listen, Address: transporttest.At(t, "192.0.2.7:0")},
		{Mode: sockeye.Listen, Address: transporttest.At(t, "udp://192.0.2.7:0")},
		{Mode: sockeye.Connect, Address: transporttest.AddressOf(pc), Options: sockeye.Options{Sources: []netip.Addr{netip.MustParseAddr("192.0.2.7")}}},
	} {
		_, _, err := transporttest.TryOpen(t, ep, nil)
		e := sockeye.ErrorOf(err)
		if e == nil || e.Kind != sockeye.AddressNotAvailable || e.Errno != "EADDRNOTAVAIL" {
			t.Fatalf("%v: got %v", ep, err)
		}
		netinfotest.CheckWords(t, e, "no address 192.0.2.7", "sockeye addrs", "本机没有 192.0.2.7")
	}
}

// C34: the kernel's EINVAL for a link-local address without zone is explained.
func TestNoZone(t *testing.T) {
	transporttest.NeedIPv6(t)
	for _, mode := range []sockeye.Mode{sockeye.Listen, sockeye.Connect} {
		for _, target := range []string{"[fe80::1]:10000", "udp://[fe80::1]:10000", "[fe80::1%nosuch0]:10000"} {
			_, _, err := transporttest.TryOpen(t, sockeye.Endpoint{Mode: mode, Address: transporttest.At(t, target)}, nil)
			if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.Invalid || !strings.Contains(e.Error(), "interface") || e.Hint.IsZero() {
				t.Errorf("%s %s: %v", mode, target, err)
			}
		}
	}
}
