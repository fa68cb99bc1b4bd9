package websocket

import (
	"bufio"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sockeye"
	"sockeye/internal/transport"
)

// A pong that answers no ping of ours, or one that was answered, has taken no time.
func TestPongsThatNobodyAskedFor(t *testing.T) {
	var p pinger
	if got := p.answeredBy([]byte("0")); got != 0 {
		t.Errorf("before any ping: %v", got)
	}
	first := p.payload(time.Now())
	second := p.payload(time.Now())
	for _, payload := range []string{"", "3", "x", "18446744073709551615"} {
		if got := p.answeredBy([]byte(payload)); got != 0 {
			t.Errorf("%q: %v", payload, got)
		}
	}
	for _, sent := range [][]byte{second, first} {
		if once, again := p.answeredBy(sent), p.answeredBy(sent); once <= 0 || again != 0 {
			t.Errorf("the answer to %s %v, once more %v", sent, once, again)
		}
	}
	for range len(p.sent) {
		p.payload(time.Now())
	}
	if got := p.answeredBy(second); got != 0 {
		t.Errorf("one that is long past: %v", got)
	}
}

// pipe is a connection in memory whose system says that bytes are under way, or not.
type pipe struct {
	transport.Conn
	end      net.Conn
	underWay atomic.Int64
}

func (p *pipe) Read(b []byte) (int, error)     { return p.end.Read(b) }
func (p *pipe) Write(b []byte) (int, error)    { return p.end.Write(b) }
func (p *pipe) Close() error                   { return p.end.Close() }
func (p *pipe) Unacknowledged() int            { return int(p.underWay.Load()) }
func (*pipe) Abort()                           {}
func (*pipe) SetWriteDeadline(time.Time) error { return nil }
func (*pipe) Remote() sockeye.SocketAddr       { return sockeye.TextSocketAddr("peer") }

// pinged is a server that pings every 20 s, and the other end of its connection.
func pinged() (*conn, *pipe, net.Conn) {
	ours, theirs := net.Pipe()
	under := &pipe{end: ours}
	c := newConn(under, &sockeye.Options{PingInterval: 20 * time.Second, MaxMessage: 1 << 10})
	c.in.left = -1
	return c, under, theirs
}

// F47: a peer that answers no ping is given up within 30 s of the last that was heard of
// it, with a ping every 20 s, and its code is 1006.
func TestUnansweredPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, peer := pinged()
		go io.Copy(io.Discard, peer)
		began := time.Now()
		_, _, err := c.ReadMessage(func(*sockeye.Detail) {})
		if took := time.Since(began); took < 30*time.Second || took > 31*time.Second {
			t.Errorf("given up after %v, want 30 s", took)
		}
		if e := sockeye.ErrorOf(err); e.Kind != sockeye.TimedOut || !strings.Contains(e.Message.En, "10s") || !strings.Contains(e.Message.Zh, "10s") || e.Hint.IsZero() {
			t.Errorf("the error is %v, %+v", err, e.Hint)
		}
		var left sockeye.Detail
		if c.Ended(&left); left.Close == nil || left.Close.Code != sockeye.CloseNoFrame {
			t.Errorf("closed with %+v, want 1006", left.Close)
		}
	})
}

// F47: who is not silent by its own fault is never given up: one that answers, one that
// sends without answering, one to which the pings are still on their way, one that nobody
// here reads.
func TestPeersThatPingsLeaveAlone(t *testing.T) {
	const message = "\x81\x81\x00\x00\x00\x00x"
	for name, peer := range map[string]func(under *pipe, end net.Conn){
		"answers": func(_ *pipe, end net.Conn) {
			r := bufio.NewReader(end)
			for {
				h, err := readHeader(r)
				if err != nil {
					return
				}
				payload := make([]byte, h.length)
				io.ReadFull(r, payload)
				end.Write(append([]byte{0x8a, 0x80 | byte(h.length), 0, 0, 0, 0}, payload...))
			}
		},
		"sends": func(_ *pipe, end net.Conn) {
			go io.Copy(io.Discard, end)
			for {
				if _, err := io.WriteString(end, message); err != nil {
					return
				}
				time.Sleep(7 * time.Second)
			}
		},
		"is far": func(under *pipe, end net.Conn) {
			under.underWay.Store(1)
			io.Copy(io.Discard, end)
		},
		"is not read": func(_ *pipe, end net.Conn) {
			go io.Copy(io.Discard, end)
			io.WriteString(end, "\x81\x84\x00\x00\x00\x00held")
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, under, end := pinged()
				var peers sync.WaitGroup
				defer peers.Wait()
				peers.Go(func() { peer(under, end) })
				time.AfterFunc(10*time.Minute, func() { end.Close() })
				for {
					data, _, err := c.ReadMessage(func(*sockeye.Detail) {})
					if err == io.EOF {
						break // closed by the timer above
					}
					if err != nil {
						t.Fatalf("given up: %v", err)
					}
					if string(data) == "held" {
						time.Sleep(10*time.Minute - 5*time.Second)
					}
					c.FreeMessage()
				}
			})
		})
	}
}
