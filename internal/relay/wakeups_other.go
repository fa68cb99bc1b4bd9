//go:build !linux

package relay

// startClock starts the clock that every system has.
func startClock(ring func()) clock { return ordinaryClock(ring) }
