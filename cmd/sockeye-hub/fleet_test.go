package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"sockeye"
	"sockeye/internal/hub"
	"sockeye/internal/hub/server"
)

// F55, F57: boards, each a process, receive numbered messages and echo them,
// while the hub is killed (kill -9) and comes back, and the boards' links to it are cut at
// random. In the end the hub has every event of every board, once, in order.
// SOCKEYE_BOARDS, SOCKEYE_ROUNDS (kills) and SOCKEYE_SECONDS (between them) make it larger.
func TestNothingIsLost(t *testing.T) {
	boards, kills, seconds := setting("SOCKEYE_BOARDS", 6), setting("SOCKEYE_ROUNDS", 2), setting("SOCKEYE_SECONDS", 3)
	link := newLink(t)
	h := startHub(t, "--advertise", link.addr())
	addr := h.addr
	link.to.Store(&addr)
	var players []*player
	for n := range boards {
		players = append(players, startPlayer(t, h.enrol(t, fmt.Sprintf("plant/board-%d", n))))
	}
	over := make(chan struct{})
	var playing sync.WaitGroup
	for _, p := range players {
		playing.Go(func() { p.play(over) })
	}
	playing.Go(func() { link.cutNowAndThen(over) })
	for range kills {
		time.Sleep(time.Duration(seconds) * time.Second) // the load lasts
		h.kill()
		time.Sleep(time.Second) // it is away
		h.restart(t)
	}
	time.Sleep(time.Duration(seconds) * time.Second)
	close(over)
	playing.Wait()
	conn := h.connect(t)
	for n, p := range players {
		b := hub.BoardID{Site: "plant", Name: fmt.Sprintf("board-%d", n)}
		await(t, b.String()+" has caught up", func() bool { return lastOf(conn, b) >= p.events(t) })
		p.finish(t)
		await(t, b.String()+" has published everything", func() bool { return lastOf(conn, b) >= p.events(t) })
	}
	for n, p := range players {
		b := hub.BoardID{Site: "plant", Name: fmt.Sprintf("board-%d", n)}
		next, received, sent := uint64(1), []byte(nil), []byte(nil)
		for e, err := range hub.Read(t.Context(), conn, hub.StreamFilter{Site: b.Site, Board: b.Name}) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Seq != next || e.Kind == sockeye.Gap {
				t.Fatalf("%s: event %d (%s) where %d is due", b, e.Seq, e.Kind, next)
			}
			next++
			switch e.Kind {
			case sockeye.Received:
				received = append(received, e.Data...)
			case sockeye.Sent:
				sent = append(sent, e.Data...)
			}
		}
		want := p.said.Bytes()
		if !bytes.Equal(received, want) || !bytes.HasSuffix(sent, want) || len(want) == 0 {
			t.Errorf("%s: the hub has %d bytes received and %d sent, the peer said %d", b, len(received), len(sent), len(want))
		}
	}
	t.Logf("%d boards, %d kills, %d cuts", boards, kills, link.cuts.Load())
}

// F54: a board that starts while the hub is away serves its socket, records, and says so; the
// hub has all of it when it comes.
func TestHubIsAwayAtTheStart(t *testing.T) {
	h := startHub(t)
	board, home := hub.BoardID{Site: "plant", Name: "press-1"}, t.TempDir()
	if _, err := hub.Join(t.Context(), filepath.Join(home, "share"), h.enrol(t, board.String())); err != nil {
		t.Fatal(err)
	}
	h.kill()
	p := startPlayerAt(t, home, board.String())
	over, playing := make(chan struct{}), sync.WaitGroup{}
	playing.Go(func() { p.play(over) })
	await(t, "the board echoes", func() bool { return p.echoed.Load() > 50 })
	await(t, "it says that the hub is away", func() bool { return strings.Contains(p.errs.String(), h.addr) })
	h.restart(t)
	conn := h.connect(t)
	await(t, "the hub has what came before it", func() bool { return lastOf(conn, board) > 10 })
	close(over)
	playing.Wait()
	p.finish(t)
	await(t, "the hub has everything", func() bool { return lastOf(conn, board) >= p.events(t) })
}

// F59: a hub that has lost its stream gets the events of a board again, from the first on, and
// the board says so.
func TestStreamIsLost(t *testing.T) {
	h := startHub(t)
	board := hub.BoardID{Site: "plant", Name: "press-1"}
	p := startPlayer(t, h.enrol(t, board.String()))
	over, playing := make(chan struct{}), sync.WaitGroup{}
	playing.Go(func() { p.play(over) })
	conn := h.connect(t)
	await(t, "the hub has something", func() bool { return lastOf(conn, board) > 10 })
	if m, err := conn.Request("$JS.API.STREAM.DELETE."+hub.Stream, nil, patience); err != nil || !strings.Contains(string(m.Data), `"success":true`) {
		t.Fatalf("%s, %v", m.Data, err)
	}
	h.kill()
	h.restart(t)
	conn = h.connect(t)
	await(t, "the hub has something again", func() bool { return lastOf(conn, board) > 10 })
	close(over)
	playing.Wait()
	p.finish(t)
	await(t, "the hub has everything", func() bool { return lastOf(conn, board) >= p.events(t) })
	if _, last := history(t, conn, board); last < p.events(t) {
		t.Errorf("the hub has %d of %d events", last, p.events(t))
	}
	if !strings.Contains(p.errs.String(), "the hub has lost the events 1 to ") {
		t.Error("the board does not say that the hub has lost its events")
	}
}

func setting(name string, usual int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	return usual
}

// lastOf is the number of a board's last event in the stream, 0 if there is none.
func lastOf(conn *nats.Conn, b hub.BoardID) uint64 {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	m, err := conn.RequestWithContext(ctx, b.LastMessage(), nil)
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseUint(m.Header.Get("Sockeye-Last"), 10, 64)
	return n
}

// player is a board in a process, and the peer that talks to it.
type player struct {
	*process
	home   string
	peer   net.Conn
	said   bytes.Buffer
	echoed atomic.Int64
	read   chan struct{}
}

func startPlayer(t *testing.T, code string, args ...string) *player {
	t.Helper()
	return startPlayerAt(t, t.TempDir(), code, args...)
}

// startPlayerAt starts a player with its files in home; who was enrolled from there may be
// named.
func startPlayerAt(t *testing.T, home, code string, args ...string) *player {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := &player{home: home, read: make(chan struct{})}
	p.process = start(t, p.home, "sockeye", append([]string{"device", l.Addr().String(), "--hub", code, "--quiet", "--interval", "0", "--drain", "20s"}, args...)...)
	p.accept(t, l)
	return p
}

// accept takes the board's connection, and reads what it says.
func (p *player) accept(t *testing.T, l net.Listener) {
	t.Helper()
	var err error
	l.(*net.TCPListener).SetDeadline(time.Now().Add(patience))
	if p.peer, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.peer.Close() })
	go func() {
		defer close(p.read)
		buffer := make([]byte, 4<<10)
		for {
			n, err := p.peer.Read(buffer)
			p.echoed.Add(int64(n))
			if err != nil {
				return
			}
		}
	}()
}

// play says ten messages a second.
func (p *player) play(over <-chan struct{}) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-tick.C:
			text := fmt.Sprintf("message %d\n", n)
			io.WriteString(p.peer, text)
			p.said.WriteString(text)
		case <-over:
			return
		}
	}
}

// finish ends the board by the end of its connection, when all was echoed.
func (p *player) finish(t *testing.T) {
	t.Helper()
	p.peer.(*net.TCPConn).CloseWrite()
	select {
	case <-p.read:
	case <-time.After(patience):
		t.Fatal("the board does not hang up")
	}
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Fatal("the board does not end")
	}
}

// events is how many events the board recorded.
func (p *player) events(t *testing.T) uint64 {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(p.home, "share", "boards", "*", "outbox"))
	if err != nil || len(dirs) != 1 {
		t.Fatalf("outboxes %q: %v", dirs, err)
	}
	out, err := command(p.home, "sockeye", "log", "export", "--format", "json", dirs[0]).Output()
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	var last struct{ Seq uint64 }
	if err != nil || json.Unmarshal(lines[len(lines)-1], &last) != nil {
		t.Fatalf("the recording of the board: %v, %.200q", err, out)
	}
	return last.Seq
}

// link is a network between boards and hub that can be cut.
type link struct {
	listener net.Listener
	to       atomic.Pointer[string]
	cuts     atomic.Int64

	mu    sync.Mutex
	conns map[net.Conn]bool
}

func newLink(t *testing.T) *link {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	k := &link{listener: l, conns: map[net.Conn]bool{}}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { k.pass(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		for k.cut() {
		}
		all.Wait()
	})
	return k
}

func (k *link) addr() string { return k.listener.Addr().String() }

func (k *link) pass(from net.Conn) {
	defer from.Close()
	to, err := net.Dial("tcp", *k.to.Load())
	if err != nil {
		return
	}
	defer to.Close()
	k.mu.Lock()
	k.conns[from] = true
	k.mu.Unlock()
	defer func() {
		k.mu.Lock()
		delete(k.conns, from)
		k.mu.Unlock()
	}()
	go func() {
		io.Copy(to, from)
		to.Close()
	}()
	io.Copy(from, to)
}

// cut ends one of the connections, if there is any.
func (k *link) cut() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for c := range k.conns { // in no order
		c.(*net.TCPConn).SetLinger(0)
		c.Close()
		delete(k.conns, c)
		return true
	}
	return false
}

func (k *link) cutNowAndThen(over <-chan struct{}) {
	for {
		select {
		case <-time.After(rand.N(500 * time.Millisecond)):
			if k.cut() {
				k.cuts.Add(1)
			}
		case <-over:
			return
		}
	}
}

// connect is a connection with every permission.
func (h *hubProcess) connect(t *testing.T) *nats.Conn {
	t.Helper()
	a, err := server.FindAuthority(h.dir())
	if err != nil {
		t.Fatal(err)
	}
	c, err := a.Service("test")
	if err != nil {
		t.Fatal(err)
	}
	c.URLs, c.Pin = "tls://"+h.addr, h.pin
	conn, err := hub.Dial(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}
