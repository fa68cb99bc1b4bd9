package schedule

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"sockeye"
)

// FileConfig is at what pace a file goes to whom.
type FileConfig struct {
	// Chunk is how many bytes are sent at a time at most: with UDP, a datagram. 0 is as
	// many as suit the network and the rate.
	Chunk int
	// Rate is the most bytes in a second for each recipient; 0 is as fast as they are
	// taken.
	Rate int64
	// LineDelay is a pause after each line feed; what is sent ends with one then.
	LineDelay  time.Duration
	Recipients []Recipient
	// Closed is closed when nothing can be sent any more.
	Closed <-chan struct{}
}

// Recipient is one peer that a file goes to. They do not wait for one another.
type Recipient struct {
	Peer uint64
	// Datagrams says that each piece is one.
	Datagrams bool
	// Send gives data to the kernel, as transport's does.
	Send func(ctx context.Context, data []byte) (int, error)
	// Gone is closed when the peer has left.
	Gone <-chan struct{}
	// Unacknowledged is how many bytes sent to it have not reached it, or never did;
	// -1 if nobody knows.
	Unacknowledged func() int
	// End is called when nothing more will be sent to it.
	End func()
}

// RecipientProgress is how far a file is for one peer.
type RecipientProgress struct {
	Peer uint64
	// Sent is how many bytes the kernel took, and Acknowledged how many of them reached
	// the peer; -1 if nobody knows.
	Sent, Acknowledged int64
	Running            bool
	// Err is why it did not get all.
	Err *sockeye.Error
}

// The bounds of a file's pieces, and of those that are read for it at a time.
const (
	MaxChunk      = 1 << 20
	defaultChunk  = 64 << 10
	datagramChunk = 1400 // fits an Ethernet frame
	MaxRecipients = 256
)

// fileRun is what a run of a file sends.
type fileRun struct {
	file       *FileSource
	config     FileConfig
	recipients []*fileRecipient
}

// fileRecipient is one of its peers.
type fileRecipient struct {
	Recipient
	sent  atomic.Int64
	ended atomic.Bool
	err   atomic.Pointer[sockeye.Error]
}

// StartFile starts to send a file, which belongs to the run from then on, also if there is
// an error. The run ends when every recipient has the file, has left or cannot be sent to,
// with Stop, or when c.Closed is closed.
func (rs *Runs) StartFile(f *FileSource, to []string, c FileConfig) (*Run, error) {
	if err := c.check(); err != nil {
		f.Data.Close()
		return nil, err
	}
	file := &fileRun{file: f, config: c}
	for _, one := range c.Recipients {
		file.recipients = append(file.recipients, &fileRecipient{Recipient: one})
	}
	r := &Run{to: to, file: file}
	if err := rs.add(r, func() { r.begin(c.Closed, r.sendFile) }); err != nil {
		f.Data.Close()
		for _, one := range c.Recipients {
			one.End()
		}
		return nil, err
	}
	return r, nil
}

func (c *FileConfig) check() error {
	switch {
	case c.Chunk < 0 || c.Chunk > MaxChunk:
		return bad("chunk", fmt.Sprintf("%d bytes at a time", c.Chunk), fmt.Sprintf("每次 %d 字节不可用", c.Chunk), fmt.Sprintf("write 1 to %d; 0 is as many as suit the network", MaxChunk), fmt.Sprintf("请写 1 到 %d；0 表示自动", MaxChunk))
	case c.Rate < 0:
		return bad("rate", fmt.Sprintf("%d bytes in a second", c.Rate), fmt.Sprintf("每秒 %d 字节不可用", c.Rate), "write 1 or more; 0 is as fast as they are taken", "请写 1 以上的数；0 表示不限速")
	case c.LineDelay < 0 || c.LineDelay > MaxDelay:
		return bad("line_delay", fmt.Sprintf("a pause of %s", c.LineDelay), fmt.Sprintf("间隔 %s 不可用", c.LineDelay), "write 0 to 24h", "请写 0 到 24h")
	case len(c.Recipients) > MaxRecipients:
		return &sockeye.Error{Kind: sockeye.LimitReached, Op: "send",
			Message: sockeye.Text{En: fmt.Sprintf("a file goes to at most %d peers at a time", MaxRecipients), Zh: fmt.Sprintf("文件最多同时发往 %d 个对象", MaxRecipients)},
			Hint:    sockeye.Text{En: "choose some of them", Zh: "请选择其中一部分"}}
	}
	return nil
}

// sendFile sends the file to all recipients.
func (r *Run) sendFile(ctx context.Context) {
	defer r.file.file.Data.Close()
	var sending sync.WaitGroup
	for _, to := range r.file.recipients {
		sending.Go(func() {
			defer to.ended.Store(true)
			defer to.End()
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			sending.Go(func() {
				select {
				case <-to.Gone:
					cancel()
				case <-ctx.Done():
				}
			})
			if err := r.sendTo(ctx, to); err != nil {
				to.err.Store(sockeye.ErrorOf(err))
			}
		})
	}
	sending.Wait()
}

// sendTo sends the file to one peer, until ctx ends.
func (r *Run) sendTo(ctx context.Context, to *fileRecipient) error {
	f, c := r.file.file, &r.file.config
	buf := make([]byte, min(int64(c.chunk(to.Datagrams)), f.Size))
	pace := filePace{rate: c.Rate, start: time.Now()}
	for at := int64(0); at < f.Size; {
		paused, ok := r.awaitResume(ctx)
		if paused {
			pace.restart(at)
		}
		if !ok || !pace.wait(ctx, at) {
			return to.left()
		}
		piece, err := f.read(buf, at)
		if err != nil {
			return err
		}
		line := false
		if end := bytes.IndexByte(piece, '\n'); c.LineDelay > 0 && end >= 0 {
			piece, line = piece[:end+1], true
		}
		n, err := to.Send(ctx, piece)
		to.sent.Add(int64(n))
		at += int64(n)
		if err != nil && ctx.Err() != nil {
			return to.left()
		}
		r.countPiece(n, err)
		if err != nil {
			return err
		}
		if line && at < f.Size {
			if !waitUntil(ctx, time.Now().Add(c.LineDelay), time.Sleep) {
				return to.left()
			}
			pace.restart(at)
		}
	}
	return nil
}

// read reads what stands at a place, as much as there is room for.
func (f *FileSource) read(buf []byte, at int64) ([]byte, error) {
	piece := buf[:min(int64(len(buf)), f.Size-at)]
	n, err := f.Data.ReadAt(piece, at)
	if n == len(piece) {
		return piece, nil
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return nil, &sockeye.Error{Kind: sockeye.System, Op: "read", Target: f.Name, Err: err,
		Hint: sockeye.Text{En: "the file must not change while it is sent", Zh: "发送期间请勿改动文件"}}
}

// chunk is how many bytes are sent at a time.
func (c *FileConfig) chunk(datagrams bool) int {
	if c.Chunk > 0 {
		return c.Chunk
	}
	most := defaultChunk
	if datagrams {
		most = datagramChunk
	}
	if c.Rate > 0 {
		most = int(max(1, min(int64(most), c.Rate/20)))
	}
	return most
}

// left is the error of a recipient whose peer has left, or nil: it was stopped.
func (to *fileRecipient) left() error {
	select {
	case <-to.Gone:
	default:
		return nil
	}
	return &sockeye.Error{Kind: sockeye.Closed, Op: "send", Target: fmt.Sprintf("#%d", to.Peer),
		Message: sockeye.Text{En: "this peer left", Zh: "该连接对象已断开"},
		Hint:    sockeye.Text{En: "send the file again when it is back", Zh: "请等它重新连接后再次发送"}}
}

// countPiece counts a piece that was sent.
func (r *Run) countPiece(n int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progress.Bytes += uint64(n)
	if err != nil {
		r.progress.Failed++
		return
	}
	r.progress.Messages++
}

// progress adds how far the file is for each recipient.
func (f *fileRun) progress(p *RunProgress) {
	for _, to := range f.recipients {
		one := RecipientProgress{Peer: to.Peer, Running: !to.ended.Load(), Sent: to.sent.Load(), Acknowledged: -1, Err: to.err.Load()}
		if missing := to.Unacknowledged(); missing >= 0 {
			one.Acknowledged = max(0, one.Sent-int64(missing))
		}
		if one.Err != nil {
			p.Err = one.Err
		}
		p.Recipients = append(p.Recipients, one)
	}
}

// filePace says when a byte of a file is due.
type filePace struct {
	rate  int64 // bytes in a second; 0: at once
	start time.Time
	base  int64 // the byte that was due at start
}

// wait waits for the byte at a place, and says false when ctx ended before. One that is
// much too late is no reason to hurry: the pace begins anew.
func (p *filePace) wait(ctx context.Context, at int64) bool {
	if p.rate <= 0 {
		return ctx.Err() == nil
	}
	due := p.start.Add(time.Duration(float64(at-p.base) / float64(p.rate) * float64(time.Second)))
	if time.Since(due) > spinTime {
		p.restart(at)
	}
	return waitUntil(ctx, due, time.Sleep)
}

func (p *filePace) restart(at int64) { p.start, p.base = time.Now(), at }
