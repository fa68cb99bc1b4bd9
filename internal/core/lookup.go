package core

import (
	"math/rand/v2"
	"time"

	"sockeye/internal/payload"
	"sockeye/internal/schedule"
)

// SetLookup sets the function that finds the values of {{env.NAME}} and {{var.NAME}} in payloads;
// nil, as at the beginning, finds none. It may be called at any time.
func (w *Core) SetLookup(find func(name string) (string, bool)) { w.lookup.Store(&find) }

// Lookup finds a value with the function of SetLookup.
func (w *Core) Lookup(name string) (string, bool) {
	if find := w.lookup.Load(); find != nil && *find != nil {
		return (*find)(name)
	}
	return "", false
}

// Preview returns the message that a payload makes first, without a recipient.
func (w *Core) Preview(r schedule.Row) ([]byte, error) {
	t, err := r.Parse()
	if err != nil {
		return nil, err
	}
	return t.Append(nil, &payload.Vars{Seq: 1, Time: time.Now(), Random: rand.Uint64(), Lookup: w.Lookup})
}
