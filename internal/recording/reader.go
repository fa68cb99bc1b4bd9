package recording

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"sockeye"
	"sockeye/internal/pcapng"
	"sockeye/internal/recording/capture"
)

// ReadOptions say what a Reader gives. The zero value reads everything there is.
type ReadOptions struct {
	// From is the number of the first event wanted, 0 for the oldest.
	From uint64
	// After skips segments that end before this time; events before it may still
	// come. Zero skips nothing.
	After time.Time
	// Follow waits at the end for what is recorded next.
	Follow bool
	// Damaged is told of everything that is not as it was written; may be nil. In a
	// foreign capture that is what could not be made an event.
	Damaged func(file string, d pcapng.Damage)
	// Progress is told, now and then, how many bytes of how many are read; may be nil.
	Progress func(done, total int64)
}

// Reader gives the events of a recording in order, over all its segments. It
// belongs to one goroutine. Close it when done.
type Reader struct {
	recording *Recording
	o         ReadOptions
	ctx       context.Context // of the running Next, for files that are followed

	files   []source // still to be read
	seen    map[string]bool
	current string
	file    *os.File
	events  interface {
		Next() (sockeye.Event, error)
	}
	run  uint64
	next uint64 // the number that is due; 0: any
	held *sockeye.Event

	done, total, told int64
}

// followEvery is how often a followed recording is looked at.
const followEvery = 50 * time.Millisecond

// Read begins to read. The error is an *sockeye.Error.
func (r *Recording) Read(o ReadOptions) (*Reader, error) {
	files, err := r.files()
	if err != nil {
		return nil, err
	}
	d := &Reader{recording: r, o: o, seen: map[string]bool{}}
	for _, f := range files {
		d.seen[f.path] = true
	}
	d.files = files
	if first := r.firstFile(files, o); first > 0 {
		d.files = files[first:]
	}
	for _, f := range d.files {
		d.total += f.bytes
	}
	return d, nil
}

// firstFile is the last file that begins at or before what is wanted, by a look
// at the first event of each.
func (r *Recording) firstFile(files []source, o ReadOptions) int {
	if o.From == 0 && o.After.IsZero() || r.foreign {
		return 0
	}
	first := 0
	for n, f := range files {
		e, err := firstEvent(f.path)
		if err != nil {
			continue // empty or damaged: it decides nothing
		}
		if o.From != 0 && e.Seq <= o.From || o.From == 0 && e.Time.Before(o.After) {
			first = n
		}
	}
	return first
}

func firstEvent(path string) (sockeye.Event, error) {
	f, err := os.Open(path)
	if err != nil {
		return sockeye.Event{}, err
	}
	defer f.Close()
	return pcapng.NewDecoder(f, pcapng.DecodeOptions{}).Next()
}

// Close closes the file being read.
func (d *Reader) Close() {
	if d.file != nil {
		d.file.Close()
		d.file = nil
	}
}

// Next is the next event; its Data is lent until the next call. At the end it is
// io.EOF, or, when following, it waits until ctx ends. An event that two segments
// have comes once; missing ones appear as an event of kind Gap. Any other error
// is an *sockeye.Error.
func (d *Reader) Next(ctx context.Context) (sockeye.Event, error) {
	d.ctx = ctx
	for {
		e, err := d.read()
		if err != nil {
			return e, err
		}
		if e.Seq < d.o.From {
			continue
		}
		return e, nil
	}
}

func (d *Reader) read() (sockeye.Event, error) {
	if e := d.held; e != nil {
		d.held = nil
		d.expect(*e)
		return *e, nil
	}
	for {
		if d.file == nil {
			if err := d.open(); err != nil {
				return sockeye.Event{}, err
			}
		}
		e, err := d.events.Next()
		d.tell()
		switch {
		case errors.Is(err, io.EOF):
			d.Close()
			continue
		case err != nil && d.ctx.Err() != nil:
			return e, context.Cause(d.ctx)
		case err != nil:
			return e, unreadable(d.current, err)
		}
		if e.Seq == 0 || d.recording.foreign {
			return e, nil
		}
		if d.next != 0 && e.Seq < d.next {
			continue // an older segment has it
		}
		if d.next != 0 && e.Seq > d.next {
			kept := e
			d.held = &kept
			lost := sockeye.Lost{Events: e.Seq - d.next}
			return sockeye.Event{Seq: d.next, Time: e.Time, Kind: sockeye.Gap, Detail: &sockeye.Detail{Lost: lost}}, nil
		}
		d.expect(e)
		return e, nil
	}
}

// expect notes which number comes after an event.
func (d *Reader) expect(e sockeye.Event) {
	d.next = e.Seq + 1
	if e.Kind == sockeye.Gap && e.Detail != nil {
		d.next = e.Seq + max(1, e.Detail.Lost.Events)
	}
}

// open opens the next file. Following, it waits for one.
func (d *Reader) open() error {
	for len(d.files) == 0 {
		if !d.o.Follow || !d.recording.isDir {
			return io.EOF
		}
		if err := d.wait(); err != nil {
			return err
		}
		if err := d.lookForMore(); err != nil {
			return err
		}
	}
	next := d.files[0]
	d.files = d.files[1:]
	f, err := os.Open(next.path)
	if errors.Is(err, os.ErrNotExist) && d.recording.isDir {
		return d.open() // deleted meanwhile, as the oldest segments are
	}
	if err != nil {
		return unreadable(next.path, err)
	}
	d.file, d.current = f, next.path
	if d.recording.foreign {
		d.events, err = capture.NewReader(&counted{f, d}, capture.Options{Lost: d.damaged})
		if err != nil {
			return unreadable(next.path, err)
		}
		return nil
	}
	decoder := pcapng.NewDecoder(&counted{f, d}, pcapng.DecodeOptions{Names: d.recording.names, Damaged: d.damaged})
	segment, err := decoder.Segment()
	switch {
	case errors.Is(err, pcapng.ErrForeign):
		d.damaged(pcapng.Damage{Kind: pcapng.Broken, Length: next.bytes, What: sockeye.Text{En: "this file is no segment of a recording", Zh: "这个文件不是记录的分段"}})
		d.Close()
		return d.open()
	case err != nil && !errors.Is(err, io.EOF):
		return unreadable(next.path, err)
	}
	if segment.Run != d.run {
		if first, err := firstEvent(next.path); err == nil && first.Seq < d.next {
			d.next = 0 // another journal, which counts from 1 again
		}
		d.run = segment.Run
	}
	d.events = decoder
	return nil
}

func (d *Reader) damaged(what pcapng.Damage) {
	if d.o.Damaged != nil {
		d.o.Damaged(d.current, what)
	}
}

// lookForMore adds the segments that are new.
func (d *Reader) lookForMore() error {
	files, err := d.recording.files()
	if err != nil {
		return err
	}
	for _, f := range files {
		if !d.seen[f.path] {
			d.seen[f.path] = true
			d.files = append(d.files, f)
			d.total += f.bytes
		}
	}
	return nil
}

// wait lets a moment pass.
func (d *Reader) wait() error {
	t := time.NewTimer(followEvery)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-d.ctx.Done():
		return context.Cause(d.ctx)
	}
}

// tell reports progress about every MiB.
func (d *Reader) tell() {
	if d.o.Progress != nil && d.done-d.told >= 1<<20 {
		d.told = d.done
		d.o.Progress(d.done, max(d.total, d.done))
	}
}

// counted is the file being read. Followed, it has no end while it is the last
// segment: a block that is half written is waited for.
type counted struct {
	f      *os.File
	reader *Reader
}

func (c *counted) Read(p []byte) (int, error) {
	d := c.reader
	for {
		n, err := c.f.Read(p)
		d.done += int64(n)
		if n > 0 || !errors.Is(err, io.EOF) || !d.o.Follow {
			return n, err
		}
		if d.recording.isDir {
			if err := d.lookForMore(); err != nil {
				return 0, err
			}
		}
		if len(d.files) > 0 {
			// The next segment exists, so this one is complete; what came in between
			// is read first.
			if n, err := c.f.Read(p); n > 0 || !errors.Is(err, io.EOF) {
				d.done += int64(n)
				return n, err
			}
			return 0, io.EOF
		}
		if err := d.wait(); err != nil {
			return 0, err
		}
	}
}
