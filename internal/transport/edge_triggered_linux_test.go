package transport_test

import (
	"net"
	"sockeye/internal/transport/transporttest"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye"
)

// The kernel tells a loop once of what has come, and poll(2) again and again of an
// error that nobody takes: nothing may be missed of the one, nor be left of the other.

// A read ends early at urgent data (MSG_OOB, tcp(7)), and before a FIN: what comes
// after is not forgotten, however much of it is there at once.
func TestReadsThatEndEarly(t *testing.T) { transporttest.OnEachConnKind(t, testReadsThatEndEarly) }

func testReadsThatEndEarly(t *testing.T) {
	for _, finish := range []bool{false, true} {
		s, r := transporttest.Listening(t, "tcp", sockeye.Options{}, counting{})
		const connections = 100
		for range connections {
			c := transporttest.DialTCP(t, s)
			sendUrgently(t, c)
			if finish {
				c.CloseWrite()
			}
		}
		r.WaitAll(t, "all of it from every peer", func(events []sockeye.Event) bool {
			heard, whole := map[uint64]string{}, 0
			for _, e := range events {
				if e.Kind == sockeye.Received {
					heard[e.Peer.ID] += string(e.Data)
				}
			}
			for _, text := range heard {
				if text == sentUrgently {
					whole++
				}
			}
			return whole == connections
		})
		if finish {
			r.WaitKind(t, sockeye.Finished, connections)
		}
	}
}

// C26: urgent bytes are received in their place among the others, and none is lost,
// whichever side connected.
func TestUrgentData(t *testing.T) { transporttest.OnEachConnKind(t, testC26UrgentData) }

func testC26UrgentData(t *testing.T) {
	s, r := transporttest.Listening(t, "tcp", sockeye.Options{}, nil)
	sendUrgently(t, transporttest.DialTCP(t, s))

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, dialled := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, l.Addr().String())}, nil)
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	sendUrgently(t, c.(*net.TCPConn))
	for side, r := range map[string]*transporttest.EventLog{"accepted": r, "dialled": dialled} {
		if got := string(r.WaitBytes(t, sockeye.Received, len(sentUrgently))); got != sentUrgently {
			t.Errorf("%s: received %q, want %q", side, got, sentUrgently)
		}
	}
}

// sentUrgently is what sendUrgently sends; ! and ? are urgent.
const sentUrgently = "before !between ?after"

func sendUrgently(t *testing.T, c *net.TCPConn) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) {
		for _, part := range []struct {
			text  string
			flags int
		}{{"before ", 0}, {"!", unix.MSG_OOB}, {"between ", 0}, {"?", unix.MSG_OOB}, {"after", 0}} {
			if err := unix.Sendto(int(fd), []byte(part.text), part.flags, nil); err != nil {
				t.Errorf("sending %q: %v", part.text, err)
			}
		}
	})
}
