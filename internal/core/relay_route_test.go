package core

import (
	"io"
	"net"
	"testing"
	"time"

	"sockeye"
)

// nameServer is a server that answers everybody with its name.
func nameServer(t *testing.T, name string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.WriteString(c, name)
				io.Copy(io.Discard, c)
			}()
		}
	}()
	return l.Addr().String()
}

// The upstream is chosen by a peer's address and by what it sends first; who says nothing,
// or fits none, has the one for all.
func TestRoutes(t *testing.T) {
	all, web, mine, both := nameServer(t, "all"), nameServer(t, "web"), nameServer(t, "me2"), nameServer(t, "bth")
	routes, err := ParseRoutes([]string{web + " when prefix:GET", mine + " peer 127.0.0.2", both + " peer 127.0.0.0/8 when is:both"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	bench := New(0)
	s, err := bench.OpenRelay(t.Context(), sockeye.Endpoint{Mode: sockeye.Listen, Address: addressOf(t, "127.0.0.1:0")}, sockeye.Endpoint{Mode: sockeye.Connect, Address: addressOf(t, all)}, RelayOptions{Routes: routes})
	if err != nil {
		t.Fatal(err)
	}
	defer bench.Shutdown(t.Context())
	for _, c := range []struct{ from, first, want string }{
		{"127.0.0.1", "GET / HTTP/1.1\r\n", "web"}, {"127.0.0.2", "GET /", "web"}, {"127.0.0.2", "hello", "me2"},
		{"127.0.0.1", "both", "bth"}, {"127.0.0.1", "hello", "all"}, {"127.0.0.1", "", "all"},
	} {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(c.from)}, Timeout: patience}
		conn, err := dialer.Dial("tcp", s.Locals()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(patience))
		io.WriteString(conn, c.first)
		hears(t, conn, c.want)
		conn.Close()
	}
	if got := s.Relay().Routes(); len(got) != 3 || got[0].Session.Endpoint().Address.String() != "tcp://"+web {
		t.Errorf("the routes are %+v", got)
	}
	s.transport.Close()
	for _, r := range s.Relay().Routes() {
		<-r.Session.Done()
	}
}

// An upstream that is the relay's own listener is refused before it is dialled.
func TestRouteToItself(t *testing.T) {
	bench, s := openLoop(t, "tcp")
	c, err := net.Dial("tcp", s.Locals()[0].String())
	if err == nil {
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		c.Read(make([]byte, 1))
	}
	waitUntil(t, "the peer has left", func() bool { return len(s.Peers()) == 0 })
	joined := 0
	cursor := bench.View(0)
	defer cursor.Close()
	for e, ok := cursor.Try(); ok; e, ok = cursor.Try() {
		if e.Kind == sockeye.Joined {
			joined++
		}
	}
	if joined != 1 {
		t.Errorf("%d peers joined: the relay connected to itself", joined)
	}
}
