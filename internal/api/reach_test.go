package api

import (
	"net"
	"testing"
	"time"

	"sockeye"
)

// A UDP session hears everybody, and sends to an address nobody was heard from.
func TestReach(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "udp://127.0.0.1:0"})
	const peers = "/api/v1/sessions/s1/peers"
	far, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	far.SetDeadline(time.Now().Add(10 * time.Second))
	_, port, _ := net.SplitHostPort(far.LocalAddr().String())
	p := ask[Peer](v, "POST", peers, Reach{"localhost:" + port})
	if p.Remote != far.LocalAddr().String() {
		t.Fatalf("%+v", p)
	}
	if again := ask[Peer](v, "POST", peers, Reach{far.LocalAddr().String()}); again.ID != p.ID {
		t.Errorf("another peer: %+v", again)
	}
	other, err := net.Dial("udp", s.Locals[0])
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.Write([]byte("unasked"))
	v.follow(func(l Live) bool {
		for _, p := range l.Peers {
			if p.Remote == other.LocalAddr().String() && p.ReceivedBytes == 7 {
				return true
			}
		}
		return false
	})
	ask[SendResults](v, "POST", "/api/v1/sessions/s1/send", Send{To: []uint64{p.ID}, Data: []byte("first word")})
	buf := make([]byte, 100)
	if n, from, err := far.ReadFrom(buf); err != nil || string(buf[:n]) != "first word" || from.String() != s.Locals[0] {
		t.Errorf("%q from %v, %v", buf[:n], from, err)
	}
	for _, wrong := range []string{"", "127.0.0.1:0", ":7", "127.0.0.1:70000"} {
		if f := v.failing(400, "POST", peers, Reach{wrong}); f.Kind != sockeye.Invalid {
			t.Errorf("%q: %+v", wrong, f)
		}
	}
	ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	v.failing(501, "POST", "/api/v1/sessions/s2/peers", Reach{"127.0.0.1:7"})
}
