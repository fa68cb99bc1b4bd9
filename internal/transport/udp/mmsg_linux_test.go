package udp_test

import (
	"sockeye/internal/transport/transporttest"
	"testing"

	"sockeye"
)

// A datagram in and its answer out allocate nothing.
func TestDatagramAllocatesNothing(t *testing.T) {
	for _, o := range []sockeye.Options{{}, {KernelTime: sockeye.On}} {
		pc, r := transporttest.Listening(t, "udp", o, transporttest.Echoing{})
		r.KeepNothing()
		c := transporttest.DialUDP(t, pc)
		data, buf := make([]byte, 64), make([]byte, 100)
		once := func() {
			c.Write(data)
			if n, err := c.Read(buf); n != len(data) || err != nil {
				t.Fatalf("read %d, %v", n, err)
			}
		}
		once()
		if n := testing.AllocsPerRun(2000, once); n != 0 {
			t.Errorf("%v allocations for a datagram and its answer, with %+v", n, o)
		}
	}
}
