package api

import (
	"encoding/hex"
	"fmt"
	"slices"

	"sockeye/internal/schedule"
)

// row is the payload as a row of a list, with everything that is wrong with it, by its
// field below prefix: "payload.".
func (p *Payload) row(prefix string) (r schedule.Row, wrong fieldFaults) {
	r = schedule.Row{Text: p.Text, Hex: p.Kind == "hex", Charset: p.Charset, LineEnd: p.LineEnding, Prefix: p.Prefix, Suffix: p.Suffix}
	r.Plain = !r.Hex && !p.Escapes
	if p.Kind != "text" && p.Kind != "hex" {
		wrong.add(prefix+"kind", fmt.Sprintf("%q is neither text nor hex", p.Kind), fmt.Sprintf("%q 不是 text 或 hex", p.Kind))
		r.Text = "" // nobody can say how to read it
	}
	if !slices.Contains([]string{"", "lf", "crlf", "cr"}, p.LineEnding) {
		wrong.add(prefix+"line_ending", fmt.Sprintf("%q is none of lf, crlf and cr", p.LineEnding), fmt.Sprintf("%q 不是 lf、crlf 或 cr", p.LineEnding))
		r.LineEnd = ""
	}
	if p.Checksum != nil {
		wrong = append(wrong, p.Checksum.of(&r, prefix+"checksum.")...)
	}
	for _, fault := range r.PayloadFaults(false) {
		field := fault.Field
		if field == "hex" {
			field = "text"
		}
		wrong.at(prefix+field, fault)
	}
	return r, wrong
}

// faults are what is wrong with the payload of a request, or with none, that has no use
// for it.
func (p *Payload) faults() fieldFaults {
	if p == nil {
		return nil
	}
	_, wrong := p.row("payload.")
	return wrong
}

// of gives a row the checksum, or says what is wrong with it.
func (c *Checksum) of(r *schedule.Row, prefix string) (wrong fieldFaults) {
	if c.From < 0 || c.To > 0 && c.To < c.From {
		wrong.add(prefix+"from", "the range begins before the message, or ends before it begins", "校验范围的起止有误")
	}
	if !slices.Contains([]string{"", "big", "little"}, c.Order) {
		wrong.add(prefix+"order", fmt.Sprintf("%q is neither big nor little", c.Order), fmt.Sprintf("%q 不是 big 或 little", c.Order))
	}
	whole := *r
	if err := whole.SetChecksum(c.Name, c.From, c.To, c.Order); err != nil {
		wrong.quoting(prefix+"name", err)
	}
	if len(wrong) == 0 {
		*r = whole
	}
	return wrong
}

// something says whether there is one thing to send.
func (o outgoing) something() (wrong fieldFaults) {
	switch {
	case o.payload != nil && o.data != nil:
		wrong.add("data", "not together with a payload", "不能与 payload 同时使用")
	case o.payload == nil && o.data == nil:
		wrong.add("payload", "what to send is missing", "缺少要发送的内容")
	}
	return wrong
}

// row is what to send as a row of a list, with everything that is wrong with it.
func (o outgoing) row(c *requestContext) (r schedule.Row, wrong fieldFaults) {
	if !c.unfit.covers("payload") && !c.unfit.covers("data") {
		wrong = o.something()
	}
	if o.payload == nil {
		return schedule.Row{Text: hex.EncodeToString(o.data), Hex: true}, wrong
	}
	r, more := o.payload.row("payload.")
	return r, append(wrong, more...)
}

// preview is the first message that a payload makes, for nobody.
func (c *requestContext) preview(in Payload) (Encoded, error) {
	data, err := c.firstMessage(in, "")
	if err != nil {
		return Encoded{}, err
	}
	return Encoded{Data: notNil(data), Bytes: len(data), ChecksumAt: c.checksumAt(in, len(data))}, nil
}

// checksumAt is where the checksum of a payload is among its bytes, of which there are size:
// between the message and what comes after it.
func (c *requestContext) checksumAt(p Payload, size int) []int {
	if p.Checksum == nil {
		return nil
	}
	before := p
	before.Checksum, before.Suffix, before.LineEnding = nil, "", ""
	after := Payload{Kind: "text", Suffix: p.Suffix, LineEnding: p.LineEnding}
	head, err := c.firstMessage(before, "")
	tail, tailErr := c.firstMessage(after, "")
	if end := size - len(tail); err == nil && tailErr == nil && len(head) < end {
		return []int{len(head), end}
	}
	return nil
}

func (in Payload) check(*requestContext) error {
	_, wrong := in.row("")
	return wrong.join()
}

// firstMessage is the first message of a payload, whose fields are below prefix.
func (c *requestContext) firstMessage(p Payload, prefix string) ([]byte, error) {
	row, wrong := p.row(prefix)
	if len(wrong) > 0 {
		return nil, wrong.join()
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
