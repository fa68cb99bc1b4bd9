package transport_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/transport"
	"sockeye/internal/transport/transporttest"
)

// C07, F33: a peer that closed before it was answered leaves by a reset with every byte of
// the answer counted, one that closed with bytes unread likewise, and one that has
// everything leaves well: however it is answered, and each of many.
func TestAnswersToClosedPeers(t *testing.T) {
	transporttest.OnEachConnKind(t, func(t *testing.T) {
		for how, answer := range answers {
			for name, client := range clients {
				if client.resets && answer != nil {
					continue // it may have left before the answer, of which nothing was sent then
				}
				t.Run(how+", "+name, func(t *testing.T) { testAnswersToClosedPeers(t, answer, client) })
			}
		}
	})
}

// lateAnswer is the end of an answer that is given when the peer's program has ended.
type lateAnswer func(p *transport.Peer, data []byte)

// answers are the ways in which a peer is answered; nil is at once, where it is read.
var answers = map[string]lateAnswer{
	"at once": nil,
	"later": func(p *transport.Peer, data []byte) {
		p.Answer(context.Background(), data)
	},
	"and finished": func(p *transport.Peer, data []byte) {
		p.Send(context.Background(), data)
		p.Finish(context.Background())
	},
	"and closed": func(p *transport.Peer, data []byte) {
		p.Send(context.Background(), data)
		ctx, cancel := context.WithTimeout(context.Background(), transporttest.Patience)
		defer cancel()
		p.Close(ctx)
	},
}

// closingClient is a client up to where it has closed, and how its peer leaves. Its last
// message is answered when gone is closed, those before at once.
type closingClient struct {
	run    func(c *net.TCPConn, gone func()) error
	resets bool // by closing
	unsent int
}

var clients = map[string]closingClient{
	"closed": {func(c *net.TCPConn, gone func()) error {
		_, err := c.Write([]byte(last))
		c.Close()
		gone()
		return err
	}, false, len(last)},
	"closed with bytes unread": {func(c *net.TCPConn, gone func()) error {
		c.Write([]byte("first"))
		c.SetReadDeadline(time.Now().Add(transporttest.Patience))
		if _, err := io.ReadFull(c, make([]byte, 4)); err != nil {
			return err
		}
		_, err := c.Write([]byte(last)) // acknowledges the answer to the first
		c.Close()
		gone()
		return err
	}, true, len(last)},
	"has read all": {func(c *net.TCPConn, gone func()) error {
		c.Write([]byte(last))
		c.CloseWrite()
		gone()
		c.SetReadDeadline(time.Now().Add(transporttest.Patience))
		got, err := io.ReadAll(c)
		c.Close()
		if err == nil && string(got) != last {
			err = fmt.Errorf("read %q", got)
		}
		return err
	}, false, 0},
}

const last = "the last message"

func testAnswersToClosedPeers(t *testing.T, answer lateAnswer, client closingClient) {
	const n = 40
	server := &lateResponder{answer: answer}
	s, r := transporttest.Listening(t, "tcp", sockeye.Options{}, server)
	var running sync.WaitGroup
	for range n {
		running.Go(func() {
			c, err := net.Dial("tcp", s.Locals()[0].String())
			if err != nil {
				t.Error(err)
				return
			}
			if err := client.run(c.(*net.TCPConn), func() { close(server.gone(c.LocalAddr().String())) }); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	r.WaitKind(t, sockeye.Left, n)
	server.answering.Wait()
	for _, e := range r.All(transporttest.IsKind(sockeye.Left)) {
		d := e.Detail
		reset := d.Reason == sockeye.ReasonReset && d.Err != nil
		well := (d.Reason == sockeye.ReasonEOF || d.Reason == sockeye.ReasonLocal) && d.Err == nil // who of the two closes first
		if d.Unsent != client.unsent || client.unsent > 0 && !reset || client.unsent == 0 && !well {
			t.Errorf("%v left for %q (%v) with %d bytes unsent, want %d", e.Peer, d.Reason, d.Err, d.Unsent, client.unsent)
		}
	}
}

// lateResponder echoes. The last message it answers when the peer's program has closed.
type lateResponder struct {
	answer    lateAnswer
	answering sync.WaitGroup
	clients   sync.Map // address -> chan struct{}
}

// gone is closed when the client of an address has closed.
func (l *lateResponder) gone(address string) chan struct{} {
	c, _ := l.clients.LoadOrStore(address, make(chan struct{}))
	return c.(chan struct{})
}

func (l *lateResponder) Joined(*transport.Peer) {}

func (l *lateResponder) Reply(p *transport.Peer, data []byte) ([]byte, bool) {
	if string(data) != last {
		return data, true
	}
	if l.answer != nil {
		return nil, false
	}
	<-l.gone(p.Remote.String())
	return data, true
}

func (l *lateResponder) Received(p *transport.Peer, data []byte) {
	switch {
	case string(data) != last:
		p.Answer(context.Background(), data)
	case l.answer == nil:
		<-l.gone(p.Remote.String())
		p.Answer(context.Background(), data)
	default:
		p.Hold()
		data := []byte(last)
		l.answering.Go(func() {
			defer p.Release()
			<-l.gone(p.Remote.String())
			l.answer(p, data)
		})
	}
}
