package load

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// pace runs f on a thread of its own and gives it a way to sleep that ends within some
// microseconds of the time asked for. Timers of Go wait in epoll_wait(2), which counts
// milliseconds; messages that are sent late would look like answers that took long.
func pace(f func(sleep func(until time.Time))) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked: the thread ends with its timer slack
		_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
		f(func(until time.Time) {
			for wait := time.Until(until); wait > 0; wait = time.Until(until) {
				ts := unix.NsecToTimespec(int64(wait))
				if unix.Nanosleep(&ts, nil) == nil {
					return
				}
			}
		})
	}()
	<-done
}
