package api

import (
	"cmp"

	"sockeye"
	"sockeye/internal/query"
)

func (c *requestContext) decoders(None) (Decoders, error) {
	out := Decoders{Decoders: []Decoder{}}
	for _, d := range query.Decoders() {
		out.Decoders = append(out.Decoders, Decoder{Name: d.Name, Title: d.Title.In(c.lang), Source: d.Source, Frame: "message:" + d.Name, Ports: d.Ports})
	}
	return out, nil
}

// messagesQuery is what is asked of an event, with everything that is wrong with it.
func (c *requestContext) messagesQuery() (q query.Query, wrong fieldFaults) {
	seq, err := number("seq", c.r.PathValue("seq"))
	wrong.all(err)
	q.Cut = c.frames(&wrong)
	if len(wrong) == 0 && (q.Cut == nil || q.Cut.Decode == "") {
		q.Cut, err = query.WithDecoder(q.Cut, "auto", c.workspace.knowledge())
		wrong.all(err)
	}
	q.From, q.Limit = seq, 1
	return q, wrong
}

// messages decodes the frames that end by an event, and those that it leaves open.
func (c *requestContext) messages(None) (Messages, error) {
	q, wrong := c.messagesQuery()
	if len(wrong) > 0 {
		return Messages{}, wrong.join()
	}
	e, err := c.reader().Event(q.From)
	if err != nil {
		return Messages{}, err
	}
	if e.Session != nil {
		q.Filter, _ = query.FilterWords{Session: e.Session.ID}.Parse() // nothing can be wrong with it
	}
	out := Messages{Messages: []DecodedFrame{}}
	for {
		page, err := c.reader().Query(c.ctx(), q)
		if err != nil {
			return Messages{}, err
		}
		for i := range page.Events {
			if page.Events[i].Seq == e.Seq {
				out.LeftOut = page.Events[i].LeftOut
				out.add(&page.Events[i], false, c.lang)
			}
		}
		if page.Frames != nil && page.Frames.To < e.Seq && !page.Done && page.ScannedTo <= e.Seq && c.ctx().Err() == nil {
			continue // the streams are not cut up to the event yet
		}
		if len(out.Messages) == 0 && page.Frames != nil {
			for i := range page.Frames.Open {
				if o := &page.Frames.Open[i]; o.Peer == e.Peer && o.Kind == e.Kind {
					out.add(o, true, c.lang)
				}
			}
		}
		return out, nil
	}
}

func (m *Messages) add(e *query.PageEvent, open bool, l sockeye.Lang) {
	for i := range e.Frames {
		f := &e.Frames[i]
		d := DecodedFrame{Frame: frameLine(&e.Event, f, l), Open: open}
		if f.Message != nil {
			line := f.Message.Line(l)
			d.Tree, d.InBody = &line, f.Message.Encoded
		}
		m.Messages = append(m.Messages, d)
	}
}

// maxDecoded is how many messages of bytes are decoded.
const maxDecoded = 200

func (c *requestContext) decode(in Decode) (DecodedBytes, error) {
	data, wrong := in.read(c)
	if len(wrong) > 0 {
		return DecodedBytes{}, wrong.join()
	}
	messages, left, err := query.DecodeBytes(cmp.Or(in.Decode, "auto"), data, c.workspace.knowledge(), maxDecoded, c.lang)
	if messages == nil {
		messages = []query.MessageLine{}
	}
	return DecodedBytes{Data: notNil(data), Messages: messages, Left: left}, err
}

func (in Decode) check(c *requestContext) error {
	_, wrong := in.read(c)
	return wrong.join()
}

// read is the bytes to decode, with everything that is wrong with the request.
func (in Decode) read(c *requestContext) (data []byte, wrong fieldFaults) {
	_, err := query.WithDecoder(nil, in.Decode, c.workspace.knowledge())
	wrong.all(err)
	if (in.Payload != nil) == (in.Data != nil) && !c.unfit.covers("payload") && !c.unfit.covers("data") {
		wrong.add("payload", "bytes are needed, as payload or data, and only one of the two", "需要 payload 或 data，二者之一")
	}
	if data = in.Data; in.Payload != nil {
		data, err = c.firstMessage(*in.Payload, "payload.")
		wrong.all(err)
	}
	return data, wrong
}

func (c *requestContext) protocols(None) (Protocols, error) {
	id := c.r.PathValue("id")
	if c.bench.OpenedSession(id) == nil {
		if _, err := c.session(); err != nil {
			return Protocols{}, err
		}
	}
	var wrong fieldFaults
	peer := c.number("peer", &wrong)
	if len(wrong) > 0 {
		return Protocols{}, wrong.join()
	}
	out := Protocols{Protocols: []Protocol{}}
	for _, g := range c.bench.ReaderOf(id).Guess(id, peer) {
		out.Protocols = append(out.Protocols, Protocol{PeerID: g.Peer, Direction: g.Kind.String(), Decode: g.Decoder.Name, Title: g.Decoder.Title.In(c.lang),
			Summary: g.Summary().In(c.lang), Score: g.Score, Messages: g.Messages, Size: g.Size})
	}
	return out, nil
}
