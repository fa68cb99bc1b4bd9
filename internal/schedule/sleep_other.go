//go:build !linux

package schedule

import "time"

// preciseSleep sleeps as precisely as the system's timers are.
func preciseSleep(d time.Duration) { time.Sleep(d) }
