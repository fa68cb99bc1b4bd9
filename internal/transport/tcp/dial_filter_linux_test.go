package tcp

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/transport/sockopt"
)

// T58: the filter judges the very address that is dialled, of each one that a name
// has, so that a name which changes its address does not get past it; what was
// refused and what was dialled both stand in the attempts.
func TestFilterJudgesWhatIsDialled(t *testing.T) {
	ln, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	port := uint16(ln.Addr().(*net.TCPAddr).Port)
	refused := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)
	allowed := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), port)

	ep := sockeye.Endpoint{Address: sockeye.Address{Network: sockeye.TCP, Host: "name.test", Port: port}}
	var mu sync.Mutex // on a slow machine the second attempt begins beside the first
	var judged []netip.AddrPort
	d := dialer{ep: ep, opts: &sockeye.Options{ConnectTimeout: time.Minute}, setter: sockopt.For(ep),
		filter: func(to netip.AddrPort) error {
			mu.Lock()
			defer mu.Unlock()
			judged = append(judged, to)
			if to == refused {
				return &sockeye.Error{Kind: sockeye.NotPermitted, Op: "connect", Target: to.String()}
			}
			return nil
		}}
	conn, attempts, err := d.raceDial(t.Context(), []netip.Addr{refused.Addr(), allowed.Addr()})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	slices.SortFunc(judged, netip.AddrPort.Compare)
	if want := []netip.AddrPort{refused, allowed}; !slices.Equal(judged, want) {
		t.Errorf("the filter judged %v, want %v", judged, want)
	}
	if got := conn.RemoteAddr().String(); got != allowed.String() {
		t.Errorf("connected to %s, want %s", got, allowed)
	}
	if len(attempts) != 2 || attempts[0].Address != refused || attempts[1].Address != allowed || attempts[1].Err != nil ||
		attempts[0].Err == nil || attempts[0].Err.Kind != sockeye.NotPermitted {
		t.Errorf("attempts are %+v", attempts)
	}
	in, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if got := in.LocalAddr().String(); got != allowed.String() {
		t.Errorf("the first connection arrived at %s: the refused address was dialled", got)
	}
}
