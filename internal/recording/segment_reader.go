package recording

import (
	"io"
	"io/fs"

	"sockeye"
	"sockeye/internal/pcapng"
	"sockeye/internal/recording/capture"
	"sockeye/internal/regular"
)

// segmentReader is a file that a Reader has open: one of ours, or a capture of another
// program.
type segmentReader struct {
	file     segmentFile
	f        openedFile
	position int64 // in the file, of what is read next

	ours    *pcapng.BlockDecoder // nil for a foreign capture
	packed  *capture.Unpacked    // what ours reads, if the file was compressed
	foreign *capture.Reader
	names   *pcapng.Registry

	// What is read before the place where the wanted events begin, so that their
	// sessions and peers are known; see index.
	prefix   int64  // bytes
	start    int64  // the place
	expected uint64 // number of the event there; 0: any

	found   []pcapng.Damage // not yet told of
	doubted int64           // the place of damage that was read again; -1: none
	ended   bool            // the decoder is at its end
}

// openedFile is a file that is open for reading, as an *os.File is.
type openedFile interface {
	io.ReadSeeker
	io.ReaderAt
	io.Closer
	Stat() (fs.FileInfo, error)
}

// openSegment opens a file of a recording. A segment in a directory is not a link:
// List gave none.
func (r *Files) openSegment(f segmentFile) (openedFile, error) {
	switch {
	case r.open != nil:
		return r.open(f)
	case f.name != (segmentName{}):
		return regular.OpenNoFollow(f.path)
	}
	return regular.Open(f.path)
}

func (r *Files) openFile(file segmentFile) (*segmentReader, error) {
	f, err := r.openSegment(file)
	if err != nil {
		return nil, err
	}
	o := &segmentReader{file: file, f: f, names: r.names, doubted: -1}
	switch {
	case r.packed:
		err = o.decodePacked()
	case !r.foreign:
		o.decode(0, nil)
	default:
		o.foreign, err = capture.NewReader(o, capture.CaptureOptions{Lost: o.damaged})
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return o, nil
}

// decode makes the decoder, for what begins at a place in the file. Before that
// it reads the given stretches.
func (o *segmentReader) decode(start int64, before []byteRange) {
	o.start, o.prefix, o.position = start, 0, start
	o.ended, o.expected, o.found = false, 0, o.found[:0]
	var parts []io.Reader
	for _, s := range before {
		parts = append(parts, io.NewSectionReader(o.f, s.Offset, s.Length))
		o.prefix += s.Length
	}
	options := pcapng.DecodeOptions{Offset: start, Names: o.names, Damaged: o.damaged}
	var from io.Reader = o
	if o.prefix > 0 {
		options.Offset = 0
		from = io.MultiReader(append(parts, o)...)
	}
	o.ours = pcapng.NewDecoder(from, options)
}

// decodePacked makes the decoder of a file that was compressed. It is read once, from
// its beginning to its end; places are those in what it holds.
func (o *segmentReader) decodePacked() (err error) {
	if o.packed, err = capture.Unpack(o); err != nil {
		return err
	}
	if o.packed == nil { // another file by now
		return pcapng.ErrForeign
	}
	cut := false
	o.packed.Damaged = func(d pcapng.Damage) {
		cut = true
		o.damaged(d)
	}
	o.ours = pcapng.NewDecoder(o.packed, pcapng.DecodeOptions{Names: o.names, Damaged: func(d pcapng.Damage) {
		if !cut || d.Kind != pcapng.Torn { // which is why it ends in a block
			o.damaged(d)
		}
	}})
	return nil
}

// grows says that the file may be one that is still being written.
func (o *segmentReader) grows() bool { return o.ours != nil && o.packed == nil }

// Read reads on in the file.
func (o *segmentReader) Read(p []byte) (int, error) {
	n, err := o.f.ReadAt(p, o.position)
	o.position += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

func (o *segmentReader) next() (sockeye.Event, error) {
	switch {
	case o.ended:
		return sockeye.Event{}, io.EOF
	case o.ours == nil:
		e, err := o.foreign.Next()
		o.ended = err == io.EOF
		return e, err
	}
	for {
		before := o.blockOK()
		e, err := o.ours.Next()
		switch {
		case o.isMisled(&e, err):
			o.decode(0, nil)
		case o.isDoubtful():
			o.decode(before, nil)
		default:
			if err == nil && o.packed != nil {
				err = o.packed.Names(o.names.Len())
			}
			o.ended = err == io.EOF
			return e, err
		}
	}
}

// isMisled says, once, that the index gave a place where the event is not that it
// promised.
func (o *segmentReader) isMisled(e *sockeye.Event, err error) bool {
	if o.expected == 0 || err == nil && !o.reachedSegment() {
		return false
	}
	expected := o.expected
	o.expected = 0
	return err != nil || e.Seq != expected || len(o.found) > 0
}

// isDoubtful says that there is damage in a file that is being written, and to read
// once more: a torn block may have been cut off and another written in its place
// between two reads of the file, which then make neither.
func (o *segmentReader) isDoubtful() bool {
	if !o.grows() || len(o.found) == 0 || o.found[0].Offset <= o.doubted || o.quiet() {
		return false
	}
	o.doubted = o.found[0].Offset
	return true
}

// place is where in the file something is that the decoder sees at an offset, or
// start if it is before that.
func (o *segmentReader) place(offset int64) int64 {
	if o.prefix == 0 {
		return offset
	}
	return o.start + max(0, offset-o.prefix)
}

// reachedSegment says whether the last event is behind the prefix.
func (o *segmentReader) reachedSegment() bool { return o.prefix == 0 || o.ours.Start() >= o.prefix }

// segment is what the segment says of itself that the last event came from; false
// for a foreign capture, which has no numbers of its own.
func (o *segmentReader) segment() (pcapng.Segment, bool) {
	if o.ours == nil {
		return pcapng.Segment{}, false
	}
	s, err := o.ours.Segment()
	return s, err == nil
}

// blockOK is the place after the last whole event.
func (o *segmentReader) blockOK() int64 { return o.place(o.ours.Offset()) }

func (o *segmentReader) damaged(d pcapng.Damage) {
	if d.Offset < o.prefix {
		return
	}
	d.Offset = o.place(d.Offset)
	o.found = append(o.found, d)
}

// isSettled takes the damage that will not go away when the file grows.
func (o *segmentReader) isSettled() []pcapng.Damage {
	if len(o.found) == 0 {
		return nil
	}
	n := len(o.found)
	if o.ended && o.grows() {
		for n > 0 && o.found[n-1].Offset >= o.blockOK() {
			n--
		}
	}
	out := o.found[:n:n]
	o.found = o.found[n:]
	return out
}

func noSegment(f segmentFile) pcapng.Damage {
	return pcapng.Damage{Kind: pcapng.Broken, Length: f.size, What: sockeye.Text{
		En: "this file is no segment of a recording", Zh: "这个文件不是记录的分段"}}
}
