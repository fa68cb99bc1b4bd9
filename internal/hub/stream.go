package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"

	"sockeye"
)

// boardStream is the hub's stream as one board sees it: its own end, and what it puts there.
type boardStream struct {
	conn     *nats.Conn
	identity *Identity
	instance string // tells two programs with one key apart
}

// streamPosition is where the hub's stream is with this board.
type streamPosition struct {
	sequence uint64 // of the board's last message in the stream
	event    uint64 // number of its last event
	instance string // of the program that published it
	// foreign says that the last message is of nobody who publishes as the board does: what it
	// says about events and its program does not count.
	foreign bool
}

// position asks the stream for this board's last message.
func (s *boardStream) position(ctx context.Context) (streamPosition, error) {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	m, err := s.conn.RequestWithContext(ctx, s.identity.LastMessage(), nil)
	if err != nil {
		return streamPosition{}, Explain(s.identity.URLs, err)
	}
	switch m.Header.Get("Status") {
	case "":
		// Who gave the message adds its own headers after those that it has.
		sequences := m.Header.Values("Nats-Sequence")
		if len(sequences) == 0 {
			break
		}
		sequence, err := strconv.ParseUint(sequences[len(sequences)-1], 10, 64)
		switch {
		case err != nil || sequence == 0:
		case len(m.Header[copiedFrom]) > 1 || m.Header.Get(headerInstance) == "":
			return streamPosition{sequence: sequence, foreign: true}, nil
		default:
			return streamPosition{sequence: sequence, event: number(m.Header, headerLast), instance: m.Header.Get(headerInstance)}, nil
		}
	case "404": // it has none
		return streamPosition{}, nil
	}
	return streamPosition{}, &sockeye.Error{Kind: sockeye.System, Op: "read", Target: Stream,
		Message: sockeye.Text{En: fmt.Sprintf("the hub cannot say what it has: %.100q", m.Header.Get("Description")), Zh: fmt.Sprintf("集线服务无法说明已有哪些事件：%.100q", m.Header.Get("Description"))}}
}

// publish sends a message and waits for the hub to have it on its disk. That the message
// before it is the last one of this board, the stream checks: so nothing is there twice, or
// in another order.
func (s *boardStream) publish(ctx context.Context, b *eventBatch, at streamPosition) (streamPosition, error) {
	m := nats.NewMsg(s.identity.Events(token(b.sessionID())))
	m.Header, m.Data = b.header(), b.text
	m.Header.Set(nats.ExpectedLastSubjSeqHdr, fmt.Sprint(at.sequence))
	m.Header.Set(headerInstance, s.instance)
	m.Header.Set(expectedSubject, s.identity.Events(""))
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	answer, err := s.conn.RequestMsgWithContext(ctx, m)
	if err != nil {
		return at, Explain(s.identity.URLs, err)
	}
	var ack struct {
		Sequence uint64 `json:"seq"`
		Error    *struct {
			Code        int    `json:"err_code"`
			Description string `json:"description"`
		} `json:"error"`
	}
	if err := json.Unmarshal(answer.Data, &ack); err != nil {
		return at, err
	}
	if e := ack.Error; e != nil {
		return at, notStored(e.Code, e.Description)
	}
	return streamPosition{sequence: ack.Sequence, event: b.last, instance: s.instance}, nil
}

// expectedSubject makes the sequence that is expected that of all subjects of a board.
const expectedSubject = "Nats-Expected-Last-Subject-Sequence-Subject"
