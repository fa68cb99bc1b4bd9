package schedule

import (
	"time"

	"golang.org/x/sys/unix"
)

// preciseSleep sleeps for a few milliseconds at most, to some ten microseconds: the
// kernel wakes this thread, where the runtime's timers would wait in epoll_wait,
// which counts milliseconds.
func preciseSleep(d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	unix.Nanosleep(&ts, nil) // a signal may wake it early: the caller looks at the time
}
