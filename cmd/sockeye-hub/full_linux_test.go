package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"sockeye"
	"sockeye/internal/hub"
)

// F57: a hub whose disk is full acknowledges nothing, and the board says so, keeps what it has
// and serves its socket. After a start with more room, though the stream has half of the
// disk, the hub gets everything, once and in order.
func TestHubDiskFull(t *testing.T) {
	h := &hubProcess{home: t.TempDir(), addr: "127.0.0.1:0"}
	disk := newSmallDisk(t, filepath.Join(h.dir(), "jetstream"))
	begin := func() {
		args := disk.enter("sockeye-hub", "--page", "off", "--listen", h.addr)
		h.process = start(t, h.home, args[0], args[1:]...)
		h.line(t)
		h.learnAddr(t)
	}
	begin()
	p := startPlayer(t, h.enrol(t, "plant/press-1"))
	b := hub.BoardID{Site: "plant", Name: "press-1"}
	chunk := bytes.Repeat([]byte("sixteen bytes, \n"), 1<<13)
	say := func() {
		before := p.echoed.Load()
		if _, err := p.peer.Write(chunk); err != nil {
			t.Fatal(err)
		}
		p.said.Write(chunk)
		await(t, "the echo", func() bool { return p.echoed.Load() >= before+int64(len(chunk)) })
	}
	full := func() bool { return strings.Contains(p.errs.String(), "the hub has no room") }
	conn := h.connect(t)
	for n := 0; n < 256 && !full(); n++ { // 16 MiB, and the disk has 8
		say()
		await(t, "the hub has it, or no room for it", func() bool { return full() || lastOf(conn, b) >= p.events(t) })
	}
	if !full() {
		t.Fatal("the board does not say that the hub has no room")
	}
	had := lastOf(conn, b)
	say()
	if got, recorded := lastOf(conn, b), p.events(t); got != had || got >= recorded {
		t.Errorf("on a full disk the hub goes from event %d to %d, the board has %d", had, got, recorded)
	}
	disk.grow(t)
	h.kill()
	begin()
	conn = h.connect(t)
	await(t, "the hub has caught up", func() bool { return lastOf(conn, b) >= p.events(t) })
	p.finish(t)
	await(t, "the hub has everything", func() bool { return lastOf(conn, b) >= p.events(t) })
	next, received := uint64(1), []byte(nil)
	for e, err := range hub.Read(t.Context(), conn, hub.StreamFilter{Site: b.Site, Board: b.Name}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Seq != next || e.Kind == sockeye.Gap {
			t.Fatalf("event %d (%s) where %d is due", e.Seq, e.Kind, next)
		}
		next++
		if e.Kind == sockeye.Received {
			received = append(received, e.Data...)
		}
	}
	if !bytes.Equal(received, p.said.Bytes()) {
		t.Errorf("the hub has %d bytes received, the peer said %d", len(received), p.said.Len())
	}
}

// smallDisk is a file system of 8 MiB that only the processes see which enter it.
type smallDisk struct{ pid, dir string }

func newSmallDisk(t *testing.T, dir string) smallDisk {
	t.Helper()
	return newDiskOf(t, dir, "mount -t tmpfs -o size=8m none")
}

// enter is a command that sees the disk.
func (d smallDisk) enter(args ...string) []string {
	return append([]string{"nsenter", "--target", d.pid, "--mount"}, args...)
}

func (d smallDisk) grow(t *testing.T) {
	t.Helper()
	d.run(t, "mount", "-o", "remount,size=12m", d.dir)
}
