package core

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/responder"
	"sockeye/internal/transport"
)

// A chosen peer that leaves stays chosen, and who comes back from its address takes its
// place, with its alias.
func TestRecipientComesBack(t *testing.T) {
	w := bench(t)
	s := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), responder.Answer{})
	first := joinedAs(t, s, dial(t, s))
	other := joinedAs(t, s, dial(t, s))
	if err := s.Recipients().Choose([]uint64{first.ID, first.ID}); err != nil {
		t.Fatal(err)
	}
	if err := s.Alias(first, "kitchen"); err != nil {
		t.Fatal(err)
	}
	first.Abort()
	if got := s.Recipients().Chosen(); !slices.Equal(got, []uint64{first.ID}) {
		t.Fatalf("the recipients are %v, want who left", got)
	}
	back := joinedAs(t, s, dial(t, s))
	if got := s.Recipients().Chosen(); !slices.Equal(got, []uint64{back.ID}) || s.Recipients().Replaces(back.ID) != first.ID || back.Alias() != "kitchen" {
		t.Errorf("the recipients are %v, want %d, which replaces %d and is %q", got, back.ID, s.Recipients().Replaces(back.ID), back.Alias())
	}
	if err := s.Recipients().Choose([]uint64{back.ID, other.ID}); err != nil {
		t.Fatal(err)
	}
	if err := s.Recipients().Choose([]uint64{99}); sockeye.ErrorOf(err) == nil || sockeye.ErrorOf(err).Kind != sockeye.NotFound {
		t.Errorf("choosing nobody: %v", err)
	}
	if err := s.Recipients().Choose(nil); err != nil || s.Recipients().Chosen() != nil || s.Recipients().Replaces(back.ID) != 0 {
		t.Errorf("after all: %v, %v", s.Recipients().Chosen(), err)
	}
}

// Who is sent to a recipient that left is told so, how much never reached it, and that it
// will be followed, by every word that means it.
func TestRecipientDeparted(t *testing.T) {
	w := bench(t)
	s := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), responder.Answer{})
	conn := dial(t, s)
	p := joinedAs(t, s, conn)
	if err := s.Alias(p, "kitchen"); err != nil {
		t.Fatal(err)
	}
	if err := s.Recipients().Choose([]uint64{p.ID}); err != nil {
		t.Fatal(err)
	}
	if err := s.Recipients().Departed("kitchen"); err != nil {
		t.Errorf("of a peer that is there: %v", err)
	}
	go p.Send(t.Context(), make([]byte, 16<<20)) // more than the system takes for one who does not read
	wait(t, w, "sent", func(e sockeye.Event) bool { return e.Kind == sockeye.Sent })
	conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
	unsent := wait(t, w, "left", func(e sockeye.Event) bool { return e.Kind == sockeye.Left }).Detail.Unsent
	if unsent == 0 {
		t.Fatal("everything reached it")
	}
	want := sockeye.Text{
		En: fmt.Sprintf("send #%d kitchen: this peer left; %d bytes never reached it", p.ID, unsent),
		Zh: fmt.Sprintf("发送 #%d kitchen：该连接对象已断开；%d 字节未送达", p.ID, unsent)}
	for _, word := range []string{fmt.Sprint(p.ID), "kitchen", p.Remote.String()} {
		_, err := s.Recipients().Select(word)
		e := sockeye.ErrorOf(err)
		if e == nil || e.Kind != sockeye.NotFound || e.In(sockeye.English) != want.En || e.In(sockeye.Chinese) != want.Zh || !strings.Contains(e.Hint.Zh, "127.0.0.1") {
			t.Errorf("%s: %v, %s, want %v", word, err, e.Hint.Zh, want)
		}
	}
	if _, err := s.Recipients().Select("pantry"); sockeye.ErrorOf(err) == nil || sockeye.ErrorOf(err).Message.En != "no such peer" {
		t.Errorf("of nobody: %v", err)
	}
	joinedAs(t, s, dial(t, s))
	if got, err := s.Recipients().Select("kitchen"); err != nil || len(got) != 1 {
		t.Errorf("after it came back: %v, %v", got, err)
	}
}

// A board that lost its power is back before its old connection is known to be dead. It
// is followed when that leaves; a peer that was still heard of is not replaced so.
func TestRecipientBackBeforeItLeft(t *testing.T) {
	w := bench(t)
	s := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), responder.Answer{})
	first := joinedAs(t, s, dial(t, s))
	if err := s.Recipients().Choose([]uint64{first.ID}); err != nil {
		t.Fatal(err)
	}
	if err := s.Alias(first, "kitchen"); err != nil {
		t.Fatal(err)
	}
	second := joinedAs(t, s, dial(t, s))
	if got := s.Recipients().Chosen(); !slices.Equal(got, []uint64{first.ID}) {
		t.Fatalf("the recipients are %v before the first one left", got)
	}
	first.Abort()
	if got := s.Recipients().Chosen(); !slices.Equal(got, []uint64{second.ID}) || second.Alias() != "kitchen" {
		t.Errorf("the recipients are %v, want %d, which is %q", got, second.ID, second.Alias())
	}

	conn := dial(t, s)
	alive := joinedAs(t, s, conn)
	if err := s.Recipients().Choose([]uint64{alive.ID}); err != nil {
		t.Fatal(err)
	}
	joinedAs(t, s, dial(t, s))
	conn.Write([]byte("still here"))
	for deadline := time.Now().Add(patience); alive.Counters().ReceivedBytes == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never heard")
		}
	}
	alive.Abort()
	if got := s.Recipients().Chosen(); !slices.Equal(got, []uint64{alive.ID}) {
		t.Errorf("the recipients are %v, want %d", got, alive.ID)
	}
}

// joinedAs is the peer that a client's connection is.
func joinedAs(t *testing.T, s *Session, conn net.Conn) *transport.Peer {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		for _, p := range s.Peers() {
			if p.Remote.String() == conn.LocalAddr().String() {
				return p
			}
		}
	}
	t.Fatal("the peer never joined")
	return nil
}
