//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"

	"sockeye"
	"sockeye/internal/hub"
	"sockeye/internal/hub/server"
)

// patience is how long a hub may take for one thing.
const patience = 2 * time.Minute

// fleet is a hub in a process of its own, and boards in this one.
type fleet struct {
	fleetOptions
	dir     string // of everything
	process *exec.Cmd
	service *nats.Conn // with every permission
	boards  []*board
}

// board is one of them.
type board struct {
	identity *hub.Identity
	feed     *hub.Feed
	session  *sockeye.Session
	peer     *sockeye.Peer
	next     uint64
}

func newFleet(ctx context.Context, o *fleetOptions) (f *fleet, err error) {
	f = &fleet{fleetOptions: *o}
	if f.dir, err = os.MkdirTemp("", "sockeye-fleet-"); err != nil {
		return nil, err
	}
	if err = f.startHub(ctx); err != nil {
		f.end()
		return nil, err
	}
	return f, nil
}

func (f *fleet) end() {
	for _, b := range f.boards {
		if b.feed != nil {
			b.feed.Close()
		}
	}
	if f.service != nil {
		f.service.Close()
	}
	f.kill()
	os.RemoveAll(f.dir)
}

// kill is kill -9 of the hub.
func (f *fleet) kill() {
	if f.process != nil {
		f.process.Process.Kill()
		f.process.Wait()
		f.process = nil
	}
}

func (f *fleet) hubDir() string { return filepath.Join(f.dir, "hub") }

// startHub starts the hub and connects to it.
func (f *fleet) startHub(ctx context.Context) error {
	listen := fmt.Sprintf("127.0.0.1:%d", f.port)
	f.process = exec.Command(f.hub[0], append(f.hub[1:], "--dir", f.hubDir(), "--listen", listen, "--page", "127.0.0.1:0", "--board-rate", "0", "--board-messages", "0")...)
	f.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := f.process.Start(); err != nil {
		return err
	}
	for until := time.Now().Add(patience); ; {
		err := f.connect(ctx)
		if err == nil || ctx.Err() != nil || time.Now().After(until) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// connect connects with every permission, and returns when the hub answers for its boards.
func (f *fleet) connect(ctx context.Context) error {
	a, err := server.FindAuthority(f.hubDir())
	if err != nil {
		return err
	}
	at, err := f.address()
	if err != nil {
		return err
	}
	c, err := a.Service("fleet")
	if err != nil {
		return err
	}
	c.URLs, c.Pin = at.Here, at.Pin
	conn, err := hub.Dial(ctx, c, nil)
	if err != nil {
		return err
	}
	if _, err := conn.Request(server.BoardsSubject, nil, time.Second); err != nil {
		conn.Close()
		return err
	}
	if f.service != nil {
		f.service.Close()
	}
	f.service = conn
	return nil
}

// address is where the hub says it is.
func (f *fleet) address() (at struct{ Here, Told, Pin string }, err error) {
	text, err := os.ReadFile(filepath.Join(f.hubDir(), "address.json"))
	if err == nil {
		err = json.Unmarshal(text, &at)
	}
	return at, err
}

// enrol makes boards up to a number, each with a code and a key of its own.
func (f *fleet) enrol(ctx context.Context, upTo int) error {
	a, err := server.FindAuthority(f.hubDir())
	if err != nil {
		return err
	}
	at, err := f.address()
	if err != nil {
		return err
	}
	c, err := a.Registry("fleet")
	if err != nil {
		return err
	}
	c.URLs, c.Pin = at.Here, at.Pin
	records, err := hub.Dial(ctx, c, nil)
	if err != nil {
		return err
	}
	defer records.Close()
	registry, err := server.FindRegistry(ctx, records, a)
	if err != nil {
		return err
	}
	begin := len(f.boards)
	f.boards = append(f.boards, make([]*board, upTo-begin)...)
	return f.eachFrom(begin, func(n int) error {
		name := hub.BoardID{Site: "fleet", Name: fmt.Sprintf("board-%d", n)}
		code, err := registry.Give(ctx, name, nil, time.Hour)
		if err != nil {
			return err
		}
		code.URLs, code.Pin = at.Told, at.Pin
		id, err := hub.Join(ctx, filepath.Join(f.dir, "boards"), code.String())
		if err != nil {
			return err
		}
		f.boards[n] = newBoard(id)
		return nil
	})
}

func newBoard(id *hub.Identity) *board {
	s := &sockeye.Session{ID: "s1", Endpoint: sockeye.Endpoint{Mode: sockeye.Connect, Address: sockeye.Address{Network: sockeye.TCP, Host: "192.0.2.1", Port: 10000}}}
	return &board{identity: id, session: s, peer: &sockeye.Peer{ID: 1, Session: s, Network: sockeye.TCP}, next: 1}
}

// eachFrom does something with every board from one on, some at a time.
func (f *fleet) eachFrom(begin int, do func(n int) error) error {
	var all sync.WaitGroup
	turns, faults := make(chan struct{}, 16), make(chan error, len(f.boards))
	for n := begin; n < len(f.boards); n++ {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			if err := do(n); err != nil {
				faults <- err
			}
		})
	}
	all.Wait()
	select {
	case err := <-faults:
		return err
	default:
		return nil
	}
}

// open connects a board.
func (b *board) open(ctx context.Context) (err error) {
	b.feed, err = hub.OpenFeed(ctx, hub.FeedOptions{Identity: b.identity, Instance: "fleet", Session: b.session, Waiting: func() uint64 { return 0 }, Version: "fleet"})
	return err
}

// openFrom connects the boards from one on.
func (f *fleet) openFrom(ctx context.Context, begin int) error {
	return f.eachFrom(begin, func(n int) error { return f.boards[n].open(ctx) })
}

// events are the next ones of a board, with data of a size.
func (b *board) events(count, size int) []sockeye.Event {
	out := make([]sockeye.Event, count)
	data := make([]byte, size)
	now := time.Now()
	for n := range out {
		out[n] = sockeye.Event{Seq: b.next, Time: now, Kind: sockeye.Sent, Session: b.session, Peer: b.peer, Data: data}
		b.next++
	}
	return out
}
