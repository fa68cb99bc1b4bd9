package core

import (
	"context"
	"net/netip"

	"sockeye"
	"sockeye/internal/responder"
	"sockeye/internal/workspace"
)

// PlayOptions are what the rules of a workspace need besides the file.
type PlayOptions struct {
	// Seed repeats chances and ranges of delays.
	Seed uint64
	// Lookup finds variables of payloads that the file does not have; may be nil.
	Lookup func(name string) (string, bool)
	// Changeable sets Answer.Changeable of all sessions.
	Changeable bool
}

// endpointOf is the endpoint of a file with a name.
func endpointOf(f *workspace.File, name string) workspace.Endpoint {
	for _, e := range f.Endpoints {
		if e.Name == name {
			return e
		}
	}
	return workspace.Endpoint{}
}

// OpenWorkspace opens the endpoints of a workspace file in their order, and then starts the lists
// that they send; the list of a client starts once it is connected. Call it only when the user has
// agreed. If an endpoint cannot be opened, those before it are closed again, the last first.
func (w *Core) OpenWorkspace(ctx context.Context, f *workspace.File, openings []workspace.Opening, o PlayOptions) ([]*Session, error) {
	if err := w.RememberAll(f.Aliases); err != nil {
		return nil, err
	}
	lookup := func(name string) (string, bool) {
		if v, ok := f.Lookup(name); ok || o.Lookup == nil {
			return v, ok
		}
		return o.Lookup(name)
	}
	var opened []*Session
	undo := func(err error) ([]*Session, error) {
		for n := len(opened) - 1; n >= 0; n-- {
			opened[n].transport.Close()
		}
		return nil, err
	}
	for n, one := range openings {
		var s *Session
		var err error
		if one.Relay != nil {
			s, err = w.openRelayOf(ctx, &openings[n])
		} else {
			s, err = w.open(ctx, one.Endpoint, answerOf(f, one, o, lookup), openRequest{of: &openings[n]})
		}
		if err != nil {
			return undo(err)
		}
		opened = append(opened, s)
	}
	for n, one := range openings {
		if one.List == nil {
			continue
		}
		if _, err := opened[n].sender.StartList(*one.List, ListOptions{Lookup: lookup, Wait: one.Endpoint.Mode == sockeye.Connect}); err != nil {
			return undo(err)
		}
	}
	return opened, nil
}

// answerOf returns how the session of an endpoint answers.
func answerOf(f *workspace.File, one workspace.Opening, o PlayOptions, lookup func(string) (string, bool)) responder.Answer {
	a := responder.Answer{Echo: one.Echo, Allow: one.Allow, Changeable: o.Changeable}
	if one.Compiled != nil {
		set, _ := f.RuleSet(endpointOf(f, one.Name))
		a.Rules = responder.RulesOf(set, one, o.Seed, lookup)
	}
	return a
}

// openRelayOf opens a relay that a workspace says.
func (w *Core) openRelayOf(ctx context.Context, o *workspace.Opening) (*Session, error) {
	r := o.Relay
	return w.OpenRelay(ctx, o.Endpoint, r.Upstream, RelayOptions{Faults: r.Set(), Share: Writers(r.Share), Routes: r.Routes, of: o})
}

// RememberAll is Remember for the aliases of a workspace, by address.
func (w *Core) RememberAll(aliases map[string]string) error {
	for address, name := range aliases {
		ip, err := netip.ParseAddr(address)
		if err != nil {
			continue // a checked file has no such address
		}
		if err := w.Remember(ip, name); err != nil {
			return err
		}
	}
	return nil
}
