//go:build !linux

package load

import "time"

// pace runs f and gives it a way to sleep.
func pace(f func(sleep func(until time.Time))) {
	f(func(until time.Time) { time.Sleep(time.Until(until)) })
}
