package api

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"sockeye"
	"testing"
	"time"
)

// A board that stops reading for longer than it may answer nothing, and then reads a little
// now and then, gets all of one send.
func TestSendToASlowBoard(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0",
		Options: &Options{Options: sockeye.Options{KeepAliveIdle: time.Second, KeepAliveInterval: time.Second, KeepAliveCount: 1}}})
	conn := board(t, s)
	conn.(*net.TCPConn).SetReadBuffer(64 << 10) // and so the system does not make it larger
	v.follow(func(l Live) bool { return len(l.Peers) == 1 })
	want := make([]byte, 3_000_000)
	rand.NewChaCha8([32]byte{7}).Read(want)
	results := make(chan SendResults, 1)
	go func() {
		results <- ask[SendResults](v, "POST", "/api/v1/sessions/"+s.ID+"/send", Send{All: true, Data: want})
	}()

	path := "/api/v1/sessions/" + s.ID + "/peers"
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if now := ask[Peers](v, "GET", path, nil); len(now.Peers) != 1 {
			t.Fatalf("it left: %+v", now)
		} else if now.Peers[0].NotReadingForMS >= 4000 {
			break // twice as long as it may answer nothing
		}
		if time.Now().After(deadline) {
			t.Fatal("it was never told that it does not read")
		}
	}
	pace := time.NewTicker(50 * time.Millisecond)
	defer pace.Stop()
	got := make([]byte, 0, len(want))
	for len(got) < len(want) {
		<-pace.C
		n, err := io.ReadFull(conn, got[len(got):min(len(got)+640*128, len(want))])
		got = got[:len(got)+n]
		if err != nil {
			t.Fatalf("after %d of %d bytes: %v", len(got), len(want), err)
		}
	}
	if !bytes.Equal(got, want) {
		t.Error("it got other bytes")
	}
	if sent := <-results; len(sent.Results) != 1 || sent.Results[0].Error != nil || sent.Results[0].Bytes != len(want) {
		t.Errorf("%+v", sent.Results)
	}
	if now := ask[Peers](v, "GET", path, nil); len(now.Peers) != 1 {
		t.Errorf("it left: %+v", now)
	}
}
