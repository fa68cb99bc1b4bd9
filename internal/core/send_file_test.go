package core

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/responder"
	"sockeye/internal/schedule"
)

type memoryFile struct{ *bytes.Reader }

func (memoryFile) Close() error { return nil }

func fileOf(data []byte) *schedule.FileSource {
	return &schedule.FileSource{Name: "f", Size: int64(len(data)), Data: memoryFile{bytes.NewReader(data)}}
}

// A peer that finished sending has all of the file before it leaves, though it comes
// slowly; one that does not read delays no other, and when it leaves the run says what
// never reached it.
func TestSendFile(t *testing.T) {
	w := bench(t)
	s := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), responder.Answer{})
	reading, deaf := dial(t, s), dial(t, s)
	joined(t, w, s, 2)
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<20) // more than the kernel keeps
	r, err := s.Sender().StartFile(fileOf(data), FileOptions{To: s.Peers(), Chunk: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	reading.(*net.TCPConn).CloseWrite()
	if got, err := io.ReadAll(reading); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	of := func(c net.Conn) (one schedule.RecipientProgress) {
		for _, p := range r.Progress().Recipients {
			if p.Peer == peerOf(t, w, c.LocalAddr().String()) {
				one = p
			}
		}
		return one
	}
	if p := of(deaf); !p.Running || p.Sent >= int64(len(data)) {
		t.Fatalf("%+v", p)
	}
	deaf.(*net.TCPConn).SetLinger(0)
	deaf.Close()
	select {
	case <-r.Done():
	case <-time.After(patience):
		t.Fatal("the run goes on without its peers")
	}
	if p := of(reading); p.Running || p.Sent != int64(len(data)) || p.Acknowledged != p.Sent || p.Err != nil {
		t.Errorf("%+v", p)
	}
	if p := of(deaf); p.Running || p.Err == nil || p.Acknowledged >= p.Sent && p.Sent > 0 {
		t.Errorf("%+v", p)
	}
}

// peerOf is the number of the peer that joined from an address.
func peerOf(t *testing.T, w *Core, remote string) uint64 {
	t.Helper()
	return wait(t, w, "the peer", func(e sockeye.Event) bool { return e.Kind == sockeye.Joined && e.Peer.Remote.String() == remote }).Peer.ID
}

// A file ends with its session.
func TestSendFileEndsWithTheSession(t *testing.T) {
	w := bench(t)
	s := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), responder.Answer{})
	c := dial(t, s)
	joined(t, w, s, 1)
	r, err := s.Sender().StartFile(fileOf([]byte("slow")), FileOptions{To: s.Peers(), Chunk: 1, Rate: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	w.Close(t.Context(), s)
	if p := r.Progress(); p.Running || p.Bytes < 1 || p.Bytes > 3 {
		t.Errorf("%+v", p)
	}
}
