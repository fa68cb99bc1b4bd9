package transport

import (
	"context"
	"os"
	"syscall"
	"time"

	"sockeye/internal/netinfo"
)

// reservedFD is a descriptor kept in reserve for when the process has no other. Then it is closed
// to accept one waiting connection and reset it, and opened again: so clients get an error
// instead of hanging, and the accept loop pauses instead of spinning. It belongs to one accept
// loop.
type reservedFD struct {
	file  *os.File
	pause time.Duration
}

// The pauses of an accept loop that is out of descriptors.
const (
	minBackoff = 10 * time.Millisecond
	maxBackoff = 200 * time.Millisecond
)

func newReservedFD() *reservedFD {
	s := &reservedFD{pause: minBackoff}
	s.file, _ = os.Open(os.DevNull) // without it we only pause
	return s
}

// rejectOne frees the descriptor for reject, which accepts one waiting connection and closes it.
func (s *reservedFD) rejectOne(reject func()) {
	if s.file != nil {
		s.file.Close()
		s.file = nil
		reject()
		s.file, _ = os.Open(os.DevNull)
	}
}

// backOff pauses, longer each time, until ctx ends.
func (s *reservedFD) backOff(ctx context.Context) {
	t := time.NewTimer(s.pause)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
	s.pause = min(2*s.pause, maxBackoff)
}

// reset notes that accepting works again.
func (s *reservedFD) reset() {
	s.pause = minBackoff
	if s.file == nil {
		s.file, _ = os.Open(os.DevNull)
	}
}

func (s *reservedFD) close() {
	if s.file != nil {
		s.file.Close()
	}
}

// isResourceLimit reports whether accepting failed because the process or the machine
// is out of something (accept(2)).
func isResourceLimit(err error) bool {
	return netinfo.IsErrno(err, syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM)
}

// IsTransientAccept reports whether accepting failed for the sake of one connection that
// died in the queue; accept(2) tells to treat these like EAGAIN.
func IsTransientAccept(err error) bool {
	return netinfo.IsErrno(err, syscall.ECONNABORTED, syscall.EINTR, syscall.EPROTO, syscall.ENETDOWN, syscall.ENOPROTOOPT,
		syscall.EHOSTDOWN, syscall.EHOSTUNREACH, syscall.EOPNOTSUPP, syscall.ENETUNREACH)
}
