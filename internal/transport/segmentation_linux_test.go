package transport_test

import (
	"bytes"
	"fmt"
	"net"
	"sockeye/internal/transport/transporttest"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye"
)

// C33: what a sender hands to its kernel in one piece, to be cut into datagrams
// (UDP_SEGMENT, udp(7)), is an event for each datagram, with its own bytes, and each is
// answered.
func TestSegmentedDatagramsAreSplit(t *testing.T) {
	transporttest.OnEachConnKind(t, testSegmentedDatagramsAreSplit)
}

func testSegmentedDatagramsAreSplit(t *testing.T) {
	s, r := transporttest.Listening(t, "udp", sockeye.Options{}, transporttest.Echoing{})
	c := transporttest.DialUDP(t, s)
	// The last one is shorter; a single one is not cut at all.
	for _, test := range []struct{ size, last, count int }{{1000, 1000, 1}, {1, 1, 60}, {1200, 700, 40}, {1472, 1, 44}} {
		t.Run(fmt.Sprintf("%d of %d bytes", test.count, test.size), func(t *testing.T) {
			before := len(r.All(transporttest.IsKind(sockeye.Received)))
			data := numbered((test.count-1)*test.size + test.last)
			sendSegmented(t, c, data, test.size)
			r.WaitKind(t, sockeye.Received, before+test.count)
			r.WaitKind(t, sockeye.Sent, before+test.count)
			buf := make([]byte, 1<<16)
			for n := range test.count {
				want := data[n*test.size : min((n+1)*test.size, len(data))]
				for _, kind := range []sockeye.EventKind{sockeye.Received, sockeye.Sent} {
					if e := r.All(transporttest.IsKind(kind))[before+n]; !bytes.Equal(e.Data, want) {
						t.Errorf("datagram %d: %v are %d bytes %.20q, want %d %.20q", n, kind, len(e.Data), e.Data, len(want), want)
					}
				}
				if got, err := c.Read(buf); err != nil || !bytes.Equal(buf[:got], want) {
					t.Errorf("datagram %d: the answer is %d bytes %.20q, %v", n, got, buf[:got], err)
				}
			}
			if more := r.All(transporttest.IsKind(sockeye.Received))[before:]; len(more) != test.count {
				t.Errorf("%d datagrams are recorded, want %d", len(more), test.count)
			}
		})
	}
}

// sendSegmented sends data in one call, as datagrams of so many bytes.
func sendSegmented(t *testing.T, c *net.UDPConn, data []byte, size int) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_UDP, unix.UDP_SEGMENT, size) })
	if err != nil {
		t.Fatalf("UDP_SEGMENT, which Linux has had since 4.18: %v", err)
	}
	if n, err := c.Write(data); n != len(data) || err != nil {
		t.Fatalf("sent %d of %d bytes: %v", n, len(data), err)
	}
}
