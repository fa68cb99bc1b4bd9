package core

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sockeye/internal/responder"
	"testing"
	"time"

	"sockeye"
)

// paced is a small workbench that keeps pace, with an echoing server and a client
// whose random bytes fill many times its memory.
func paced(t *testing.T, o sockeye.Options) (w *Core, pace *Backpressure, s *Session, c net.Conn, data []byte) {
	t.Helper()
	w = New(1 << 20)
	pace = w.StartBackpressure()
	t.Cleanup(func() {
		pace.End()
		w.Shutdown(t.Context())
	})
	ep := endpoint(t, sockeye.Listen, "127.0.0.1:0")
	ep.Options = o
	s = open(t, w, ep, responder.Answer{Echo: true})
	data = make([]byte, 8<<20)
	rnd := rand.NewChaCha8([32]byte{1})
	rnd.Read(data)
	return w, pace, s, dial(t, s), data
}

// stalled waits until the traffic waits for the reader.
func stalled(t *testing.T, pace *Backpressure) {
	t.Helper()
	for deadline := time.Now().Add(patience); pace.waiting.Load() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing ever waited for the reader")
		}
	}
}

// A reader that must be exact gets every byte both ways through a memory that
// holds an eighth of them, although it begins only when everything stands still.
func TestPaceLosesNothing(t *testing.T) {
	w, pace, s, c, data := paced(t, sockeye.Options{})
	var echoed bytes.Buffer
	over := make(chan error, 2)
	go func() {
		_, err := c.Write(data)
		over <- errors.Join(err, c.(*net.TCPConn).CloseWrite())
	}()
	go func() {
		_, err := io.Copy(&echoed, c)
		over <- err
	}()
	stalled(t, pace)
	cursor := w.View(1)
	defer cursor.Close()
	got := map[sockeye.EventKind][]byte{}
	for left := false; !left; {
		e, err := cursor.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got[e.Kind] = append(got[e.Kind], e.Data...)
		left = e.Kind == sockeye.Left
		if left && e.Detail.Reason != sockeye.ReasonEOF || e.Kind == sockeye.Gap {
			t.Errorf("%s: %+v", e.Kind, e.Detail)
		}
		pace.Consumed(e.Seq)
	}
	for range 2 {
		if err := <-over; err != nil {
			t.Fatal(err)
		}
	}
	for what, b := range map[string][]byte{"received": got[sockeye.Received], "sent": got[sockeye.Sent], "echo": echoed.Bytes()} {
		if !bytes.Equal(b, data) {
			t.Errorf("%s: %d bytes, want the %d that crossed", what, len(b), len(data))
		}
	}
	if n := len(s.Peers()); n != 0 {
		t.Errorf("%d peers are there, want none", n)
	}
}

// What is held back can be closed all the same: a peer by Abort, and, once nobody
// needs to be waited for, everything in good order.
func TestPaceEnds(t *testing.T) {
	_, pace, s, c, data := paced(t, sockeye.Options{})
	writing := make(chan error, 1)
	go func() {
		_, err := c.Write(data)
		writing <- err
	}()
	stalled(t, pace)
	s.Peers()[0].Abort()
	_, err := io.Copy(io.Discard, c)
	if err = errors.Join(err, <-writing); err == nil { // one of the two is told
		t.Error("the client saw a clean end, want a reset")
	}

	second := dial(t, s)
	go second.Write(data)
	stalled(t, pace)
	pace.End()
	if n, err := io.Copy(io.Discard, io.LimitReader(second, int64(len(data)))); n != int64(len(data)) {
		t.Errorf("%d of %d bytes came back: %v", n, len(data), err)
	}
}
