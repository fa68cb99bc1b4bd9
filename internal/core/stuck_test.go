package core

import (
	"bytes"
	"context"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/journal"
	"sockeye/internal/recording"
	"sockeye/internal/responder"
)

// stuckDisk is a disk that, once it is stuck, takes no byte until it is released.
type stuckDisk struct {
	recording.FileSystem
	stuck    atomic.Bool
	released chan struct{}
}

type stuckFile struct {
	recording.OutputFile
	disk *stuckDisk
}

func (d *stuckDisk) Create(path string) (recording.OutputFile, error) {
	f, err := d.FileSystem.Create(path)
	return stuckFile{f, d}, err
}

func (f stuckFile) Write(p []byte) (int, error) {
	if f.disk.stuck.Load() {
		<-f.disk.released
	}
	return f.OutputFile.Write(p)
}

// onStuckDisk is a workbench whose recording never gets on, until the test is over.
func onStuckDisk(t *testing.T) *Core {
	t.Helper()
	w := New(256 << 10)
	d := &stuckDisk{FileSystem: recording.System(), released: make(chan struct{})}
	if err := w.Record(recording.WriteOptions{Dir: t.TempDir(), Files: d, StallLimit: time.Hour}); err != nil {
		t.Fatal(err)
	}
	d.stuck.Store(true)
	t.Cleanup(func() {
		close(d.released)
		<-w.recorder().Done()
	})
	return w
}

// floods makes a session receive until its connection waits for the disk.
func floods(t *testing.T, w *Core, c net.Conn) {
	t.Helper()
	go func() {
		for {
			if _, err := c.Write(bytes.Repeat([]byte("x"), 32<<10)); err != nil {
				return
			}
		}
	}()
	for deadline := time.Now().Add(patience); w.journal.HeldBytes(1) < w.journal.Limit()/4; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the journal never filled")
		}
	}
}

// F14: a recording that never gets on keeps neither a session nor the workbench from
// closing, whichever kind of connection a session has: the loop of a listener, or the portable one
// of what connects. What is missing is said.
func TestCloseOnStuckDisk(t *testing.T) {
	for name, setUp := range map[string]func(t *testing.T, w *Core) (*Session, net.Conn){
		"loop": func(t *testing.T, w *Core) (*Session, net.Conn) {
			s := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), responder.Answer{})
			return s, dial(t, s)
		},
		"echoing loop": func(t *testing.T, w *Core) (*Session, net.Conn) {
			s := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), responder.Answer{Echo: true})
			c := dial(t, s)
			go io.Copy(io.Discard, c)
			return s, c
		},
		"portable": func(t *testing.T, w *Core) (*Session, net.Conn) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			s := open(t, w, endpoint(t, sockeye.Connect, l.Addr().String()), responder.Answer{})
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			return s, c
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := onStuckDisk(t)
			s, c := setUp(t, w)
			floods(t, w, c)

			soon, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			inTime(t, "closing the session", func() { w.Close(soon, s) })
			if s.Until().IsZero() {
				t.Error("the session is not among the closed ones")
			}
			if st := w.RecordStatus(); st.State != journal.RecordOn {
				t.Errorf("closing one session made the recording %s", st.State)
			}
			inTime(t, "closing the workbench", func() {
				if err := w.Shutdown(soon); sockeye.ErrorOf(err) == nil || sockeye.ErrorOf(err).Kind != sockeye.TimedOut {
					t.Errorf("Shutdown = %v, want that the disk did not answer", err)
				}
			})
			accounted(t, w)
		})
	}
}

// F14: Ctrl-C on a stuck disk ends within the time it is given, with sessions that
// are still receiving.
func TestShutdownOnStuckDisk(t *testing.T) {
	w := onStuckDisk(t)
	s := open(t, w, endpoint(t, sockeye.Listen, "127.0.0.1:0"), responder.Answer{})
	floods(t, w, dial(t, s))
	soon, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	inTime(t, "closing the workbench", func() {
		if err := w.Shutdown(soon); err == nil {
			t.Error("nothing was said")
		}
	})
	accounted(t, w)
}

// accounted demands that every byte that crossed the one session is in the record, or
// counted in a gap of it. The workbench is shut down.
func accounted(t *testing.T, w *Core) {
	t.Helper()
	view := w.View(1)
	defer view.Close()
	ended, shown, lost := false, uint64(0), uint64(0)
	for {
		e, err := view.Next(t.Context())
		if err != nil {
			break
		}
		switch e.Kind {
		case sockeye.Received, sockeye.Sent:
			shown += uint64(len(e.Data))
		case sockeye.Gap:
			lost += e.Detail.Lost.Bytes
		case sockeye.Ended:
			ended = true
		}
	}
	n := w.Closed()[0].Status().Counters
	if crossed := n.ReceivedBytes + n.SentBytes; !ended || shown+lost != crossed {
		t.Errorf("ended: %v; %d bytes crossed, in the record are %d, in gaps %d", ended, crossed, shown, lost)
	}
}

// inTime fails the test if f takes for ever.
func inTime(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatalf("%s hangs", what)
	}
}
