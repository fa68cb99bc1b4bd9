package workbench

import (
	"context"
	"net/netip"

	"sockeye"
	"sockeye/internal/rule"
	"sockeye/internal/workspace"
)

// Remembered gives the names of a workspace to whoever joins from its addresses. The
// error is an *sockeye.Error of a name that cannot be one.
func (w *Workbench) Remembered(f *workspace.File) error {
	for address, name := range f.Aliases {
		if err := sockeye.CheckAlias(name); err != nil {
			return err
		}
		if ip, err := netip.ParseAddr(address); err == nil {
			w.aliases.remember(ip.Unmap(), name)
		}
	}
	return nil
}

// OpenWorkspace opens what a workspace file says, all of openings in their order: call
// it when the user has said so. If one cannot be opened, those before it are closed
// again, the last first. Variables of the rules are found by Lookup; seed repeats
// chances and ranges of delays.
func (w *Workbench) OpenWorkspace(ctx context.Context, f *workspace.File, openings []workspace.Opening, seed uint64) ([]*Session, error) {
	if err := w.Remembered(f); err != nil {
		return nil, err
	}
	var opened []*Session
	for i := range openings {
		one := &openings[i]
		a := Answer{Echo: one.Echo}
		if one.Program != nil {
			a.Rules = &Rules{Program: one.Program, Frame: one.Frame, Check: one.Check, Options: rule.Options{Seed: seed, Lookup: w.Lookup, Allow: one.Allow}}
		}
		s, err := w.open(ctx, one.Endpoint, a, one)
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

// Opening is what the session was opened for in a workspace, or nil. Nobody changes it.
func (s *Session) Opening() *workspace.Opening { return s.opening }
