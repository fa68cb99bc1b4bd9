package recording

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"time"
)

const (
	// pollInterval is how often the end of a recording is looked at for more.
	pollInterval = 50 * time.Millisecond
	// settleTime is how long a file must be left alone until its torn tail counts as
	// damage: a write is under way for a shorter time.
	settleTime = time.Second
)

// advance opens the next file; io.EOF means that there is none.
func (d *Reader) advance(ctx context.Context) error {
	for {
		for len(d.waiting) > 0 {
			f := d.waiting[0]
			d.waiting, d.left = d.waiting[1:], f
			o, err := d.recording.openFile(f)
			if errors.Is(err, fs.ErrNotExist) && d.recording.isDir {
				continue // deleted meanwhile, as the oldest are; its numbers will be missed
			}
			if err != nil {
				return unreadable(f.path, err)
			}
			d.open, d.path = o, f.path
			return nil
		}
		if err := d.await(ctx); err != nil {
			return err
		}
	}
}

// await finds the segments that are new after a file that could not be read.
// Following, it waits for one.
func (d *Reader) await(ctx context.Context) error {
	for {
		files, err := d.recording.files()
		if err != nil {
			return err
		}
		if d.waiting = after(files, d.left); len(d.waiting) > 0 {
			return nil
		}
		if !d.o.Follow {
			return io.EOF
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// atEnd finds out what the end of the open file means: that it has grown
// meanwhile, that there is a newer one, that more is to be waited for, or the end
// of the recording, io.EOF.
func (d *Reader) atEnd(ctx context.Context) error {
	o := d.open
	if !o.grows() {
		return io.EOF
	}
	for since := time.Now(); ; {
		grown, err := o.grown()
		if grown || err != nil {
			return err
		}
		if len(d.waiting) == 0 && d.recording.isDir {
			files, err := d.recording.files()
			if err != nil {
				return err
			}
			d.waiting = after(files, o.file)
		}
		if len(d.waiting) > 0 {
			// The last write was before the new segment was made.
			if grown, err := o.grown(); grown || err != nil {
				return err
			}
			d.pushGap(o.found)
			d.leave()
			return nil
		}
		if len(o.found) > 0 && (time.Since(since) >= settleTime || o.quiet()) {
			d.pushGap(o.found)
			o.found = nil
		}
		if len(o.found) == 0 && !d.o.Follow {
			return io.EOF
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// grown says whether there is something behind what was read. Then it begins
// again after the last whole event: what was torn may be cut off by now, and
// something else written in its place.
func (o *segmentReader) grown() (bool, error) {
	st, err := o.f.Stat()
	if err != nil {
		return false, unreadable(o.file.path, err)
	}
	if st.Size() == o.position {
		return false, nil
	}
	o.file.size, o.file.modified = st.Size(), st.ModTime()
	o.decode(min(o.blockOK(), st.Size()), nil)
	return true, nil
}

// quiet says whether nobody has written to the file for a while.
func (o *segmentReader) quiet() bool {
	st, err := o.f.Stat()
	return err == nil && time.Since(st.ModTime()) >= settleTime
}

// leave closes the open file.
func (d *Reader) leave() {
	if d.open == nil {
		return
	}
	d.done += d.open.file.size
	d.open.f.Close()
	d.open = nil
}

func pause(ctx context.Context) error {
	t := time.NewTimer(pollInterval)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
