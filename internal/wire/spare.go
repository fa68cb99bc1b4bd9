package wire

import (
	"context"
	"os"
	"syscall"
	"time"
)

// spare is a descriptor kept in reserve for the moment when there is no other:
// then it is given up for a moment to accept one waiting connection and reset
// it, so that clients are told instead of left hanging, and the accept loop
// pauses instead of spinning. It belongs to one accept loop.
type spare struct {
	file  *os.File
	pause time.Duration
}

// The pauses of an accept loop that is out of descriptors.
const (
	shortPause = 10 * time.Millisecond
	longPause  = 200 * time.Millisecond
)

func newSpare() *spare {
	s := &spare{pause: shortPause}
	s.file, _ = os.Open(os.DevNull) // without it we only pause
	return s
}

// shed lends the descriptor to turnAway, which turns one waiting connection away.
func (s *spare) shed(turnAway func()) {
	if s.file != nil {
		s.file.Close()
		s.file = nil
		turnAway()
		s.file, _ = os.Open(os.DevNull)
	}
}

// wait pauses, longer each time, until ctx ends.
func (s *spare) wait(ctx context.Context) {
	t := time.NewTimer(s.pause)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
	s.pause = min(2*s.pause, longPause)
}

// recovered notes that accepting works again.
func (s *spare) recovered() {
	s.pause = shortPause
	if s.file == nil {
		s.file, _ = os.Open(os.DevNull)
	}
}

func (s *spare) close() {
	if s.file != nil {
		s.file.Close()
	}
}

// isLimit reports whether accepting failed because the process or the machine
// is out of something (accept(2)).
func isLimit(err error) bool {
	return isOneOf(err, syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM)
}

// isPassing reports whether accepting failed for the sake of one connection that
// died in the queue; accept(2) tells to treat these like EAGAIN.
func isPassing(err error) bool {
	return isOneOf(err, syscall.ECONNABORTED, syscall.EINTR, syscall.EPROTO, syscall.ENETDOWN, syscall.ENOPROTOOPT,
		syscall.EHOSTDOWN, syscall.EHOSTUNREACH, syscall.EOPNOTSUPP, syscall.ENETUNREACH)
}
