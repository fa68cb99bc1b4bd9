package query

import (
	"fmt"

	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/framing"
	"sockeye/internal/payload"
	"sockeye/internal/recording"
)

// FilterWords are a filter as it is written in a query: Direction is "received", "sent"
// or "", and of Text and Hex, the bytes that are looked for, at most one is given.
type FilterWords struct{ Session, Peer, Direction, Text, Hex string }

// Parse reads them. The error is an *sockeye.Error that names the parameter.
func (w FilterWords) Parse() (recording.Filter, error) {
	f := recording.Filter{Session: w.Session, Peer: w.Peer}
	switch w.Direction {
	case "":
	case "received":
		f.Direction = sockeye.Received
	case "sent":
		f.Direction = sockeye.Sent
	default:
		return f, invalid("direction", sockeye.Text{En: fmt.Sprintf("%q is neither received nor sent", w.Direction), Zh: fmt.Sprintf("%q 不是 received 或 sent", w.Direction)}, sockeye.Text{})
	}
	if w.Text != "" && w.Hex != "" {
		return f, invalid("hex", sockeye.Text{En: "not together with text", Zh: "不能与 text 同时使用"}, sockeye.Text{})
	}
	f.Bytes = []byte(w.Text)
	if w.Hex != "" {
		data, err := payload.ParseHex(w.Hex)
		if err != nil {
			return f, err
		}
		f.Bytes = data
	}
	return f, nil
}

// ParseFrameQuery reads how frames are found and which checksum they end with; nil is no
// frames. The error is an *sockeye.Error that names the parameter, frame or check.
func ParseFrameQuery(frame, check string) (*FrameQuery, error) {
	if frame == "" {
		if check != "" {
			return nil, invalid("check", sockeye.Text{En: "a checksum is of a frame", Zh: "校验针对的是帧"},
				sockeye.Text{En: "say with frame= how frames are found: frame=idle:20ms", Zh: "用 frame= 指定分帧方式，例如 frame=idle:20ms"})
		}
		return nil, nil
	}
	var cut FrameQuery
	var err error
	if cut.Spec, err = framing.Parse(frame); err != nil {
		return nil, inParameter("frame", err)
	}
	if check != "" {
		if cut.Check, err = checksum.ParseTrailer(check); err != nil {
			e := inParameter("check", err)
			e.Message = sockeye.Text{En: payload.Quote(check, 40) + ": " + e.Message.En, Zh: payload.Quote(check, 40) + "：" + e.Message.Zh}
			return nil, e
		}
	}
	return &cut, nil
}

// inParameter is what a parser says, of a parameter.
func inParameter(name string, err error) *sockeye.Error {
	e := *sockeye.ErrorOf(err)
	e.Kind, e.Op, e.Target = sockeye.Invalid, "read", name
	return &e
}

func invalid(parameter string, message, hint sockeye.Text) error {
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "read", Target: parameter, Message: message, Hint: hint}
}
