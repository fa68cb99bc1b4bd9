//go:build linux

package transport_test

import (
	"context"
	"net"
	"sockeye/internal/transport"
	"sockeye/internal/transport/transporttest"
	"testing"

	"sockeye"
)

// sendingTo is a peer of a new session that takes whatever it is sent. What is
// recorded is only counted.
func sendingTo(t testing.TB, network string) *transport.Peer {
	t.Helper()
	pc, r := transporttest.Listening(t, network, sockeye.Options{}, nil)
	c, err := net.Dial(network, pc.Locals()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	c.Write([]byte("hello"))
	p := transporttest.FirstPeer(t, pc, r)
	r.WaitBytes(t, sockeye.Received, 5)
	r.KeepNothing()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for buf := make([]byte, 64<<10); ; {
			if _, err := c.Read(buf); err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		c.Close()
		<-ended
	})
	return p
}

// A send and its event allocate nothing.
func TestSendAllocatesNothing(t *testing.T) {
	transporttest.OnEachConnKind(t, testSendAllocatesNothing)
}

func testSendAllocatesNothing(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		p, data := sendingTo(t, network), make([]byte, 64)
		canBeCancelled, cancel := context.WithCancel(t.Context())
		defer cancel()
		for _, ctx := range []context.Context{context.Background(), canBeCancelled} {
			if n := testing.AllocsPerRun(2000, func() { p.Send(ctx, data) }); n > 0 {
				t.Errorf("%s: %v allocations per send", network, n)
			}
		}
	}
}

// BenchmarkSend measures sending to a peer, with what it allocates.
func BenchmarkSend(b *testing.B) {
	for _, network := range []string{"tcp", "udp"} {
		b.Run(network, func(b *testing.B) {
			p, data, ctx := sendingTo(b, network), make([]byte, 64), context.Background()
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Send(ctx, data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
