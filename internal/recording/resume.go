package recording

import (
	"errors"

	"sockeye"
)

// errBroken is what Flush says between an error and Resume.
var errBroken = errors.New("the recording is paused")

// Kept is the number of the newest event that is sure to be in the recording;
// on a Writer that is not broken, of the newest that was flushed. After an error
// what comes later is to be appended again. Some of it may be in the old segment
// all the same; whoever reads drops what is there twice, by number.
func (w *Writer) Kept() uint64 { return w.syncState.written }

// Durable is the number of the newest event that no power cut can take.
func (w *Writer) Durable() uint64 { return w.syncState.durable }

// Start tells the Writer, before the first Append, the number of the event before.
func (w *Writer) Start(before uint64) { w.syncState.written, w.syncState.durable = before, before }

// fail ends the segment after an error, as well as can be, and breaks the Writer.
// A segment that has no event yet, perhaps not even a header, is not left behind.
func (w *Writer) fail(err error) error {
	why := failure(w.path, err)
	_, untrusted := errors.AsType[syncError](err)
	untrusted = w.syncState.join() != nil || untrusted
	empty := w.messages == 0 && w.o.Dir != ""
	if !untrusted && !empty {
		untrusted = w.endSegment(why, isFull(err)) != nil
	}
	if untrusted {
		w.syncState.written = w.syncState.durable
	}
	w.syncState.unsynced = 0
	w.file.Close()
	if empty {
		w.o.Files.Remove(w.path)
	}
	w.file = nil
	w.forget()
	return why
}

// endSegment leaves a file that ends with a whole block. On a full disk it takes
// the space put aside to say in the file why it ends.
func (w *Writer) endSegment(why *sockeye.Error, full bool) error {
	w.file.Truncate(w.size) // if it fails the torn tail stays, which readers know
	if full && w.output.releaseReserve() {
		last := sockeye.Event{
			// Its number is 0: a remark, not an event of the journal.
			Time: w.o.Now(), Kind: sockeye.Failed, Detail: &sockeye.Detail{Err: why},
		}
		if w.put(w.encoder.Append(w.buf[:0], &last)) != nil {
			w.file.Truncate(w.size)
		}
		w.syncState.unsynced++
	}
	return w.syncState.sync(w.file)
}

// Resume makes a broken Writer whole again with a new segment. The error is an
// *sockeye.Error.
func (w *Writer) Resume() error {
	path, f, err := w.output.next()
	if err != nil {
		return failure(path, err)
	}
	if err := w.begin(path, f); err != nil {
		return w.fail(err)
	}
	return nil
}

// Resumable says whether Resume can succeed at all: what a stream has lost in its
// middle, its reader cannot know, so a stream is never resumed.
func (w *Writer) Resumable() bool { return !w.output.once() }

// Full says whether an error means that there is no room, so that a new segment
// is of no use.
func Full(err error) bool { return isFull(err) }

// Sync makes everything flushed durable. The error is an *sockeye.Error, and the
// Writer broken.
func (w *Writer) Sync() error {
	if w.file == nil {
		return failure(w.path, errBroken)
	}
	if err := w.syncState.sync(w.file); err != nil {
		return w.fail(err)
	}
	return nil
}

// Close flushes, makes everything durable and lets go of the place. A segment
// without an event is not left behind. The error is an *sockeye.Error; a broken
// Writer gives none any more.
func (w *Writer) Close() error {
	defer w.output.close()
	if w.file == nil {
		return nil
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := w.Sync(); err != nil {
		return err
	}
	if err := w.file.Close(); err != nil {
		return failure(w.path, err)
	}
	if w.messages == 0 && w.o.Dir != "" {
		w.o.Files.Remove(w.path)
	}
	return nil
}
