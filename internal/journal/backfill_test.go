package journal

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/recording"
)

// someone is a peer of a session.
func someone(id uint64, session string) *sockeye.Peer {
	s := &sockeye.Session{ID: session, Endpoint: sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: sockeye.TCP, Port: 10000}}}
	return &sockeye.Peer{ID: id, Session: s, Network: "tcp",
		Local: sockeye.ParseSocketAddr("127.0.0.1:10000"), Remote: sockeye.IPSocketAddr(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(20000+id)))}
}

// appendLines appends n numbered messages of a peer.
func appendLines(j *Journal, p *sockeye.Peer, n int) {
	for range n {
		_, next := j.Span()
		j.Append(sockeye.Event{Time: time.Now(), Kind: sockeye.Received, Session: p.Session, Peer: p, Data: fmt.Appendf(nil, "message %d", next)})
	}
}

// check reads events from first to last and demands that they are what was
// appended, of one peer.
func check(t *testing.T, c *Cursor, first, last uint64) (p *sockeye.Peer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for n := first; n <= last; n++ {
		e, err := c.Next(ctx)
		if err != nil || e.Seq != n || string(e.Data) != fmt.Sprintf("message %d", n) {
			t.Fatalf("event %d: %d %s %q, %v", n, e.Seq, e.Kind, e.Data, err)
		}
		p = e.Peer
	}
	return p
}

// What has left the ring is read from the disk, and the cursor goes on in the
// ring without a seam, and then live.
func TestCursorReadsBackFromDisk(t *testing.T) {
	j := New(64 << 10)
	r, err := j.Record(recording.WriteOptions{Dir: t.TempDir(), SegmentBytes: 256 << 10})
	if err != nil {
		t.Fatal(err)
	}
	p := someone(1, "s1")
	const many = 20_000
	appendLines(j, p, many)
	if oldest, _ := j.Span(); oldest < many/2 {
		t.Fatalf("the ring still has event %d", oldest)
	}
	c := j.Cursor(1)
	defer c.Close()
	if got := check(t, c, 1, 100); got != p {
		t.Error("the peer on the disk is another one than in the ring")
	}
	check(t, c, 101, many-100)
	appendLines(j, p, 100)
	if got := check(t, c, many-99, many+100); got != p {
		t.Error("the peer in the ring is another one than that of its past")
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A view may begin in what an earlier run recorded, and run into live events.
func TestCursorBeginsInAnEarlierRun(t *testing.T) {
	dir := t.TempDir()
	first := New(0)
	r, err := first.Record(recording.WriteOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	appendLines(first, someone(7, "s3"), 500)
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	second := New(0)
	r, err = second.Record(recording.WriteOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if want := (recording.ResumePoint{Event: 500, Session: 3, Peer: 7}); r.Before() != want {
		t.Errorf("%+v", r.Before())
	}
	appendLines(second, someone(8, "s4"), 500)
	c := second.Cursor(401)
	defer c.Close()
	check(t, c, 401, 1000)
	appendLines(second, someone(8, "s4"), 1)
	check(t, c, 1001, 1001)
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A journal that has begun keeps its numbers, whatever the directory has.
func TestRunningJournalKeepsItsNumbers(t *testing.T) {
	dir := t.TempDir()
	first := New(0)
	r, err := first.Record(recording.WriteOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	appendLines(first, someone(1, "s1"), 10)
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := New(0)
	appendLines(second, someone(1, "s1"), 3)
	r, err = second.Record(recording.WriteOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	appendLines(second, someone(1, "s1"), 1)
	if _, next := second.Span(); next != 5 {
		t.Errorf("the next event is %d", next)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}
