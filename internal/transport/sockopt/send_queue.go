package sockopt

import (
	"sync/atomic"

	"sockeye/internal/transport"
)

// manyPeers is how many TCP peers of a session keep the kernel's queue as it is. The kernel
// queues up to 4 MB for a TCP peer that does not read: a thousand of them would take all that it has for TCP, and slow down the others. So in a session of more
// than manyPeers it queues little for each beyond what is on its way to the peer.
// Fewer peers keep the longer queue, with which a stream is a tenth faster.
const manyPeers = 256

// SendQueues limits what the kernel queues for the TCP peers of a session, if there are
// many. A send buffer that the user chose is kept.
type SendQueues struct {
	session *transport.DriverSession
	crowded atomic.Bool
}

// NewSendQueues is for one session.
func NewSendQueues(s *transport.DriverSession) *SendQueues { return &SendQueues{session: s} }

// Limit limits the queue of a new peer if there are many, and then of those who were
// here before.
func (q *SendQueues) Limit(fd uintptr) {
	s := q.session
	if s.Options().SendBuffer != 0 {
		return
	}
	if !q.crowded.Load() {
		if s.Count() < manyPeers || !q.crowded.CompareAndSwap(false, true) {
			return
		}
		for _, p := range s.Peers() {
			p.Conn().(transport.FDController).Control(LimitUnsent)
		}
	}
	LimitUnsent(fd)
}
