//go:build linux

package transport

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"sockeye"
)

// The rows of RELIABILITY.md about UDP.

// dialUDP is a plain client of a session.
func dialUDP(t testing.TB, s *Session) *net.UDPConn {
	t.Helper()
	c, err := net.Dial("udp", s.Locals()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c.(*net.UDPConn)
}

// C03: an empty datagram is a message, both ways, and ends nothing.
func TestEmptyDatagram(t *testing.T) { onEachConnKind(t, testC03EmptyDatagram) }

func testC03EmptyDatagram(t *testing.T) {
	pc, r := listening(t, "udp", sockeye.Options{}, nil)
	c := dialUDP(t, pc)
	c.Write(nil)
	e := r.waitKind(t, sockeye.Received, 1)
	if len(e.Data) != 0 {
		t.Errorf("received %d bytes, want 0", len(e.Data))
	}
	if _, err := firstPeer(t, pc, r).Send(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 10)); n != 0 || err != nil {
		t.Errorf("the client read %d, %v", n, err)
	}
	c.Write([]byte("after"))
	r.waitBytes(t, sockeye.Received, 5)
}

// C27: on UDP one datagram is one event; on TCP the chunks are kept as read, and
// only their bytes mean something.
func TestBoundaries(t *testing.T) { onEachConnKind(t, testC27Boundaries) }

func testC27Boundaries(t *testing.T) {
	pc, r := listening(t, "udp", sockeye.Options{}, nil)
	c := dialUDP(t, pc)
	for range 10 {
		c.Write([]byte("0123456789"))
	}
	r.waitBytes(t, sockeye.Received, 100)
	if n := len(r.all(isKind(sockeye.Received))); n != 10 {
		t.Errorf("10 datagrams are %d events", n)
	}

	dribble, dr := listening(t, "tcp", sockeye.Options{}, nil)
	whole, wr := listening(t, "tcp", sockeye.Options{}, nil)
	data := bytes.Repeat([]byte("message;"), 1000)
	one, all := dialTCP(t, dribble), dialTCP(t, whole)
	for _, b := range data[:800] {
		one.Write([]byte{b})
	}
	one.Write(data[800:])
	all.Write(data)
	if !bytes.Equal(dr.waitBytes(t, sockeye.Received, len(data)), wr.waitBytes(t, sockeye.Received, len(data))) {
		t.Error("the same bytes in other chunks are other bytes")
	}
}

// C28: a datagram longer than the read is cut, and the event says how long it was.
func TestTruncation(t *testing.T) { onEachConnKind(t, testC28Truncation) }

func testC28Truncation(t *testing.T) {
	pc, r := listening(t, "udp", sockeye.Options{ReadSize: 128}, nil)
	c := dialUDP(t, pc)
	c.Write(make([]byte, 1000))
	e := r.waitKind(t, sockeye.Received, 1)
	if len(e.Data) != 128 || e.Detail == nil || e.Detail.Datagram != 1000 {
		t.Errorf("got %d bytes with %+v, want 128 of 1000", len(e.Data), e.Detail)
	}
	c.Write(make([]byte, 128))
	if e := r.waitKind(t, sockeye.Received, 2); e.Detail != nil {
		t.Errorf("a datagram that fits has detail %+v", e.Detail)
	}
}

// C28: by default the largest datagram there is comes whole.
func TestLargestDatagram(t *testing.T) { onEachConnKind(t, testC28LargestDatagram) }

func testC28LargestDatagram(t *testing.T) {
	pc, r := listening(t, "udp", sockeye.Options{}, nil)
	c := dialUDP(t, pc)
	if _, err := c.Write(make([]byte, maxDatagram4)); err != nil {
		t.Fatal(err)
	}
	if e := r.waitKind(t, sockeye.Received, 1); len(e.Data) != maxDatagram4 || e.Detail != nil {
		t.Errorf("got %d bytes, detail %+v", len(e.Data), e.Detail)
	}
}

// C29: too large a datagram is refused with the limit, and the socket lives.
func TestTooLarge(t *testing.T) { onEachConnKind(t, testC29TooLarge) }

func testC29TooLarge(t *testing.T) {
	pc, r := listening(t, "udp", sockeye.Options{}, nil)
	c := dialUDP(t, pc)
	c.Write([]byte("hello"))
	p := firstPeer(t, pc, r)
	_, err := p.Send(t.Context(), make([]byte, maxDatagram4+1))
	if e := sockeye.ErrorOf(err); e.Kind != sockeye.TooLarge || !strings.Contains(err.Error(), "65507") {
		t.Errorf("got %v of kind %s, want the limit 65507", err, e.Kind)
	}
	if _, err := p.Send(t.Context(), []byte("small")); err != nil {
		t.Error(err)
	}
}

// C30, F45: a refused datagram is told late, names the datagram, and the socket
// stays usable; connected and unconnected.
func TestRefusedLater(t *testing.T) { onEachConnKind(t, testC30RefusedLater) }

func testC30RefusedLater(t *testing.T) {
	gone, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := gone.LocalAddr().String()
	gone.Close()

	board, r := open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: at(t, "udp://"+closed)}, nil)
	p := firstPeer(t, board, r)
	if _, err := p.Send(t.Context(), []byte("into the void")); err != nil {
		t.Fatal(err)
	}
	sent := r.waitKind(t, sockeye.Sent, 1)
	e := r.waitKind(t, sockeye.Failed, 1)
	if e.Detail.Err.Kind != sockeye.Refused || !strings.Contains(e.Detail.Err.Error(), fmt.Sprint("event ", sent.Seq)) {
		t.Errorf("got %v of kind %s, want refused, naming event %d", e.Detail.Err, e.Detail.Err.Kind, sent.Seq)
	}
	if _, err := p.Send(t.Context(), []byte("again")); err != nil {
		t.Errorf("the socket is not usable after a refusal: %v", err)
	}
	// Each is refused; what the system says of one must not cost the next, whoever is told.
	for i := range 200 {
		if n, err := p.Send(t.Context(), []byte("more")); n != 4 || err != nil {
			t.Fatalf("datagram %d: Send = %d, %v", i, n, err)
		}
	}
	r.waitKind(t, sockeye.Sent, 202)

	pc, r := listening(t, "udp", sockeye.Options{}, nil)
	to, err := pc.Reach(netip.MustParseAddrPort(closed))
	if err != nil {
		t.Fatal(err)
	}
	to.Send(t.Context(), []byte("nobody"))
	if e := r.waitKind(t, sockeye.Failed, 1); e.Peer == nil || e.Peer.Remote.String() != closed {
		t.Errorf("the refusal names %v, want %s", e.Peer, closed)
	}
	c := dialUDP(t, pc)
	c.Write([]byte("still serving"))
	r.waitBytes(t, sockeye.Received, 13)
}

// C31: the peers of a UDP server are its sources, found again by address, capped
// (the longest silent makes room) and forgotten when idle. No datagram is lost
// to the cap.
func TestPeersAreSources(t *testing.T) { onEachConnKind(t, testC31PeersAreSources) }

func testC31PeersAreSources(t *testing.T) {
	const sources, limit = 300, 50
	pc, r := listening(t, "udp", sockeye.Options{MaxPeers: limit}, nil)
	for range sources {
		c := dialUDP(t, pc)
		c.Write([]byte("x"))
		c.Write([]byte("y"))
	}
	r.waitBytes(t, sockeye.Received, 2*sources)
	if n := len(pc.Peers()); n > limit {
		t.Errorf("%d peers, want at most %d", n, limit)
	}
	left := r.all(isKind(sockeye.Left))
	if len(left) != sources-limit || left[0].Detail.Reason != sockeye.ReasonLimit {
		t.Errorf("%d peers made room, want %d", len(left), sources-limit)
	}
	if n := len(r.all(isKind(sockeye.Joined))); n != sources {
		t.Errorf("%d joined, want %d", n, sources)
	}
}

// C31: 100,000 sources do not outgrow the cap. They are made up: the table is
// what is tested.
func TestManySourcesAreCapped(t *testing.T) {
	const sources, limit = 100_000, 1000
	pc, r := listening(t, "udp", sockeye.Options{MaxPeers: limit}, nil)
	r.keepNothing()
	pc.mu.Lock()
	k := pc.sockets[0]
	pc.mu.Unlock()
	for i := range sources {
		from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 7)
		k.reader.takeAll([]datagram{{from: from, data: []byte("x"), size: 1}})
		if i%10_000 == 0 {
			if n := len(pc.snapshot()); n > limit {
				t.Fatalf("%d peers after %d sources", n, i)
			}
		}
	}
	if n := len(pc.snapshot()); n != limit {
		t.Errorf("%d peers, want %d", n, limit)
	}
}

// C31: a source of datagrams that is silent for long enough is no peer any more.
func TestIdlePeerIsForgotten(t *testing.T) { onEachConnKind(t, testC31IdlePeerIsForgotten) }

func testC31IdlePeerIsForgotten(t *testing.T) {
	pc, r := listening(t, "udp", sockeye.Options{IdleTimeout: 50 * time.Millisecond}, nil)
	c := dialUDP(t, pc)
	c.Write([]byte("x"))
	if e := r.waitKind(t, sockeye.Left, 1); e.Detail.Reason != sockeye.ReasonIdle {
		t.Errorf("left for %q, want idle", e.Detail.Reason)
	}
	c.Write([]byte("y"))
	if e := r.waitKind(t, sockeye.Joined, 2); e.Peer.Remote.String() != c.LocalAddr().String() {
		t.Errorf("joined again from %v", e.Peer)
	}
}

// C40: a broadcast address needs to be asked for.
func TestBroadcast(t *testing.T) {
	_, _, err := tryOpen(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: at(t, "udp://255.255.255.255:10000")}, nil)
	e := sockeye.ErrorOf(err)
	if e == nil || e.Kind != sockeye.NotPermitted || !strings.Contains(e.Hint.En, "--broadcast") {
		t.Errorf("got %v, want a refusal that names --broadcast", err)
	}
	s, _, err := tryOpen(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: at(t, "udp://255.255.255.255:10000"),
		Options: sockeye.Options{Broadcast: sockeye.On}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(s.Peers()); n != 1 {
		t.Errorf("%d peers, want the broadcast address", n)
	}
}

// Sending to a broadcast address of a known socket has to be asked for, too.
func TestReachRefusesBroadcast(t *testing.T) {
	to := netip.MustParseAddrPort("255.255.255.255:9")
	s, _ := listening(t, "udp4", sockeye.Options{}, nil)
	if p, err := s.Reach(to); sockeye.ErrorOf(err) == nil || sockeye.ErrorOf(err).Kind != sockeye.NotPermitted {
		t.Errorf("peer %v, %v, want a refusal", p, err)
	}
	if p, err := s.Reach(netip.AddrPortFrom(netip.AddrFrom16(to.Addr().As16()), 9)); sockeye.ErrorOf(err) == nil {
		t.Errorf("written as IPv6: peer %v, want a refusal", p)
	}
	if n := len(s.Peers()); n != 0 {
		t.Errorf("%d peers, want none", n)
	}
	asked, _ := listening(t, "udp4", sockeye.Options{Broadcast: sockeye.On}, nil)
	if _, err := asked.Reach(to); err != nil {
		t.Errorf("asked for, and %v", err)
	}
}

func TestDirectedBroadcast(t *testing.T) {
	for prefix, want := range map[string]string{
		"192.168.1.7/24": "192.168.1.255", "10.1.2.3/8": "10.255.255.255", "172.16.5.1/20": "172.16.15.255",
	} {
		if got := lastAddr(netip.MustParsePrefix(prefix)).String(); got != want {
			t.Errorf("%s: %s, want %s", prefix, got, want)
		}
	}
}

// C46: times never decrease, and the kernel's own are taken when asked for.
func TestTimes(t *testing.T) { onEachConnKind(t, testC46Times) }

func testC46Times(t *testing.T) {
	pc, r := listening(t, "udp", sockeye.Options{KernelTime: sockeye.On}, nil)
	c := dialUDP(t, pc)
	before := time.Now()
	c.Write([]byte("stamp me"))
	e := r.waitKind(t, sockeye.Received, 1)
	if e.Time.Before(before.Add(-time.Second)) || e.Time.After(time.Now()) {
		t.Errorf("stamped %v, sent after %v", e.Time, before)
	}
	for range 100 {
		c.Write([]byte("x"))
	}
	r.waitKind(t, sockeye.Received, 101)
	times := r.all(isKind(sockeye.Received))
	if !slices.IsSortedFunc(times, func(a, b sockeye.Event) int { return a.Time.Compare(b.Time) }) {
		t.Error("kernel times decrease")
	}
}
