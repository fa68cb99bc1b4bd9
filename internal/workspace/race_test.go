//go:build race

package workspace

import "time"

// raceEnabled is whether the race detector watches, which takes memory and time itself.
const raceEnabled = true

// mostTime is what a hostile text may take.
const mostTime = 30 * 100 * time.Millisecond
