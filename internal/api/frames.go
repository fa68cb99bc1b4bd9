package api

import (
	"math"

	"sockeye"
	"sockeye/internal/query"
)

// frameQuery are the query parameters that ask for frames.
var frameQuery = []string{"frame", "check", "fields", "decode"}

// wholeFrame is the Mark of what is a frame.
const wholeFrame = "whole"

// frameLine is a frame as it is shown outside, on an event.
func frameLine(e *sockeye.Event, f *query.PageFrame, l sockeye.Lang) Frame {
	line := Frame{
		Direction: f.Kind.String(), Seq: f.Seq, LastSeq: f.LastSeq, Time: stamp(f.Time), End: stamp(f.End),
		Offset: f.Offset, Bytes: f.Bytes, Data: f.Data, Mark: f.Mark.String(), Check: f.Check.String(), Chunks: f.Chunks, Cuts: f.Reads,
	}
	switch {
	case f.Decoded != nil:
		line.Body = f.Decoded
	case f.BodyTo-f.BodyFrom != f.Bytes:
		line.BodyAt = []int{f.BodyFrom, f.BodyTo}
	}
	for n := range f.Values {
		v := &f.Values[n]
		value := FrameValue{Name: v.Name, Text: v.String(), Unit: v.Unit, From: v.From, To: v.To}
		if v.Numeric && !math.IsNaN(v.Number) && !math.IsInf(v.Number, 0) {
			value.Number = &v.Number
		}
		line.Values = append(line.Values, value)
	}
	if m := f.Message; m != nil {
		line.Message = &FrameMessage{Protocol: m.Protocol, Summary: m.Summary(l), Faulty: m.Faulty(), Role: string(m.Role), Key: m.Key}
	}
	if e.Peer == nil && f.Peer != nil {
		line.PeerID, line.Peer = f.Peer.ID, f.Peer.Remote.String()
	}
	return line
}

// IsWhole says whether it is a frame, and not a piece of a stream that is none.
func (f *Frame) IsWhole() bool { return f.Mark == wholeFrame }
