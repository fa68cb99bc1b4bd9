package responder

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"sockeye"
)

// One guest of a broker that does not read is aborted, and holds up nobody.
func TestBrokerSlowReader(t *testing.T) {
	w := bench(t)
	ep := sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: sockeye.TCP, Host: "127.0.0.1"}}
	s := open(t, w, ep, Answer{Broker: &BrokerMode{}})
	dial := func() net.Conn {
		c, err := net.Dial("tcp", s.Locals()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	deaf, reader := dial(), dial()
	waitPeers(t, s, 2)
	speaker := dial()
	waitPeers(t, s, 3)
	go func() {
		chunk := []byte(strings.Repeat("x", 64<<10))
		for {
			if _, err := speaker.Write(chunk); err != nil {
				return
			}
		}
	}()
	go func() {
		buf := make([]byte, 64<<10)
		for {
			if _, err := reader.Read(buf); err != nil {
				return
			}
		}
	}()
	gone := deaf.LocalAddr().String()
	deadline, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cursor := w.Cursor(0)
	defer cursor.Close()
	cursor.Only(sockeye.Left)
	e, err := cursor.Next(deadline)
	if err != nil || e.Peer == nil || e.Peer.Remote.String() != gone || e.Detail.Reason != sockeye.ReasonAborted {
		t.Fatalf("%+v, %v", e, err)
	}
	speaker.Close()
	reader.Close()
}

func waitPeers(t *testing.T, s *session, n int) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); len(s.Peers()) != n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d peers, want %d", len(s.Peers()), n)
		}
	}
}

// What is said in a chat cannot drive a terminal.
func TestChatText(t *testing.T) {
	if got := string(appendChatText(nil, []byte("hi\x1b[2J\a\r\n\tthere 你好\x7f"))); got != "hi\\033[2J\\007\r\n\tthere 你好\\177" {
		t.Errorf("%q", got)
	}
}
