package api

import (
	"strings"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/schedule"
	"sockeye/internal/workspace"
)

// outgoing is what to send to whom, as Send and StartRun say it.
type outgoing struct {
	to      []uint64
	all     bool
	payload *Payload
	data    []byte
}

// aimed says whether it is said whom to send to, as far as that could be read.
func (o outgoing) aimed(unfit fieldFaults) (wrong fieldFaults) {
	if o.all == (len(o.to) > 0) && !unfit.covers("all") && !unfit.covers("to") {
		wrong.add("to", "name peers, or all of them, and only one of the two", "请指定连接对象或全部，二者之一")
	}
	return wrong
}

// peers are those to send to. The error has every number that nobody has.
func (o outgoing) peers(s *core.Session) ([]*core.Peer, error) {
	if wrong := o.aimed(nil); len(wrong) > 0 {
		return nil, wrong.join()
	}
	if o.all {
		return s.Recipients().Select(core.All)
	}
	var peers []*core.Peer
	var absent fieldFaults
	seen := map[uint64]bool{}
	for _, id := range o.to {
		if seen[id] {
			continue
		}
		seen[id] = true
		if p := s.Peer(id); p != nil {
			peers = append(peers, p)
		} else {
			absent.note(noPeer(s, id))
		}
	}
	return peers, absent.join()
}

func (c *requestContext) send(in Send) (SendResults, error) {
	s, err := c.openSession()
	if err != nil {
		return SendResults{}, err
	}
	row, wrong := in.row(c)
	if len(wrong) > 0 {
		return SendResults{}, wrong.join()
	}
	to, err := in.recipients(s)
	if err != nil {
		return SendResults{}, err
	}
	var sent []core.Delivery
	if in.Data != nil {
		sent = s.Sender().Send(c.ctx(), to, in.Data)
	} else if t, err := row.Parse(); err != nil {
		return SendResults{}, err
	} else if sent, err = s.Sender().SendPayload(c.ctx(), to, t); err != nil {
		return SendResults{}, err
	}
	return resultsOf(sent, c.wordingOf(c.r)), nil
}

func (in Send) check(c *requestContext) error {
	_, wrong := in.row(c)
	return wrong.join()
}

// row is what to send, once, with everything that is wrong with the request.
func (in Send) row(c *requestContext) (row schedule.Row, wrong fieldFaults) {
	if in.Row == nil || strings.TrimSpace(in.Row.To) == "" {
		wrong = outgoing{to: in.To, all: in.All}.aimed(c.unfit)
	}
	if in.Row == nil && !c.unfit.covers("row") {
		row, more := outgoing{payload: in.Payload, data: in.Data}.row(c)
		return row, append(wrong, more...)
	}
	if in.Payload != nil || in.Data != nil {
		wrong.add("row", "not together with a payload or data", "不能与 payload 或 data 同时使用")
		wrong = append(wrong, in.Payload.faults()...)
	}
	if in.Row != nil {
		l, more := c.resolve("", workspace.List{Rows: []workspace.Row{*in.Row}}, "row")
		if wrong = append(wrong, more...); len(more) == 0 {
			row = l.Rows[0]
		}
	}
	return row, wrong
}

// recipients are the peers that the row names, or those of the request.
func (in Send) recipients(s *core.Session) ([]*core.Peer, error) {
	if in.Row != nil {
		if words := strings.Fields(in.Row.To); len(words) > 0 {
			return s.Recipients().Select(words...)
		}
	}
	return outgoing{to: in.To, all: in.All}.peers(s)
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
