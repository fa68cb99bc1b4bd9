package hub

import (
	"context"
	"encoding/json"
	"time"

	"github.com/nats-io/nats.go"

	"sockeye"
	"sockeye/internal/core"
)

// SendRequest asks a board to send.
type SendRequest struct {
	// ID names the request: one with the same ID that comes again does nothing, and is
	// answered as the first was. Without one each counts.
	ID string `json:"id,omitempty"`
	// Session is the one to send by; "" is every open one.
	Session string `json:"session,omitempty"`
	// Peers are the numbers of those to send to; none is all that can receive.
	Peers []uint64 `json:"peers,omitempty"`
	Data  []byte   `json:"data"`
	// Expires is when it is too late, by the board's clock.
	Expires time.Time `json:"expires"`
}

// SendOutcome is what became of a request: a stable word.
type SendOutcome string

// The results.
const (
	Delivered SendOutcome = "delivered" // the kernel took all bytes for all peers
	Refused   SendOutcome = "refused"   // the board does not allow it, or could not; Error says why
	Away      SendOutcome = "away"      // the board did not answer
	Expired   SendOutcome = "expired"   // it came too late
)

// SendReply is a board's answer.
type SendReply struct {
	Result SendOutcome `json:"result"`
	Peers  int         `json:"peers,omitempty"` // that were sent to
	Error  *ErrorText  `json:"error,omitempty"`
}

// onSend answers requests to send, each on a goroutine of its own: a peer that does not
// read holds up nobody else.
func (p *Publisher) onSend(ctx context.Context) nats.MsgHandler {
	turns := make(chan struct{}, 16)
	return func(m *nats.Msg) {
		if IsCopied(m.Header) { // nobody who may ask has asked
			return
		}
		select {
		case turns <- struct{}{}:
		case <-ctx.Done():
			return
		}
		p.sends.Go(func() {
			defer func() { <-turns }()
			text, err := sockeye.MarshalJSON(p.answer(ctx, m.Data))
			if err == nil {
				m.Respond(text) // who does not hear it has given up
			}
		})
	}
}

func (p *Publisher) answer(ctx context.Context, text []byte) SendReply {
	var r SendRequest
	if err := json.Unmarshal(text, &r); err != nil || len(r.Data) == 0 {
		return refused(sockeye.Text{En: "this is no request to send", Zh: "不是有效的发送请求"}, sockeye.Text{})
	}
	if len(r.ID) > longestID {
		return refused(sockeye.Text{En: "the id of the request is longer than 64 bytes", Zh: "请求的 id 超过 64 字节"}, sockeye.Text{})
	}
	return p.answered.once(ctx, r.ID, func() SendReply { return p.perform(ctx, &r) })
}

// perform sends what a request asks for.
func (p *Publisher) perform(ctx context.Context, r *SendRequest) SendReply {
	if !p.o.AllowSend {
		return refused(sockeye.Text{En: "the board allows no sending from the hub", Zh: "此开发板不允许通过集线服务发送"},
			sockeye.Text{En: "start it with --hub-send", Zh: "启动时请加 --hub-send"})
	}
	if time.Now().After(r.Expires) {
		return SendReply{Result: Expired}
	}
	ctx, cancel := context.WithDeadline(ctx, r.Expires)
	defer cancel()
	sessions, err := p.chosen(r.Session)
	if err != nil {
		return refusedFor(err)
	}
	reply := SendReply{Result: Delivered}
	for _, s := range sessions {
		peers, err := receivers(s, r.Peers)
		if err != nil {
			return refusedFor(err)
		}
		for _, d := range s.Sender().Send(ctx, peers, r.Data) {
			if d.Err != nil && ctx.Err() != nil {
				return SendReply{Result: Expired, Peers: reply.Peers}
			}
			if d.Err != nil {
				return refusedFor(d.Err)
			}
			reply.Peers++
		}
	}
	if reply.Peers == 0 {
		return refused(sockeye.Text{En: "nobody is connected to the board", Zh: "没有连接到此开发板的对象"}, sockeye.Text{})
	}
	return reply
}

func (p *Publisher) chosen(session string) ([]*core.Session, error) {
	open := p.o.Bench.Sessions()
	if session == "" {
		return open, nil
	}
	for _, s := range open {
		if s.ID() == session {
			return []*core.Session{s}, nil
		}
	}
	return nil, core.NoSession(session)
}

// receivers are the peers with these numbers; without any, all that can receive.
func receivers(s *core.Session, numbers []uint64) (to []*core.Peer, err error) {
	if len(numbers) == 0 {
		return s.Peers(), nil
	}
	for _, n := range numbers {
		p := s.Peer(n)
		if p == nil {
			return nil, &sockeye.Error{Kind: sockeye.NotFound, Op: "send", Target: s.ID(), Message: sockeye.Text{En: "no such peer", Zh: "没有这个连接对象"}}
		}
		to = append(to, p)
	}
	return to, nil
}

func refused(message, hint sockeye.Text) SendReply {
	return SendReply{Result: Refused, Error: &ErrorText{message, hint}}
}

func refusedFor(err error) SendReply {
	e := sockeye.ErrorOf(err)
	return refused(sockeye.Text{En: e.In(sockeye.English), Zh: e.In(sockeye.Chinese)}, e.Hint)
}
