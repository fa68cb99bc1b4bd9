package core

import (
	"strconv"
	"time"

	"sockeye"
	"sockeye/internal/fault"
	"sockeye/internal/relay"
)

// Faults are what goes wrong between the two sides of a relay.
type Faults = fault.RelayFaults

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

// Decision says what becomes of a message that is held.
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

// SetFaults replaces the faults between the two sides, for present and future peers; nil removes
// them. The relay owns set from then on, and removes it after its lifetime.
func (r *Relay) SetFaults(set *Faults) error {
	pairs, err := r.paired()
	if err != nil {
		return err
	}
	if set != nil && len(set.Faults) == 0 {
		set = nil
	}
	if set != nil {
		upstreams := []sockeye.Network{r.upstream.id.Endpoint.Address.Network}
		for _, route := range r.routes {
			upstreams = append(upstreams, route.Session.id.Endpoint.Address.Network)
		}
		if err := set.Check(r.session.id.Endpoint.Address.Network, upstreams...); err != nil {
			return err
		}
	}
	pairs.SetFaults(set)
	return nil
}

// Faults are those that are set between the two sides; nil if none are.
func (r *Relay) Faults() (*Faults, error) {
	pairs, err := r.paired()
	if err != nil {
		return nil, err
	}
	return pairs.Faults(), nil
}

// Held are the messages that wait until somebody lets them go.
func (r *Relay) Held() ([]relay.HeldMessage, error) {
	pairs, err := r.paired()
	if err != nil {
		return nil, err
	}
	return pairs.Held(), nil
}

// HeldCount is how many messages wait until somebody lets them go.
func (r *Relay) HeldCount() int {
	if r.pairs == nil {
		return 0
	}
	return r.pairs.HeldCount()
}

// Decide releases the held message with a number as it is, replaces its bytes by data and releases
// it, or drops it.
func (r *Relay) Decide(number uint64, d Decision, data []byte) error {
	pairs, err := r.paired()
	if err == nil && !pairs.Decide(number, d, data) {
		id := r.session.ID()
		err = &sockeye.Error{Kind: sockeye.NotFound, Op: string(d), Target: strconv.FormatUint(number, 10),
			Message: sockeye.Text{En: "no such message is held", Zh: "没有等待处理的这条消息"},
			Hint:    sockeye.Text{En: "sockeye session held " + id + " lists them", Zh: "sockeye session held " + id + " 列出它们"}}
	}
	return err
}

// paired returns the pairs of a relay whose peers have a connection each; only such a relay can
// have faults.
func (r *Relay) paired() (*relay.Dedicated, error) {
	if r.pairs == nil {
		return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "relay", Target: r.session.ID(),
			Message: sockeye.Text{En: "its peers share one connection to the upstream, and faults are for one each", Zh: "它的连接对象共用一个上游连接，而故障用于各自的连接"},
			Hint:    sockeye.Text{En: "open a relay without --share", Zh: "请打开不带 --share 的转发"}}
	}
	return r.pairs, nil
}

// activeFaults are the faults of all relays, by session.
func (w *Core) activeFaults() map[*sockeye.Session]sockeye.ActiveFaults {
	all := map[*sockeye.Session]sockeye.ActiveFaults{}
	for _, s := range w.Sessions() {
		r := s.Relay()
		if r == nil || r.pairs == nil {
			continue
		}
		if set := r.pairs.Faults(); set != nil {
			all[s.id] = set.Texts()
		}
	}
	return all
}
