package workbench

import (
	"context"
	"net/netip"

	"sockeye/internal/rule"
	"sockeye/internal/workspace"
)

// PlayOptions are what the rules of a workspace need besides the file.
type PlayOptions struct {
	// Seed repeats chances and ranges of delays.
	Seed uint64
	// Lookup finds variables of payloads that the file does not have; may be nil.
	Lookup func(name string) (string, bool)
}

// OpenWorkspace opens everything that a workspace file says, in its order: call it
// when the user has said so. If one cannot be opened, those before it are closed
// again, the last first.
func (w *Workbench) OpenWorkspace(ctx context.Context, f *workspace.File, openings []workspace.Opening, o PlayOptions) ([]*Session, error) {
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
	for n, one := range openings {
		a := Answer{Echo: one.Echo}
		if one.Program != nil {
			a.Rules = &Rules{Program: one.Program, Frame: one.Frame, Check: one.Check, Options: rule.Options{Seed: o.Seed, Lookup: lookup, Allow: one.Allow}}
		}
		s, err := w.open(ctx, one.Endpoint, a, &openings[n])
		if err != nil {
			for n := len(opened) - 1; n >= 0; n-- {
				opened[n].Close()
			}
			return nil, err
		}
		opened = append(opened, s)
	}
	return opened, nil
}

// RememberAll is Remember for the aliases of a workspace, by address.
func (w *Workbench) RememberAll(aliases map[string]string) error {
	for address, name := range aliases {
		ip, err := netip.ParseAddr(address)
		if err != nil {
			continue // a file that was checked has none
		}
		if err := w.Remember(ip, name); err != nil {
			return err
		}
	}
	return nil
}

// Opening is what the session was opened for in a workspace, or nil. Nobody changes it.
func (s *Session) Opening() *workspace.Opening { return s.opening }
