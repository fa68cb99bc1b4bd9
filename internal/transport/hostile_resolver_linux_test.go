package transport_test

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/netinfo/netinfotest"
	"sockeye/internal/transport"
	"sockeye/internal/transport/transporttest"
)

// T58, F41: three name servers that say nothing would take 12 s of package net's patience;
// opening gives up after the 5 s of the real budget, and says which server was silent.
func TestSilentResolversCostFiveSeconds(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	transporttest.NameServer(t, "nameserver 127.0.0.1\nnameserver 127.0.0.2\nnameserver 127.0.0.3\n")
	for _, at := range []string{"127.0.0.1:53", "127.0.0.2:53", "127.0.0.3:53"} {
		netinfotest.ServeNames(t, at, netinfotest.Zone{Errors: map[string]byte{"pc.test.": netinfotest.Silence}})
	}
	began := time.Now()
	e := connectFails(t, "pc.test:1", sockeye.Options{})
	if took := time.Since(began); took < 4900*time.Millisecond || took > 10*time.Second {
		t.Errorf("it took %v, want 5 s", took)
	}
	if e.Kind != sockeye.NameServer || !strings.Contains(e.Error(), "did not answer in time") {
		t.Errorf("got kind %q: %v", e.Kind, e)
	}
}

// T58: a name that has an allowed address at first and a forbidden one when the session
// connects again is judged anew: the forbidden one is never dialled.
func TestNameThatChangesIsJudgedAgain(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	transporttest.NameServer(t, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
	names := serveZone(t, "127.0.0.2")
	allowed := listenAt(t, "127.0.0.2:0")
	port := uint16(allowed.Addr().(*net.TCPAddr).Port)
	forbidden := listenAt(t, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port).String())

	ep := sockeye.Endpoint{Mode: sockeye.Connect, Address: sockeye.Address{Network: sockeye.TCP, Host: "board.test", Port: port}, Options: sockeye.Options{Reconnect: true}}
	r := transporttest.NewRecorder()
	config := transporttest.ConfigOf(ep, r, nil)
	config.DialFilter = func(to netip.AddrPort) error {
		if to.Addr() == netip.MustParseAddr("127.0.0.1") {
			return &sockeye.Error{Kind: sockeye.NotPermitted, Op: "connect", Target: to.String()}
		}
		return nil
	}
	s, err := transport.Open(t.Context(), ep, config)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c, err := allowed.Accept()
	if err != nil {
		t.Fatal(err)
	}
	r.WaitKind(t, sockeye.Joined, 1)
	names()
	serveZone(t, "127.0.0.1")
	c.Close()
	r.Wait(t, "the changed address is refused", func(e sockeye.Event) bool {
		return e.Kind == sockeye.Failed && e.Detail.Err.Kind == sockeye.NotPermitted
	})
	s.Close()
	own, err := net.Dial("tcp4", forbidden.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	first, err := forbidden.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if first.RemoteAddr().String() != own.LocalAddr().String() {
		t.Errorf("%v connected to the forbidden address", first.RemoteAddr())
	}
}

// serveZone answers with one address of board.test, until the test ends or stop.
func serveZone(t *testing.T, address string) (stop func()) {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:53")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		netinfotest.Zone{Hosts: map[string][]string{"board.test.": {address}}}.Serve(c)
	}()
	stop = func() { c.Close(); <-served }
	t.Cleanup(stop)
	return stop
}

func listenAt(t *testing.T, address string) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp4", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}
