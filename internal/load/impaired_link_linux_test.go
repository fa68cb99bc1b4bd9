package load

import (
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye"
	"sockeye/internal/fields"
	"sockeye/internal/framing"
	"sockeye/internal/transport/transporttest"
)

// F36: of datagrams that cross a bad link, the report counts exactly those that never came
// and those that came twice, and sees that some were overtaken, at 1, 5 and 30 % of loss.
func TestImpairedDatagrams(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	for name, loss := range map[string]float64{"1 %": 0.01, "5 %": 0.05, "30 %": 0.3} {
		t.Run(name, func(t *testing.T) {
			// With this seed the first and the last of them arrive: a number before or behind
			// all others is missed by nobody.
			link := there.Impaired(t, transporttest.Impairment{Seed: 7, Loss: loss, Duplication: 0.05, Jitter: 8 * time.Millisecond}, transporttest.Impairment{})
			s := spec(t, echoOn(t, there))
			keys, err := fields.Parse("keys")
			if err != nil {
				t.Fatal(err)
			}
			s.Pairs.Frame, s.Pairs.Fields, s.Pairs.Field, s.Pairs.Sequence = framing.Spec{}, fields.SpecSet{keys}, "n", "n"
			s.Pairs.Timeout, s.InFlight, s.Count = 6*time.Second, 500, 500
			r := run(t, s)
			n := link.ToHere()
			if n.Lost == 0 || n.Duplicated == 0 || n.Overtaken == 0 {
				t.Fatalf("the link was not as bad as it was to be: %+v", n)
			}
			for _, q := range r.Sequences {
				if q.Kind == sockeye.Received && (q.Messages != n.Delivered || q.Lost != n.Lost || q.Duplicates != n.Duplicated || q.Reordered == 0 || q.Reordered > n.Overtaken || q.Jitter <= 0) {
					t.Errorf("the report says %+v, the link %+v", q, n)
				}
			}
			if a := r.Pairs.All; a.Requests != 500 || a.Missing != n.Lost || a.Unexpected != n.Duplicated {
				t.Errorf("%+v, the link %+v", a, n)
			}
		})
	}
}

// echoOn sends datagrams back from the other side of an impaired link.
func echoOn(t *testing.T, there *transporttest.Host) net.Addr {
	t.Helper()
	var c net.PacketConn
	var err error
	roomy := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		// a machine that stalls has hundreds of messages due at once
		return raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 16<<20) })
	}}
	there.Do(func() {
		var failed error
		c, failed = roomy.ListenPacket(t.Context(), "udp", net.JoinHostPort(transporttest.ImpairedThereIP, "0"))
		err = errors.Join(err, failed)
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() { c.Close(); <-ended })
	go func() {
		defer close(ended)
		buf := make([]byte, 2048)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			c.WriteTo(buf[:n], from)
		}
	}()
	return c.LocalAddr()
}
