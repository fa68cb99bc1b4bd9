package api

import (
	"net"
	"testing"
)

// A relay says which session has its connections to the upstream, these say whose they are,
// and each peer names the one at the other side; one query reads the events of both sessions.
func TestRelaySides(t *testing.T) {
	v := serve(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0", Upstream: &Upstream{Address: l.Addr().String()}})
	up := ask[Session](v, "GET", "/api/v1/sessions/"+s.UpstreamSession, nil)
	if up.UpstreamOf != s.ID || s.UpstreamOf != "" {
		t.Errorf("the upstream's session is of %q, the relay itself of %q", up.UpstreamOf, s.UpstreamOf)
	}
	c, err := net.Dial("tcp", s.Locals[0])
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	c.Write([]byte("hello"))
	var down, over Peer
	for down.Pair == nil || over.Pair == nil {
		for to, id := range map[*Peer]string{&down: s.ID, &over: up.ID} {
			if peers := ask[Peers](v, "GET", "/api/v1/sessions/"+id+"/peers", nil).Peers; len(peers) == 1 {
				*to = peers[0]
			}
		}
	}
	if down.Pair.ID != over.ID || down.Pair.Session != up.ID || down.Pair.Address != l.Addr().String() || over.Pair.ID != down.ID || over.Pair.Session != s.ID {
		t.Errorf("pairs %+v and %+v of %d and %d", down.Pair, over.Pair, down.ID, over.ID)
	}
	for {
		got := ask[Events](v, "GET", "/api/v1/events?session="+s.ID+","+up.ID+"&text=hello", nil)
		if len(got.Events) == 2 {
			if a, b := got.Events[0], got.Events[1]; a.Kind+" "+a.Session+", "+b.Kind+" "+b.Session != "received s1, sent s2" {
				t.Errorf("%+v", got.Events)
			}
			break
		}
	}
}
