package api

import (
	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/schedule"
)

// What a broker publishes.
type (
	// Publish is a message for all who subscribed to Topic or, with To, for those peers
	// alone, whatever they subscribed to: Payload or Data, once.
	Publish struct {
		Topic   string   `json:"topic"`
		QoS     int      `json:"qos,omitempty"` // 0, 1 or 2: the most that subscribers get it with
		Retain  bool     `json:"retain,omitempty"`
		To      []uint64 `json:"to,omitempty"`
		Payload *Payload `json:"payload,omitempty"`
		Data    []byte   `json:"data,omitempty"`
	}
	// Published says to how many clients a message goes, and its bytes.
	Published struct {
		Clients int    `json:"clients"`
		Data    []byte `json:"data"`
	}
)

func (c *requestContext) publish(in Publish) (Published, error) {
	s, err := c.openSession()
	if err != nil {
		return Published{}, err
	}
	row, wrong := in.row(c)
	if len(wrong) > 0 {
		return Published{}, wrong.join()
	}
	var to []*core.Peer
	if len(in.To) > 0 {
		if to, err = (outgoing{to: in.To}).peers(s); err != nil {
			return Published{}, err
		}
	}
	data := in.Data
	if data == nil {
		if data, err = c.bench.Preview(row); err != nil {
			return Published{}, err
		}
	}
	n, err := s.Sender().Publish(to, sockeye.Publication{Topic: in.Topic, QoS: in.QoS, Retain: in.Retain}, data)
	return Published{Clients: n, Data: notNil(data)}, err
}

func (in Publish) check(c *requestContext) error {
	_, wrong := in.row(c)
	return wrong.join()
}

// row is what to publish, with everything that is wrong with the request. A message of no
// bytes is one, too: with retain it takes away what was retained.
func (in Publish) row(c *requestContext) (row schedule.Row, wrong fieldFaults) {
	if w := sockeye.CheckTopic(in.Topic); !w.IsZero() && !c.unfit.covers("topic") {
		wrong.add("topic", w.En, w.Zh)
	}
	if in.QoS < 0 || in.QoS > 2 {
		wrong.add("qos", "0, 1 or 2", "应为 0、1 或 2")
	}
	row, more := outgoing{payload: in.Payload, data: in.Data}.row(c)
	return row, append(wrong, more...)
}
