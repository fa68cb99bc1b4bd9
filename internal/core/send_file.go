package core

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"sockeye"
	"sockeye/internal/schedule"
	"sockeye/internal/transport"
)

// FileOptions says which peers a file is sent to and at what pace.
type FileOptions struct {
	// To are the peers; who joins later is not sent the file.
	To []*Peer
	// Chunk, Rate and LineDelay are as schedule.FileConfig has them.
	Chunk     int
	Rate      int64
	LineDelay time.Duration
}

// StartFile starts to send the bytes of a file to each peer at its own pace, so that one that does
// not read delays no other. The run owns f from then on, even if StartFile fails. The run ends when
// every peer has the file or left, with Stop, or with the session. A peer that finishes sending
// meanwhile stays until it has the file.
func (s *Sender) StartFile(f *schedule.FileSource, o FileOptions) (*schedule.Run, error) {
	c := schedule.FileConfig{Chunk: o.Chunk, Rate: o.Rate, LineDelay: o.LineDelay, Closed: s.session.Done()}
	because := &sockeye.Detail{Cause: &sockeye.Cause{By: sockeye.ByFile, Name: f.Name}}
	var words []string
	for _, p := range o.To {
		words = append(words, fmt.Sprintf("#%d", p.ID))
		c.Recipients = append(c.Recipients, s.fileRecipient(p, because))
	}
	return s.runs.StartFile(f, words, c)
}

// KeepFile stores a file of size bytes that comes over the network until it has been sent.
func (w *Core) KeepFile(name string, from io.Reader, size int64) (*schedule.FileSource, error) {
	return w.spool.Keep(name, from, size)
}

// fileRecipient returns how a run of a file sends to a peer; because is the detail of each sent
// event.
func (s *Sender) fileRecipient(p *Peer, because *sockeye.Detail) schedule.Recipient {
	missing := s.files.add(p.ID)
	p.Hold()
	return schedule.Recipient{
		Peer: p.ID, Datagrams: p.Network.Traits().Bounded(), Gone: p.Done(),
		Send: func(ctx context.Context, data []byte) (int, error) {
			return p.Send(transport.Because(ctx, because), data)
		},
		Unacknowledged: func() int {
			st := p.Status()
			if st.State == sockeye.Gone {
				return int(missing.Load())
			}
			return st.Unsent
		},
		End: p.Release,
	}
}

// fileRecipients remembers the peers that files are sent to, and how many bytes had not reached
// each when it left. Most sessions have none.
type fileRecipients struct {
	any atomic.Bool

	mu     sync.Mutex
	unsent map[uint64]*atomic.Int64
}

func (f *fileRecipients) add(peer uint64) *atomic.Int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.unsent == nil {
		f.unsent = map[uint64]*atomic.Int64{}
		f.any.Store(true)
	}
	if f.unsent[peer] == nil {
		f.unsent[peer] = &atomic.Int64{}
	}
	return f.unsent[peer]
}

// left notes that a peer left, and forgets it.
func (f *fileRecipients) left(peer uint64, unsent int) {
	if !f.any.Load() {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := f.unsent[peer]; n != nil {
		n.Store(int64(unsent))
		delete(f.unsent, peer)
	}
}
