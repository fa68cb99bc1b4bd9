package core

import (
	"net"
	"slices"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/transport"
)

// A chosen peer that leaves stays chosen, and who comes back from its address takes its
// place, with its alias.
func TestRecipientComesBack(t *testing.T) {
	w := bench(t)
	s := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), Answer{})
	first := joinedAs(t, s, dial(t, s))
	other := joinedAs(t, s, dial(t, s))
	if err := s.Choose([]uint64{first.ID, first.ID}); err != nil {
		t.Fatal(err)
	}
	if err := s.Alias(first, "kitchen"); err != nil {
		t.Fatal(err)
	}
	first.Abort()
	if got := s.Recipients(); !slices.Equal(got, []uint64{first.ID}) {
		t.Fatalf("the recipients are %v, want who left", got)
	}
	back := joinedAs(t, s, dial(t, s))
	if got := s.Recipients(); !slices.Equal(got, []uint64{back.ID}) || s.Replaces(back.ID) != first.ID || back.Alias() != "kitchen" {
		t.Errorf("the recipients are %v, want %d, which replaces %d and is %q", got, back.ID, s.Replaces(back.ID), back.Alias())
	}
	if err := s.Choose([]uint64{back.ID, other.ID}); err != nil {
		t.Fatal(err)
	}
	if err := s.Choose([]uint64{99}); sockeye.ErrorOf(err) == nil || sockeye.ErrorOf(err).Kind != sockeye.NotFound {
		t.Errorf("choosing nobody: %v", err)
	}
	if err := s.Choose(nil); err != nil || s.Recipients() != nil || s.Replaces(back.ID) != 0 {
		t.Errorf("after all: %v, %v", s.Recipients(), err)
	}
}

// A board that lost its power is back before its old connection is known to be dead. It
// is followed when that leaves; a peer that was still heard of is not replaced so.
func TestRecipientBackBeforeItLeft(t *testing.T) {
	w := bench(t)
	s := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), Answer{})
	first := joinedAs(t, s, dial(t, s))
	if err := s.Choose([]uint64{first.ID}); err != nil {
		t.Fatal(err)
	}
	if err := s.Alias(first, "kitchen"); err != nil {
		t.Fatal(err)
	}
	second := joinedAs(t, s, dial(t, s))
	if got := s.Recipients(); !slices.Equal(got, []uint64{first.ID}) {
		t.Fatalf("the recipients are %v before the first one left", got)
	}
	first.Abort()
	if got := s.Recipients(); !slices.Equal(got, []uint64{second.ID}) || second.Alias() != "kitchen" {
		t.Errorf("the recipients are %v, want %d, which is %q", got, second.ID, second.Alias())
	}

	conn := dial(t, s)
	alive := joinedAs(t, s, conn)
	if err := s.Choose([]uint64{alive.ID}); err != nil {
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
	if got := s.Recipients(); !slices.Equal(got, []uint64{alive.ID}) {
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
