package api

import (
	"context"
	"fmt"
	"slices"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/schedule"
)

// row is the payload as a row of a list. The error is an *sockeye.Error that names the
// field.
func (p *Payload) row() (schedule.Row, error) {
	r := schedule.Row{Text: p.Text, Hex: p.Kind == "hex", Charset: p.Charset, LineEnd: p.LineEnding, Prefix: p.Prefix, Suffix: p.Suffix}
	r.Plain = !r.Hex && !p.Escapes
	if p.Kind != "text" && p.Kind != "hex" {
		return r, invalid("payload.kind", sockeye.Text{En: fmt.Sprintf("%q is neither text nor hex", p.Kind), Zh: fmt.Sprintf("%q 不是 text 或 hex", p.Kind)}, sockeye.Text{})
	}
	if !slices.Contains([]string{"", "lf", "crlf", "cr"}, p.LineEnding) {
		return r, invalid("payload.line_ending", sockeye.Text{En: fmt.Sprintf("%q is none of lf, crlf and cr", p.LineEnding), Zh: fmt.Sprintf("%q 不是 lf、crlf 或 cr", p.LineEnding)}, sockeye.Text{})
	}
	if _, err := r.Options(); err != nil { // of the charset
		return r, err
	}
	if p.Checksum != nil {
		if err := p.Checksum.of(&r); err != nil {
			return r, err
		}
	}
	return r, nil
}

// of gives a row the checksum.
func (c *Checksum) of(r *schedule.Row) error {
	if c.From < 0 || c.To > 0 && c.To < c.From {
		return invalid("payload.checksum.from", sockeye.Text{En: "the range begins before the message, or ends before it begins", Zh: "校验范围的起止有误"}, sockeye.Text{})
	}
	if !slices.Contains([]string{"", "big", "little"}, c.Order) {
		return invalid("payload.checksum.order", sockeye.Text{En: fmt.Sprintf("%q is neither big nor little", c.Order), Zh: fmt.Sprintf("%q 不是 big 或 little", c.Order)}, sockeye.Text{})
	}
	if err := r.SetChecksum(c.Name, c.From, c.To, c.Order); err != nil {
		return asInvalid(err)
	}
	return nil
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
	row, err := o.payload.row()
	if err != nil {
		return nil, err
	}
	t, err := row.Parse()
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, to []*core.Peer) ([]core.Delivery, error) {
		return s.SendPayload(ctx, to, t)
	}, nil
}

// preview is the first message that a payload makes, for nobody.
func (c *requestContext) preview(in Payload) (Encoded, error) {
	data, err := c.firstMessage(in)
	if err != nil {
		return Encoded{}, err
	}
	return Encoded{Data: notNil(data), Bytes: len(data)}, nil
}

func (c *requestContext) firstMessage(p Payload) ([]byte, error) {
	row, err := p.row()
	if err != nil {
		return nil, err
	}
	return c.bench.Preview(row)
}

// notNil is data that JSON shows as "" and not as null.
func notNil(data []byte) []byte {
	if data == nil {
		return []byte{}
	}
	return data
}
