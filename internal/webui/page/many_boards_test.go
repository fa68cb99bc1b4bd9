//go:build linux

package page_test

import (
	"context"
	"fmt"
	"iter"
	"net"
	"sync"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/api"
	"sockeye/internal/core"
)

// manyBoards is a hub with ten thousand boards that exist in the answer only.
type manyBoards struct {
	all []api.Board

	mu    sync.Mutex
	asked []string // by the last request to send
}

func newManyBoards() *manyBoards {
	h := &manyBoards{}
	for n := range 10_000 {
		h.all = append(h.all, api.Board{Name: fmt.Sprintf("site-%d/board-%04d", n/1000, n%1000), State: "alive", Since: "2026-11-30T08:00:00Z", Version: "v0.1.0",
			Labels: map[string]string{"kind": "press"}, Events: 1234, CanSend: true, Sessions: []api.BoardSession{{ID: "s1", Mode: sockeye.Listen, Address: "tcp://:10000", Peers: 1}}})
	}
	return h
}

func (*manyBoards) CheckBoard(string) error { return nil }

func (h *manyBoards) Boards(context.Context) ([]api.Board, error) { return h.all, nil }

func (*manyBoards) Follow(ctx context.Context, _ []string, _ time.Time) iter.Seq2[core.LiveEvent, error] {
	return func(func(core.LiveEvent, error) bool) { <-ctx.Done() }
}

func (h *manyBoards) Send(_ context.Context, boards []string, _ string, _ []byte, _ time.Duration) (out []api.BoardReply, _ error) {
	h.mu.Lock()
	h.asked = boards
	h.mu.Unlock()
	for _, b := range boards {
		out = append(out, api.BoardReply{Board: b, Result: "delivered", Peers: 1})
	}
	return out, nil
}

// Ten thousand boards are counted, filtered, paged through and sent by, and the page answers
// all the while.
func TestManyBoards(t *testing.T) {
	t.Parallel()
	bench, h := core.New(0), newManyBoards()
	server, err := api.New(api.Config{Bench: bench, Version: "test", Hub: h})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server.Allow(l)
	go server.Serve(l)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		server.Close(ctx)
		bench.Shutdown(ctx)
	})
	p := blank(t)
	p.visit(server.NewTicket().URL)
	p.click(control("boards-tab"))
	p.wait(`document.querySelector('[data-control=boards] [role=status]')?.innerText.replace(/\D/g, '') === '1000010000'`)
	value[any](p, `(() => {
		window.longest = 0;
		let last = performance.now();
		const frame = (now) => { window.longest = Math.max(window.longest, now - last); last = now; requestAnimationFrame(frame) };
		requestAnimationFrame(frame);
	})()`)
	drawn := func(first string, n int) {
		t.Helper()
		p.wait(fmt.Sprintf(`document.querySelector('[data-board]')?.dataset.board === %q && document.querySelectorAll('[data-board]').length === %d`, first, n))
	}
	drawn("site-0/board-0000", 100)
	p.click(control("boards-next"))
	drawn("site-0/board-0100", 100)
	p.click(control("boards-back"))
	drawn("site-0/board-0000", 100)
	p.fill("boards-filter", "site-7 board-099")
	drawn("site-7/board-0990", 10)
	p.fill("boards-filter", "")
	drawn("site-0/board-0000", 100)
	p.click(control("boards-all"))
	p.fill("boards-input", "led on")
	p.click(control("boards-send"))
	p.wait(`/10.?000/.test(document.querySelector('[data-control=boards-sent]')?.innerText)`)
	h.mu.Lock()
	asked := len(h.asked)
	h.mu.Unlock()
	if asked != len(h.all) {
		t.Errorf("%d boards were asked to send, want all %d", asked, len(h.all))
	}
	const still = 5000 // ms; a machine that does something else may take a part of it
	longest := value[float64](p, `window.longest`)
	t.Logf("the longest frame took %.0f ms", longest)
	if longest > still {
		t.Errorf("the page stood still for %.0f ms", longest)
	}
}
