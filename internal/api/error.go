package api

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"sockeye"
)

// statusOf is the one table from kinds of error to HTTP status.
func statusOf(kind sockeye.ErrorKind) int {
	switch kind {
	case sockeye.Invalid, sockeye.Expected:
		return http.StatusBadRequest
	case sockeye.NotFound:
		return http.StatusNotFound
	case sockeye.Misuse, sockeye.AddressInUse, sockeye.Closed, sockeye.Unplugged, sockeye.Conflict:
		return http.StatusConflict
	case sockeye.AccessDenied, sockeye.NotPermitted:
		return http.StatusForbidden
	case sockeye.TooLarge:
		return http.StatusRequestEntityTooLarge
	case sockeye.LimitReached, sockeye.PortsExhausted:
		return http.StatusServiceUnavailable
	case sockeye.Unsupported:
		return http.StatusNotImplemented
	case sockeye.TimedOut:
		return http.StatusGatewayTimeout
	case sockeye.Refused, sockeye.Reset, sockeye.BrokenPipe, sockeye.HostUnreachable, sockeye.NetworkUnreachable,
		sockeye.NoSuchHost, sockeye.NameServer, sockeye.WrongFamily, sockeye.SelfConnect, sockeye.AddressNotAvailable,
		sockeye.Untrusted:
		return http.StatusBadGateway
	case sockeye.Canceled:
		return 499 // as nginx has it: nobody waits for the answer
	}
	return http.StatusInternalServerError
}

// languageOf is the first of English and Chinese that a request accepts, or the
// workbench's own.
func (s *Server) languageOf(r *http.Request) sockeye.Lang {
	for tag := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag = strings.ToLower(strings.TrimSpace(tag))
		if strings.HasPrefix(tag, "zh") || strings.HasPrefix(tag, "en") {
			return sockeye.LangOf(tag)
		}
	}
	return s.o.Language
}

// wording is how a request wants texts: in one language, or in a second one beside it.
type wording struct{ first, second sockeye.Lang }

// wordingOf reads Accept-Language: a request that names English and Chinese gets its
// failures in both, so that a page whose reader switches can say them anew.
func (s *Server) wordingOf(r *http.Request) wording {
	w := wording{first: s.languageOf(r)}
	for tag := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag = strings.ToLower(strings.TrimSpace(tag))
		named := strings.HasPrefix(tag, "zh") || strings.HasPrefix(tag, "en")
		if l := sockeye.LangOf(tag); named && l != w.first {
			w.second = l
		}
	}
	return w
}

func (w wording) line(e *sockeye.Error) *sockeye.ErrorLine {
	if w.second == "" {
		return e.Line(w.first)
	}
	return e.Translated(w.first, w.second)
}

// failureOf is the body that tells of an error, all faults of a joined one. Of very many
// the last says how many more there are.
func failureOf(err error, w wording) Failure {
	var f Failure
	all, more := faultsOf(err)
	if len(all) > maxFaults {
		more += unlistedFaults(len(all) - maxFaults)
		all = all[:maxFaults]
	}
	if more > 0 {
		all = append(all, &sockeye.Error{Kind: sockeye.Invalid, Message: more.text()})
	}
	for i, e := range all {
		line := *w.line(e)
		if i == 0 {
			f.ErrorLine = line
			continue
		}
		f.Also = append(f.Also, line)
	}
	return f
}

// faults are those of a joined error; none of nil.
func faults(err error) []*sockeye.Error {
	all, _ := faultsOf(err)
	return all
}

// faultsOf is faults with how many more there are.
func faultsOf(err error) (all []*sockeye.Error, more unlistedFaults) {
	if err == nil {
		return nil, 0
	}
	if n, ok := err.(unlistedFaults); ok {
		return nil, n
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			found, n := faultsOf(e)
			all, more = append(all, found...), more+n
		}
		if len(all) > 0 {
			return all, more
		}
	}
	return []*sockeye.Error{sockeye.ErrorOf(err)}, more
}

// fail answers with an error; status 0 is the kind's.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, status int, err error) {
	f := failureOf(err, s.wordingOf(r))
	if status == 0 {
		status = statusOf(f.Kind)
	}
	if r.ContentLength == 0 {
		answer(w, status, f)
		return
	}
	w.Header().Set("Connection", "close")
	answer(w, status, f)
	s.linger(w, r)
}

// maxLinger is how many bytes of an unwanted body are read, in the time for a head. Many
// clients read no answer before all of their request is taken.
const maxLinger = 1 << 30

// linger reads what is left of a request that was refused: closing before would
// reset the answer away.
func (s *Server) linger(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	control.Flush()
	control.SetReadDeadline(time.Now().Add(s.o.limits.Header))
	io.CopyN(io.Discard, r.Body, maxLinger)
	control.SetReadDeadline(time.Now()) // net/http need not try again
}

// answer sends a JSON body.
func answer(w http.ResponseWriter, status int, v any) {
	body, err := sockeye.MarshalJSON(v)
	if err != nil {
		panic("api: an answer does not marshal: " + err.Error()) // no type of types*.go can fail
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", fmt.Sprint(len(body)+1))
	w.WriteHeader(status)
	w.Write(append(body, '\n'))
}

// joinErrors is one error of several, the one, or nil of none.
func joinErrors(all []error) error {
	if len(all) == 1 {
		return all[0]
	}
	return errors.Join(all...)
}
