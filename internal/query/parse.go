package query

import (
	"errors"
	"fmt"

	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/framing"
	"sockeye/internal/payload"
	"sockeye/internal/recording"
)

// FilterWords are a filter as it is written in a query: Direction is "received", "sent"
// or "", and of Text and Hex, the bytes that are looked for, and Regexp, an expression of
// RE2 syntax on them, at most one is given; Commented is "true", "false" or "".
type FilterWords struct{ Session, Peer, Direction, Text, Hex, Regexp, Commented string }

// Parse reads them. The error joins everything that is wrong, each an *sockeye.Error that
// names the parameter.
func (w FilterWords) Parse() (recording.Filter, error) {
	f := recording.Filter{Session: w.Session, Peer: w.Peer, Bytes: []byte(w.Text), Regexp: w.Regexp}
	var wrong []error
	var known bool
	if f.Direction, known = sockeye.ParseDirection(w.Direction); !known {
		wrong = append(wrong, invalid("direction", sockeye.Text{En: fmt.Sprintf("%q is neither received nor sent", w.Direction), Zh: fmt.Sprintf("%q 不是 received 或 sent", w.Direction)}, sockeye.Text{}))
	}
	switch w.Commented {
	case "", "false":
	case "true":
		f.Commented = true
	default:
		wrong = append(wrong, invalid("commented", sockeye.Text{En: fmt.Sprintf("%q is neither true nor false", w.Commented), Zh: fmt.Sprintf("%q 不是 true 或 false", w.Commented)}, sockeye.Text{}))
	}
	if w.Text != "" && w.Hex != "" {
		wrong = append(wrong, invalid("hex", sockeye.Text{En: "not together with text", Zh: "不能与 text 同时使用"}, sockeye.Text{}))
	} else if w.Hex != "" {
		data, err := payload.ParseHexBytes(w.Hex)
		if err != nil {
			wrong = append(wrong, quotingIn("hex", err))
		}
		f.Bytes = data
	}
	if w.Regexp != "" && w.Text+w.Hex != "" {
		wrong = append(wrong, invalid("regexp", sockeye.Text{En: "not together with text or hex", Zh: "不能与 text 或 hex 同时使用"}, sockeye.Text{}))
	} else if _, err := f.Matcher(); err != nil {
		wrong = append(wrong, inParameter("regexp", err))
	}
	return f, errors.Join(wrong...)
}

// ParseFrameQuery reads how frames are found and which checksum they end with; nil is no
// frames. The error joins everything that is wrong, each an *sockeye.Error that names the
// parameter, frame or check.
func ParseFrameQuery(frame, check string) (*FrameQuery, error) {
	if frame == "" {
		if check != "" {
			return nil, invalid("check", sockeye.Text{En: "a checksum is of a frame", Zh: "校验针对的是帧"},
				sockeye.Text{En: "say with frame= how frames are found: frame=idle:20ms", Zh: "用 frame= 指定分帧方式，例如 frame=idle:20ms"})
		}
		return nil, nil
	}
	var cut FrameQuery
	var wrong []error
	var err error
	if cut.Spec, err = framing.Parse(frame); err != nil {
		wrong = append(wrong, inParameter("frame", err))
	}
	if check != "" {
		if cut.Check, err = checksum.ParseTrailer(check); err != nil {
			e := *sockeye.ErrorOf(err)
			e.Target = payload.Quote(check, 40)
			wrong = append(wrong, quotingIn("check", &e))
		}
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return &cut, nil
}

// quotingIn is inParameter for an error whose target is what was typed: that goes into
// the message.
func quotingIn(name string, err error) *sockeye.Error {
	e := *sockeye.ErrorOf(err)
	e.Message = sockeye.Text{En: e.Target + ": " + e.Message.En, Zh: e.Target + "：" + e.Message.Zh}
	return inParameter(name, &e)
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
