package tcp

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"strings"
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

// T58: of a name with thousands of addresses sixteen are tried, and the error says how
// many were not.
func TestThousandsOfAddressesAreNotAllTried(t *testing.T) {
	free, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := uint16(free.Addr().(*net.TCPAddr).Port)
	free.Close()
	var addrs []netip.Addr
	for n := range uint32(5000) {
		var ip [4]byte
		binary.BigEndian.PutUint32(ip[:], 127<<24+1<<16+n)
		addrs = append(addrs, netip.AddrFrom4(ip))
	}
	ep := sockeye.Endpoint{Address: sockeye.Address{Network: sockeye.TCP, Host: "name.test", Port: port}}
	d := dialer{ep: ep, opts: &sockeye.Options{ConnectTimeout: time.Minute}, setter: sockopt.For(ep)}
	_, attempts, err := d.raceDial(t.Context(), addrs)
	if len(attempts) != maxAttempts {
		t.Errorf("%d addresses were tried, want %d", len(attempts), maxAttempts)
	}
	for n, at := range attempts {
		if at.Address.Addr() != addrs[n] {
			t.Errorf("attempt %d is %v, want %v", n, at.Address, addrs[n])
		}
	}
	if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.Refused || !strings.Contains(e.Error(), "; 4984 more addresses of the name were left out") || !strings.Contains(e.In(sockeye.Chinese), "其余 4984 个地址未尝试") {
		t.Errorf("got %v", err)
	}
}
