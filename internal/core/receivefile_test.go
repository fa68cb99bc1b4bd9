package core

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"sockeye/internal/responder"
	"strings"
	"testing"

	"sockeye"
)

// toFile opens a session whose received bytes go to a new file, and a board there.
func toFile(t *testing.T, limit int, peer uint64) (*Core, *Session, *os.File, net.Conn) {
	t.Helper()
	bench := New(limit)
	t.Cleanup(func() { bench.Shutdown(t.Context()) })
	at, err := sockeye.ParseAddress("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := bench.Open(t.Context(), sockeye.Endpoint{Mode: sockeye.Listen, Address: at}, responder.Answer{Echo: true})
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "received.bin"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ReceiveFile().Start(f, peer); err != nil {
		t.Fatal(err)
	}
	return bench, s, f, echoed(t, s, "first")
}

// echoed is a new peer that has said something and heard it back.
func echoed(t *testing.T, s *Session, say string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.Locals()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	again(t, c, say)
	return c
}

func again(t *testing.T, c net.Conn, say string) {
	t.Helper()
	go io.WriteString(c, say)
	if _, err := io.ReadFull(c, make([]byte, len(say))); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, f *os.File) string {
	t.Helper()
	text, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A file has what is received until it is stopped, and not what is sent.
func TestReceiveToFile(t *testing.T) {
	_, s, f, board := toFile(t, 0, 0)
	if e := sockeye.ErrorOf(s.ReceiveFile().Start(f, 0)); e == nil || e.Kind != sockeye.Misuse {
		t.Errorf("a second file: %v", e)
	}
	echoed(t, s, " second")
	again(t, board, "\x00third")
	if err := s.ReceiveFile().Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	again(t, board, "afterwards")
	want := "first second\x00third"
	if got := content(t, f); got != want {
		t.Errorf("%q", got)
	}
	if st := s.ReceiveFile().Status(); st.On || st.Bytes != uint64(len(want)) || st.Path != f.Name() || st.Err != nil {
		t.Errorf("%+v", st)
	}
}

// One peer's bytes alone, and the end of the session ends the file.
func TestReceiveOnePeerToFile(t *testing.T) {
	bench, s, f, _ := toFile(t, 0, 1)
	echoed(t, s, "second")
	bench.Close(t.Context(), s)
	<-s.receiveFile.current.ended
	if got, st := content(t, f), s.ReceiveFile().Status(); got != "first" || st.On || st.Peer != 1 {
		t.Errorf("%q, %+v", got, st)
	}
}

// A disk that fails ends the file with its reason, and no socket.
func TestReceiveToFailingFile(t *testing.T) {
	_, s, f, board := toFile(t, 0, 0)
	f.Close()
	again(t, board, "still there")
	<-s.receiveFile.current.ended
	st := s.ReceiveFile().Status()
	if st.On || st.Err == nil || st.Err.Target != f.Name() || st.Err.Op != "write" {
		t.Errorf("%+v", st)
	}
	again(t, board, "and there")
}

// What left the memory before it was written is counted.
func TestReceiveToFileTellsGaps(t *testing.T) {
	bench := New(0)
	s := &Session{id: &sockeye.Session{ID: "s1"}, core: bench}
	r := &receivedFile{session: s}
	for _, of := range []*sockeye.Session{nil, s.id, {ID: "s2"}} {
		e := sockeye.Event{Kind: sockeye.Gap, Session: of, Detail: &sockeye.Detail{Lost: sockeye.Lost{Events: 2, Bytes: 10}}}
		if err := r.take(&e, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.Status().Lost; got != (sockeye.Lost{Events: 4, Bytes: 20}) {
		t.Errorf("%+v", got)
	}
}

// Shutdown leaves a whole file behind.
func TestShutdownEndsReceiveFiles(t *testing.T) {
	bench, s, f, board := toFile(t, 0, 0)
	long := strings.Repeat("0123456789", 100_000)
	again(t, board, long)
	if err := bench.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := s.ReceiveFile().Status(); st.On || content(t, f) != "first"+long {
		t.Errorf("%+v", st)
	}
}
