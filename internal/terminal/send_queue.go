package terminal

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/payload"
	"sockeye/internal/schedule"
)

// sendQueue sends what is typed at a console: to one peer in the order it was typed, to different
// peers at the same time.
type sendQueue struct {
	parent context.Context
	show   func(busy string) // shows what is being sent

	ctx     context.Context // of everything that is queued now; cancel ends it
	end     context.CancelFunc
	last    map[*core.Peer]<-chan struct{} // closed when the latest one queued for a peer is done
	running sync.WaitGroup
}

func (s *sendQueue) init(parent context.Context, show func(string)) {
	s.parent, s.show, s.last = parent, show, map[*core.Peer]<-chan struct{}{}
	s.ctx, s.end = context.WithCancel(parent)
}

// queue calls do after everything that was queued for the peer before.
func (s *sendQueue) queue(p *core.Peer, do func(ctx context.Context)) {
	before, done, ctx := s.last[p], make(chan struct{}), s.ctx
	s.last[p] = done
	p.Hold()
	s.running.Go(func() {
		defer close(done)
		defer p.Release()
		if before != nil {
			<-before
		}
		if ctx.Err() == nil {
			do(ctx)
		}
	})
	for q, last := range s.last { // forget the peers with nothing queued
		select {
		case <-last:
			delete(s.last, q)
		default:
		}
	}
}

// aside calls do at once, beside everything that is queued.
func (s *sendQueue) aside(do func()) { s.running.Go(do) }

// cancel ends everything that is queued. Bytes that the kernel has taken are still sent.
func (s *sendQueue) cancel() {
	s.end()
	s.ctx, s.end = context.WithCancel(s.parent)
}

// stop calls cancel and waits until nothing runs.
func (s *sendQueue) stop() {
	s.end()
	s.running.Wait()
}

// CheckFile refuses what cannot be sent as a file. A device or a FIFO may never end.
func CheckFile(path string) error {
	if path == "" {
		return Usage("/file", sockeye.Text{En: "which file?", Zh: "缺少文件名"}, sockeye.Text{En: "write /file PATH", Zh: "请写 /file 路径"})
	}
	f, err := OpenFile(path)
	if err != nil {
		return err
	}
	return f.Data.Close()
}

// OpenFile opens a file that can be sent.
func OpenFile(path string) (*schedule.FileSource, error) {
	f, err := schedule.OpenFile(path)
	if err != nil {
		return nil, FileError("open", path, err)
	}
	return f, nil
}

// chunkPace bounds how a file is sent.
type chunkPace struct {
	chunk int64 // most bytes at a time; 0: as it suits the network
	rate  int64 // most bytes in a second; 0: as fast as they are taken
}

// cutPace removes chunk=SIZE and rate=SIZE from the end of the argument of /file.
func cutPace(rest string, pace chunkPace) (path string, _ chunkPace, _ error) {
	for {
		i := strings.LastIndexByte(rest, ' ')
		word := rest[i+1:]
		key, value, found := strings.Cut(word, "=")
		into := map[string]*int64{"chunk": &pace.chunk, "rate": &pace.rate}[key]
		if !found || into == nil || i < 0 {
			return rest, pace, nil
		}
		if err := (&ByteSizeFlag{into}).Set(value); err != nil {
			return "", pace, OfFlag(err, key)
		}
		rest = strings.TrimSpace(rest[:i])
	}
}

// sendFile has the core send a file to peers, and shows its progress. It returns how many bytes
// were sent.
func sendFile(ctx context.Context, s *core.Session, to []*core.Peer, path string, pace chunkPace, show func(busy string)) (int, error) {
	f, err := OpenFile(path)
	if err != nil {
		return 0, err
	}
	size := f.Size
	r, err := s.Sender().StartFile(f, core.FileOptions{To: to, Chunk: int(min(pace.chunk, schedule.MaxChunk)), Rate: pace.rate})
	if err != nil {
		return 0, err
	}
	defer show("")
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for {
		select {
		case <-again.C:
			show(fmt.Sprintf("  [%s → %s %d%%]", payload.SafeString(path), to[0], int64(r.Progress().Bytes)*100/max(1, size)))
			continue
		case <-ctx.Done():
			r.Stop()
		case <-r.Done():
		}
		done := r.Progress()
		switch {
		case done.Err != nil:
			return int(done.Bytes), done.Err
		case ctx.Err() != nil && int64(done.Bytes) < size:
			return int(done.Bytes), &sockeye.Error{Kind: sockeye.Canceled, Op: "send", Err: context.Cause(ctx)}
		}
		return int(done.Bytes), nil
	}
}

// sendPayload sends the next message of a payload to peers. The error is that of one of the sends.
func (l *Runner) sendPayload(s *core.Session, to []*core.Peer, t *payload.Template) error {
	sent, err := s.Sender().SendPayload(l.sending, to, t)
	for _, d := range sent {
		err = cmp.Or(err, d.Err)
	}
	return err
}
