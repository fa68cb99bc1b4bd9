package terminal

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/responder"
)

// UDP is told of in its own words: no FIN, nobody joins or is connected.
func TestUDPWords(t *testing.T) {
	here, there := netip.MustParseAddrPort("127.0.0.1:5000"), netip.MustParseAddrPort("127.0.0.1:9000")
	session := func(m sockeye.Mode, idle time.Duration) *sockeye.Session {
		return &sockeye.Session{ID: "s1", Endpoint: sockeye.Endpoint{Mode: m, Address: sockeye.Address{Network: sockeye.UDP4, Host: "127.0.0.1", Port: 9000},
			Options: sockeye.Options{IdleTimeout: idle}}}
	}
	peer := &sockeye.Peer{ID: 1, Network: "udp", Local: sockeye.IPSocketAddr(here), Remote: sockeye.IPSocketAddr(there)}
	local := &sockeye.Detail{Reason: sockeye.ReasonLocal}
	idle := &sockeye.Detail{Reason: sockeye.ReasonIdle}
	for _, test := range []struct {
		e      sockeye.Event
		en, zh string
	}{
		{sockeye.Event{Kind: sockeye.Opened, Session: session(sockeye.Connect, 0), Detail: &sockeye.Detail{Locals: []sockeye.SocketAddr{sockeye.IPSocketAddr(here)}}},
			"sending to udp4://127.0.0.1:9000 from udp://127.0.0.1:5000", "发往 udp4://127.0.0.1:9000，本方 udp://127.0.0.1:5000"},
		{sockeye.Event{Kind: sockeye.Opened, Session: session(sockeye.Connect, 0)}, "will send to udp4://127.0.0.1:9000", "将发往 udp4://127.0.0.1:9000"},
		{sockeye.Event{Kind: sockeye.Opened, Session: session(sockeye.Listen, 0), Detail: &sockeye.Detail{Locals: []sockeye.SocketAddr{sockeye.IPSocketAddr(here)}}},
			"listening on udp://127.0.0.1:5000", "正在监听 udp://127.0.0.1:5000"},
		{sockeye.Event{Kind: sockeye.Joined, Session: session(sockeye.Listen, 0), Peer: peer}, "first datagram from 127.0.0.1:9000", "收到 127.0.0.1:9000 的第一个数据报"},
		{sockeye.Event{Kind: sockeye.Joined, Session: session(sockeye.Listen, 0), Peer: peer, Detail: local},
			"destination of what is sent; nothing has come from it yet", "发送目标，尚未收到它的数据报"},
		{sockeye.Event{Kind: sockeye.Joined, Session: session(sockeye.Connect, 0), Peer: peer},
			"destination of what is sent; nothing has come from it yet", "发送目标，尚未收到它的数据报"},
		{sockeye.Event{Kind: sockeye.Left, Session: session(sockeye.Listen, 0), Peer: peer, Detail: idle}, "left: no datagram for 5 minutes", "已移除：5 分钟内没有数据报"},
		{sockeye.Event{Kind: sockeye.Left, Session: session(sockeye.Listen, time.Minute), Peer: peer, Detail: idle}, "left: no datagram for 1 minute", "已移除：1 分钟内没有数据报"},
		{sockeye.Event{Kind: sockeye.Left, Session: session(sockeye.Listen, 1500*time.Millisecond), Peer: peer, Detail: idle}, "left: no datagram for 1.5 s", "已移除：1.5 秒内没有数据报"},
		{sockeye.Event{Kind: sockeye.Left, Session: session(sockeye.Listen, 50*time.Millisecond), Peer: peer, Detail: idle}, "left: no datagram for 50 ms", "已移除：50 毫秒内没有数据报"},
		{sockeye.Event{Kind: sockeye.Left, Peer: peer, Detail: idle}, "left: no datagram for too long", "已移除：长时间没有数据报"},
		{sockeye.Event{Kind: sockeye.Left, Peer: peer, Detail: local}, "left: closed here; UDP does not tell the peer", "已移除：本方关闭；UDP 不会通知对方"},
		{sockeye.Event{Kind: sockeye.Left, Peer: peer, Detail: &sockeye.Detail{Reason: sockeye.ReasonAborted}},
			"left: closed here; UDP does not tell the peer", "已移除：本方关闭；UDP 不会通知对方"},
		{sockeye.Event{Kind: sockeye.Left, Peer: peer, Detail: &sockeye.Detail{Reason: sockeye.ReasonLimit}}, "left: made room for a newer peer", "已移除：为新的连接对象让位"},
	} {
		for lang, want := range map[sockeye.Lang]string{sockeye.English: test.en, sockeye.Chinese: test.zh} {
			if got := (&Terminal{Lang: lang}).describe(test.e); got != want {
				t.Errorf("%s %v: %q, want %q", test.e.Kind, test.e.Detail, got, want)
			}
		}
	}
}

// The record says which of both sides a UDP peer came by.
func TestUDPPeerIsHeardOrChosen(t *testing.T) {
	bench := core.New(0)
	defer bench.Shutdown(context.Background())
	s, err := bench.Open(t.Context(), sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: sockeye.UDP, Host: "127.0.0.1"}}, responder.Answer{})
	if err != nil {
		t.Fatal(err)
	}
	heard, err := net.Dial("udp", s.Locals()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer heard.Close()
	chosen, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer chosen.Close()
	if _, err := s.Find(chosen.LocalAddr().String()); err != nil {
		t.Fatal(err)
	}
	heard.Write([]byte("hi"))
	cursor := bench.View(1)
	defer cursor.Close()
	want := map[string]string{heard.LocalAddr().String(): "first datagram from", chosen.LocalAddr().String(): "destination of what is sent"}
	for len(want) > 0 {
		e, err := cursor.Next(t.Context())
		if err != nil {
			t.Fatalf("%v before %v", err, want)
		}
		if e.Kind == sockeye.Joined {
			who := e.Peer.Remote.String()
			if got := (&Terminal{Lang: sockeye.English}).describe(e); !strings.HasPrefix(got, want[who]) {
				t.Errorf("%s: %q, want %q", who, got, want[who])
			}
			delete(want, who)
		}
	}
}
