package transport_test

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/transport/transporttest"
)

// F36: packets that get lost, come twice, late or in another order make TCP slower, and no
// byte is lost, doubled or moved, there and back.
func TestImpairedStream(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	for name, i := range map[string]transporttest.Impairment{
		"duplicates": {Seed: 1, Duplication: 0.2},
		"reordering": {Seed: 2, Jitter: 5 * time.Millisecond},
		"all":        {Seed: 3, Loss: 0.05, Duplication: 0.05, Delay: 2 * time.Millisecond, Jitter: 5 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			back := i
			back.Seed += 10
			link := there.Impaired(t, i, back)
			s, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: transporttest.At(t, transporttest.ImpairedHereIP+":0")}, transporttest.Echoing{})
			c := clientOf(t, there, s, "tcp")
			want := numbered(200_000)
			got := make([]byte, len(want))
			go c.Write(want)
			if _, err := io.ReadFull(c, got); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Error("something else came back")
			}
			if heard := r.WaitBytes(t, sockeye.Received, len(want)); !bytes.Equal(heard, want) {
				t.Error("something else is recorded")
			}
			c.(*net.TCPConn).CloseWrite()
			if rest, err := io.ReadAll(c); err != nil || len(rest) != 0 {
				t.Errorf("after all had come back, %d bytes came, %v", len(rest), err)
			}
			for _, n := range []transporttest.PacketCounts{link.ToHere(), link.ToThere()} {
				if (n.Duplicated == 0) != (i.Duplication == 0) || (n.Lost == 0) != (i.Loss == 0) || n.Overtaken == 0 && i.Jitter > 0 {
					t.Errorf("the link was not as bad as it was to be: %+v", n)
				}
			}
		})
	}
}
