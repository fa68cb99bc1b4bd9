package api

import (
	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/framing"
	"sockeye/internal/payload"
	"sockeye/internal/query"
)

// frameQuery are the query parameters that ask for frames.
var frameQuery = []string{"frame", "check"}

// cut reads them; nil is no frames.
func (c *requestContext) cut() (*query.FrameQuery, error) {
	frame, check := c.q.Get("frame"), c.q.Get("check")
	if frame == "" {
		if check != "" {
			return nil, invalid("check", sockeye.Text{En: "a checksum is of a frame", Zh: "校验针对的是帧"},
				sockeye.Text{En: "say with frame= how frames are found: frame=idle:20ms", Zh: "用 frame= 指定分帧方式，例如 frame=idle:20ms"})
		}
		return nil, nil
	}
	var cut query.FrameQuery
	var err error
	if cut.Spec, err = framing.Parse(frame); err != nil {
		return nil, inParameter("frame", err)
	}
	if check != "" {
		if cut.Check, err = checksum.ParseTrailer(check); err != nil {
			e := sockeye.ErrorOf(inParameter("check", err))
			e.Message = sockeye.Text{En: payload.Quote(check, 40) + ": " + e.Message.En, Zh: payload.Quote(check, 40) + "：" + e.Message.Zh}
			return nil, e
		}
	}
	return &cut, nil
}

// inParameter is what a parser says, of a parameter.
func inParameter(name string, err error) error {
	e := *sockeye.ErrorOf(err)
	e.Kind, e.Op, e.Target = sockeye.Invalid, "read", name
	return &e
}

// frameLine is a frame as it is shown outside, on an event.
func frameLine(e *sockeye.Event, f *query.PageFrame) Frame {
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
	if e.Peer == nil && f.Peer != nil {
		line.PeerID, line.Peer = f.Peer.ID, f.Peer.Remote.String()
	}
	return line
}

// IsWhole says whether it is a frame, and not a piece of a stream that is none.
func (f *Frame) IsWhole() bool { return f.Mark == framing.Whole.String() }
