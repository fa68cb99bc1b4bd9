package hub

import (
	"context"
	"encoding/json"
	"time"

	"github.com/nats-io/nats.go"

	"sockeye"
	"sockeye/internal/core"
)

// BoardStatus is how a board says it is, every few seconds, on its subject status.
type BoardStatus struct {
	V        int       `json:"v"`
	Version  string    `json:"version"`
	Instance string    `json:"instance"` // of the program that runs
	Time     time.Time `json:"time"`     // by the board's clock
	// Acknowledged is the number of the last event that the hub has; Lag counts those
	// after it.
	Acknowledged uint64 `json:"acknowledged"`
	Lag          uint64 `json:"lag"`
	// LagMS is the age of the hub's newest event while there are others.
	LagMS    int64           `json:"lag_ms"`
	Sends    bool            `json:"sends"` // the hub's users may send
	Sessions []StatusSession `json:"sessions,omitempty"`
	Ended    bool            `json:"ended,omitempty"` // the program ends
}

// StatusReply is what the hub answers to a status that asks for an answer.
type StatusReply struct {
	// Boards is how many boards are alive, the one that asks among them.
	Boards int `json:"boards"`
}

// boardsAskedEvery is how often a board asks how many there are, in statuses; never with the first
// ones: after a hub has started, its boards come one by one.
const boardsAskedEvery = 15

// StatusSession is a session that is open on the board.
type StatusSession struct {
	ID      string       `json:"id"`
	Mode    sockeye.Mode `json:"mode"`
	Address string       `json:"address"`
	Peers   int          `json:"peers"`
}

// mostSessions bounds the sessions in a status.
const mostSessions = 64

func (p *Publisher) runStatus(ctx context.Context) {
	tick := time.NewTicker(statusInterval)
	defer tick.Stop()
	for published := 0; ctx.Err() == nil; {
		if !p.conn.IsConnected() {
			published = 0
		} else if published++; published%boardsAskedEvery == 0 {
			p.publishStatus(p.identity.boardsReply())
		} else {
			p.publishStatus("")
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// publishStatus says how the board is; the hub answers to a reply subject that is not "".
func (p *Publisher) publishStatus(reply string) {
	text, err := sockeye.MarshalJSON(p.status())
	if err == nil {
		p.conn.PublishRequest(p.o.Identity.Status(), reply, text) // the next one follows
	}
}

// onStatusReply remembers how many boards there are, for when all of them have lost the hub.
func (p *Publisher) onStatusReply(m *nats.Msg) {
	var reply StatusReply
	if json.Unmarshal(m.Data, &reply) == nil {
		p.boards.Store(int64(reply.Boards))
	}
}

func (p *Publisher) status() BoardStatus {
	_, next := p.o.Bench.Span()
	s := BoardStatus{V: 1, Version: p.o.Version, Instance: p.instance, Time: time.Now(), Acknowledged: p.acknowledged.Load(), Sends: p.o.AllowSend}
	if s.Acknowledged+1 < next {
		s.Lag = next - 1 - s.Acknowledged
		if newest := p.newest.Load(); newest > 0 {
			s.LagMS = time.Since(time.Unix(0, newest)).Milliseconds()
		}
	}
	for _, o := range p.o.Bench.Sessions() {
		if len(s.Sessions) < mostSessions {
			s.Sessions = append(s.Sessions, StatusSession{o.ID(), o.Endpoint().Mode, addressOf(o), len(o.Peers())})
		}
	}
	return s
}

// addressOf is the address of a session, with the port that it really has.
func addressOf(s *core.Session) string {
	at := s.Endpoint().Address
	if l := s.Locals(); len(l) > 0 && at.Port == 0 && l[0].Port() != 0 {
		at.Port = l[0].Port()
	}
	return at.String()
}
