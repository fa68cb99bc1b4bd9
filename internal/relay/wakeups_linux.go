package relay

import (
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// timerClock is a clock that the kernel rings at the microsecond, timerfd_create(2).
type timerClock struct {
	fd   int
	file *os.File // of fd, which Go's poller waits for
	done sync.WaitGroup
}

// startClock starts a clock that is never late by itself.
func startClock(ring func()) clock {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		return ordinaryClock(ring) // there is no descriptor left
	}
	c := &timerClock{fd: fd, file: os.NewFile(uintptr(fd), "timer")}
	c.done.Go(func() {
		for expired := make([]byte, 8); ; ring() {
			if _, err := c.file.Read(expired); err != nil {
				return
			}
		}
	})
	return c
}

// Reset sets the time. It returns true.
func (c *timerClock) Reset(d time.Duration) bool {
	in := unix.NsecToTimespec(int64(max(1, d))) // 0 would stop it
	return unix.TimerfdSettime(c.fd, 0, &unix.ItimerSpec{Value: in}, nil) == nil
}

// Stop ends the clock for good, and waits until it rings no more.
func (c *timerClock) Stop() bool {
	c.file.Close()
	c.done.Wait()
	return true
}
