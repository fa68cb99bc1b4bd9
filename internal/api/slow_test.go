//go:build linux

package api

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"sockeye/internal/api/access"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// serving is how many connections the servers of this process have a goroutine for.
func serving() int {
	stacks := make([]byte, 8<<20)
	return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "net/http.(*conn).serve(")
}

// drip writes a byte at a time until the other side has enough of it, and is how
// that was: nil if it cut the connection.
func drip(c net.Conn) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	c.SetDeadline(time.Now().Add(time.Minute))
	gone := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, c) // an answer may come before the end
		gone <- err
	}()
	for {
		select {
		case err := <-gone:
			if err != nil && strings.Contains(err.Error(), "timeout") {
				return err
			}
			return nil
		case <-tick.C:
			io.WriteString(c, "x")
		}
	}
}

// busy is what 200 goroutines of the test itself, and what else runs, may cost an answer on
// a slow machine. Who waits for a slow client waits for the 5 s after which that is cut off.
const busy = 2 * time.Second

// slowest asks until it has most answers or is over, and is the 99th percentile of the times
// that they took.
func slowest(most int, over func(answered int) bool, ask func()) time.Duration {
	var took []time.Duration
	for len(took) < most && !over(len(took)) {
		began := time.Now()
		ask()
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[len(took)*99/100]
}

// T16: two hundred connections that send head or body a byte at a time, and readers
// whose window is shut: all are cut, nothing is left of them, and whoever asks
// meanwhile is answered, the slowest answer in a hundred in twice its usual time at most.
func TestManySlow(t *testing.T) {
	v := serve(t, func(o *Config) {
		o.limits = access.Limits{Header: time.Second, Idle: time.Second, Body: time.Second, BodyRate: 1 << 20, Write: time.Second, Connections: 300}
	})
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	const much = 7 << 20 // more than a socket buffers
	board(t, s).Write(bytes.Repeat([]byte("x"), much))
	v.follow(func(l Live) bool { return len(l.Peers) == 1 && l.Peers[0].ReceivedBytes >= much })

	usual := slowest(300, func(int) bool { return false }, v.alive)
	before := serving()
	auth := "Host: " + v.addr + "\r\nAuthorization: Bearer " + v.token + "\r\n"
	slow := func(text string) {
		c, err := net.Dial("tcp", v.addr)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		io.WriteString(c, text)
		if err := drip(c); err != nil {
			t.Errorf("%.30q was not cut: %v", text, err)
		}
	}
	var held atomic.Int64
	var all sync.WaitGroup
	hold := func(n int, f func()) {
		for range n {
			held.Add(1)
			all.Go(func() { defer held.Add(-1); f() })
		}
	}
	hold(100, func() { slow("GET / HTTP/1.1\r\nHost: ") })
	hold(100, func() {
		slow("PUT /api/v1/workspace HTTP/1.1\r\n" + auth + "Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
	})
	var readers []net.Conn
	for range 10 {
		small := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
			return raw.Control(func(fd uintptr) { syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096) })
		}}
		c, err := small.DialContext(context.Background(), "tcp", v.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		io.WriteString(c, "GET /api/v1/export?format=raw HTTP/1.1\r\n"+auth+"\r\n")
		readers = append(readers, c)
	}
	meanwhile := slowest(100_000, func(answered int) bool { return answered > 0 && held.Load() == 0 }, v.alive)
	if bound := 2*usual + busy; meanwhile > bound {
		t.Errorf("of a hundred answers the slowest took %v, %v without the slow ones", meanwhile, usual)
	}
	all.Wait()
	v.untilFree()
	http.DefaultClient.CloseIdleConnections()
	for end := time.Now().Add(30 * time.Second); serving() > before; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d connections are still served, before there were %d", serving(), before)
		}
	}
	for _, c := range readers {
		c.SetReadDeadline(time.Now().Add(30 * time.Second))
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			continue // cut before the head left the other side's buffer
		}
		if n, err := io.Copy(io.Discard, resp.Body); err == nil {
			t.Errorf("a reader that did not read got all %d bytes", n)
		}
	}
	v.alive()
}
