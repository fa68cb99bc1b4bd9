package api

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/core"
)

// fieldFaults collects what is wrong with the fields of a request, so that all comes
// together. Each is an *sockeye.Error whose Target is the path of the field.
type fieldFaults []error

func (f fieldFaults) Error() string { return errors.Join(f...).Error() }

func (f fieldFaults) Unwrap() []error { return f }

// join is all of them as an error, nil if there are none.
func (f fieldFaults) join() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

// covers reports whether a fault was found at a path, below it or above it: what else is
// wrong there may come from it. That a row of a list says nothing to send comes only from
// the fields that say it.
func (f fieldFaults) covers(path string) bool {
	return slices.ContainsFunc(f, func(err error) bool {
		at := sockeye.ErrorOf(err).Target
		if below, ok := strings.CutPrefix(at, path+"."); ok && rowPath().MatchString(path) {
			return slices.Contains([]string{"text", "hex", "payload"}, below)
		}
		return isBelow(at, path) || isBelow(path, at)
	})
}

// rowPath is a row of a list as a whole.
var rowPath = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(^|\.)row(\[\d+\])?$`)
})

func isBelow(path, above string) bool {
	rest, ok := strings.CutPrefix(path, above)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// maxFaults bounds how many faults of a request are told; of the others only how many.
const maxFaults = 100

// unlistedFaults is how many more faults there are than are told one by one.
type unlistedFaults int

func (n unlistedFaults) Error() string { return n.text().En }

func (n unlistedFaults) text() sockeye.Text {
	return sockeye.Text{En: fmt.Sprintf("and %d more", int(n)), Zh: fmt.Sprintf("另有 %d 处", int(n))}
}

// note takes one more. Too many to tell are counted.
//
// Every check of a request calls it: inlined there, it would take 30 kB of the program.
//
//go:noinline
func (f *fieldFaults) note(err error) {
	all := *f
	if len(all) > 0 {
		if n, ok := all[len(all)-1].(unlistedFaults); ok {
			all[len(all)-1] = n + 1
			return
		}
	}
	if len(all) >= maxFaults {
		err = unlistedFaults(1)
	}
	*f = append(all, err)
}

// all takes every error of a joined one; none of nil.
func (f *fieldFaults) all(err error) {
	all, more := faultsOf(err)
	for _, e := range all {
		f.note(e)
	}
	for range more {
		f.note(unlistedFaults(1))
	}
}

// add says what is wrong with a field.
func (f *fieldFaults) add(field, en, zh string) {
	f.note(&sockeye.Error{Kind: sockeye.Invalid, Op: "set", Target: field, Message: sockeye.Text{En: en, Zh: zh}})
}

// at takes what an error says as one of a field.
func (f *fieldFaults) at(field string, err error) {
	e := *sockeye.ErrorOf(err)
	e.Kind, e.Op, e.Target = sockeye.Invalid, "set", field
	f.note(&e)
}

// quoting is at for an error whose target is what was typed: that goes into the message.
func (f *fieldFaults) quoting(field string, err error) {
	e := *sockeye.ErrorOf(err)
	e.Message = sockeye.Text{En: e.Target + ": " + e.Reason(sockeye.English), Zh: e.Target + "：" + e.Reason(sockeye.Chinese)}
	f.at(field, &e)
}

// duration reads milliseconds.
func (f *fieldFaults) duration(field string, ms, least float64) time.Duration {
	if math.IsNaN(ms) || ms < least || ms > maxOption {
		f.add(field, "is not a time from 0 to a year, in milliseconds", "不是 0 到一年之间的毫秒数")
		return 0
	}
	return time.Duration(ms * float64(time.Millisecond))
}

// maxOption is the longest time an option may have, in milliseconds.
const maxOption = 365 * 24 * 3600 * 1000

// endpoint notes what an endpoint says is wrong with it, with the paths of the request.
// What is wrong with a field is noted once.
func (f *fieldFaults) endpoint(ep sockeye.Endpoint, o *Options) { f.of(core.CheckEndpoint(ep), o) }

// options notes what an open session says is wrong with options that are to be changed.
func (f *fieldFaults) options(s *core.Session, o *Options) {
	if o != nil {
		f.of(s.CheckOptions(&o.Options), o)
	}
}

// of notes what is wrong with fields of an endpoint, unless something was noted of the field.
func (f *fieldFaults) of(err error, o *Options) {
	noted := map[string]bool{}
	for _, e := range *f {
		noted[sockeye.ErrorOf(e).Target] = true
	}
	for _, e := range faults(err) {
		named := *e
		if named.Target = o.path(e.Target); !noted[named.Target] {
			f.note(&named)
		}
	}
}
