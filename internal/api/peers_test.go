package api

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"sockeye"
	"strings"
	"testing"
	"time"
)

// A peer that finished is told of as half-open, where that is wanted, and all leaves out
// to whom we finished.
func TestHalfOpenPeer(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0", Options: &Options{Options: sockeye.Options{HalfOpen: time.Minute}}})
	path := "/api/v1/sessions/" + s.ID
	conn := board(t, s)
	joined := v.follow(func(l Live) bool { return len(l.Peers) == 1 }).Peers[0]
	if joined.HalfOpen {
		t.Errorf("half-open from the beginning: %+v", joined)
	}
	conn.(*net.TCPConn).CloseWrite()
	v.follow(func(l Live) bool { return len(l.Peers) == 1 && l.Peers[0].HalfOpen })
	if sent := ask[SendResults](v, "POST", path+"/send", Send{All: true, Data: []byte("x")}); len(sent.Results) != 1 || sent.Results[0].Error != nil {
		t.Errorf("a half-open peer was not sent to: %+v", sent)
	}
	ask[Peer](v, "POST", fmt.Sprintf("%s/peers/%d/finish", path, joined.ID), None{})
	v.follow(func(l Live) bool { return len(l.Sessions) == 1 && l.Sessions[0].Peers == 0 })

	other := board(t, s)
	defer other.Close()
	second := v.follow(func(l Live) bool { return len(l.Peers) == 1 }).Peers[0]
	ask[Peer](v, "POST", fmt.Sprintf("%s/peers/%d/finish", path, second.ID), None{})
	v.failing(http.StatusNotFound, "POST", path+"/send", Send{All: true, Data: []byte("x")})
}

// The chosen recipients are the session's: every page sees them, and who comes back is
// told of.
func TestRecipients(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	path := "/api/v1/sessions/" + s.ID
	conn := board(t, s)
	first := v.follow(func(l Live) bool { return len(l.Peers) == 1 }).Peers[0]
	chosen := ask[Session](v, "PUT", path+"/recipients", Recipients{Peers: []uint64{first.ID}})
	if !slices.Equal(chosen.Recipients, []uint64{first.ID}) {
		t.Errorf("recipients are %v", chosen.Recipients)
	}
	v.failing(http.StatusNotFound, "PUT", path+"/recipients", Recipients{Peers: []uint64{99}})
	conn.Close()
	v.follow(func(l Live) bool { return len(l.Sessions) == 1 && l.Sessions[0].Peers == 0 })
	for _, f := range []Failure{
		v.failing(http.StatusNotFound, "POST", path+"/send", Send{To: []uint64{first.ID}, Data: []byte("x")}),
		v.failing(http.StatusNotFound, "POST", fmt.Sprintf("%s/peers/%d/finish", path, first.ID), None{}),
	} {
		if f.Message != "this peer left" || !strings.Contains(f.Hint, "comes back from 127.0.0.1") {
			t.Errorf("of a recipient that left: %+v", f)
		}
	}
	if f := v.failing(http.StatusNotFound, "POST", path+"/send", Send{To: []uint64{99}, Data: []byte("x")}); f.Message != "there is no such peer" {
		t.Errorf("of nobody: %+v", f)
	}
	board(t, s)
	back := v.follow(func(l Live) bool { return len(l.Peers) == 1 && l.Peers[0].Replaces == first.ID }).Peers[0]
	if now := ask[Session](v, "GET", path, nil); !slices.Equal(now.Recipients, []uint64{back.ID}) {
		t.Errorf("recipients are %v, want %d", now.Recipients, back.ID)
	}
	if all := ask[Session](v, "PUT", path+"/recipients", Recipients{Peers: []uint64{}}); all.Recipients != nil {
		t.Errorf("recipients are %v, want all", all.Recipients)
	}
}
