package terminal

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/payload"
	"sockeye/internal/regular"
)

// sending carries out what a console sends: to one peer in the order it was
// typed, to different peers side by side.
type sending struct {
	parent context.Context
	show   func(busy string) // shows what is being sent

	ctx     context.Context // of what is queued now; ends with cancel
	end     context.CancelFunc
	last    map[*core.Peer]<-chan struct{} // closed when the latest one queued for a peer is done
	running sync.WaitGroup
}

func (s *sending) init(parent context.Context, show func(string)) {
	s.parent, s.show, s.last = parent, show, map[*core.Peer]<-chan struct{}{}
	s.ctx, s.end = context.WithCancel(parent)
}

// queue has do called after what was queued for the peer before.
func (s *sending) queue(p *core.Peer, do func(ctx context.Context)) {
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
	for q, last := range s.last { // forget who has nothing to send
		select {
		case <-last:
			delete(s.last, q)
		default:
		}
	}
}

// aside has do called at once, beside what is being sent.
func (s *sending) aside(do func()) { s.running.Go(do) }

// cancel ends everything that is queued. What the kernel took is sent.
func (s *sending) cancel() {
	s.end()
	s.ctx, s.end = context.WithCancel(s.parent)
}

// stop is cancel, and waits for the end.
func (s *sending) stop() {
	s.end()
	s.running.Wait()
}

// CheckFile refuses what cannot be sent as a file. A device or a FIFO may never end.
func CheckFile(path string) error {
	if path == "" {
		return Usage("/file", sockeye.Text{En: "which file?", Zh: "缺少文件名"}, sockeye.Text{En: "write /file PATH", Zh: "请写 /file 路径"})
	}
	f, err := regular.Open(path)
	if err != nil {
		return FileError("open", path, err)
	}
	return f.Close()
}

// chunkPace bounds how a file is sent.
type chunkPace struct {
	chunk int64 // most bytes at a time; 0: as it suits the network
	rate  int64 // most bytes in a second; 0: as fast as they are taken
}

// size is how many bytes are read and sent at a time.
func (f chunkPace) size(network sockeye.Network) int {
	n := int64(64 << 10)
	if network.Traits().Datagram {
		n = 1400 // fits an Ethernet frame
	}
	if f.chunk > 0 {
		n = min(f.chunk, 1<<20)
	} else if f.rate > 0 {
		n = max(1, min(n, f.rate/20))
	}
	return int(n)
}

// cutPace takes chunk=SIZE and rate=SIZE off the end of what was typed after /file.
func cutPace(rest string, pace chunkPace) (path string, _ chunkPace, _ error) {
	for {
		i := strings.LastIndexByte(rest, ' ')
		word := rest[i+1:]
		key, value, found := strings.Cut(word, "=")
		into := map[string]*int64{"chunk": &pace.chunk, "rate": &pace.rate}[key]
		if !found || into == nil || i < 0 {
			return rest, pace, nil
		}
		if err := (&ByteSize{into}).Set(value); err != nil {
			return "", pace, OfFlag(err, key)
		}
		rest = strings.TrimSpace(rest[:i])
	}
}

// sendFile sends a file to a peer, and shows how far it is. It returns how many bytes
// were sent.
func sendFile(ctx context.Context, p *core.Peer, path string, pace chunkPace, show func(busy string)) (int, error) {
	f, err := regular.Open(path)
	if err != nil {
		return 0, FileError("open", path, err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return 0, FileError("read", path, err)
	}
	defer show("")
	shown, done := time.Now(), 0
	sent, readErr, err := pace.copy(ctx, f, make([]byte, pace.size(p.Network)), func(piece []byte) (int, error) {
		took, err := p.Send(ctx, piece)
		done += took
		if time.Since(shown) > 200*time.Millisecond {
			shown = time.Now()
			show(fmt.Sprintf("  [%s → %s %d%%]", payload.SafeString(path), p, int64(done)*100/max(1, st.Size())))
		}
		return took, err
	})
	if readErr != nil {
		return sent, FileError("read", path, readErr)
	}
	return sent, err
}

// copy sends what it reads, a buffer at a time, until its end. With a rate each piece
// has a time counted from the start, so that the rate holds on the whole.
func (f chunkPace) copy(ctx context.Context, from io.Reader, buf []byte, send func(piece []byte) (took int, err error)) (sent int, readErr, err error) {
	start := time.Now()
	for {
		n, readErr := from.Read(buf)
		if n > 0 {
			if err := f.wait(ctx, start, sent); err != nil {
				return sent, nil, err
			}
			took, err := send(buf[:n])
			sent += took
			if err != nil {
				return sent, nil, err
			}
		}
		if readErr == io.EOF {
			return sent, nil, nil
		}
		if readErr != nil {
			return sent, readErr, nil
		}
	}
}

// wait returns when the byte after the first sent ones is due.
func (f chunkPace) wait(ctx context.Context, start time.Time, sent int) error {
	if f.rate <= 0 {
		return nil
	}
	due := time.Duration(float64(sent) / float64(f.rate) * float64(time.Second))
	t := time.NewTimer(due - time.Since(start))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return &sockeye.Error{Kind: sockeye.Canceled, Op: "send", Err: context.Cause(ctx)}
	}
}

// sendPayload sends the next message of a payload to one peer.
func (l *Runner) sendPayload(s *core.Session, p *core.Peer, t *payload.Template) error {
	sent, err := s.SendPayload(l.sending, []*core.Peer{p}, t)
	if err != nil {
		return err
	}
	return sent[0].Err
}
