package api

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/core"
	"sockeye/internal/payload"
	"sockeye/internal/schedule"
)

// parse reads a payload. The error is an *sockeye.Error that names the field, or the
// column in the text.
func (p *Payload) parse() (*payload.Template, error) {
	o := payload.ParseOptions{Plain: !p.Escapes, Prefix: p.Prefix, Suffix: p.Suffix}
	var err error
	switch p.Kind {
	case "text":
	case "hex":
		o.Hex, o.Plain = true, false
	default:
		return nil, invalid("payload.kind", sockeye.Text{En: fmt.Sprintf("%q is neither text nor hex", p.Kind), Zh: fmt.Sprintf("%q 不是 text 或 hex", p.Kind)}, sockeye.Text{})
	}
	ends := map[string]string{"": "", "lf": "\n", "crlf": "\r\n", "cr": "\r"}
	var known bool
	if o.LineEnd, known = ends[p.LineEnding]; !known {
		return nil, invalid("payload.line_ending", sockeye.Text{En: fmt.Sprintf("%q is none of lf, crlf and cr", p.LineEnding), Zh: fmt.Sprintf("%q 不是 lf、crlf 或 cr", p.LineEnding)}, sockeye.Text{})
	}
	if o.Charset, err = payload.ParseCharset(p.Charset); err != nil {
		return nil, err
	}
	if p.Checksum != nil {
		if o.Trailer, err = p.Checksum.trailer(); err != nil {
			return nil, err
		}
	}
	return payload.Parse(p.Text, o)
}

// row is the payload as a row of a list. The error is that of parse.
func (p *Payload) row() (schedule.Row, error) {
	if _, err := p.parse(); err != nil {
		return schedule.Row{}, err
	}
	r := schedule.Row{Text: p.Text, Hex: p.Kind == "hex", Charset: p.Charset, LineEnd: p.LineEnding, Prefix: p.Prefix, Suffix: p.Suffix}
	r.Plain = !r.Hex && !p.Escapes
	if p.Checksum != nil {
		t, _ := p.Checksum.trailer() // parse found it sound
		r.Checksum = t.String()
	}
	return r, nil
}

func (c *Checksum) trailer() (checksum.Trailer, error) {
	t := checksum.Trailer{Range: checksum.Coverage{From: c.From, To: c.To}}
	if c.From < 0 || c.To > 0 && c.To < c.From {
		return t, invalid("payload.checksum.from", sockeye.Text{En: "the range begins before the message, or ends before it begins", Zh: "校验范围的起止有误"}, sockeye.Text{})
	}
	orders := map[string]checksum.ByteOrder{"": checksum.Natural, "big": checksum.Big, "little": checksum.Little}
	var known bool
	if t.Order, known = orders[c.Order]; !known {
		return t, invalid("payload.checksum.order", sockeye.Text{En: fmt.Sprintf("%q is neither big nor little", c.Order), Zh: fmt.Sprintf("%q 不是 big 或 little", c.Order)}, sockeye.Text{})
	}
	whole, err := checksum.ParseTrailer(c.Name)
	if err != nil {
		e := *sockeye.ErrorOf(err)
		e.Kind = sockeye.Invalid // the request names it; nothing that was asked for is missing
		return t, &e
	}
	if t.Range == (checksum.Coverage{}) {
		t.Range = whole.Range
	}
	if t.Order == checksum.Natural {
		t.Order = whole.Order
	}
	t.Algorithm, t.Digits, t.After = whole.Algorithm, whole.Digits, whole.After
	return t, nil
}

// something says whether there is one thing to send.
func (o outgoing) something() error {
	switch {
	case o.payload != nil && o.data != nil:
		return invalid("data", sockeye.Text{En: "not together with a payload", Zh: "不能与 payload 同时使用"}, sockeye.Text{})
	case o.payload == nil && o.data == nil:
		return invalid("payload", sockeye.Text{En: "what to send is missing", Zh: "缺少要发送的内容"}, sockeye.Text{})
	}
	return nil
}

// sender gives what sends the message to peers of a session, once it is read: bytes
// as they are, or a payload as the session's next message.
func (o outgoing) sender(s *core.Session) (func(context.Context, []*core.Peer) ([]core.Delivery, error), error) {
	if err := o.something(); err != nil {
		return nil, err
	}
	if o.data != nil {
		return func(ctx context.Context, to []*core.Peer) ([]core.Delivery, error) {
			return s.SendData(ctx, to, o.data), nil
		}, nil
	}
	t, err := o.payload.parse()
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, to []*core.Peer) ([]core.Delivery, error) {
		return s.SendPayload(ctx, to, t)
	}, nil
}

// preview is the first message that a payload makes, for nobody.
func (c *requestContext) preview(in Payload) (Encoded, error) {
	t, err := in.parse()
	if err != nil {
		return Encoded{}, err
	}
	data, err := t.Append(nil, &payload.Vars{Seq: 1, Time: time.Now(), Random: rand.Uint64(), Lookup: c.bench.Lookup})
	if err != nil {
		return Encoded{}, err
	}
	return Encoded{Data: notNil(data), Bytes: len(data)}, nil
}

// notNil is data that JSON shows as "" and not as null.
func notNil(data []byte) []byte {
	if data == nil {
		return []byte{}
	}
	return data
}
