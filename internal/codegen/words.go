package codegen

import (
	"errors"

	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/framing"
	"sockeye/internal/payload"
)

// Words are what of a request is typed, each as its own package reads it; "" but for Language is
// none.
type Words struct {
	// Language is one of Languages, as ParseLanguage reads it.
	Language string
	// Frame and Check are how messages are found in the stream, Hello is the first message
	// as text with escapes.
	Frame, Check, Hello string
}

// Parse reads them. The error is an *sockeye.Error of kind Invalid, or several of them joined,
// each with the word as its target: "for", "frame", "check" or "hello".
func (w Words) Parse() (l Language, r Request, err error) {
	var wrong []error
	note := func(word string, err error) {
		if err != nil {
			e := *sockeye.ErrorOf(err)
			e.Target = word
			wrong = append(wrong, &e)
		}
	}
	l, err = ParseLanguage(w.Language)
	note("for", err)
	if w.Frame != "" {
		r.Framing, err = framing.Parse(w.Frame)
		note("frame", err)
	}
	if w.Check != "" {
		r.Check, err = checksum.ParseTrailer(w.Check)
		note("check", err)
	}
	r.Hello, err = payload.ParseText(w.Hello)
	note("hello", err)
	return l, r, errors.Join(wrong...)
}
