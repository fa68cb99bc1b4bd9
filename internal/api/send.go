package api

import (
	"fmt"

	"sockeye"
	"sockeye/internal/wire"
	"sockeye/internal/workbench"
)

// outgoing is what to send to whom, as Send and StartRepeat say it.
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
func (o outgoing) peers(s *workbench.Session) ([]*wire.Peer, error) {
	if err := o.aimed(); err != nil {
		return nil, err
	}
	if o.all {
		if peers := s.Peers(); len(peers) > 0 {
			return peers, nil
		}
		return s.Find(workbench.All) // says that there is none
	}
	var peers []*wire.Peer
	seen := map[uint64]bool{}
	for _, id := range o.to {
		p := s.Peer(id)
		if p == nil {
			return nil, noPeer(fmt.Sprintf("#%d", id))
		}
		if !seen[id] {
			seen[id] = true
			peers = append(peers, p)
		}
	}
	return peers, nil
}

func (c *call) send(in Send) (SendResults, error) {
	s, err := c.openSession()
	if err != nil {
		return SendResults{}, err
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
	out := SendResults{Data: notNil(sent[0].Data), Results: []SendResult{}}
	for _, d := range sent {
		result := SendResult{Peer: d.Peer.ID, Bytes: d.Sent}
		if d.Err != nil {
			result.Error = sockeye.ErrorOf(d.Err).Line(c.lang)
		}
		out.Results = append(out.Results, result)
	}
	return out, nil
}

func (c *call) repeats(None) (Repeats, error) {
	s, err := c.session()
	if err != nil {
		return Repeats{}, err
	}
	out := Repeats{Repeats: []Repeat{}}
	for _, r := range s.Repeats() {
		out.Repeats = append(out.Repeats, repeatOf(r, c.lang))
	}
	return out, nil
}

func repeatOf(r *workbench.Repeat, l sockeye.Lang) Repeat {
	st := r.Status()
	out := Repeat{
		ID: r.ID, Session: r.Session.ID(), To: r.To, All: len(r.To) == 0, EveryMS: float64(r.Every.Microseconds()) / 1000,
		Count: r.Count, Sent: st.Sent, Missed: st.Missed, Running: st.Running,
	}
	if out.To == nil {
		out.To = []uint64{}
	}
	if st.Err != nil {
		out.Error = st.Err.Line(l)
	}
	return out
}

func (c *call) startRepeat(in StartRepeat) (Repeat, error) {
	s, err := c.openSession()
	if err != nil {
		return Repeat{}, err
	}
	o := outgoing{in.To, in.All, in.Payload, in.Data}
	send, err := o.sender(s)
	if err != nil {
		return Repeat{}, err
	}
	if err := o.aimed(); err != nil {
		return Repeat{}, err
	}
	if _, err := o.peers(s); err != nil && !in.All { // all may come later
		return Repeat{}, err
	}
	var wrong fieldErrors
	every := wrong.duration("every_ms", in.EveryMS, 0)
	if len(wrong) > 0 {
		return Repeat{}, wrong.join()
	}
	r, err := s.Repeat(workbench.RepeatOptions{To: in.To, Send: send, Every: every, Count: in.Count})
	if err != nil {
		return Repeat{}, err
	}
	return repeatOf(r, c.lang), nil
}

func (c *call) stopRepeat(None) (Repeat, error) {
	s, err := c.session()
	if err != nil {
		return Repeat{}, err
	}
	id, err := number("repeat", c.r.PathValue("repeat"))
	if err != nil {
		return Repeat{}, err
	}
	for _, r := range s.Repeats() {
		if r.ID == id {
			r.Stop()
			return repeatOf(r, c.lang), nil
		}
	}
	return Repeat{}, &sockeye.Error{Kind: sockeye.NotFound, Op: "close", Target: fmt.Sprint(id), Message: sockeye.Text{En: "no such repeated sending", Zh: "没有这个循环发送"}}
}
