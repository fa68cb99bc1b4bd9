package core

import (
	"strconv"
	"time"

	"sockeye"
	"sockeye/internal/fault"
	"sockeye/internal/relay"
)

// Faults are what goes wrong between the two sides of a relay.
type Faults = fault.Set

// ParseFaults reads faults, and how streams are cut into messages for them; see
// fault.ParseSet.
func ParseFaults(frame string, faults []string) (*Faults, error) {
	return fault.ParseSet(frame, faults)
}

// FaultExamples are one fault of each kind, as people write it.
func FaultExamples() []string {
	var out []string
	for _, k := range fault.Kinds {
		out = append(out, k.Example())
	}
	return out
}

// Decision is what somebody does with a message that is held.
type Decision = fault.Decision

// The decisions.
const (
	Release = fault.Release
	Edit    = fault.Edit
	Discard = fault.Discard
)

// Decisions lists them in the order in which help texts show them.
var Decisions = []Decision{Release, Edit, Discard}

// DefaultFaultLifetime is how long faults last that are set while a relay runs.
const DefaultFaultLifetime = fault.DefaultLifetime

// FaultsForever is the word for faults that last until they are taken away.
const FaultsForever = fault.Forever

// ParseFaultLifetime reads how long faults last; see fault.ParseLifetime.
func ParseFaultLifetime(text string) (time.Duration, error) { return fault.ParseLifetime(text) }

// SetFaults puts other faults between the two sides of a relay, for peers that are there
// and those to come; nil takes them away. The set is the session's from then on, and ends by
// itself after its lifetime.
func (s *Session) SetFaults(set *Faults) error {
	r, err := s.relayed()
	if err != nil {
		return err
	}
	if set != nil && len(set.Faults) == 0 {
		set = nil
	}
	if set != nil {
		upstreams := []sockeye.Network{s.Upstream().id.Endpoint.Address.Network}
		for _, route := range s.Routes() {
			upstreams = append(upstreams, route.Session.id.Endpoint.Address.Network)
		}
		if err := set.Check(s.id.Endpoint.Address.Network, upstreams...); err != nil {
			return err
		}
	}
	r.SetFaults(set)
	return nil
}

// Faults are those that are set between the two sides of a relay; nil if none are.
func (s *Session) Faults() (*Faults, error) {
	r, err := s.relayed()
	if err != nil {
		return nil, err
	}
	return r.Faults(), nil
}

// Held are the messages of a relay that wait until somebody lets them go.
func (s *Session) Held() ([]relay.Held, error) {
	r, err := s.relayed()
	if err != nil {
		return nil, err
	}
	return r.Held(), nil
}

// HeldCount is how many messages of a relay wait until somebody lets them go.
func (s *Session) HeldCount() int {
	r, err := s.relayed()
	if err != nil {
		return 0
	}
	return r.HeldCount()
}

// Decide lets the held message of a number go, changes it to data first, or drops it.
func (s *Session) Decide(number uint64, d Decision, data []byte) error {
	r, err := s.relayed()
	if err == nil && !r.Decide(number, d, data) {
		err = &sockeye.Error{Kind: sockeye.NotFound, Op: string(d), Target: strconv.FormatUint(number, 10),
			Message: sockeye.Text{En: "no such message is held", Zh: "没有等待处理的这条消息"},
			Hint:    sockeye.Text{En: "sockeye session held " + s.ID() + " lists them", Zh: "sockeye session held " + s.ID() + " 列出它们"}}
	}
	return err
}

// activeFaults are the faults of all relays, by session.
func (w *Core) activeFaults() map[*sockeye.Session]sockeye.ActiveFaults {
	all := map[*sockeye.Session]sockeye.ActiveFaults{}
	for _, s := range w.Sessions() {
		w.mu.Lock()
		r := s.relay
		w.mu.Unlock()
		if r == nil {
			continue
		}
		if set := r.Faults(); set != nil {
			all[s.id] = set.Texts()
		}
	}
	return all
}

// relayed is the session's relay.
func (s *Session) relayed() (*relay.Relay, error) {
	s.core.mu.Lock()
	defer s.core.mu.Unlock()
	if s.relay != nil {
		return s.relay, nil
	}
	if s.upstream != nil {
		return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "relay", Target: s.ID(),
			Message: sockeye.Text{En: "its peers share one connection to the upstream, and faults are for one each", Zh: "它的连接对象共用一个上游连接，而故障用于各自的连接"},
			Hint:    sockeye.Text{En: "open a relay without --share", Zh: "请打开不带 --share 的转发"}}
	}
	hint := sockeye.Text{En: "open one: sockeye session open listen :10001 --upstream 192.168.1.88:10000", Zh: "请打开一个：sockeye session open listen :10001 --upstream 192.168.1.88:10000"}
	if o := s.upstreamOf; o != nil {
		hint = sockeye.Text{En: "its peers are those of " + o.ID(), Zh: "它的连接对象属于 " + o.ID()}
	}
	return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "relay", Target: s.ID(),
		Message: sockeye.Text{En: "the session is no relay", Zh: "该会话不是转发"}, Hint: hint}
}
