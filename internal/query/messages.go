package query

import (
	"slices"

	"sockeye"
	"sockeye/internal/decode"
	"sockeye/internal/framing"
)

// Decoded is a frame as a message of a protocol.
type Decoded struct {
	*decode.Message
	// From is where in the frame the message begins: the bytes of its nodes count from
	// there. With Encoded they count in the frame's decoded body.
	From    int
	Encoded bool
}

// MessageLine and NodeLine are a message and its fields as they are shown outside.
type (
	MessageLine = decode.MessageLine
	NodeLine    = decode.NodeLine
)

// DecodeBytes decodes bytes as messages of a protocol, one after the other, at most most of
// them. What is left over is no message. The error is an *sockeye.Error that names the
// parameter.
func DecodeBytes(protocol string, b []byte, known framing.Knowledge, most int, l sockeye.Lang) (messages []MessageLine, left int, err error) {
	if err := framing.KnownDecoder(protocol); err != nil {
		return nil, 0, quotingIn("decode", err)
	}
	at := 0
	for at < len(b) && len(messages) < most {
		m, ok := framing.DecodeBytes(protocol, b[at:], known)
		if !ok {
			break
		}
		messages = append(messages, m.Line(l, at))
		at += m.Bytes
	}
	return messages, len(b) - at, nil
}

// Line is the message as it is shown outside, with bytes of the frame.
func (d *Decoded) Line(l sockeye.Lang) decode.MessageLine { return d.Message.Line(l, d.From) }

// Summary is the message in one line, escaped.
func (d *Decoded) Summary(l sockeye.Lang) string { return string(d.AppendSummary(nil, l)) }

// size is what the message takes in memory and in an answer, about.
func (d *Decoded) size() int {
	if d == nil {
		return 0
	}
	return nodeSize * d.Count()
}

// nodeSize is about what a node takes.
const nodeSize = 128

// decodedOf is a frame as a message; nil if nobody asked, or it is none.
func decodedOf(decoding *framing.Decoding, f *framing.PeerFrame) *Decoded {
	if decoding == nil {
		return nil
	}
	m, from, encoded, ok := decoding.Message(f)
	if !ok {
		return nil
	}
	return &Decoded{m, from, encoded}
}

// WithDecoder completes how frames are found by what is usual for a protocol, and decodes
// them as its messages. The error is an *sockeye.Error that names the parameter.
func WithDecoder(cut *FrameQuery, protocol string, known framing.Knowledge) (*FrameQuery, error) {
	if protocol == "" {
		return cut, nil
	}
	if err := framing.KnownDecoder(protocol); err != nil {
		return cut, quotingIn("decode", err)
	}
	out := FrameQuery{}
	if cut != nil {
		out = *cut
	}
	if cut == nil || len(cut.Fields) > 0 && cut.Spec == (framing.Spec{}) {
		out.Spec, _ = framing.Parse(framing.OfMessages(protocol)) // it is known
	}
	out.Decode, out.Known = protocol, known
	return &out, nil
}

// Decoders are those that a query may name, in the order of their names.
func Decoders() []*decode.Decoder { return decode.All() }

// maxGuessSample is how many bytes of a direction a guess looks at.
const maxGuessSample = 32 << 10

// Guess proposes protocols for what a peer of a session received or sent in the last
// events: peer 0 is all of its peers, each of which is looked at by itself. The likeliest
// is first.
func (r *Reader) Guess(session string, peer uint64) []ProtocolGuess {
	var out []ProtocolGuess
	for _, s := range r.samples(session, peer) {
		for _, p := range decode.Guess(s.chunks, s.bounded) {
			out = append(out, ProtocolGuess{s.peer, s.kind, p})
		}
	}
	slices.SortStableFunc(out, func(a, b ProtocolGuess) int { return b.Score - a.Score })
	return out
}

// streamSample is what a peer received or sent, as far as a guess looks at it.
type streamSample struct {
	peer    uint64
	kind    sockeye.EventKind
	chunks  [][]byte
	bytes   int
	bounded bool // each chunk is a message
}

// samples are those of a session's last events; peer 0 is all of its peers.
func (r *Reader) samples(session string, peer uint64) (all []*streamSample) {
	_, next, _, _ := r.VisibleSpan()
	c := r.View(max(r.Oldest(), next-min(next, maxScan)))
	defer c.Close()
	for scanned := 0; scanned < maxScan; scanned++ {
		e, ok := c.Try()
		if !ok {
			break
		}
		if e.Peer == nil || e.Session == nil || e.Session.ID != session || peer != 0 && e.Peer.ID != peer || len(e.Data) == 0 {
			continue
		}
		at := slices.IndexFunc(all, func(s *streamSample) bool { return s.peer == e.Peer.ID && s.kind == e.Kind })
		if at < 0 && len(all) == maxGuessedStreams {
			continue
		}
		if at < 0 {
			at = len(all)
			all = append(all, &streamSample{peer: e.Peer.ID, kind: e.Kind, bounded: e.Peer.Network.Traits().Bounded()})
		}
		if s := all[at]; s.bytes < maxGuessSample {
			s.chunks, s.bytes = append(s.chunks, slices.Clone(e.Data)), s.bytes+len(e.Data)
		}
	}
	return all
}

// maxGuessedStreams is how many directions of peers a guess looks at.
const maxGuessedStreams = 32

// ProtocolGuess is a protocol that one direction of a peer looks like.
type ProtocolGuess struct {
	Peer uint64
	Kind sockeye.EventKind
	decode.LikelyProtocol
}
