package core

import (
	"math/rand/v2"
	"time"

	"sockeye/internal/payload"
	"sockeye/internal/schedule"
)

// SetLookup says where {{env.NAME}} and {{var.NAME}} of payloads are found; nil
// finds nothing, as at the beginning. It may be called at any time.
func (w *Core) SetLookup(find func(name string) (string, bool)) { w.lookup.Store(&find) }

// Lookup finds what SetLookup was told of.
func (w *Core) Lookup(name string) (string, bool) {
	if find := w.lookup.Load(); find != nil && *find != nil {
		return (*find)(name)
	}
	return "", false
}

// Preview is the first message that a payload makes, for nobody.
func (w *Core) Preview(r schedule.Row) ([]byte, error) {
	t, err := r.Parse()
	if err != nil {
		return nil, err
	}
	return t.Append(nil, &payload.Vars{Seq: 1, Time: time.Now(), Random: rand.Uint64(), Lookup: w.Lookup})
}
