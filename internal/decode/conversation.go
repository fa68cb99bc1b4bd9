package decode

import (
	"slices"

	"sockeye"
)

// Conversation decodes the messages of both directions of one connection, each with what
// those before it say: the request that it answers, the version of the protocol. It
// belongs to one goroutine.
type Conversation struct {
	decoder  *Decoder
	hints    Hints
	requests map[sockeye.EventKind][]*Message // not answered yet, by the direction they went
}

// maxPending is how many requests of a direction wait for an answer; of more, the oldest
// is forgotten.
const maxPending = 64

// maxRemembered is how many fields of a request are kept for its answer: those of its head.
const maxRemembered = 16

// NewConversation begins one.
func (d *Decoder) NewConversation(h Hints) *Conversation {
	return &Conversation{decoder: d, hints: h, requests: map[sockeye.EventKind][]*Message{}}
}

// Decode decodes the next message, which was received or sent; see Decoder.Decode.
func (c *Conversation) Decode(kind sockeye.EventKind, b []byte) (m *Message, ok bool) {
	other := sockeye.Received + sockeye.Sent - kind
	m, ok = c.decoder.Decode(b, c.hints)
	if !ok && len(c.requests[other]) > 0 {
		m, ok = c.answer(other, 0, b)
	} else if ok && m.Role != Request && m.Role != OneWay {
		at := slices.IndexFunc(c.requests[other], func(r *Message) bool { return r.Protocol == m.Protocol && r.Key == m.Key })
		if at >= 0 {
			m, ok = c.answer(other, at, b)
		} else if m.Role == "" {
			m.Role = Request
		}
	}
	if !ok {
		return nil, false
	}
	if m.Role == Request {
		c.requests[kind] = append(c.requests[kind], m.withoutTree())
		if len(c.requests[kind]) > maxPending {
			c.requests[kind] = slices.Delete(c.requests[kind], 0, 1)
		}
	}
	if m.State != (State{}) {
		c.hints.State = m.State
	}
	return m, true
}

// answer decodes a message as the answer to a request, which is not pending then unless
// more parts follow.
func (c *Conversation) answer(direction sockeye.EventKind, at int, b []byte) (*Message, bool) {
	h := c.hints
	h.Request = c.requests[direction][at]
	m, ok := c.decoder.Decode(b, h)
	if ok && m.Role == "" {
		m.Role = Response
	}
	if ok && !m.Part {
		c.requests[direction] = slices.Delete(c.requests[direction], at, at+1)
	}
	return m, ok
}

// withoutTree is what an answer needs to know of a request. The trees of the requests of
// many connections would be more than their bytes.
func (m *Message) withoutTree() *Message {
	kept := *m
	kept.Children = slices.Clone(m.Children[:min(len(m.Children), maxRemembered)])
	for n := range kept.Children {
		kept.Children[n].Children = nil
	}
	return &kept
}
