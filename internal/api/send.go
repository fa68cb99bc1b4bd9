package api

import (
	"strings"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/workspace"
)

// outgoing is what to send to whom, as Send and StartRun say it.
type outgoing struct {
	to      []uint64
	all     bool
	payload *Payload
	data    []byte
}

// aimed says whether it is said whom to send to.
func (o outgoing) aimed() error {
	if o.all == (len(o.to) > 0) {
		return invalid("to", sockeye.Text{En: "name peers, or all of them, and only one of the two", Zh: "请指定连接对象或全部，二者之一"}, sockeye.Text{})
	}
	return nil
}

// peers are those to send to; a number that nobody has is an error.
func (o outgoing) peers(s *core.Session) ([]*core.Peer, error) {
	if err := o.aimed(); err != nil {
		return nil, err
	}
	if o.all {
		return s.Receivers(core.All)
	}
	var peers []*core.Peer
	seen := map[uint64]bool{}
	for _, id := range o.to {
		p := s.Peer(id)
		if p == nil {
			return nil, noPeer(s, id)
		}
		if !seen[id] {
			seen[id] = true
			peers = append(peers, p)
		}
	}
	return peers, nil
}

func (c *requestContext) send(in Send) (SendResults, error) {
	s, err := c.openSession()
	if err != nil {
		return SendResults{}, err
	}
	if in.Row != nil {
		return c.sendRow(s, in)
	}
	o := outgoing{in.To, in.All, in.Payload, in.Data}
	send, err := o.sender(s)
	if err != nil {
		return SendResults{}, err
	}
	to, err := o.peers(s)
	if err != nil {
		return SendResults{}, err
	}
	sent, err := send(c.ctx(), to)
	if err != nil {
		return SendResults{}, err
	}
	return resultsOf(sent, c.wordingOf(c.r)), nil
}

func resultsOf(sent []core.Delivery, w wording) SendResults {
	out := SendResults{Data: notNil(sent[0].Data), Results: []SendResult{}}
	for _, d := range sent {
		result := SendResult{Peer: d.Peer.ID, Bytes: d.Sent}
		if d.Err != nil {
			result.Error = w.line(sockeye.ErrorOf(d.Err))
		}
		out.Results = append(out.Results, result)
	}
	return out
}

// sendRow sends a row of a list once.
func (c *requestContext) sendRow(s *core.Session, in Send) (SendResults, error) {
	if in.Payload != nil || in.Data != nil {
		return SendResults{}, invalid("row", sockeye.Text{En: "not together with a payload or data", Zh: "不能与 payload 或 data 同时使用"}, sockeye.Text{})
	}
	l, err := c.resolve("", workspace.List{Rows: []workspace.Row{*in.Row}}, "")
	if err != nil {
		return SendResults{}, err
	}
	t, err := l.Rows[0].Template()
	if err != nil {
		return SendResults{}, asInvalid(err)
	}
	var to []*core.Peer
	if words := strings.Fields(in.Row.To); len(words) > 0 {
		to, err = s.Receivers(words...)
	} else {
		to, err = outgoing{to: in.To, all: in.All}.peers(s)
	}
	if err != nil {
		return SendResults{}, err
	}
	sent, err := s.SendPayload(c.ctx(), to, t)
	if err != nil {
		return SendResults{}, err
	}
	return resultsOf(sent, c.wordingOf(c.r)), nil
}
