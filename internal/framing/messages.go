package framing

import (
	"strings"

	"sockeye"
	"sockeye/internal/decode"
	"sockeye/internal/payload"
)

// decoderMessages are frames whose end their decoder knows.
type decoderMessages struct {
	bodyIsFrame
	decoder *decode.Decoder
	max     int
	need    int // bytes that the next one has at least
}

func (r *decoderMessages) cut(b []byte, _ int) (int, Mark) {
	if len(b) < min(r.need, r.max) {
		return 0, Whole
	}
	n, need := r.decoder.Measure(b)
	r.need = 0
	switch {
	case n > r.max || n == 0 && len(b) >= r.max:
		return r.max, Oversize
	case n == 0:
		r.need = need
	}
	return n, Whole
}

func (r *decoderMessages) reset() { r.need = 0 }

func (r *decoderMessages) copy() splitRule {
	c := *r
	return &c
}

// end: some messages end with their stream.
func (r *decoderMessages) end(b []byte) (Mark, bool) {
	if m, ok := r.decoder.Decode(b, decode.Hints{}); ok && !m.Short && m.Bytes == len(b) {
		return Whole, true
	}
	return Incomplete, true
}

// Decoding decodes the frames of all peers, each connection by itself. It belongs to one
// goroutine.
type Decoding struct {
	decoder       *decode.Decoder
	known         Knowledge
	conversations map[sockeye.StreamKey]*decode.Conversation
}

// NewDecoding is one for a decoder that decode.Named knows.
func NewDecoding(name string, known Knowledge) *Decoding {
	d, _ := decode.Named(name)
	return &Decoding{decoder: d, known: known, conversations: map[sockeye.StreamKey]*decode.Conversation{}}
}

// maxConversations bounds the connections that are remembered. With more, all are
// forgotten.
const maxConversations = 1 << 14

// Message decodes a frame; false if it is no message of the protocol. The bytes of its
// nodes count from the frame's first; encoded says that they count in its decoded body.
func (d *Decoding) Message(f *PeerFrame) (m *decode.Message, from int, encoded, ok bool) {
	if f.Mark != Whole && f.Mark != Incomplete {
		return nil, 0, false, false
	}
	key := f.Peer.Stream(0)
	c := d.conversations[key]
	if c == nil {
		if len(d.conversations) >= maxConversations {
			clear(d.conversations)
		}
		c = d.decoder.NewConversation(d.known.hints)
		d.conversations[key] = c
	}
	b, from, encoded := f.content(d.decoder.Name)
	m, ok = c.Decode(f.Kind, b)
	return m, from, encoded, ok
}

// content is what a decoder reads of a frame, and where that lies in it.
func (f *PeerFrame) content(decoder string) (b []byte, from int, encoded bool) {
	if decoder == string(ModbusRTU) { // its checksum is no part of the body
		return f.Data, 0, false
	}
	from, _, within := f.BodyAt()
	if !within {
		return f.Body, 0, true
	}
	return f.Body, from, false
}

// Knowledge is what is known of messages besides their bytes.
type Knowledge struct{ hints decode.Hints }

// SetRegisters gives the registers of Modbus devices names; see decode.ParseRegisters.
func (k *Knowledge) SetRegisters(text map[string]string) (err error) {
	k.hints.Registers, err = decode.ParseRegisters(text)
	return err
}

// SetSchema says of which type messages of Protocol Buffers are; see decode.ParseSchema.
func (k *Knowledge) SetSchema(descriptors []byte, message string) (err error) {
	k.hints.Schema, err = decode.ParseSchema(descriptors, message)
	return err
}

// SetResponse says that messages answer something, where nothing in them says so.
func (k *Knowledge) SetResponse() { k.hints.Role = decode.Response }

// CutSchema divides FILE:MESSAGE. A colon that a path begins with after one letter is that
// of a drive.
func CutSchema(text string) (path, message string) {
	at := strings.LastIndexByte(text, ':')
	if at <= 1 || strings.ContainsAny(text[at:], `/\`) {
		return text, ""
	}
	return text[:at], text[at+1:]
}

// KnownDecoder is an *sockeye.Error of kind Invalid if there is no decoder of a name.
func KnownDecoder(name string) error {
	if _, known := decode.Named(name); known {
		return nil
	}
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "parse", Target: payload.Quote(name, 40),
		Message: both("there is no such decoder", "没有这个解码器"), Hint: both("the decoders are %s", "可选：%s", strings.Join(decode.Names(), ", "))}
}

// OfMessages is how messages of a protocol are found in a stream, as Parse reads it.
func OfMessages(protocol string) string { return string(Message) + ":" + protocol }

// DecodeBytes decodes the message that bytes begin with; false if they begin with none. The
// decoder is one that KnownDecoder knows.
func DecodeBytes(protocol string, b []byte, known Knowledge) (*decode.Message, bool) {
	d, _ := decode.Named(protocol)
	return d.Decode(b, known.hints)
}
