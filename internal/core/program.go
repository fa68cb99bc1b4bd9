package core

import (
	"net/netip"

	"sockeye"
	"sockeye/internal/codegen"
)

// ProgramRequest describes a program for the other side of a session. A field that is "" takes the
// session's value.
type ProgramRequest struct {
	// Language is what it is written in, as codegen.ParseLanguage reads it.
	Language string
	// Host is the name or address by which the other side reaches this machine.
	Host string
	// Frame and Check are how messages are found in the stream, Hello is the first message
	// as text with escapes.
	Frame, Check, Hello string
	// Pin is the key of a TLS server, as curl writes pins.
	Pin string
	// Comments is the language of its comments.
	Comments sockeye.Lang
}

// ProgramLanguage is a language that programs are written in: its word, and what people
// call it.
type ProgramLanguage struct{ Name, Title string }

// ProgramLanguages returns all languages, in the order in which they are offered.
func ProgramLanguages() (all []ProgramLanguage) {
	for _, l := range codegen.Languages() {
		all = append(all, ProgramLanguage{string(l), l.Title()})
	}
	return all
}

// Program is the text of a program, and the name of a file for it.
type Program struct {
	Language, File, Address, Text string
}

// WriteProgram writes the program that talks to a server at an address. The error is an
// *sockeye.Error of kind Invalid, or several of them joined, each with the field of the
// request as its target where it is about one.
func WriteProgram(at sockeye.Address, r ProgramRequest) (Program, error) {
	l, q, err := codegen.Words{Language: r.Language, Frame: r.Frame, Check: r.Check, Hello: r.Hello}.Parse()
	if err != nil {
		return Program{}, err
	}
	q.Address, q.Pin, q.Lang = at, r.Pin, r.Comments
	text, err := codegen.Write(l, q)
	return Program{Language: string(l), File: "board." + l.Extension(), Address: at.String(), Text: text}, err
}

// Program writes the program for the other side of a session that listens.
func (s *Session) Program(r ProgramRequest) (Program, error) {
	ep := s.Endpoint()
	if ep.Mode != sockeye.Listen {
		return Program{}, &sockeye.Error{Kind: sockeye.Invalid, Op: "write", Target: s.ID(),
			Message: sockeye.Text{En: "the session connects: its other side is a server", Zh: "这是主动连接的会话，对端是服务器"},
			Hint:    sockeye.Text{En: "take a session that listens, or sockeye code ADDRESS for another client of that server", Zh: "请选择监听的会话；或用 sockeye code 地址 生成该服务器的另一个客户端"}}
	}
	at := ep.Address
	if locals := s.Locals(); len(locals) > 0 {
		at.Port = locals[0].Port()
	}
	if r.Host != "" {
		at.Host = r.Host
	} else if ip, err := netip.ParseAddr(at.Host); at.Host == "" || err == nil && ip.IsUnspecified() {
		_, board, err := Reachable()
		if err != nil {
			return Program{}, err
		}
		if at.Host = "127.0.0.1"; board.IsValid() { // without a network only this machine can run the program
			at.Host = board.String()
		}
	}
	if o := s.Opening(); o != nil && r.Frame == "" {
		r.Frame = o.FrameSpec()
		if o.Check.Algorithm != nil && r.Check == "" {
			r.Check = o.Check.String()
		}
	}
	if t := s.transport.Detail().TLS; t != nil && len(t.Certificates) > 0 && r.Pin == "" {
		r.Pin = t.Certificates[0].Pin
	}
	return WriteProgram(at, r)
}
