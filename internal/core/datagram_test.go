package core

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"sockeye/internal/responder"
	"testing"
	"time"

	"sockeye"
)

// Datagrams that come together are kept once for the datagram and its echo; the
// record of both is right, for small ones and large ones, and after the ring has
// gone round.
func TestEchoedDatagramsAreRecorded(t *testing.T) {
	w := New(4 << 20)
	t.Cleanup(func() { w.Shutdown(context.Background()) })
	s := open(t, w, endpoint(t, sockeye.Listen, "udp://127.0.0.1:0"), responder.Answer{Echo: true})
	c, err := net.Dial("udp", s.Locals()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	view := w.View(1)
	defer view.Close()
	sent, buf := 0, make([]byte, 1<<16)
	datagram := func(n int) []byte { // n says what it holds, and how long it is
		return bytes.Repeat(fmt.Appendf(nil, "%d;", n), 1+n*37%700)
	}
	check := func(kind sockeye.EventKind, next *int, e sockeye.Event) {
		if e.Kind == kind {
			if want := datagram(*next); !bytes.Equal(e.Data, want) {
				t.Fatalf("%s %d has %d bytes, %.20q; want %d bytes", kind, *next, len(e.Data), e.Data, len(want))
			}
			*next++
		}
	}
	received, echoed := 0, 0
	for range 60 { // 6 MB, there and back
		const burst = 40
		for range burst {
			if _, err := c.Write(datagram(sent)); err != nil {
				t.Fatal(err)
			}
			sent++
		}
		for n := sent - burst; n < sent; n++ {
			if k, err := c.Read(buf); err != nil || !bytes.Equal(buf[:k], datagram(n)) {
				t.Fatalf("echo %d: %d bytes, %v", n, k, err)
			}
		}
		for echoed < sent {
			e, err := view.Next(t.Context())
			if err != nil || e.Kind == sockeye.Gap {
				t.Fatalf("%v, %v", e, err)
			}
			check(sockeye.Received, &received, e)
			check(sockeye.Sent, &echoed, e)
		}
	}
}
