package recording

import (
	"errors"
	"io"
	"math"
	"syscall"
	"time"

	"sockeye"
	"sockeye/internal/pcapng"
)

const (
	// batchBytes is how much is encoded before it is written: write(2) costs as
	// much as encoding a few events, and what is written shall still be in the
	// processor's cache.
	batchBytes = 256 << 10
	// checkEvery is how often the writer looks whether its file was removed.
	checkEvery = time.Second
	tidyEvery  = time.Minute
)

// Writer writes the events of one journal to the disk. It belongs to one
// goroutine. After an error of Flush it is broken: what was appended but is not
// kept (see Kept) is forgotten, and Resume goes on in a new segment.
type Writer struct {
	o       WriteOptions
	encoder *pcapng.BlockEncoder
	output  output

	file     OutputFile // nil when broken
	path     string
	limit    int64     // bytes at which the file is full
	limits   int64     // the same of the files to come
	size     int64     // bytes of the file, whole blocks only
	begun    time.Time // the file
	messages uint64    // events in the file

	buf       []byte // encoded, not yet written
	buffered  uint64 // events in buf
	last      uint64 // number of the newest event in buf
	syncState syncState

	checkedAt, tidied time.Time
	status            Status
}

// Status is how far a recording has come.
type Status struct {
	// Path is the file being written, "-" for a stream.
	Path string
	// Segments, Events and Bytes count what this Writer has written.
	Segments      int
	Events, Bytes uint64
}

// OpenWriter makes ready to record: the directory is there and ours, and the
// first segment begun. The error is an *sockeye.Error.
func OpenWriter(o WriteOptions) (*Writer, error) {
	o, err := o.filled()
	if err != nil {
		return nil, err
	}
	surviveSizeLimit()
	p, err := newOutput(o)
	if err != nil {
		return nil, failure(o.where(), err)
	}
	w := &Writer{
		o: o, output: p, limits: math.MaxInt64, buf: make([]byte, 0, batchBytes+batchBytes/8),
		encoder: pcapng.NewEncoder(pcapng.EncodeOptions{Application: o.Application, Lang: o.Lang, Run: o.Run, Faults: o.Faults}),
		tidied:  o.Now(),
	}
	if o.Dir != "" {
		w.limits = o.SegmentBytes
	}
	if err := w.Resume(); err != nil {
		p.close()
		return nil, err
	}
	return w, nil
}

// where names the place for people.
func (o WriteOptions) where() string {
	switch {
	case o.Dir != "":
		return o.Dir
	case o.File != "":
		return o.File
	}
	return "-"
}

// Unclean says whether the recording before this one in the directory ended
// without Close: by a crash, a kill or a power cut.
func (w *Writer) Unclean() bool {
	d, ok := w.output.(*dirOutput)
	return ok && d.unclean
}

// Run is the number of the journal in the segments written here.
func (w *Writer) Run() uint64 { return w.encoder.Run() }

// Status is how far the recording has come.
func (w *Writer) Status() Status { return w.status }

// Append encodes an event, which is only read during the call. Call Flush when
// nothing more is waiting, or when Full.
func (w *Writer) Append(e *sockeye.Event) {
	w.buf = w.encoder.Append(w.buf, e)
	w.buffered++
	w.last = e.Seq
	if e.Kind == sockeye.Gap && e.Session == nil {
		w.last += e.Detail.Lost.Events - 1 // it stands for all of them
	}
}

// Full says that it is time to Flush.
func (w *Writer) Full() bool {
	return len(w.buf) >= batchBytes || w.buffered > 0 && w.size+int64(len(w.buf)) >= w.limit
}

// Flush writes what was appended, and returns when it is as safe as Options.Sync
// promises. The error is an *sockeye.Error.
func (w *Writer) Flush() error {
	if w.file == nil {
		return failure(w.path, errBroken)
	}
	if err := w.flush(w.o.Now()); err != nil {
		return w.fail(err)
	}
	return nil
}

func (w *Writer) flush(now time.Time) error {
	if len(w.buf) > 0 {
		if err := w.syncState.await(now); err != nil {
			return err
		}
		if err := w.write(now); err != nil {
			return err
		}
	}
	if err := w.checkFile(now); err != nil {
		return err
	}
	if err := w.syncState.syncNow(w.file, w.o.Sync, now); err != nil {
		return err
	}
	if w.messages > 0 && (w.size >= w.limit || w.o.SegmentAge > 0 && now.Sub(w.begun) >= w.o.SegmentAge) {
		return w.roll()
	}
	if now.Sub(w.tidied) >= tidyEvery {
		w.tidied = now
		w.output.tidy()
	}
	return nil
}

// write empties the buffer into the file.
func (w *Writer) write(now time.Time) error {
	if err := w.put(w.buf); err != nil {
		return err
	}
	w.syncState.noteWritten(w.last, len(w.buf), now)
	w.messages += w.buffered
	w.status.Events += w.buffered
	w.forget()
	return nil
}

// put writes whole blocks. After an error the file's tail is torn: it has some
// of b behind size.
func (w *Writer) put(b []byte) error {
	n, err := writeAll(w.file, b)
	if errors.Is(err, syscall.EFBIG) {
		w.limits = (w.size + int64(n)) / 2 // so that batches fit
	}
	if err != nil {
		return err
	}
	w.size += int64(n)
	w.status.Bytes += uint64(n)
	return nil
}

// forget empties the buffer. One grown by a huge event is not kept.
func (w *Writer) forget() {
	w.buffered = 0
	w.buf = w.buf[:0]
	if cap(w.buf) > 4*batchBytes {
		w.buf = make([]byte, 0, batchBytes+batchBytes/8)
	}
}

// checkFile finds out whether somebody removed the file: writing to it would go on
// well, and for nothing.
func (w *Writer) checkFile(now time.Time) error {
	if now.Sub(w.checkedAt) < checkEvery {
		return nil
	}
	w.checkedAt = now
	if w.file.Removed() {
		return syncError{errRemoved}
	}
	return nil
}

// roll ends the segment and begins the next. The old one is on the disk before
// the new one is begun, so that no power cut can leave the new without the old.
// Where no file can be opened the old one is written on for a while.
func (w *Writer) roll() error {
	if err := w.syncState.sync(w.file); err != nil {
		return err
	}
	path, f, err := w.output.next()
	switch {
	case err == nil:
		w.file.Close()
		return w.begin(path, f)
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		w.limit, w.begun = w.limit+w.o.SegmentBytes/8, w.begun.Add(w.o.SegmentAge/8)
		return nil
	}
	return err
}

// begin starts a segment in a new file.
func (w *Writer) begin(path string, f OutputFile) error {
	now := w.o.Now()
	w.file, w.path, w.begun, w.checkedAt = f, path, now, now
	w.size, w.messages, w.limit = 0, 0, w.limits
	w.status.Path = path
	w.status.Segments++
	header := w.encoder.Begin(w.buf[:0], now)
	return w.put(header)
}

// Due is when Flush wants to be called even if nothing was appended; zero is
// never.
func (w *Writer) Due() time.Time {
	if w.file == nil {
		return time.Time{}
	}
	due := w.syncState.due()
	sooner := func(t time.Time) {
		if due.IsZero() || t.Before(due) {
			due = t
		}
	}
	if w.o.SegmentAge > 0 && w.messages > 0 {
		sooner(w.begun.Add(w.o.SegmentAge))
	}
	if w.o.MaxAge > 0 {
		sooner(w.tidied.Add(tidyEvery))
	}
	return due
}

// writeAll writes all of b: a short write without an error is gone on with.
func writeAll(f io.Writer, b []byte) (written int, err error) {
	for written < len(b) {
		n, err := f.Write(b[written:])
		written += max(n, 0)
		if err == nil && n <= 0 {
			err = io.ErrShortWrite
		}
		if err != nil {
			return written, err
		}
	}
	return written, nil
}
