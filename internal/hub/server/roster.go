package server

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"sockeye/internal/hub"
)

// roster is who is or was enrolled, as the registry has it now, in memory: a page that is
// open asks every few seconds. All methods may be called from any goroutine.
type roster struct {
	mu    sync.Mutex
	known map[hub.BoardID]Enrolled
	all   []Enrolled // the same, by name; nil if it is to be made anew
}

// follow makes a roster that follows the registry until ctx ends.
func (r *BoardRegistry) follow(ctx context.Context) (*roster, error) {
	watcher, err := r.boards.WatchAll(ctx)
	if err != nil {
		return nil, err
	}
	known := &roster{known: map[hub.BoardID]Enrolled{}}
	if err := known.take(ctx, watcher); err != nil {
		watcher.Stop()
		return nil, err
	}
	go func() {
		defer watcher.Stop()
		for known.take(ctx, watcher) == nil {
		}
	}()
	return known, nil
}

// take takes what has changed, up to the end of what was there when it was begun, or the
// next change.
func (k *roster) take(ctx context.Context, from jetstream.KeyWatcher) error {
	for {
		select {
		case entry, open := <-from.Updates():
			switch {
			case !open:
				return context.Canceled
			case entry == nil:
				return nil
			}
			var e Enrolled
			if entry.Operation() == jetstream.KeyValuePut && json.Unmarshal(entry.Value(), &e) == nil {
				k.put(e)
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (k *roster) put(e Enrolled) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.known[e.BoardID] = e
	k.all = nil
}

// boards are all of them, by name. The caller changes nothing of the slice.
func (k *roster) boards() []Enrolled {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.all == nil {
		k.all = slices.Collect(maps.Values(k.known))
		sortBoards(k.all)
	}
	return k.all
}
