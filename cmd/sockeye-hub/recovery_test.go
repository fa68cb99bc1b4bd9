package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"sockeye"
	"sockeye/internal/freeport"
	"sockeye/internal/hub"
)

// F54: hub, board and the board's peer may start in any order: the board records from its own
// start on, and in the end the peer has its echo and the hub all events, once and in order.
func TestStartOrder(t *testing.T) {
	for _, order := range []string{"hub board peer", "hub peer board", "board hub peer", "board peer hub", "peer hub board", "peer board hub"} {
		t.Run(order, func(t *testing.T) {
			h := startHub(t)
			b, home := hub.BoardID{Site: "plant", Name: "press-1"}, t.TempDir()
			if _, err := hub.Join(t.Context(), filepath.Join(home, "share"), h.enrol(t, b.String())); err != nil {
				t.Fatal(err)
			}
			h.kill()
			at := freeport.Loopback(t)
			var board *process
			var peer net.Listener
			for who := range strings.FieldsSeq(order) {
				switch who {
				case "hub":
					h.restart(t)
				case "board":
					board = start(t, home, "sockeye", "device", at, "--hub", b.String(), "--quiet", "--interval", "0", "--reconnect", "--drain", "20s")
					await(t, "the board records", func() bool { return fileSizes(t, filepath.Join(home, "share", "boards")) > 0 })
				case "peer":
					var err error
					if peer, err = net.Listen("tcp", at); err != nil {
						t.Fatal(err)
					}
					defer peer.Close()
				}
			}
			p := &player{process: board, home: home, read: make(chan struct{})}
			p.accept(t, peer)
			conn := h.connect(t)
			if _, err := p.peer.Write([]byte("hello\n")); err != nil {
				t.Fatal(err)
			}
			await(t, "the echo", func() bool { return p.echoed.Load() >= int64(len("hello\n")) })
			await(t, "the hub has everything", func() bool {
				received, _ := history(t, conn, b)
				return received == "hello\n" && lastOf(conn, b) >= p.events(t)
			})
		})
	}
}

// fileSizes is how many bytes the recordings below a directory have.
func fileSizes(t *testing.T, dir string) (bytes int64) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "outbox", "*.pcapng"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			bytes += info.Size()
		}
	}
	return bytes
}

// history is what a board has received, as the stream has it, and its last event: all events
// are there, once and in order.
func history(t *testing.T, conn *nats.Conn, b hub.BoardID) (received string, last uint64) {
	t.Helper()
	for e, err := range hub.Read(t.Context(), conn, hub.StreamFilter{Site: b.Site, Board: b.Name}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Seq != last+1 || e.Kind == sockeye.Gap {
			t.Fatalf("%s: event %d (%s) where %d is due", b, e.Seq, e.Kind, last+1)
		}
		last++
		if e.Kind == sockeye.Received {
			received += string(e.Data)
		}
	}
	return received, last
}

// F55: a hub that is killed (kill -9) while boards publish, at any moment, and starts again within
// seconds, has their events again within five seconds, and in the end all of them, once and in order.
// SOCKEYE_ROUNDS says how often it is killed.
func TestHubKilled(t *testing.T) {
	h := startHub(t)
	b := hub.BoardID{Site: "plant", Name: "press-1"}
	p := startPlayer(t, h.enrol(t, b.String()))
	over, playing := make(chan struct{}), sync.WaitGroup{}
	playing.Go(func() { p.play(over) })
	rounds, longest := setting("SOCKEYE_ROUNDS", 3), time.Duration(0)
	for range rounds {
		conn, before := h.connect(t), uint64(0)
		await(t, "the hub has something", func() bool { before = lastOf(conn, b); return before > 0 })
		time.Sleep(rand.N(300 * time.Millisecond)) // the load lasts
		before = lastOf(conn, b)
		conn.Close()
		killed := time.Now()
		h.kill()
		h.restart(t)
		back := time.Now()
		away := back.Sub(killed)
		conn = h.connect(t)
		await(t, "the board publishes again", func() bool { return lastOf(conn, b) > before+1 })
		took := time.Since(back)
		conn.Close()
		longest = max(longest, took)
		if took > 5*time.Second && away < 5*time.Second { // a board whose hub is away for longer waits longer
			t.Errorf("the board publishes again %v after the hub came back, which was away for %v", took, away)
		}
	}
	close(over)
	playing.Wait()
	p.finish(t)
	conn := h.connect(t)
	await(t, "the hub has everything", func() bool { return lastOf(conn, b) >= p.events(t) })
	if received, _ := history(t, conn, b); received != p.said.String() {
		t.Errorf("the hub has %d bytes received, the peer said %d", len(received), p.said.Len())
	}
	t.Logf("%d kills, the board was back within %v", rounds, longest)
}

// F59: an older copy of the hub's stream is put back. The board notices that the hub has lost
// events that it had acknowledged, says which, and publishes them again from its recording:
// in the end the hub has all of them, once and in order.
func TestStreamIsRolledBack(t *testing.T) {
	h := startHub(t)
	b := hub.BoardID{Site: "plant", Name: "press-1"}
	p := startPlayer(t, h.enrol(t, b.String()))
	over, playing := make(chan struct{}), sync.WaitGroup{}
	playing.Go(func() { p.play(over) })
	store, copied := filepath.Join(h.dir(), "jetstream"), filepath.Join(t.TempDir(), "copy")
	stopAfter := func(event uint64) (last uint64) {
		t.Helper()
		conn := h.connect(t)
		await(t, fmt.Sprintf("the hub has event %d", event), func() bool { last = lastOf(conn, b); return last >= event })
		h.kill()
		return last
	}
	old := stopAfter(10)
	if err := os.CopyFS(copied, os.DirFS(store)); err != nil {
		t.Fatal(err)
	}
	h.restart(t)
	stopAfter(old + 20)
	if err := os.RemoveAll(store); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(store, os.DirFS(copied)); err != nil {
		t.Fatal(err)
	}
	h.restart(t)
	await(t, "the board says what the hub has lost", func() bool { return strings.Contains(p.errs.String(), "the hub has lost the events ") })
	close(over)
	playing.Wait()
	p.finish(t)
	conn := h.connect(t)
	await(t, "the hub has everything", func() bool { return lastOf(conn, b) >= p.events(t) })
	if received, _ := history(t, conn, b); received != p.said.String() {
		t.Errorf("the hub has %d bytes received, the peer said %d", len(received), p.said.Len())
	}
	_, after, _ := strings.Cut(p.errs.String(), "the hub has lost the events ")
	if !strings.Contains(after, "publishing as "+b.String()) {
		t.Errorf("that all is well again is not said after %.300q", after)
	}
}
