package core

import (
	"errors"
	"strings"
	"time"

	"sockeye"
)

// Endpoint returns the endpoint that was opened, with the options as they were changed since.
func (s *Session) Endpoint() sockeye.Endpoint {
	ep := s.id.Endpoint
	sockeye.AllOptions.Live().Merge(&ep.Options, s.transport.LiveOptions())
	return ep
}

// SetOptions changes the options that o sets while the session is open. Each must be one of the
// session's scheme that is Live.
func (s *Session) SetOptions(o *sockeye.Options) error {
	if err := s.CheckOptions(o); err != nil {
		return err
	}
	return s.transport.SetOptions(o)
}

// CheckOptions returns why SetOptions would refuse o: one error for each option.
func (s *Session) CheckOptions(o *sockeye.Options) error {
	ep := s.id.Endpoint
	ep.Options = *o
	err := ep.Validate()
	for _, d := range sockeye.AllOptions {
		if !d.Live && d.IsSet(o) {
			err = errors.Join(err, fixedOption(d.Name))
		}
	}
	return err
}

// fixedOption is the error of an option that stays as it is while a session is open.
func fixedOption(name string) error {
	var live []string
	for _, d := range sockeye.AllOptions.Live() {
		live = append(live, d.Name)
	}
	list := strings.Join(live, ", ")
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "set", Target: name,
		Message: sockeye.Text{En: "cannot be changed while the session is open", Zh: "会话打开期间不能更改"},
		Hint:    sockeye.Text{En: "open the session again with it; these can be changed: " + list, Zh: "请用新的选项重新打开会话；可以更改的有：" + list}}
}

// SetHalfOpen changes Options.HalfOpen while the session is open.
func (s *Session) SetHalfOpen(d time.Duration) { s.transport.SetHalfOpen(d) }
