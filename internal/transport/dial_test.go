package transport_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/transport"
	"sockeye/internal/transport/schemes"
	"sockeye/internal/transport/transporttest"
)

// C37: a name with two families is tried in both, the order can be forced, and
// the record lists the attempts with their times.
func TestAttemptsAreListed(t *testing.T) {
	transporttest.NeedIPv6(t)
	pc, _ := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
	port := pc.Locals()[0].Port()
	ep := sockeye.Endpoint{Mode: sockeye.Connect, Address: sockeye.Address{Network: sockeye.TCP, Host: "localhost", Port: port},
		Options: sockeye.Options{Prefer: 6}}
	_, r := transporttest.Open(t, ep, nil)
	e := r.WaitKind(t, sockeye.Joined, 1)
	if e.Detail == nil || len(e.Detail.Attempts) != 2 {
		t.Fatalf("the joined event lists %+v, want two attempts", e.Detail)
	}
	first, second := e.Detail.Attempts[0], e.Detail.Attempts[1]
	if !first.Address.Addr().Is6() || first.Err == nil || first.Err.Kind != sockeye.Refused {
		t.Errorf("first attempt %v: %v, want IPv6 refused", first.Address, first.Err)
	}
	if second.Address != transporttest.LoopbackPort(port) || second.Err != nil {
		t.Errorf("second attempt %v: %v, want %v connected", second.Address, second.Err, transporttest.LoopbackPort(port))
	}
	if second.After < first.Took {
		t.Errorf("the second began after %v, before the first had failed (%v)", second.After, first.Took)
	}

	ep.Options.Prefer = 4
	_, r = transporttest.Open(t, ep, nil)
	if e := r.WaitKind(t, sockeye.Joined, 1); e.Detail != nil {
		t.Errorf("one attempt is no news: %+v", e.Detail)
	}
}

// When nothing answers, the error names every address that was tried.
func TestAllAttemptsAreNamed(t *testing.T) {
	transporttest.NeedIPv6(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := netinfo.AddrPort(free.Addr()).Port()
	free.Close()
	_, r, err := transporttest.TryOpen(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: sockeye.Address{Network: sockeye.TCP, Host: "localhost", Port: port}}, nil)
	e := sockeye.ErrorOf(err)
	if e == nil || e.Kind != sockeye.Refused || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Fatalf("got %v", err)
	}
	for _, host := range []string{"127.0.0.1:", "[::1]:"} {
		if !strings.Contains(err.Error(), host) {
			t.Errorf("%v does not name %s", err, host)
		}
	}
	if d := r.WaitKind(t, sockeye.Failed, 1).Detail; len(d.Attempts) != 2 {
		t.Errorf("the event lists %d attempts, want 2", len(d.Attempts))
	}
}

// full is a server that never accepts and whose queue is full, so that a
// connection to it hangs.
func full(t *testing.T) netip.AddrPort {
	t.Helper()
	s, _ := transporttest.Listening(t, "tcp", sockeye.Options{Backlog: 1, MaxPeers: 1, OverCap: sockeye.PauseOverCap}, nil)
	for range 4 {
		d := net.Dialer{Timeout: 100 * time.Millisecond}
		if c, err := d.Dial("tcp", s.Locals()[0].String()); err == nil {
			t.Cleanup(func() { c.Close() })
		}
	}
	return s.Locals()[0].AddrPort()
}

// Connecting to who does not answer ends with the timeout as timed out, and with its context as
// canceled.
func TestConnectTimesOutAndCancels(t *testing.T) {
	ep := sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, full(t).String()), Options: sockeye.Options{ConnectTimeout: 100 * time.Millisecond}}
	if _, _, err := transporttest.TryOpen(t, ep, nil); sockeye.ErrorOf(err).Kind != sockeye.TimedOut {
		t.Errorf("got %v, want timed-out", err)
	}
	ep.Options.ConnectTimeout = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	_, err := transport.Open(ctx, ep, transport.Config{Driver: schemes.Driver(ep.Address.Network), Session: &sockeye.Session{ID: "s1", Endpoint: ep}, Sink: transporttest.NewRecorder(),
		NextPeer: func() uint64 { return 1 }, Now: time.Now})
	if sockeye.ErrorOf(err).Kind != sockeye.Canceled {
		t.Errorf("got %v, want canceled", err)
	}
}

// C15: source addresses are used as given, and do not use a port up before it is
// needed.
func TestSourceAddress(t *testing.T) {
	pc, r := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
	ep := sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.AddressOf(pc), Options: sockeye.Options{
		Sources: []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.3")}}}
	transporttest.Open(t, ep, nil)
	if e := r.WaitKind(t, sockeye.Joined, 1); e.Peer.Remote.Addr().String() != "127.0.0.2" {
		t.Errorf("joined from %v, want 127.0.0.2", e.Peer)
	}
}
