package server

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// How the collector of garbage is adjusted: a hub of boards that are idle is to be small, one that has
// much to do is to be fast.
const (
	memoryEvery  = 15 * time.Second
	leastPercent = 10  // of garbage on top of what lives, see debug.SetGCPercent
	mostPercent  = 100 // Go's own
	busyCycles   = 15  // in memoryEvery
)

// tendMemory adjusts how much garbage may be there to how often it is collected, and gives memory
// back to the system while there is little to do, until ctx ends. What boards say of themselves
// every two seconds leaves garbage and makes the stacks of the server's goroutines grow, two to
// a board: without it they take twice what lives.
func tendMemory(ctx context.Context) {
	tick := time.NewTicker(memoryEvery)
	defer tick.Stop()
	percent, before := mostPercent, garbageCycles()
	defer debug.SetGCPercent(mostPercent)
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		cycles := garbageCycles()
		percent = nextPercent(percent, int(cycles-before))
		debug.SetGCPercent(percent)
		if percent == leastPercent {
			debug.FreeOSMemory()
		}
		before = garbageCycles()
	}
}

// nextPercent is how much garbage may be there, in percent of what lives, after so many cycles in
// memoryEvery with a percentage.
func nextPercent(percent, cycles int) int {
	switch {
	case cycles > busyCycles:
		return min(2*percent, mostPercent)
	case cycles < busyCycles/3:
		return leastPercent
	}
	return percent
}

// garbageCycles is how often garbage was collected.
func garbageCycles() uint64 {
	sample := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
