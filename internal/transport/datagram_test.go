//go:build linux

package transport_test

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sockeye/internal/transport/transporttest"
	"strings"
	"testing"
	"time"

	"sockeye"
)

// The rows of RELIABILITY.md about UDP.

// maxDatagram is the most bytes that a datagram of IPv4 carries.
const maxDatagram = 65507

// C03: an empty datagram is a message, both ways, and ends nothing.
func TestEmptyDatagram(t *testing.T) { transporttest.OnEachConnKind(t, testC03EmptyDatagram) }

func testC03EmptyDatagram(t *testing.T) {
	pc, r := transporttest.Listening(t, "udp", sockeye.Options{}, nil)
	c := transporttest.DialUDP(t, pc)
	c.Write(nil)
	e := r.WaitKind(t, sockeye.Received, 1)
	if len(e.Data) != 0 {
		t.Errorf("received %d bytes, want 0", len(e.Data))
	}
	if _, err := transporttest.FirstPeer(t, pc, r).Send(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 10)); n != 0 || err != nil {
		t.Errorf("the client read %d, %v", n, err)
	}
	c.Write([]byte("after"))
	r.WaitBytes(t, sockeye.Received, 5)
}

// C27: on UDP one datagram is one event; on TCP the chunks are kept as read, and
// only their bytes mean something.
func TestDatagramsKeepBoundaries(t *testing.T) { transporttest.OnEachConnKind(t, testC27Boundaries) }

func testC27Boundaries(t *testing.T) {
	pc, r := transporttest.Listening(t, "udp", sockeye.Options{}, nil)
	c := transporttest.DialUDP(t, pc)
	for range 10 {
		c.Write([]byte("0123456789"))
	}
	r.WaitBytes(t, sockeye.Received, 100)
	if n := len(r.All(transporttest.IsKind(sockeye.Received))); n != 10 {
		t.Errorf("10 datagrams are %d events", n)
	}

	dribble, dr := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
	whole, wr := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
	data := bytes.Repeat([]byte("message;"), 1000)
	one, all := transporttest.DialTCP(t, dribble), transporttest.DialTCP(t, whole)
	for _, b := range data[:800] {
		one.Write([]byte{b})
	}
	one.Write(data[800:])
	all.Write(data)
	if !bytes.Equal(dr.WaitBytes(t, sockeye.Received, len(data)), wr.WaitBytes(t, sockeye.Received, len(data))) {
		t.Error("the same bytes in other chunks are other bytes")
	}
}

// C28: a datagram longer than the read is cut, and the event says how long it was.
func TestLongDatagramIsTruncated(t *testing.T) { transporttest.OnEachConnKind(t, testC28Truncation) }

func testC28Truncation(t *testing.T) {
	pc, r := transporttest.Listening(t, "udp", sockeye.Options{ReadSize: 128}, nil)
	c := transporttest.DialUDP(t, pc)
	c.Write(make([]byte, 1000))
	e := r.WaitKind(t, sockeye.Received, 1)
	if len(e.Data) != 128 || e.Detail == nil || e.Detail.Datagram != 1000 {
		t.Errorf("got %d bytes with %+v, want 128 of 1000", len(e.Data), e.Detail)
	}
	c.Write(make([]byte, 128))
	if e := r.WaitKind(t, sockeye.Received, 2); e.Detail != nil {
		t.Errorf("a datagram that fits has detail %+v", e.Detail)
	}
}

// C28: by default the largest datagram there is comes whole.
func TestLargestDatagram(t *testing.T) { transporttest.OnEachConnKind(t, testC28LargestDatagram) }

func testC28LargestDatagram(t *testing.T) {
	pc, r := transporttest.Listening(t, "udp", sockeye.Options{}, nil)
	c := transporttest.DialUDP(t, pc)
	if _, err := c.Write(make([]byte, maxDatagram)); err != nil {
		t.Fatal(err)
	}
	if e := r.WaitKind(t, sockeye.Received, 1); len(e.Data) != maxDatagram || e.Detail != nil {
		t.Errorf("got %d bytes, detail %+v", len(e.Data), e.Detail)
	}
}

// C29: too large a datagram is refused with the limit, and the socket lives.
func TestTooLarge(t *testing.T) { transporttest.OnEachConnKind(t, testC29TooLarge) }

func testC29TooLarge(t *testing.T) {
	pc, r := transporttest.Listening(t, "udp", sockeye.Options{}, nil)
	c := transporttest.DialUDP(t, pc)
	c.Write([]byte("hello"))
	p := transporttest.FirstPeer(t, pc, r)
	_, err := p.Send(t.Context(), make([]byte, maxDatagram+1))
	if e := sockeye.ErrorOf(err); e.Kind != sockeye.TooLarge || !strings.Contains(err.Error(), "65507") {
		t.Errorf("got %v of kind %s, want the limit 65507", err, e.Kind)
	}
	if _, err := p.Send(t.Context(), []byte("small")); err != nil {
		t.Error(err)
	}
}

// C30, F45: a refused datagram is told late, names the datagram, and the socket
// stays usable; connected and unconnected.
func TestRefusedLater(t *testing.T) { transporttest.OnEachConnKind(t, testC30RefusedLater) }

func testC30RefusedLater(t *testing.T) {
	gone, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := gone.LocalAddr().String()
	gone.Close()

	board, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, "udp://"+closed)}, nil)
	p := transporttest.FirstPeer(t, board, r)
	if _, err := p.Send(t.Context(), []byte("into the void")); err != nil {
		t.Fatal(err)
	}
	sent := r.WaitKind(t, sockeye.Sent, 1)
	e := r.WaitKind(t, sockeye.Failed, 1)
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
	r.WaitKind(t, sockeye.Sent, 202)

	pc, r := transporttest.Listening(t, "udp", sockeye.Options{}, nil)
	to, err := pc.Reach(sockeye.IPSocketAddr(netip.MustParseAddrPort(closed)))
	if err != nil {
		t.Fatal(err)
	}
	to.Send(t.Context(), []byte("nobody"))
	if e := r.WaitKind(t, sockeye.Failed, 1); e.Peer == nil || e.Peer.Remote.String() != closed {
		t.Errorf("the refusal names %v, want %s", e.Peer, closed)
	}
	c := transporttest.DialUDP(t, pc)
	c.Write([]byte("still serving"))
	r.WaitBytes(t, sockeye.Received, 13)
}

// C31: the peers of a UDP server are its sources, found again by address, capped
// (the longest silent makes room) and forgotten when idle. No datagram is lost
// to the cap.
func TestPeersAreSources(t *testing.T) { transporttest.OnEachConnKind(t, testC31PeersAreSources) }

func testC31PeersAreSources(t *testing.T) {
	const sources, limit = 300, 50
	pc, r := transporttest.Listening(t, "udp", sockeye.Options{MaxPeers: limit}, nil)
	for range sources {
		c := transporttest.DialUDP(t, pc)
		c.Write([]byte("x"))
		c.Write([]byte("y"))
	}
	r.WaitBytes(t, sockeye.Received, 2*sources)
	if n := len(pc.Peers()); n > limit {
		t.Errorf("%d peers, want at most %d", n, limit)
	}
	left := r.All(transporttest.IsKind(sockeye.Left))
	if len(left) != sources-limit || left[0].Detail.Reason != sockeye.ReasonLimit {
		t.Errorf("%d peers made room, want %d", len(left), sources-limit)
	}
	if n := len(r.All(transporttest.IsKind(sockeye.Joined))); n != sources {
		t.Errorf("%d joined, want %d", n, sources)
	}
}

// C31: a source of datagrams that is silent for long enough is no peer any more.
func TestIdlePeerIsForgotten(t *testing.T) {
	transporttest.OnEachConnKind(t, testC31IdlePeerIsForgotten)
}

func testC31IdlePeerIsForgotten(t *testing.T) {
	pc, r := transporttest.Listening(t, "udp", sockeye.Options{IdleTimeout: 50 * time.Millisecond}, nil)
	c := transporttest.DialUDP(t, pc)
	c.Write([]byte("x"))
	if e := r.WaitKind(t, sockeye.Left, 1); e.Detail.Reason != sockeye.ReasonIdle {
		t.Errorf("left for %q, want idle", e.Detail.Reason)
	}
	c.Write([]byte("y"))
	if e := r.WaitKind(t, sockeye.Joined, 2); e.Peer.Remote.String() != c.LocalAddr().String() {
		t.Errorf("joined again from %v", e.Peer)
	}
}

// C40: a broadcast address needs to be asked for.
func TestBroadcastMustBeAllowed(t *testing.T) {
	_, _, err := transporttest.TryOpen(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, "udp://255.255.255.255:10000")}, nil)
	e := sockeye.ErrorOf(err)
	if e == nil || e.Kind != sockeye.NotPermitted || !strings.Contains(e.Hint.En, "--broadcast") {
		t.Errorf("got %v, want a refusal that names --broadcast", err)
	}
	s, _, err := transporttest.TryOpen(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, "udp://255.255.255.255:10000"),
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
	s, _ := transporttest.Listening(t, "udp4", sockeye.Options{}, nil)
	if p, err := s.Reach(sockeye.IPSocketAddr(to)); sockeye.ErrorOf(err) == nil || sockeye.ErrorOf(err).Kind != sockeye.NotPermitted {
		t.Errorf("peer %v, %v, want a refusal", p, err)
	}
	if p, err := s.Reach(sockeye.IPSocketAddr(netip.AddrPortFrom(netip.AddrFrom16(to.Addr().As16()), 9))); sockeye.ErrorOf(err) == nil {
		t.Errorf("written as IPv6: peer %v, want a refusal", p)
	}
	if n := len(s.Peers()); n != 0 {
		t.Errorf("%d peers, want none", n)
	}
	asked, _ := transporttest.Listening(t, "udp4", sockeye.Options{Broadcast: sockeye.On}, nil)
	if _, err := asked.Reach(sockeye.IPSocketAddr(to)); err != nil {
		t.Errorf("asked for, and %v", err)
	}
}

// C46: times never decrease, and the kernel's own are taken when asked for.
func TestTimesNeverDecrease(t *testing.T) { transporttest.OnEachConnKind(t, testC46Times) }

func testC46Times(t *testing.T) {
	pc, r := transporttest.Listening(t, "udp", sockeye.Options{KernelTime: sockeye.On}, nil)
	c := transporttest.DialUDP(t, pc)
	before := time.Now()
	c.Write([]byte("stamp me"))
	e := r.WaitKind(t, sockeye.Received, 1)
	if e.Time.Before(before.Add(-time.Second)) || e.Time.After(time.Now()) {
		t.Errorf("stamped %v, sent after %v", e.Time, before)
	}
	for range 100 {
		c.Write([]byte("x"))
	}
	r.WaitKind(t, sockeye.Received, 101)
	times := r.All(transporttest.IsKind(sockeye.Received))
	if !slices.IsSortedFunc(times, func(a, b sockeye.Event) int { return a.Time.Compare(b.Time) }) {
		t.Error("kernel times decrease")
	}
}
